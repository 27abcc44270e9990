/**
 * Going back to a version that was stable and still has its pods: no preview size, no analysis, no pause, since all of it was proven
 * before. That it is one is noted in `status.duration` with the beginning of the update; until then the deadline of the pods says so.
 */
import { annotations } from '../../../api/names.ts';
import type { Course } from '../command.ts';
import { moment } from '../moment.ts';
import { deadlineOf } from '../pod-plan.ts';
import { isWindowRollback } from '../rollback-window.ts';
import type { Situation } from '../situation.ts';

export const fastRolledBack = 'FastRolledBack';

export function isFastRollback(situation: Situation, course: Course): boolean {
  const { blueGreen, current, templateChanged, nowMs, status } = situation;
  if (blueGreen === undefined || current === undefined || moment(situation, course) !== 'update') return false;
  if (isWindowRollback(situation)) return true;
  if (course.retried) return false;
  if (!course.restarted) return status.duration?.completionStatus === fastRolledBack && status.duration.finishedAt === undefined;
  const wasStable = current.replicaSet.metadata.annotations?.[annotations.wasStable] !== undefined;
  return templateChanged && wasStable && current.size > 0 && Date.parse(deadlineOf(current) ?? '') > nowMs;
}
