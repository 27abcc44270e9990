/**
 * `status.duration`: when the present update began and ended, how it ended, and how long it waited for people. It begins with another
 * template or other steps, with the first deployment and with a retry; going back to stable in the middle ends the update that was under
 * way. Scaling is no part of it.
 */
import type { RolloutDuration } from '../../api/rollout.ts';
import type { Advance } from './advance.ts';
import { fastRolledBack, isFastRollback } from './blue-green/fast-rollback.ts';
import { type Course, isStable } from './command.ts';
import { isWindowRollback } from './rollback-window.ts';
import { type Situation, timestamp } from './situation.ts';

export function durationOf(situation: Situation, course: Course, moved: Advance): RolloutDuration | undefined {
  const { status, hash, frozen } = situation;
  const old = status.duration;
  if (frozen && hash === '') return old;
  const begins = course.retried || (course.restarted && (situation.templateChanged || !isStable(situation)));
  if (begins) return ended(situation, course, moved, begun(situation, course, old));
  return old?.rolloutStartedAt === undefined ? old : ended(situation, course, moved, waiting(situation, moved, old));
}

/** How it will end is known of one that goes back. */
function begun(situation: Situation, course: Course, old: RolloutDuration | undefined): RolloutDuration {
  const isBack = course.restarted && isStable(situation);
  const isFast = isFastRollback(situation, course) || isWindowRollback(situation);
  const how = isFast ? fastRolledBack : isBack ? 'RolledBack' : undefined;
  const isUnderWay = old?.rolloutStartedAt !== undefined && old.finishedAt === undefined;
  const { completionStatus: _, ...kept } =
    isBack && isUnderWay ? withoutPause(situation, old) : { rolloutStartedAt: after(old?.rolloutStartedAt, situation.now) };
  return how === undefined ? kept : { ...kept, completionStatus: how };
}

/** Times are written in whole seconds, and the start is what tells one try from the next: no two tries have the same. */
function after(before: string | undefined, now: string): string {
  const earliestMs = Date.parse(before ?? '') + 1000;
  return earliestMs > Date.parse(now) ? timestamp(earliestMs) : now;
}

/** Adds up the time that passes while only a person can go on. */
function waiting(situation: Situation, moved: Advance, old: RolloutDuration): RolloutDuration {
  if (old.finishedAt !== undefined) return old;
  const waits = situation.rollout.spec.paused === true || (moved.pauses.length > 0 && moved.wakeAtMs === undefined);
  return waits ? { ...old, manualPauseStartedAt: old.manualPauseStartedAt ?? situation.now } : withoutPause(situation, old);
}

/** The pause that is under way is over. */
function withoutPause({ nowMs }: Situation, duration: RolloutDuration): RolloutDuration {
  const { manualPauseStartedAt, ...rest } = duration;
  if (manualPauseStartedAt === undefined) return duration;
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(manualPauseStartedAt)) / 1000));
  return { ...rest, totalManualPauseDurationSeconds: (rest.totalManualPauseDurationSeconds ?? 0) + seconds };
}

/** An update is over when it is aborted, or when its version is the stable one and has all its pods. */
function ended(situation: Situation, course: Course, moved: Advance, duration: RolloutDuration): RolloutDuration {
  if (duration.finishedAt !== undefined) return duration;
  if (course.aborted) return { ...withoutPause(situation, duration), finishedAt: situation.now, completionStatus: 'Aborted' };
  if (moved.promoted === undefined && !isStable(situation)) return duration;
  const isFast = moved.promoted !== undefined && course.promoteFull;
  const completionStatus = isFast ? 'FastPromoted' : (duration.completionStatus ?? 'Promoted');
  const isWhole = (situation.current?.available ?? 0) >= situation.replicas && situation.current !== undefined;
  if (!isWhole) return { ...duration, completionStatus };
  return { ...withoutPause(situation, duration), finishedAt: situation.now, completionStatus };
}
