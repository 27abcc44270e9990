/**
 * Which share of the traffic the canary shall get next. Weight goes only to a Service whose selector and ready endpoints were seen to be
 * those of the ReplicaSet that is meant, one ready stable endpoint is enough to take it all back, and a Service is never switched in the
 * pass that changes weights.
 */
import { answering, bearer } from './answering.ts';
import type { Course } from './command.ts';
import { carriedBy, isDynamic, weightToKeep } from './dynamic-stable.ts';
import { additionalRoutes } from './experiment/weights.ts';
import { allowedRoutes, wantedRoutes } from './managed-routes.ts';
import { moment } from './moment.ts';
import { enoughOf } from './progress-threshold.ts';
import { type DesiredRoutes, sameManagedRoutes, sameRoutes } from './routes.ts';
import type { Situation } from './situation.ts';
import { scaleAt, weightAt, weightBefore } from './steps.ts';

export interface TrafficPlan {
  readonly desired: DesiredRoutes;
  /** False where there is nothing yet to say to the router. */
  readonly known: boolean;
  /** The routes are confirmed to be as desired. */
  readonly confirmed: boolean;
  /** Confirmed, and as the step (or the abort, or the promotion) wants them. */
  readonly settled: boolean;
  /** Confirmed since a pass before this one: a Service without weight may be switched. */
  readonly recorded: boolean;
  /** Recorded, and as the moment wants them: pods that no longer get traffic may go. */
  readonly drained: boolean;
  /** The weight that the moment asks for, whether it can be given yet or not. */
  readonly goal: number;
  /** The least that the canary has, or will have at this step: stable has the rest. */
  readonly leastCanary: number;
}

/** Undefined where pods carry the traffic. */
export function planTraffic(situation: Situation, course: Course, index: number): TrafficPlan | undefined {
  const { routed, canary, observed } = situation;
  if (!routed || canary.stableService === undefined || canary.canaryService === undefined) return undefined;
  const present = presentWeight(situation);
  const goal = goalWeight(situation, course, index, present ?? 0);
  const weight = allowed(situation, goal, present);
  const wanted = wantedRoutes(situation, course, { index, pods: routedCanary(situation, course, index) });
  const managed = allowedRoutes(situation, course, { wanted, answering: answering(situation), present: present ?? 0 });
  const canaryWeight = weight ?? present ?? 0;
  const additional = additionalRoutes(situation, course, index, canaryWeight);
  const desired = routesWith(situation, { canaryWeight, additional, managedRoutes: managed ?? [] });
  const evidence = observed.routes;
  const confirmed = evidence?.state === 'confirmed' && sameRoutes(evidence.desired, desired);
  const asWanted = desired.canaryWeight === goal && sameManagedRoutes(desired.managedRoutes, wanted);
  const recorded = confirmed && isRecorded(situation, desired.canaryWeight);
  return {
    desired,
    known: managed !== undefined && (weight !== undefined || present !== undefined),
    confirmed,
    settled: confirmed && asWanted,
    recorded,
    drained: recorded && asWanted,
    goal,
    leastCanary: Math.min(desired.canaryWeight, wishedWeight(situation, course, index, present ?? 0)),
  };
}

function isRecorded({ status, canary }: Situation, canaryWeight: number): boolean {
  const weights = status.canary?.weights;
  const isOfThis = [undefined, canary.canaryService].includes(weights?.canary.serviceName);
  return isOfThis && weights?.canary.weight === canaryWeight && weights.verified === true;
}

/** The canary's weight as last written, as a part of the present maximum; undefined before the first write. */
function presentWeight({ observed, status, maxWeight, canary }: Situation): number | undefined {
  const { routes } = observed;
  const part = (weight: number, of: number): number =>
    of === maxWeight || of <= 0 ? weight : Math.round((weight * maxWeight) / of);
  if (routes !== undefined && routes.state !== 'failed') {
    const { canaryWeight, stableWeight, canaryService, stableService } = routes.desired;
    const hasTurned = canaryService !== canary.canaryService && stableService === canary.canaryService;
    return part(hasTurned ? stableWeight : canaryWeight, routes.desired.maxWeight);
  }
  const weights = status.canary?.weights;
  if (weights === undefined) return undefined;
  const others = (weights.additional ?? []).reduce((sum, { weight }) => sum + weight, weights.stable.weight);
  const side = [weights.canary, weights.stable].find(({ serviceName }) => serviceName === canary.canaryService);
  // Services that the spec names anew have no weight yet that is known.
  if (side === undefined && weights.canary.serviceName !== undefined) return undefined;
  return part((side ?? weights.canary).weight, weights.canary.weight + others);
}

type Shares = Pick<DesiredRoutes, 'canaryWeight' | 'additional' | 'managedRoutes'>;

function routesWith({ canary, maxWeight }: Situation, { canaryWeight, additional, managedRoutes }: Shares): DesiredRoutes {
  return {
    stableService: canary.stableService ?? '',
    canaryService: canary.canaryService ?? '',
    canaryWeight,
    stableWeight: additional.reduce((left, { weight }) => left - weight, maxWeight - canaryWeight),
    maxWeight,
    additional,
    managedRoutes,
  };
}

function goalWeight(situation: Situation, course: Course, index: number, present: number): number {
  const { current, stable, replicas, steps, maxWeight, frozen, rollout } = situation;
  if (moment(situation, course) !== 'update' || current === undefined || current.available === 0) return 0;
  if (frozen) return present;
  if (course.promoteFull) return promotedWeight(situation, current.available, present);
  const pods = routedCanary(situation, course, index);
  if (pods === 0) return 0;
  const ready = current.available >= enoughOf(situation, pods);
  if (rollout.spec.paused === true && !ready) return present;
  // A canary that lost all its pods gets its weight back when it has them again, not with the first of them.
  const goal = ready ? weightAt(steps, index, maxWeight) : Math.min(present, weightBefore(steps, index, maxWeight));
  const stableNeeded = enoughOf(situation, Math.floor(((maxWeight - goal) * replicas) / maxWeight));
  return (stable?.available ?? 0) >= stableNeeded ? goal : present;
}

/** Where stable may shrink, all weight at once would have to wait for the very last pod. */
function promotedWeight(situation: Situation, available: number, present: number): number {
  if (isDynamic(situation)) return Math.max(present, carriedBy(situation, available));
  return available >= situation.replicas ? situation.maxWeight : present;
}

/** The weight that the step wants for the current version, whether its pods are there or not; 0 until weight of another one is gone. */
function wishedWeight(situation: Situation, course: Course, index: number, present: number): number {
  const { current, steps, maxWeight, frozen, rollout } = situation;
  if (moment(situation, course) !== 'update' || current === undefined || current.available === 0) return 0;
  if (present > 0 && bearer(situation) !== current) return 0;
  if (frozen || rollout.spec.paused === true) return present;
  if (course.promoteFull) return maxWeight;
  return routedCanary(situation, course, index) === 0 ? 0 : weightAt(steps, index, maxWeight);
}

/** The weight that may be written now: the goal, or undefined where that would send users to nobody while somebody could answer. */
function allowed(situation: Situation, goal: number, present: number | undefined): number | undefined {
  const { stable, maxWeight } = situation;
  const { canary: canaryReady, stable: stableReady, anyCanary } = answering(situation);
  if (goal > 0 && !canaryReady) {
    if (present === undefined || present === 0) return allowed(situation, 0, present);
    return stableReady ? Math.min(present, weightToKeep(situation)) : present;
  }
  if (goal < maxWeight && !stableReady && anyCanary) return present;
  if (goal === 0 && present === undefined && !stableReady && stable === undefined) return undefined;
  return goal === 0 ? Math.min(present ?? 0, weightToKeep(situation)) : goal;
}

/** Pods that the canary needs at this step, by its weight or by setCanaryScale. */
export function routedCanary(situation: Situation, course: Course, index: number): number {
  const { replicas, steps, maxWeight, canary } = situation;
  if (moment(situation, course) === 'alone' || course.promoteFull) return replicas;
  const pods = scaleAt(steps, index, replicas) ?? Math.ceil((replicas * weightAt(steps, index, maxWeight)) / maxWeight);
  return pods > 0 ? Math.max(pods, Math.min(canary.minPodsPerReplicaSet ?? 0, replicas)) : 0;
}
