/**
 * The line that writes may not cross once this process no longer leads. It is checked by the clock at every write, so a process that
 * was asleep when its lease ran out writes nothing when it wakes.
 */
import type { KubeObject } from '../api/kubernetes.ts';
import { ApiError, type Cluster } from './cluster.ts';

export interface Fence {
  /** Aborts when the lease is lost or released. */
  readonly signal: AbortSignal;
  /** Right now, by the clock. */
  readonly isHeld: boolean;
}

/** A Cluster that refuses to write (ApiError `aborted`) while the fence is not held, and breaks off writes under way when it falls. */
export function fencedCluster(cluster: Cluster, fence: Fence): Cluster {
  /** signal of a caller -> what aborts with it or with the fence; a controller has one signal for all its writes */
  const either = new WeakMap<AbortSignal, AbortSignal>();
  const guarded = (what: string, signal: AbortSignal | undefined): AbortSignal => {
    if (!fence.isHeld) throw new ApiError('aborted', `${what}: this process does not hold the lease, so it writes nothing`);
    if (signal === undefined) return fence.signal;
    const known = either.get(signal) ?? AbortSignal.any([signal, fence.signal]);
    either.set(signal, known);
    return known;
  };
  return {
    get: (resource, key, signal) => cluster.get(resource, key, signal),
    list: (resource, options, signal) => cluster.list(resource, options, signal),
    watch: (resource, options, signal) => cluster.watch(resource, options, signal),
    create: async <T extends KubeObject>(...[resource, object, signal]: Parameters<typeof cluster.create<T>>) =>
      cluster.create(resource, object, guarded(`create ${resource.plural}`, signal)),
    replace: async (resource, object, options) =>
      cluster.replace(resource, object, { ...options, signal: guarded(`update ${resource.plural}`, options?.signal) }),
    patch: async (resource, key, patch, options) =>
      cluster.patch(resource, key, patch, { ...options, signal: guarded(`patch ${resource.plural}`, options?.signal) }),
    delete: async (resource, key, options) =>
      cluster.delete(resource, key, { ...options, signal: guarded(`delete ${resource.plural}`, options?.signal) }),
    evict: async (pod, signal) => cluster.evict(pod, guarded('evict pods', signal)),
  };
}
