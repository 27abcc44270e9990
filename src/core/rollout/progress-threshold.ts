/** `replicaProgressThreshold`: how many of the pods that a step wants have to be available before it counts as reached. */
import type { Situation } from './situation.ts';

/** All of them without a threshold; never none where any is wanted, since nobody may be sent to nobody. */
export function enoughOf({ canary }: Pick<Situation, 'canary'>, pods: number): number {
  const { replicaProgressThreshold: threshold } = canary;
  if (threshold === undefined || pods <= 0) return pods;
  const enough = threshold.type === 'Percent' ? Math.ceil((pods * threshold.value) / 100) : threshold.value;
  return Math.min(pods, Math.max(1, enough));
}
