/**
 * The order of an abort: routes first, then its status, then its pods. Where many Rollouts abort at once, each is known to be aborted before
 * the API server is busy with the pods of those before it. What is left for the next pass is a rest of the effects, so nothing is ever done
 * that an end of the process behind the status would make unsafe.
 */
import type { Course } from './command.ts';
import type { Effect } from './decision.ts';

/** What may wait for the next pass: the status says nothing of it that would not be true yet. */
const mayWait: ReadonlySet<Effect['kind']> = new Set([
  'patch-replica-set',
  'terminate-analysis-run',
  'delete-analysis-run',
  'delete-replica-set',
]);

/** The effects of the pass that aborts: those before the first that changes a size. All of them where what follows cannot wait. */
export function beforePods(effects: readonly Effect[], { abortedNow }: Pick<Course, 'abortedNow'>): readonly Effect[] {
  if (!abortedNow) return effects;
  const first = effects.findIndex((effect) => effect.kind === 'patch-replica-set' && effect.replicas !== undefined);
  if (first < 0 || effects.slice(first).some(({ kind }) => !mayWait.has(kind))) return effects;
  return effects.slice(0, first);
}
