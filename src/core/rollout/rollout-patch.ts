/** The few things that are written into the Rollout itself, beside its status: revision, default size, the newest failure, an undo. */
import type { PodTemplate } from '../../api/kubernetes.ts';
import { annotations } from '../../api/names.ts';
import type { Advance } from './advance.ts';
import type { Course } from './command.ts';
import type { Effect } from './decision.ts';
import type { Situation } from './situation.ts';
import { failureAnnotation, lastFailure, undoesFailures } from './take-back.ts';
import { workloadNotes } from './workload.ts';

/** One patch at most. */
export function patchRollout(
  situation: Situation,
  course: Course,
  moved: Advance,
  template: PodTemplate | undefined,
): readonly Effect[] {
  const { rollout, revision, hash, frozen } = situation;
  const worn = rollout.metadata.annotations ?? {};
  const wanted: Record<string, string | null> = {};
  if (!frozen && hash !== '' && worn[annotations.revision] !== String(revision)) wanted[annotations.revision] = String(revision);
  Object.assign(wanted, failureNote(situation, course, moved), workloadNotes(situation, course));
  const sized = rollout.spec.replicas === undefined && !frozen;
  if (Object.keys(wanted).length === 0 && !sized && template === undefined) return [];
  return [
    {
      kind: 'patch-rollout',
      ...(Object.keys(wanted).length === 0 ? {} : { annotations: wanted }),
      ...(sized ? { replicas: situation.replicas } : {}),
      ...(template === undefined ? {} : { template }),
    },
  ];
}

/** Written when an update fails by itself; taken away when a person wants another try or another version succeeded. */
function failureNote(situation: Situation, course: Course, moved: Advance): Readonly<Record<string, string | null>> {
  const known = lastFailure(situation);
  const overcome = course.retried || (moved.promoted !== undefined && known?.hash !== situation.hash);
  if (overcome) return known === undefined ? {} : { [annotations.lastFailure]: null };
  const failed = course.abortedNow && !course.restarted && course.abortDetail !== '' && situation.stable !== undefined;
  if (!failed || !undoesFailures(situation) || known?.hash === situation.hash) return {};
  return failureAnnotation(situation, course.abortDetail, course.abortedAt ?? situation.now);
}
