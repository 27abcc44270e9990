/**
 * How many pods each ReplicaSet of a canary shall have next. Without a router pods carry the traffic, so they move within surge and
 * availability; with one the stable side stays whole and the canary grows beside it, and pods go only after the routes said that
 * nobody is sent to them. Says sizes; the objects are written elsewhere.
 */
import { annotations, labels } from '../../api/names.ts';
import { moveReplicas, type Sizes, type Split, splitReplicas } from './canary-replicas.ts';
import { routedCanary, type TrafficPlan } from './canary-traffic.ts';
import type { Course } from './command.ts';
import { dynamicStable, fadingCanary, isDynamic } from './dynamic-stable.ts';
import { moment } from './moment.ts';
import { keptAfterAbort, keptUntilDeadline, liftedDeadlines, type PodPlan, withinLimit } from './pod-plan.ts';
import { enoughOf } from './progress-threshold.ts';
import type { Member, Situation } from './situation.ts';
import { weightAt } from './steps.ts';

export interface CanaryPods extends PodPlan {
  /** Where the step wants to be. */
  readonly target: Split;
  /** The step's pods are there: asked for, and enough of the canary's available. */
  readonly reached: boolean;
}

export function planPods(situation: Situation, course: Course, index: number, traffic: TrafficPlan | undefined): CanaryPods {
  const { current, stable, frozen } = situation;
  if (frozen && current === undefined && stable === undefined) return standStill(situation);
  if (moment(situation, course) === 'stranded') return standStill(situation);
  if (frozen && traffic === undefined && wasRouted(situation)) return withoutRoutes(situation, course);
  return traffic === undefined ? planBasic(situation, course, index) : planRouted(situation, course, index, traffic);
}

/** Weights may rest on any side, and the spec no longer says by what routes or Services. */
function wasRouted({ status }: Situation): boolean {
  return status.canary?.weights !== undefined;
}

const nobody = { size: 0, available: 0 };

function sides({ current, stable, older }: Situation) {
  return { canary: current ?? nobody, stable: stable === undefined || stable === current ? nobody : stable, older };
}

function standStill(situation: Situation): CanaryPods {
  const { canary, stable, older } = sides(situation);
  const target = { canary: canary.size, stable: stable.size };
  return {
    current: canary.size,
    stable: stable.size,
    older: older.map((one) => one.size),
    deadlines: new Map(),
    target,
    reached: false,
  };
}

/** Nobody is taken away from where weights may rest; the user's scaling goes on. */
function withoutRoutes(situation: Situation, course: Course): CanaryPods {
  const { current, stable, replicas } = situation;
  const still = standStill(situation);
  return {
    ...still,
    current: moment(situation, course) === 'alone' ? replicas : still.current,
    stable: stable === undefined || stable === current ? 0 : replicas,
  };
}

function planBasic(situation: Situation, course: Course, index: number): CanaryPods {
  const present = sides(situation);
  const target = basicTarget(situation, course, index);
  const moves = moveReplicas(situation.bounds, target, present);
  const sizes = oneAtATime(situation, present, isUnsettled(situation) ? onlyRaised(moves, present) : moves);
  const keep = (member: Member | typeof nobody, size: number): number =>
    size === 0 && member.size > 0 && 'hash' in member && isServed(situation, course, member) ? heldBack(situation) : size;
  const current = keep(present.canary, sizes.canary);
  const stable = keep(present.stable, sizes.stable);
  const older = sizes.older.map((size, i) => keep(present.older[i] ?? nobody, size));
  const settled = { canary: target.canary, stable: Math.max(target.stable, stable === sizes.stable ? 0 : stable) };
  return {
    current,
    stable,
    older,
    deadlines: liftedDeadlines(situation),
    target: settled,
    reached:
      current === settled.canary &&
      present.canary.available >= enoughOf(situation, settled.canary) &&
      stable === settled.stable &&
      older.every((size) => size === 0),
  };
}

/** Where all pods may be missing and none may be added (recreate) a version waits until those of the others are gone. */
function oneAtATime(situation: Situation, present: ReturnType<typeof sides>, moves: Sizes): Sizes {
  if (!isRecreate(situation)) return moves;
  const pairs = [
    [present.canary, moves.canary],
    [present.stable, moves.stable],
    ...present.older.map((one, i) => [one, moves.older[i] ?? 0] as const),
  ] as const;
  const isLeaving = pairs.some(([one, size]) => size === 0 && (one.size > 0 || ('total' in one && one.total > 0)));
  if (!isLeaving) return moves;
  return {
    canary: Math.min(moves.canary, present.canary.size),
    stable: Math.min(moves.stable, present.stable.size),
    older: moves.older,
  };
}

function isRecreate({ bounds, steps, replicas }: Situation): boolean {
  return steps.length === 0 && bounds.maxSurge === 0 && bounds.maxUnavailable >= replicas;
}

/** Who is available is not known well enough to take anybody away. */
function isUnsettled({ current, stable, older }: Situation): boolean {
  return [current, stable, ...older].some((member) => member?.unsettled === true);
}

function onlyRaised(moves: Sizes, { canary, stable, older }: ReturnType<typeof sides>): Sizes {
  return {
    canary: Math.max(moves.canary, canary.size),
    stable: Math.max(moves.stable, stable.size),
    older: older.map(({ size }) => size),
  };
}

function basicTarget(situation: Situation, course: Course, index: number): Split {
  const { replicas, bounds, steps, maxWeight } = situation;
  const kind = moment(situation, course);
  if (kind === 'alone') return { canary: replicas, stable: 0 };
  if (kind === 'aborted') return { canary: 0, stable: replicas };
  const weight = course.promoteFull ? maxWeight : weightAt(steps, index, maxWeight);
  const target = splitReplicas(replicas, weight, maxWeight, bounds.maxSurge > 0);
  return holdsStill(situation, course) ? unadvanced(situation, target) : target;
}

/** Steps move nothing while a person has paused or the spec is invalid. */
function holdsStill({ rollout, frozen }: Situation, course: Course): boolean {
  return frozen || (rollout.spec.paused === true && !course.promoteFull);
}

/**
 * No pods for a step; but what there is grows and shrinks with the number of pods that the user wants. What steps of an invalid spec ask
 * for is not obeyed, neither up nor down.
 */
function unadvanced({ current, stable, replicas, frozen }: Situation, target: Split): Split {
  const canary = Math.min(frozen ? Number.POSITIVE_INFINITY : target.canary, scaled(current, replicas));
  return { canary, stable: Math.max(frozen ? scaled(stable, replicas) : target.stable, replicas - canary) };
}

/** The share that it has of the pods, of as many as are wanted now. */
function scaled(member: Member | undefined, replicas: number): number {
  if (member === undefined) return 0;
  const before = Number(member.replicaSet.metadata.annotations?.[annotations.desiredReplicas] ?? replicas);
  return before > 0 && before !== replicas ? Math.ceil((member.size * replicas) / before) : member.size;
}

/** True while a Service that shall select another ReplicaSet still selects this one: its last pod stays until then. */
function isServed(situation: Situation, course: Course, member: Member): boolean {
  const { canaryService, stableService } = situation.canary;
  const selects = (name: string | undefined) =>
    name !== undefined && situation.observed.services.get(name)?.spec.selector?.[labels.podTemplateHash] === member.hash;
  const canary = moment(situation, course) === 'update' ? situation.current : situation.stable;
  return (selects(stableService) && member !== situation.current) || (selects(canaryService) && member !== canary);
}

/** None where a version waits until all pods of the others are gone: it would wait for ever for one that a Service keeps. */
function heldBack(situation: Situation): number {
  const { bounds, replicas } = situation;
  if (isRecreate(situation)) return 0;
  return replicas > 1 || (replicas === 1 && bounds.maxSurge > 0) ? 1 : 0;
}

/** Pods that a basic canary must have available before it is the stable one: with no surge a held-back pod takes one place. */
export function podsToPromote(situation: Situation): number {
  const { replicas, bounds, canary, routed } = situation;
  return !routed && canary.stableService !== undefined && bounds.maxSurge === 0 && replicas > 1 ? replicas - 1 : replicas;
}

function planRouted(situation: Situation, course: Course, index: number, traffic: TrafficPlan): CanaryPods {
  const present = sides(situation);
  const deadlines = new Map(liftedDeadlines(situation));
  const kind = moment(situation, course);
  const target = { canary: routedCanary(situation, course, index), stable: routedStable(situation, course, traffic) };
  let current = target.canary;
  if (kind === 'aborted') current = abortedCanary(situation, traffic, deadlines);
  else if (kind === 'update') {
    if (holdsStill(situation, course)) current = unadvanced(situation, target).canary;
    if (current < present.canary.size && !isLeft(situation, index, traffic)) current = present.canary.size;
  }
  const waiting = withinLimit(situation, situation.canary.scaleDownDelayRevisionLimit);
  const older = situation.older.map((member) => olderRouted(situation, member, { traffic, deadlines, waiting }));
  return {
    current,
    stable: target.stable,
    older,
    deadlines,
    target,
    reached:
      current === target.canary &&
      present.canary.available >= enoughOf(situation, target.canary) &&
      (!isDynamic(situation) || (traffic.recorded && present.stable.size === target.stable)),
  };
}

/** The routes are known to send the canary no more than this step wants: a smaller weight may still wait for pods of stable. */
function isLeft(situation: Situation, index: number, { drained, desired }: TrafficPlan): boolean {
  const { steps, maxWeight } = situation;
  return nobodyIsServed(situation) || (drained && desired.canaryWeight <= weightAt(steps, index, maxWeight));
}

function routedStable(situation: Situation, course: Course, traffic: TrafficPlan): number {
  const { stable, current, replicas } = situation;
  if (stable === undefined || stable === current) return 0;
  return isDynamic(situation) && moment(situation, course) === 'update' ? dynamicStable(situation, stable, traffic) : replicas;
}

function abortedCanary(situation: Situation, traffic: TrafficPlan, deadlines: Map<string, string | null>): number {
  const { current, canary } = situation;
  if (current === undefined) return 0;
  const isFree = traffic.drained && traffic.desired.canaryWeight === 0 && !isRouted(situation, current);
  const released = isFree || nobodyIsServed(situation);
  if (isDynamic(situation) && canary.abortScaleDownDelaySeconds === undefined)
    return fadingCanary(situation, current, traffic, released);
  return keptAfterAbort(situation, { released, delay: canary.abortScaleDownDelaySeconds ?? 30 }, deadlines);
}

interface Leaving {
  readonly traffic: TrafficPlan;
  readonly deadlines: Map<string, string | null>;
  readonly waiting: ReadonlySet<Member>;
}

function olderRouted(situation: Situation, member: Member, { traffic, deadlines, waiting }: Leaving): number {
  if (member.size === 0) return 0;
  const isSent = !traffic.drained || isRouted(situation, member);
  return isSent && !nobodyIsServed(situation) ? member.size : keptUntilDeadline(situation, member, { deadlines, waiting });
}

/** Stable, to which traffic would go back, will have no pods: waiting for it would keep those that there are to be none of. */
function nobodyIsServed({ replicas }: Situation): boolean {
  return replicas === 0;
}

/** True while the canary or the stable Service selects it. */
function isRouted({ observed, canary }: Situation, member: Member): boolean {
  return [canary.canaryService, canary.stableService].some(
    (name) => name !== undefined && observed.services.get(name)?.spec.selector?.[labels.podTemplateHash] === member.hash,
  );
}
