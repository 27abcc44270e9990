/**
 * What a Rollout with a `workloadRef` says of the object whose template it runs, and how a Deployment hands its place over: it loses pods
 * only as the Rollout's are available, never below what it had together with them, and gets them back when the very first revision is
 * aborted. What it had is noted on the Rollout before the first pod goes.
 */
import { annotations } from '../../api/names.ts';
import type { Course } from './command.ts';
import type { Effect } from './decision.ts';
import { moment } from './moment.ts';
import { type ObservedWorkload, type ReplacedWorkload, recordOf } from './observed-workload.ts';
import { isComplete } from './progress.ts';
import type { Situation } from './situation.ts';

/** Pods that the Deployment is to ask for; undefined leaves it alone. */
export function workloadSize(situation: Situation, course: Course): number | undefined {
  const { frozen, observed, current } = situation;
  const { workload } = observed;
  if (workload?.kind !== 'Deployment' || workload.scaleDown === 'never' || frozen) return undefined;
  const { replicas: size } = workload;
  const before = recordOf(situation, workload);
  if (moment(situation, course) === 'stranded') return before !== undefined && size < before ? before : undefined;
  if (isComplete(situation)) return size > 0 ? 0 : undefined;
  if (workload.scaleDown !== 'progressively' || situation.stable !== undefined) return undefined;
  const wanted = Math.max(0, Math.max(before ?? 0, size) - (current?.available ?? 0));
  return wanted < size ? wanted : undefined;
}

export function workloadEffects(situation: Situation, course: Course): readonly Effect[] {
  const { workload } = situation.observed;
  const replicas = workloadSize(situation, course);
  if (workload === undefined || replicas === undefined) return [];
  return [{ kind: 'scale-deployment', name: workload.name, uid: workload.uid, replicas }];
}

/** Annotations of the Rollout, null removes: which generation of the referent is meant, and what the Deployment had. */
export function workloadNotes(situation: Situation, course: Course): Readonly<Record<string, string | null>> {
  const { rollout, observed, frozen } = situation;
  const { workload } = observed;
  const worn = rollout.metadata.annotations ?? {};
  if (frozen) return {};
  const notes: Record<string, string | null> = {};
  const generation = workload?.generation === undefined ? null : String(workload.generation);
  if ((worn[annotations.workloadGeneration] ?? null) !== generation) notes[annotations.workloadGeneration] = generation;
  const record = workload === undefined ? null : recordWanted(situation, course, workload);
  if (record !== undefined && (worn[annotations.replacedWorkload] ?? null) !== record) notes[annotations.replacedWorkload] = record;
  return notes;
}

/** Undefined leaves it as it is. It lasts from the first pod that goes until nobody needs it: all are gone, or all are back. */
function recordWanted(situation: Situation, course: Course, workload: ObservedWorkload): string | null | undefined {
  const before = recordOf(situation, workload);
  const size = workloadSize(situation, course);
  if (situation.stable !== undefined) return null;
  if (moment(situation, course) === 'stranded') return before !== undefined && workload.replicas >= before ? null : undefined;
  if (size === undefined || (before ?? 0) >= workload.replicas) return undefined;
  return JSON.stringify({ name: workload.name, replicas: workload.replicas } satisfies ReplacedWorkload);
}
