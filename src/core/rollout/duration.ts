/** `status.duration`: when the present update began and ended, how it ended, and how long it waited for people. */
import type { RolloutDuration } from '../../api/rollout.ts';
import type { Advance } from './advance.ts';
import { fastRolledBack, isFastRollback } from './blue-green/fast-rollback.ts';
import { type Course, isStable } from './command.ts';
import { isComplete } from './progress.ts';
import { type Situation, timestamp } from './situation.ts';

export function durationOf(situation: Situation, course: Course, moved: Advance): RolloutDuration | undefined {
  const { status, now, hash, frozen } = situation;
  const old = status.duration;
  if (frozen && hash === '') return old;
  const begins = course.retried || (course.restarted && (situation.templateChanged || !isStable(situation)));
  const start = { rolloutStartedAt: after(old?.rolloutStartedAt, now) };
  const fast = isFastRollback(situation, course);
  if (begins) return ended(situation, course, moved, fast ? { ...start, completionStatus: fastRolledBack } : start);
  return old?.rolloutStartedAt === undefined ? old : ended(situation, course, moved, waiting(situation, moved, old));
}

/** Times are written in whole seconds, and the start is what tells one try from the next: no two tries have the same. */
function after(before: string | undefined, now: string): string {
  const earliestMs = Date.parse(before ?? '') + 1000;
  return earliestMs > Date.parse(now) ? timestamp(earliestMs) : now;
}

/** Adds up the time that passes while only a person can go on. */
function waiting(situation: Situation, moved: Advance, old: RolloutDuration): RolloutDuration {
  const { manualPauseStartedAt, ...rest } = old;
  const waits = situation.rollout.spec.paused === true || (moved.pauses.length > 0 && moved.wakeAtMs === undefined);
  if (old.finishedAt !== undefined) return old;
  if (waits) return { ...rest, manualPauseStartedAt: manualPauseStartedAt ?? situation.now };
  if (manualPauseStartedAt === undefined) return old;
  const seconds = Math.max(0, Math.round((situation.nowMs - Date.parse(manualPauseStartedAt)) / 1000));
  return { ...rest, totalManualPauseDurationSeconds: (old.totalManualPauseDurationSeconds ?? 0) + seconds };
}

function ended(situation: Situation, course: Course, moved: Advance, duration: RolloutDuration): RolloutDuration {
  if (duration.finishedAt !== undefined) return duration;
  if (course.aborted) return { ...duration, finishedAt: situation.now, completionStatus: 'Aborted' };
  if (moved.promoted !== undefined) {
    const how = course.promoteFull ? 'FastPromoted' : (duration.completionStatus ?? 'Promoted');
    return { ...duration, finishedAt: situation.now, completionStatus: how };
  }
  if (!isStable(situation) || !isComplete(situation)) return duration;
  return { ...duration, finishedAt: situation.now, completionStatus: 'RolledBack' };
}
