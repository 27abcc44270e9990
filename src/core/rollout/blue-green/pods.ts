/**
 * How many pods each ReplicaSet of a blue-green Rollout shall have next. The stable version stays whole beside the new one, whatever
 * becomes of it; who is selected by a Service, or was until a moment ago, keeps all pods.
 */
import { annotations } from '../../../api/names.ts';
import type { BlueGreenStrategy } from '../../../api/rollout.ts';
import type { Course } from '../command.ts';
import { moment } from '../moment.ts';
import { deadlineIn, keptAfterAbort, keptUntilDeadline, liftedDeadlines, type PodPlan, withinLimit } from '../pod-plan.ts';
import type { Member, Situation } from '../situation.ts';
import { isFastRollback } from './fast-rollback.ts';
import { type Gate, previewPods } from './gate.ts';

const defaultDelaySeconds = 30;

export function scaleDownDelay({ scaleDownDelaySeconds }: BlueGreenStrategy): number {
  return scaleDownDelaySeconds ?? defaultDelaySeconds;
}

/** `leaves`: users are sent away from what the active Service selects now. */
export function planPods(
  situation: Situation,
  blueGreen: BlueGreenStrategy,
  course: Course,
  { gate, leaves }: { readonly gate: Gate; readonly leaves: boolean },
): PodPlan {
  const { current, stable, older, replicas } = situation;
  if (moment(situation, course) === 'stranded' || (current ?? stable) === undefined) return asTheyAre(situation);
  // While the beginning of the update is not stored, its deadline is what tells that it is a fast rollback.
  const deadlines = new Map(course.restarted ? [] : liftedDeadlines(situation));
  const waiting = withinLimit(situation, blueGreen.scaleDownDelayRevisionLimit);
  return {
    current: currentPods(situation, blueGreen, course, { gate, deadlines }),
    stable: stable === undefined || stable === current ? 0 : replicas,
    older: older.map((member) => olderPods(situation, member, { waiting, leaves, deadlines, blueGreen })),
    deadlines,
  };
}

/** For a Rollout that has no pods yet as well: the new ReplicaSet is made at the size that it needs. */
function asTheyAre({ current, stable, older, replicas, frozen }: Situation): PodPlan {
  return {
    current: current?.size ?? (frozen ? 0 : replicas),
    stable: stable?.size ?? 0,
    older: older.map(({ size }) => size),
    deadlines: new Map(),
  };
}

function currentPods(
  situation: Situation,
  blueGreen: BlueGreenStrategy,
  course: Course,
  { gate, deadlines }: { readonly gate: Gate; readonly deadlines: Map<string, string | null> },
): number {
  const { current, stable, replicas, selected, frozen } = situation;
  const kind = moment(situation, course);
  if (kind === 'alone' || (current !== undefined && selected?.active === current.hash && kind !== 'aborted')) return replicas;
  if (kind === 'aborted') {
    const released = replicas === 0 || selected?.active === stable?.hash;
    return keptAfterAbort(situation, { released, delay: blueGreen.abortScaleDownDelaySeconds ?? defaultDelaySeconds }, deadlines);
  }
  if (frozen) return scaledAlong(situation, current);
  return gate.passed || isFastRollback(situation, course) ? replicas : previewPods(situation, blueGreen);
}

/** A spec that is not obeyed adds no pods; a version that had all of them still does when another number is wanted. */
function scaledAlong({ replicas }: Situation, current: Member | undefined): number {
  if (current === undefined) return 0;
  const before = Number(current.replicaSet.metadata.annotations?.[annotations.desiredReplicas] ?? Number.NaN);
  return current.size === before ? replicas : Math.min(current.size, replicas);
}

interface Leaving {
  readonly waiting: ReadonlySet<Member>;
  readonly leaves: boolean;
  readonly deadlines: Map<string, string | null>;
  readonly blueGreen: BlueGreenStrategy;
}

function olderPods(situation: Situation, member: Member, { waiting, leaves, deadlines, blueGreen }: Leaving): number {
  const { selected, current, stable, replicas } = situation;
  if (member.size === 0) return 0;
  if (leaves && isServing(situation, member) && scaleDownDelay(blueGreen) > 0) {
    deadlines.set(member.name, deadlineIn(situation, scaleDownDelay(blueGreen)));
  }
  const isSettled = selected?.active !== '' && [current?.hash, stable?.hash].includes(selected?.active);
  if (replicas > 0 && (!isSettled || selected?.preview === member.hash)) return member.size;
  return keptUntilDeadline(situation, member, { deadlines, waiting });
}

/** Selected by the active Service, or by a Service that selects every version. */
function isServing({ selected }: Situation, { hash }: Member): boolean {
  return selected?.active === hash || selected?.active === '';
}
