/**
 * What the controller would observe, gathered by its own code from objects that are at hand: read from a cluster, or from files. So
 * what commands say of a Rollout is what the controller would do with it.
 */
import type { KubeObject, PodTemplate, Workload } from '../api/kubernetes.ts';
import type { Rollout } from '../api/rollout.ts';
import { gather } from '../controllers/rollout/gather.ts';
import type { NamedWorkload } from '../controllers/rollout/references.ts';
import { createInformers, type Stores, storesOf } from '../controllers/stores.ts';
import type { FoundWorkload } from '../controllers/workloads.ts';
import type { ObservedRollout } from '../core/rollout/observed-rollout.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { ApiError, type Cluster, type Resource } from '../runtime/cluster.ts';
import type { Informer } from '../runtime/informer.ts';
import type { Log } from '../runtime/log.ts';
import { keyText, keyTextOf } from '../runtime/object-key.ts';

const noLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** The informers only make stores here; nothing is asked of a cluster. */
function refuse(): never {
  throw new ApiError('aborted', 'nothing is asked here');
}
const nowhere: Cluster = {
  get: refuse,
  list: refuse,
  watch: refuse,
  create: refuse,
  replace: refuse,
  patch: refuse,
  delete: refuse,
  evict: refuse,
};

export class ObjectsAtHand {
  readonly stores: Stores;
  readonly #informers: readonly Informer<KubeObject>[];
  /** kind/namespace/name -> object */
  readonly #workloads = new Map<string, Workload>();

  constructor(clock: Clock = systemClock) {
    const informers = createInformers({ cluster: nowhere, clock, random: () => 0, log: noLog });
    this.stores = storesOf(informers);
    this.#informers = Object.values(informers) as unknown as readonly Informer<KubeObject>[];
  }

  /** The kinds that a decision may look at. */
  get resources(): readonly Resource<KubeObject>[] {
    return this.#informers.map(({ store }) => store.resource);
  }

  /** Those of other kinds are left out. Objects need a name; those of namespaced kinds a namespace. */
  add(resource: Pick<Resource, 'group' | 'kind'>, objects: readonly KubeObject[]): void {
    const store = this.#informers.find(
      ({ store: one }) => one.resource.kind === resource.kind && one.resource.group === resource.group,
    )?.store;
    const relist = store?.beginRelist();
    for (const object of objects) relist?.add(object);
    relist?.finish(newest(objects));
  }

  /** In the place of one of the same name. */
  put(resource: Pick<Resource, 'group' | 'kind'>, object: KubeObject): void {
    const store = this.#informers.find(
      ({ store: one }) => one.resource.kind === resource.kind && one.resource.group === resource.group,
    )?.store;
    const kept = store?.get(object.metadata.namespace, object.metadata.name);
    const resourceVersion = String(Number(kept?.metadata.resourceVersion ?? 0) + 1);
    store?.observe({ ...object, metadata: { ...object.metadata, resourceVersion } });
  }

  /** What a `workloadRef` may name: Deployments, ReplicaSets, PodTemplates. */
  addWorkloads(kind: string, objects: readonly KubeObject[]): void {
    for (const object of objects as readonly (Workload & { readonly template?: PodTemplate })[]) {
      // A PodTemplate has it at its top.
      const { template } = object;
      this.#workloads.set(`${kind}/${keyTextOf(object)}`, template === undefined ? object : { ...object, spec: { template } });
    }
  }

  observe(rollout: Rollout): ObservedRollout {
    const findWorkload = ({ kind, namespace, name }: NamedWorkload): FoundWorkload =>
      this.#workloads.get(`${kind}/${keyText({ namespace, name })}`) ?? 'missing';
    return gather(this.stores, rollout, { router: undefined, routes: undefined, failures: [], findWorkload });
  }
}

function newest(objects: readonly KubeObject[]): string {
  return String(objects.reduce((most, { metadata }) => Math.max(most, Number(metadata.resourceVersion ?? 0) || 0), 1));
}
