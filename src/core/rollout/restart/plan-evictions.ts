/** Which pods of a Rollout may go now: so many missing at a time, ReplicaSet after ReplicaSet, those first that serve nobody. */
import type { RestartOrder } from '../pod-orders.ts';

export interface RestartablePod {
  readonly name: string;
  /** Of its ReplicaSet. */
  readonly owner: string;
  readonly createdMs: number;
  readonly isAvailable: boolean;
}

export interface Evictions {
  /** Pods that are older than the restart, those that may go now included. */
  readonly left: number;
  readonly now: readonly RestartablePod[];
}

/**
 * `pods`: those that are there and not about to go. A ReplicaSet waits for the pods that are missing of those before it and of itself, not
 * for those behind it. A pod that is not available is missed already: it may go, though not more of them at a time either.
 */
export function planEvictions(
  { owners, bornBeforeMs, mostMissing }: Pick<RestartOrder, 'owners' | 'bornBeforeMs' | 'mostMissing'>,
  pods: readonly RestartablePod[],
): Evictions {
  const now: RestartablePod[] = [];
  let left = 0;
  let missing = 0;
  for (const { uid, size } of owners) {
    const own = pods.filter(({ owner }) => owner === uid);
    missing += Math.max(0, size - own.filter(({ isAvailable }) => isAvailable).length);
    const old = own.filter(({ createdMs }) => createdMs < bornBeforeMs).sort(idleThenOldest);
    left += old.length;
    for (const pod of old) {
      if (now.length >= mostMissing || (pod.isAvailable && missing >= mostMissing)) break;
      if (pod.isAvailable) missing += 1;
      now.push(pod);
    }
  }
  return { left, now };
}

function idleThenOldest(a: RestartablePod, b: RestartablePod): number {
  return Number(a.isAvailable) - Number(b.isAvailable) || a.createdMs - b.createdMs || (a.name < b.name ? -1 : 1);
}
