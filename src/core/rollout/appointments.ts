/** When to look again though nothing changes: ends of pauses, deadlines, delays, and routers that have not answered. */
import { annotations } from '../../api/names.ts';
import { awaitChange, type Next, requeue, sooner } from '../decision.ts';
import type { Advance } from './advance.ts';
import type { Course } from './command.ts';
import { deadlineMs } from './progress.ts';
import type { Situation } from './situation.ts';

/** Changes of routes are watched; this is for what a watch can miss. */
const routesPendingMs = 2_000;
const routesFailedMs = 10_000;

export function nextAppointment(situation: Situation, course: Course, moved: Advance): Next {
  const { nowMs, observed, current, stable, older } = situation;
  let next: Next = moved.again ? requeue(0) : awaitChange;
  const at = (ms: number | undefined): void => {
    if (ms !== undefined && ms > nowMs) next = sooner(next, requeue(ms - nowMs));
  };
  at(moved.wakeAtMs);
  at(deadlineMs(situation, course));
  for (const member of [current, stable, ...older]) {
    if (member === undefined || member.size === 0) continue;
    const planned = moved.pods.deadlines.get(member.name);
    const deadline = planned === undefined ? member.replicaSet.metadata.annotations?.[annotations.scaleDownDeadline] : planned;
    if (deadline !== undefined && deadline !== null) at(Date.parse(deadline));
  }
  if (moved.traffic?.known === true && !moved.traffic.confirmed) {
    at(observed.routes?.settlesAtMs);
    next = sooner(next, requeue(observed.routes?.state === 'failed' && !course.aborted ? routesFailedMs : routesPendingMs));
  }
  return next;
}
