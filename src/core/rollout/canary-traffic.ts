/**
 * Which share of the traffic the canary shall get next. Weight goes only to a Service whose selector and ready endpoints were seen to be
 * those of the ReplicaSet that is meant, one ready stable endpoint is enough to take it all back, and a Service is never switched in the
 * pass that changes weights.
 */
import { labels } from '../../api/names.ts';
import type { Course } from './command.ts';
import { additionalRoutes } from './experiment/weights.ts';
import { type Answering, allowedRoutes, wantedRoutes } from './managed-routes.ts';
import { moment } from './moment.ts';
import { enoughOf } from './progress-threshold.ts';
import { type DesiredRoutes, sameManagedRoutes, sameRoutes } from './routes.ts';
import type { Member, Situation } from './situation.ts';
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
  };
}

function isRecorded({ status }: Situation, canaryWeight: number): boolean {
  const weights = status.canary?.weights;
  return weights?.canary.weight === canaryWeight && weights.verified === true;
}

/** The canary's weight as last written, as a part of the present maximum; undefined before the first write. */
function presentWeight({ observed, status, maxWeight }: Situation): number | undefined {
  const { routes } = observed;
  const part = (weight: number, of: number): number =>
    of === maxWeight || of <= 0 ? weight : Math.round((weight * maxWeight) / of);
  if (routes !== undefined && routes.state !== 'failed') return part(routes.desired.canaryWeight, routes.desired.maxWeight);
  const weights = status.canary?.weights;
  if (weights === undefined) return undefined;
  const others = (weights.additional ?? []).reduce((sum, { weight }) => sum + weight, weights.stable.weight);
  return part(weights.canary.weight, weights.canary.weight + others);
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
  if (course.promoteFull) return current.available >= replicas ? maxWeight : present;
  const pods = routedCanary(situation, course, index);
  if (pods === 0) return 0;
  const ready = current.available >= enoughOf(situation, pods);
  if (rollout.spec.paused === true && !ready) return present;
  // A canary that lost all its pods gets its weight back when it has them again, not with the first of them.
  const goal = ready ? weightAt(steps, index, maxWeight) : Math.min(present, weightBefore(steps, index, maxWeight));
  const stableNeeded = enoughOf(situation, Math.floor(((maxWeight - goal) * replicas) / maxWeight));
  return (stable?.available ?? 0) >= stableNeeded ? goal : present;
}

/** The weight that may be written now: the goal, or undefined where that would send users to nobody while somebody could answer. */
function allowed(situation: Situation, goal: number, present: number | undefined): number | undefined {
  const { stable, maxWeight } = situation;
  const { canary: canaryReady, stable: stableReady, anyCanary } = answering(situation);
  if (goal > 0 && !canaryReady)
    return present === undefined || present === 0 ? allowed(situation, 0, present) : backOrStay(stableReady, present);
  if (goal < maxWeight && !stableReady && anyCanary) return present;
  if (goal === 0 && present === undefined && !stableReady && stable === undefined) return undefined;
  return goal;
}

function answering(situation: Situation): Answering {
  const { canary, current, stable } = situation;
  return {
    canary: serves(situation, canary.canaryService, current),
    stable: serves(situation, canary.stableService, stable),
    anyCanary: anyReady(situation, canary.canaryService),
  };
}

function backOrStay(stableReady: boolean, present: number): number {
  return stableReady ? 0 : present;
}

/** Kubernetes cuts what is before the five random characters of a pod's name. */
const longestStem = 58;

/** The Service selects this ReplicaSet and has a ready endpoint of it. */
export function serves({ observed }: Situation, service: string | undefined, member: Member | undefined): boolean {
  if (service === undefined || member === undefined) return false;
  if (observed.services.get(service)?.spec.selector?.[labels.podTemplateHash] !== member.hash) return false;
  const stem = `${member.name}-`.slice(0, longestStem);
  return (observed.endpointSlices.get(service) ?? []).some((slice) =>
    (slice.endpoints ?? []).some(
      (endpoint) => endpoint.conditions?.ready !== false && (endpoint.targetRef?.name?.startsWith(stem) ?? false),
    ),
  );
}

function anyReady({ observed }: Situation, service: string | undefined): boolean {
  return (observed.endpointSlices.get(service ?? '') ?? []).some((slice) =>
    (slice.endpoints ?? []).some((endpoint) => endpoint.conditions?.ready !== false),
  );
}

/** Pods that the canary needs at this step, by its weight or by setCanaryScale. */
export function routedCanary(situation: Situation, course: Course, index: number): number {
  const { replicas, steps, maxWeight, canary } = situation;
  if (moment(situation, course) === 'alone' || course.promoteFull) return replicas;
  const pods = scaleAt(steps, index, replicas) ?? Math.ceil((replicas * weightAt(steps, index, maxWeight)) / maxWeight);
  return pods > 0 ? Math.max(pods, Math.min(canary.minPodsPerReplicaSet ?? 0, replicas)) : 0;
}
