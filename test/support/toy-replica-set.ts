/** The ReplicaSet controller of a toy world: pods come and go at once, but those that it ends are counted for a while yet, as by the real one. */
import type { ReplicaSet } from '../../src/api/kubernetes.ts';
import type { Pod } from './toy-objects.ts';

export interface PodsOf {
  readonly pods: readonly Pod[];
  /** Ended, and not known to be gone: until they are, none are made. */
  readonly ending?: { readonly pods: readonly Pod[]; readonly untilMs: number } | undefined;
}

export interface Conditions {
  readonly nowMs: number;
  /** How long pods that are ended are counted. */
  readonly endingMs: number;
  readonly make: () => Pod;
}

/** The pods with the least time behind them go last. */
export function movePods({ spec }: ReplicaSet, before: PodsOf, { nowMs, endingMs, make }: Conditions): PodsOf {
  const size = spec.replicas ?? 1;
  if (before.ending !== undefined && before.ending.untilMs > nowMs) return before;
  const pods = [...before.pods].sort((a, b) => a.readyAtMs - b.readyAtMs);
  const ended = pods.splice(size);
  while (pods.length < size) pods.push(make());
  return ended.length > 0 && endingMs > 0 ? { pods, ending: { pods: ended, untilMs: nowMs + endingMs } } : { pods };
}

export function statusOf({ metadata }: ReplicaSet, { pods, ending }: PodsOf, nowMs: number): ReplicaSet['status'] {
  const counted = [...pods, ...(ending?.pods ?? [])];
  const ready = counted.filter(({ readyAtMs }) => readyAtMs <= nowMs).length;
  const seen = metadata.generation === undefined ? {} : { observedGeneration: metadata.generation };
  return { replicas: counted.length, readyReplicas: ready, availableReplicas: ready, ...seen };
}
