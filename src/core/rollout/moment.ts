/** What kind of moment a Rollout is in: the question that every plan begins with. */
import type { Course } from './command.ts';
import type { Situation } from './situation.ts';

/**
 * `alone`: one version, or the first; `update`: a canary beside stable; `aborted`: back to stable; `stranded`: aborted with nothing to go
 * back to.
 */
export type Moment = 'alone' | 'update' | 'aborted' | 'stranded';

export function moment(situation: Situation, course: Course): Moment {
  const { stable } = situation;
  if (stable !== undefined && (stable === situation.current || situation.status.stableRS === situation.hash)) return 'alone';
  if (course.aborted) return stable === undefined ? 'stranded' : 'aborted';
  return stable === undefined ? 'alone' : 'update';
}
