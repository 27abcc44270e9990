/** How an update ended, told by the status that first says so. */
import type { RolloutStatus } from '../../api/rollout.ts';

export interface Outcome {
  /** As `status.duration.completionStatus` names it: Promoted, FastPromoted, Aborted, ... */
  readonly status: string;
  /** From the start of the update to its end. */
  readonly seconds: number;
}

/** Undefined where `after` says of no end that `before` did not know. */
export function outcomeOf(before: RolloutStatus | undefined, after: RolloutStatus): Outcome | undefined {
  const { finishedAt, rolloutStartedAt, completionStatus } = after.duration ?? {};
  if (finishedAt === undefined || rolloutStartedAt === undefined || completionStatus === undefined) return undefined;
  if (finishedAt === before?.duration?.finishedAt) return undefined;
  const seconds = (Date.parse(finishedAt) - Date.parse(rolloutStartedAt)) / 1000;
  return seconds >= 0 ? { status: completionStatus, seconds } : undefined;
}
