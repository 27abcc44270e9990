/**
 * `rollbackWindow`: going back to a version that is near enough asks for no steps and no analysis. Near is counted by the revisions for
 * which the ReplicaSets were made. That it is one is noted on its ReplicaSet when it begins, so that nothing changes it under way.
 */
import type { ReplicaSet } from '../../api/kubernetes.ts';
import { annotations } from '../../api/names.ts';
import { revisionOf } from './revisions.ts';
import type { Situation } from './situation.ts';

type Seen = Pick<Situation, 'rollout' | 'current' | 'stable' | 'older' | 'templateChanged'>;

/** The current version takes stable's place without steps, since it is an older one within the window. */
export function isWindowRollback(situation: Seen): boolean {
  const { current, stable, templateChanged } = situation;
  if (current === undefined || stable === undefined || current === stable) return false;
  return templateChanged ? isNear(situation) : isNotedRollback(current.replicaSet);
}

/** What `isWindowRollback` found when the update to this ReplicaSet's present revision began. */
export function isNotedRollback(replicaSet: ReplicaSet): boolean {
  const noted = replicaSet.metadata.annotations?.[annotations.rollbackWithinWindow];
  return noted !== undefined && noted === String(revisionOf(replicaSet));
}

function isNear({ rollout, current, stable, older }: Seen): boolean {
  const window = rollout.spec.rollbackWindow?.revisions ?? 0;
  if (window <= 0 || current === undefined || stable === undefined) return false;
  if (compareBirths(current.replicaSet, stable.replicaSet) >= 0) return false;
  const between = older.filter(
    ({ replicaSet }) => compareBirths(current.replicaSet, replicaSet) < 0 && compareBirths(replicaSet, stable.replicaSet) < 0,
  );
  return between.length < window;
}

/** Negative where `a` was made first. Times of creation are whole seconds, and begin anew with a restore: they count only without numbers. */
function compareBirths(a: ReplicaSet, b: ReplicaSet): number {
  const [first, second] = [firstRevision(a), firstRevision(b)];
  if (first > 0 && second > 0 && first !== second) return first - second;
  return Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? '') || 0;
}

function firstRevision(replicaSet: ReplicaSet): number {
  const [first] = (replicaSet.metadata.annotations?.[annotations.revisionHistory] ?? '').split(',');
  const number = Number(first);
  return first !== '' && Number.isSafeInteger(number) && number > 0 ? number : revisionOf(replicaSet);
}
