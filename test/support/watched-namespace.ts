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
import { Informer } from '../../src/runtime/informer.ts';
import type { Store } from '../../src/runtime/store.ts';
import type { OpenedCluster } from '../../tools/cluster/access.ts';
import { sharedCluster } from './cluster.ts';
import { keptLog } from './quiet-log.ts';

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
  readonly #history: Version[] = [];
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
      const informer = new Informer<T>({
        cluster: this.client,
        resource,
        clock: systemClock,
        random: Math.random,
        log: keptLog(),
        namespace: name,
      });
      informer.store.onChange((old, now) => this.#saw(resource.kind, old, now));
      running.push(informer.run(this.#abort.signal));
      return informer.store;
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
  }

  /** Everything seen, in the order in which the API server wrote it. */
  get history(): readonly Version[] {
    return [...this.#history].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }

  /** Applies objects as `kubectl apply --server-side` would. Settles when they are seen. */
  async apply(...objects: readonly object[]): Promise<void> {
    const documents = objects.map((object) => {
      const { metadata, ...rest } = object as KubeObject;
      return JSON.stringify({ ...rest, metadata: { ...metadata, namespace: this.name } });
    });
    await this.cluster.applyManifests(documents.join('\n---\n'));
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
    await this.until(`the patch of ${resource.plural}/${name} is seen`, () =>
      this.#history.some((version) => version.kind === resource.kind && version.name === name && version.at >= at),
    );
  }

  async delete<T extends KubeObject>(resource: Resource<T>, name: string): Promise<void> {
    await this.client.delete(resource, { namespace: this.name, name }, { propagation: 'Background' });
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

  /** Settles when the condition holds and what was written before is seen; what it throws counts as not yet. Rejects with the last error and a picture of the namespace. */
  async until(what: string, condition: () => boolean, { timeoutMs }: { readonly timeoutMs: number } = within): Promise<void> {
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
    await Promise.all([this.#catchUp(this.replicaSets), this.#catchUp(this.runs), this.#catchUp(this.routes)]);
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

  #saw(kind: string, old: KubeObject | undefined, now: KubeObject | undefined): void {
    const last = this.#history.at(-1)?.at ?? 0n;
    const at = now === undefined ? last : BigInt(now.metadata.resourceVersion ?? 0);
    this.#history.push({ at, kind, name: (now ?? old)?.metadata.name ?? '', object: now, seenMs: performance.now() });
    for (const wake of [...this.#waiting]) wake();
  }

  /** Each kind has a watch of its own: what was written before the state that was waited for may be told after it. */
  async #catchUp<T extends KubeObject>(store: Store<T>): Promise<void> {
    if (!store.hasSynced) return;
    const { items } = await this.client.list(store.resource, { namespace: this.name });
    const seen = ({ metadata }: T): boolean =>
      this.#history.some(
        ({ kind, name, at }) =>
          kind === store.resource.kind && name === metadata.name && at >= BigInt(metadata.resourceVersion ?? 0),
      );
    while (!items.every(seen) && !this.#abort.signal.aborted) await this.#nextChange();
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

/** Settles when everything that is there is seen; ends with the test. */
export async function watchNamespace(name: string, cluster?: OpenedCluster): Promise<WatchedNamespace> {
  const view = new WatchedNamespace(name, cluster ?? (await sharedCluster()));
  onTestFinished(async () => await view.stop());
  // A cluster that a test starts for itself may know no routes.
  const needed = [
    view.rollouts,
    view.replicaSets,
    view.services,
    view.runs,
    view.ingresses,
    ...(cluster === undefined ? [view.routes] : []),
  ];
  await Promise.all(needed.map((store) => store.whenSynced()));
  return view;
}
