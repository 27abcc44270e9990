/** How updates ended, told by the status that first says so. */
import type { RolloutDuration, RolloutStatus } from '../../api/rollout.ts';

export interface Outcome {
  /** As `status.duration.completionStatus` names it: Promoted, FastPromoted, Aborted, ... */
  readonly status: string;
  /** From the start of the update to its end. */
  readonly seconds: number;
  /** Of these, how many it waited for people. */
  readonly pausedSeconds: number;
}

/** The ends that `before` did not know of: the one that `after` speaks of, and before it that of an update which another took the place of. */
export function outcomesOf(before: RolloutStatus | undefined, after: RolloutStatus): readonly Outcome[] {
  const [old, now] = [before?.duration, after.duration];
  const isSuperseded =
    old?.rolloutStartedAt !== undefined && old.finishedAt === undefined && now?.rolloutStartedAt !== old.rolloutStartedAt;
  const superseded = isSuperseded && now !== undefined ? outcome(old, now.rolloutStartedAt, 'Superseded') : undefined;
  const isNew = now?.finishedAt !== undefined && now.finishedAt !== old?.finishedAt;
  const ended = isNew ? outcome(now, now.finishedAt, now.completionStatus) : undefined;
  return [superseded, ended].filter((one) => one !== undefined);
}

function outcome(duration: RolloutDuration, end: string | undefined, status: string | undefined): Outcome | undefined {
  const { rolloutStartedAt, manualPauseStartedAt, totalManualPauseDurationSeconds = 0 } = duration;
  if (rolloutStartedAt === undefined || end === undefined || status === undefined) return undefined;
  const since = (start: string): number => (Date.parse(end) - Date.parse(start)) / 1000;
  const seconds = since(rolloutStartedAt);
  if (!(seconds >= 0)) return undefined;
  const running = manualPauseStartedAt === undefined ? 0 : Math.max(0, since(manualPauseStartedAt));
  return { status, seconds, pausedSeconds: Math.min(seconds, totalManualPauseDurationSeconds + running) };
}
