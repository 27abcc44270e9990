/**
 * One namespace of a real cluster as a test of the whole sees it: what is there now, every version of it that ever was, in the order of
 * the API server's own resource versions, and a way to wait for a state of the world. It never looks into the controller.
 */
import { onTestFinished } from 'vitest';
import type { AnalysisRun } from '../../src/api/analysis-run.ts';
import type { EndpointSlice, KubeObject, ReplicaSet, Service } from '../../src/api/kubernetes.ts';
import * as resources from '../../src/api/resources.ts';
import type { Rollout } from '../../src/api/rollout.ts';
import type { Route } from '../../src/providers/traffic/gateway-api/route-object.ts';
import type { Ingress } from '../../src/providers/traffic/nginx/ingress-object.ts';
import { loadKubeConfig } from '../../src/runtime/client/kube-config.ts';
import { KubernetesClient } from '../../src/runtime/client/kubernetes-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Patch, Resource } from '../../src/runtime/cluster.ts';
import { Store } from '../../src/runtime/store.ts';
import { Watcher, type WatchSink } from '../../src/runtime/watcher.ts';
import type { OpenedCluster } from '../../tools/cluster/access.ts';
import { sharedCluster } from './cluster.ts';
import { Kubectl } from './kubectl.ts';
import { keptLog } from './quiet-log.ts';
import { WrittenOrder } from './written-order.ts';

/** One object from one write to the next; `object` is undefined from its deletion on. */
export interface Version {
  readonly at: bigint;
  readonly kind: string;
  readonly name: string;
  readonly object: KubeObject | undefined;
  /** When it came to this view, in ms of a clock that only goes forward. */
  readonly seenMs: number;
}

interface RecordedEvent extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly involvedObject?: { readonly kind?: string; readonly name?: string };
}

const lookAgainMs = 200;
const within = { timeoutMs: 45_000 };

export class WatchedNamespace {
  readonly name: string;
  readonly cluster: OpenedCluster;
  readonly client: KubernetesClient;
  readonly rollouts: Store<Rollout>;
  readonly replicaSets: Store<ReplicaSet>;
  readonly services: Store<Service>;
  readonly endpointSlices: Store<EndpointSlice>;
  readonly runs: Store<AnalysisRun>;
  readonly routes: Store<Route>;
  readonly ingresses: Store<Ingress>;
  readonly #events: Store<RecordedEvent>;
  readonly #written = new WrittenOrder<Version>();
  readonly #stores: readonly Store<KubeObject>[];
  readonly #waiting = new Set<() => void>();
  readonly #abort = new AbortController();
  readonly #running: Promise<void>[];

  constructor(name: string, cluster: OpenedCluster) {
    this.name = name;
    this.cluster = cluster;
    const { config } = loadKubeConfig({ kubeconfig: cluster.adminKubeconfig, environment: {} });
    this.client = KubernetesClient.create({ config, clock: systemClock, random: Math.random, environment: {}, limits: undefined });
    const running: Promise<void>[] = [];
    const watch = <T extends KubeObject>(resource: Resource<T>): Store<T> => {
      const parts = { cluster: this.client, resource, clock: systemClock, random: Math.random, log: keptLog(), namespace: name };
      const store = new Store<T>(parts);
      const { sink, goneAt } = withEnds(store);
      store.onChange((old, now) => this.#saw(resource.kind, old, now, goneAt()));
      running.push(new Watcher<T>({ ...parts, sink }).run(this.#abort.signal));
      return store;
    };
    this.rollouts = watch(resources.rollouts);
    this.replicaSets = watch(resources.replicaSets);
    this.services = watch(resources.services);
    this.endpointSlices = watch(resources.endpointSlices);
    this.runs = watch(resources.analysisRuns);
    this.routes = watch(resources.httpRoutes as Resource<Route>);
    this.ingresses = watch(resources.ingresses as Resource<Ingress>);
    this.#events = watch(resources.events as Resource<RecordedEvent>);
    this.#running = running;
    const { rollouts, replicaSets, services, endpointSlices, runs, routes, ingresses } = this;
    this.#stores = [rollouts, replicaSets, services, endpointSlices, runs, routes, ingresses, this.#events] as Store<KubeObject>[];
  }

  /** Everything seen, in the order in which the API server wrote it. */
  get history(): readonly Version[] {
    return this.#written.all;
  }

  /** A mark to look back to: the newest version that was seen. */
  mark(): bigint {
    return this.#written.mark();
  }

  /** What was written after a mark. */
  since(mark: bigint): readonly Version[] {
    return this.#written.since(mark);
  }

  /** kubectl in this namespace: what it has written is seen when it ends. */
  async kubectl(): Promise<Kubectl> {
    return await Kubectl.open(this.name, this.cluster, () => this.catchUp());
  }

  /** Applies objects as `kubectl apply --server-side` would. Settles when they are seen. */
  async apply(...objects: readonly object[]): Promise<void> {
    const documents = objects.map((object) => {
      const { metadata, ...rest } = object as KubeObject;
      return JSON.stringify({ ...rest, metadata: { ...metadata, namespace: this.name } });
    });
    await this.cluster.applyManifests(documents.join('\n---\n'));
    await this.catchUp();
  }

  /** Settles when the change has come back to this view. */
  async patch<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    body: unknown,
    { subresource, type = 'merge' }: { readonly subresource?: 'status'; readonly type?: 'merge' | 'json' } = {},
  ): Promise<void> {
    const patch = { type, body } as Patch;
    const written = await this.client.patch(resource, { namespace: this.name, name }, patch, {
      ...(subresource !== undefined && { subresource }),
    });
    if (written.outcome !== 'done') throw new Error(`the patch of ${resource.plural}/${name} was answered by ${written.outcome}`);
    const at = BigInt(written.object.metadata.resourceVersion ?? 0);
    await this.untilSeen(`the patch of ${resource.plural}/${name} is seen`, () =>
      this.history.some((version) => version.kind === resource.kind && version.name === name && version.at >= at),
    );
  }

  /** Settles when the object is seen to go, or to be gone. */
  async delete<T extends KubeObject>(resource: Resource<T>, name: string): Promise<void> {
    await this.client.delete(resource, { namespace: this.name, name }, { propagation: 'Background' });
    await this.catchUp([resource]);
  }

  rollout(name = 'shop'): Rollout {
    const found = this.rollouts.get(this.name, name);
    if (found === undefined) throw new Error(`there is no Rollout ${name}`);
    return found;
  }

  /** The status of the generation that is there now; empty until the controller speaks of it. */
  status(name = 'shop'): NonNullable<Rollout['status']> {
    const { metadata, status } = this.rollout(name);
    return status?.observedGeneration === String(metadata.generation) ? status : {};
  }

  route(name = 'shop'): Route {
    const found = this.routes.get(this.name, name);
    if (found === undefined) throw new Error(`there is no HTTPRoute ${name}`);
    return found;
  }

  /** Of the first rule of the user (they have no names) that names this Service; undefined where none does. */
  weight(service = 'canary', route = 'shop'): number | undefined {
    const rules = (this.routes.get(this.name, route)?.spec?.rules ?? []).filter(({ name }) => name === undefined);
    const backends = rules.flatMap(({ backendRefs }) => backendRefs ?? []);
    return backends.find(({ name }) => name === service)?.weight;
  }

  /** Names of the rules that header and mirror routes have added, in their order. */
  addedRules(route = 'shop'): readonly string[] {
    return (this.routes.get(this.name, route)?.spec?.rules ?? []).flatMap(({ name }) => name ?? []);
  }

  /** The ReplicaSet whose pods run this image. */
  replicaSetOf(image: string, rollout = 'shop'): ReplicaSet | undefined {
    return this.replicaSets.list(this.name).find(({ metadata, spec }) => {
      const containers = spec.template.spec?.containers as readonly { readonly image?: string }[] | undefined;
      const isOwn = metadata.annotations?.['experiment.argoproj.io/name'] === undefined;
      return isOwn && metadata.name.startsWith(`${rollout}-`) && containers?.[0]?.image === image;
    });
  }

  /** Pods asked for of this image; 0 where there is no ReplicaSet. */
  podsOf(image: string, rollout = 'shop'): number {
    return this.replicaSetOf(image, rollout)?.spec.replicas ?? 0;
  }

  /** The ready endpoints behind a Service. */
  readyEndpoints(service: string): number {
    return this.endpointSlices
      .list(this.name)
      .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready === true).length;
  }

  /** `Type Reason: message` of every event about this object, oldest first. */
  events(name = 'shop', kind = 'Rollout'): readonly string[] {
    return this.#events
      .list(this.name)
      .filter(({ involvedObject }) => involvedObject?.kind === kind && involvedObject.name === name)
      .sort((a, b) => Number(BigInt(a.metadata.resourceVersion ?? 0) - BigInt(b.metadata.resourceVersion ?? 0)))
      .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  }

  /** Waits until an event about this object says this. Events are written beside the work, so they may come after the status. */
  async untilTold(text: string, name = 'shop', kind = 'Rollout'): Promise<void> {
    await this.until(`an event of ${name} says "${text}"`, () => this.events(name, kind).some((line) => line.includes(text)));
  }

  /** As `untilSeen`, and then for what was written before to be seen too, of all kinds. */
  async until(what: string, condition: () => boolean, { timeoutMs }: { readonly timeoutMs: number } = within): Promise<void> {
    await this.untilSeen(what, condition, { timeoutMs });
    await this.catchUp();
  }

  /** For people, when something went wrong. */
  picture(): string {
    const rollouts = this.rollouts.list(this.name).map(({ metadata, status }) => {
      const { conditions, ...rest } = status ?? {};
      const words = (conditions ?? []).map(({ type, status: word, reason, message }) => `${type}=${word} ${reason}: ${message}`);
      return `Rollout ${metadata.name} generation ${metadata.generation}: ${JSON.stringify(rest)}\n  ${words.join('\n  ')}\n  events:\n  ${this.events(metadata.name).join('\n  ')}`;
    });
    const sets = this.replicaSets
      .list(this.name)
      .map(
        ({ metadata, spec, status }) =>
          `${metadata.name} ${spec.replicas} ${JSON.stringify(status)} ${JSON.stringify(metadata.annotations)}`,
      );
    const routes = this.routes
      .list(this.name)
      .map((route) => JSON.stringify([route.metadata.labels, route.metadata.generation, route.spec, route.status]));
    const ingresses = this.ingresses
      .list(this.name)
      .map(({ metadata, spec }) => JSON.stringify([metadata.name, metadata.annotations, spec]));
    const runs = this.runs.list(this.name).map(({ metadata, status }) => `${metadata.name} ${JSON.stringify(status)}`);
    return [...rollouts, ...sets, ...routes, ...ingresses, ...runs].join('\n');
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#running);
    await this.client.close();
  }

  #saw(kind: string, old: KubeObject | undefined, now: KubeObject | undefined, goneAt: bigint): void {
    const name = (now ?? old)?.metadata.name ?? '';
    const at = now === undefined ? goneAt : BigInt(now.metadata.resourceVersion ?? 0);
    this.#written.add({ at, kind, name, object: now, seenMs: performance.now() }, { kind, name, isGone: now === undefined });
    for (const wake of [...this.#waiting]) wake();
  }

  /**
   * Settles when everything that is there now has been seen here, and the end of what was there: each kind has a watch of its own, and
   * what was written first may be told last.
   */
  async catchUp(
    of: readonly Resource[] = this.#stores.filter(({ hasSynced }) => hasSynced).map(({ resource }) => resource),
  ): Promise<void> {
    await Promise.all(
      of.map(async (resource) => {
        const page = await this.client.list(resource, { namespace: this.name });
        await this.untilSeen(`what was written of ${resource.plural} is seen`, () => this.#written.hasAll(resource.kind, page));
      }),
    );
  }

  /** Settles as soon as the condition holds, whatever else is not seen yet; what it throws counts as not yet. Rejects with the last error and a picture of the namespace. */
  async untilSeen(what: string, condition: () => boolean, { timeoutMs }: { readonly timeoutMs: number } = within): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    let trouble: unknown;
    const holds = (): boolean => {
      try {
        return condition();
      } catch (error) {
        trouble = error;
        return false;
      }
    };
    while (!holds()) {
      if (performance.now() > deadline)
        throw new Error(`after ${timeoutMs / 1000} s still waiting until ${what}\n${String(trouble ?? '')}\n${this.picture()}`);
      await this.#nextChange();
    }
  }

  async #nextChange(): Promise<void> {
    await new Promise<void>((resolve) => {
      const waiting = this.#waiting;
      const timer = setTimeout(wake, lookAgainMs);
      function wake(): void {
        clearTimeout(timer);
        waiting.delete(wake);
        resolve();
      }
      waiting.add(wake);
    });
  }
}

/** A store hands on what was there, not the version of its end: this keeps it. */
function withEnds<T extends KubeObject>(store: Store<T>): { readonly sink: WatchSink<T>; readonly goneAt: () => bigint } {
  let at = 0n;
  const ends = (resourceVersion = '0'): void => {
    at = BigInt(resourceVersion);
  };
  const sink: WatchSink<T> = {
    observe: (object) => store.observe(object),
    observeDeleted: (object) => {
      ends(object.metadata.resourceVersion);
      store.observeDeleted(object);
    },
    observeProgress: (resourceVersion) => store.observeProgress(resourceVersion),
    beginRelist: () => {
      const relist = store.beginRelist();
      return {
        add: (object) => relist.add(object),
        remove: (object) => {
          ends(object.metadata.resourceVersion);
          relist.remove(object);
        },
        finish: (resourceVersion) => {
          ends(resourceVersion);
          relist.finish(resourceVersion);
        },
      };
    },
  };
  return { sink, goneAt: () => at };
}

/** Settles when everything that is there is seen; ends with the test. */
export async function watchNamespace(name: string, cluster?: OpenedCluster): Promise<WatchedNamespace> {
  const view = new WatchedNamespace(name, cluster ?? (await sharedCluster()));
  onTestFinished(async () => await view.stop());
  // A cluster that a test starts for itself may know no routes.
  const needed = [
    view.rollouts,
    view.replicaSets,
    view.services,
    view.endpointSlices,
    view.runs,
    view.ingresses,
    ...(cluster === undefined ? [view.routes] : []),
  ];
  await Promise.all(needed.map((store) => store.whenSynced()));
  return view;
}
