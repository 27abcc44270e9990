/**
 * A ReplicaSet that was made smaller counts the pods that it ends for a while yet, even in a status of its newest generation. If it were
 * made larger again before they are seen to go, nobody could tell them from pods that stay: so first it comes down.
 */
import { recordedScalings } from './scaling-record.ts';
import type { Member } from './situation.ts';

export function comesDown({ replicaSet, size, total }: Member): boolean {
  if (total > size) return true;
  const isSeen = (replicaSet.status?.observedGeneration ?? Number.NaN) >= (replicaSet.metadata.generation ?? Number.NaN);
  const last = recordedScalings(replicaSet, Number.NEGATIVE_INFINITY).at(-1);
  return !isSeen && last !== undefined && last.to < last.from;
}
