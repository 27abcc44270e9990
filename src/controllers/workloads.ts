/**
 * The objects that Rollouts refer to by `workloadRef`. A kind is watched from the first Rollout on that names one of it; of the others of
 * that kind nothing but the name is kept, since the pod templates of a cluster's Deployments are most of its memory.
 */
import type { PodTemplate, Workload } from '../api/kubernetes.ts';
import * as resources from '../api/resources.ts';
import type { Rollout } from '../api/rollout.ts';
import type { WorkloadKind } from '../api/validation/workload-ref.ts';
import { sleep } from '../runtime/clock.ts';
import { ApiError, type Resource } from '../runtime/cluster.ts';
import { Informer } from '../runtime/informer.ts';
import { messageOf } from '../runtime/log.ts';
import { keyText, keyTextOf, parseKeyText } from '../runtime/object-key.ts';
import type { Store } from '../runtime/store.ts';
import { type NamedWorkload, workloadOf } from './rollout/references.ts';
import type { InformerSettings } from './stores.ts';

/** `unknown`: not seen yet, ask again soon; `missing`: there is none; `unreadable`: Rampart may not look. */
export type FoundWorkload = Workload | 'unknown' | 'missing' | 'unreadable';

const resourceOf: Readonly<Record<WorkloadKind, Resource<Workload>>> = {
  Deployment: resources.deployments,
  ReplicaSet: resources.replicaSetWorkloads,
  PodTemplate: resources.podTemplates,
};
const kinds = Object.keys(resourceOf) as readonly WorkloadKind[];
/** What may not be read is asked for again after this time at the latest. */
const forbiddenRetryMs = 30_000;
const readAgainMs = 1_000;

export class Workloads {
  readonly #settings: InformerSettings;
  readonly #rollouts: Store<Rollout>;
  readonly #watched: Readonly<Record<WorkloadKind, WatchedKind>>;
  readonly #running: Promise<void>[] = [];
  #signal: AbortSignal | undefined;

  constructor(settings: InformerSettings, rollouts: Store<Rollout>) {
    this.#settings = settings;
    this.#rollouts = rollouts;
    const watched = kinds.map((kind) => [kind, new WatchedKind(kind, settings, (key) => this.#isNamed(kind, key))] as const);
    this.#watched = Object.fromEntries(watched) as Record<WorkloadKind, WatchedKind>;
  }

  /** kind -> its store; empty until a Rollout names one of it. */
  stores(): readonly (readonly [WorkloadKind, Store<Workload>])[] {
    return kinds.map((kind) => [kind, this.#watched[kind].store]);
  }

  /** The only kind that is written. */
  get deployments(): Store<Workload> {
    return this.#watched.Deployment.store;
  }

  /** Follows the Rollouts from now on. */
  run(signal: AbortSignal): void {
    this.#signal = signal;
    this.#rollouts.onChange((_, now) => {
      const named = now && workloadOf(now);
      if (named !== undefined) this.#want(named);
    });
    for (const rollout of this.#rollouts.list()) {
      const named = workloadOf(rollout);
      if (named !== undefined) this.#want(named);
    }
  }

  /** Settles when all kinds that are named now can be relied on. */
  async settled(): Promise<void> {
    await Promise.all(kinds.map((kind) => this.#watched[kind]).flatMap((watched) => (watched.isStarted ? [watched.settled] : [])));
  }

  async stopped(): Promise<void> {
    await Promise.all(this.#running);
  }

  find({ kind, namespace, name }: NamedWorkload): FoundWorkload {
    const watched = this.#watched[kind];
    const found = watched.store.get(namespace, name);
    if (found?.spec !== undefined) return found;
    if (watched.isForbidden) return 'unreadable';
    if (found !== undefined) void this.#fill(watched, keyText({ namespace, name }));
    return watched.store.hasSynced && found === undefined ? 'missing' : 'unknown';
  }

  #isNamed(kind: WorkloadKind, key: string): boolean {
    return this.#rollouts.byIndex('workload', `${kind}/${key}`).length > 0;
  }

  #want({ kind }: NamedWorkload): void {
    const watched = this.#watched[kind];
    if (this.#signal === undefined || this.#signal.aborted || watched.isStarted) return;
    this.#running.push(watched.start(this.#signal));
  }

  /** Reads one whole of which only the name was kept until now. */
  async #fill(watched: WatchedKind, key: string): Promise<void> {
    const { cluster, clock, log } = this.#settings;
    if (watched.reading.has(key)) return;
    watched.reading.add(key);
    try {
      const found = await cluster.get(watched.resource, parseKeyText(key), this.#signal);
      const kept = watched.store.getByKey(key);
      // One that is gone meanwhile does not come back.
      if (found !== undefined && kept !== undefined && kept.spec === undefined) watched.store.observe(found);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'forbidden') watched.isForbidden = true;
      log.warn(`${watched.resource.kind} ${key} could not be read: ${messageOf(error)}`);
      await sleep(clock, readAgainMs, this.#signal);
    } finally {
      watched.reading.delete(key);
    }
  }
}

class WatchedKind {
  readonly resource: Resource<Workload>;
  readonly settled: Promise<void>;
  readonly #informer: Informer<Workload>;
  /** Keys that are being read. */
  readonly reading = new Set<string>();
  isStarted = false;
  isForbidden = false;

  constructor(kind: WorkloadKind, settings: InformerSettings, isNamed: (key: string) => boolean) {
    this.resource = resourceOf[kind];
    const { labelSelector: _, ...everything } = settings;
    const forbidden = Promise.withResolvers<void>();
    this.#informer = new Informer<Workload>({
      ...everything,
      resource: this.resource,
      trim: (object, kept) => (isNamed(keyTextOf(object)) ? trimmed(object, kept) : onlyName(object)),
      backoffMaxMs: forbiddenRetryMs,
      metrics: {
        ...settings.metrics,
        failed: (plural, code) => {
          settings.metrics?.failed?.(plural, code);
          if (code !== 'forbidden') return;
          this.isForbidden = true;
          forbidden.resolve();
        },
      },
    });
    void this.store.whenSynced().then(() => {
      this.isForbidden = false;
    });
    this.settled = Promise.race([this.store.whenSynced(), forbidden.promise]);
  }

  get store(): Store<Workload> {
    return this.#informer.store;
  }

  start(signal: AbortSignal): Promise<void> {
    this.isStarted = true;
    return this.#informer.run(signal);
  }
}

/** Without a version, so that the whole object, once it is wanted, counts as newer. */
function onlyName({ metadata: { name, namespace, uid } }: Workload): Workload {
  return { metadata: { name, namespace, uid } };
}

function trimmed(object: Workload & { readonly template?: PodTemplate }, kept: Workload | undefined): Workload {
  const { name, namespace, uid, resourceVersion, generation } = object.metadata;
  const metadata = { name, namespace, uid, resourceVersion, generation };
  const isSame = generation !== undefined && kept?.metadata.generation === generation && kept.metadata.uid === uid;
  if (isSame && kept.spec !== undefined) return { metadata, spec: kept.spec };
  const { replicas, selector, template = object.template } = object.spec ?? {};
  const { labels, annotations } = template?.metadata ?? {};
  return {
    metadata,
    spec: {
      ...(replicas !== undefined && { replicas }),
      ...(selector !== undefined && { selector }),
      template: { metadata: { ...(labels && { labels }), ...(annotations && { annotations }) }, spec: template?.spec ?? {} },
    },
  };
}
