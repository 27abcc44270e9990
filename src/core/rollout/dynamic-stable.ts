/**
 * `dynamicStableScale`: the stable version has as many pods as its share of the traffic needs. It shrinks only behind weights that are
 * confirmed and stored, and weight goes back to it only as far as its pods carry, unless nobody answers where the weight rests.
 */
import { bearer, serves } from './answering.ts';
import type { TrafficPlan } from './canary-traffic.ts';
import type { Member, Situation } from './situation.ts';

export function isDynamic({ canary, routed }: Situation): boolean {
  return routed && canary.dynamicStableScale === true;
}

/** What the canary Service keeps of the weight on the way back, because the pods of stable cannot carry it yet; 0 where they need not. */
export function weightToKeep(situation: Situation): number {
  const { stable, replicas, maxWeight, canary } = situation;
  const present = bearer(situation);
  if (!isDynamic(situation) || replicas <= 0 || present === undefined || present === stable) return 0;
  if (!serves(situation, canary.canaryService, present)) return 0;
  return maxWeight - carriedBy(situation, stable?.available ?? 0);
}

/** The weight that so many pods carry. */
export function carriedBy({ replicas, maxWeight }: Situation, pods: number): number {
  return replicas <= 0 ? maxWeight : Math.floor((maxWeight * Math.min(pods, replicas)) / replicas);
}

/** Pods of stable beside a canary that has at least the weight `leastCanary`; fewer than it has only where the routes are known to want it. */
export function dynamicStable(situation: Situation, stable: Member, { leastCanary, recorded }: TrafficPlan): number {
  const { replicas, maxWeight } = situation;
  const wanted = Math.max(podsFor(situation, maxWeight - leastCanary), leastStable(situation));
  return recorded ? wanted : Math.min(replicas, Math.max(stable.size, wanted));
}

/**
 * ingress-nginx answers for no version where the stable Service has no ready pod, at a weight of 100 neither
 * (https://github.com/kubernetes/ingress-nginx/issues/9635).
 */
function leastStable({ replicas, canary }: Situation): number {
  return canary.trafficRouting?.nginx === undefined ? 0 : Math.min(1, replicas);
}

/** Pods of a canary that was aborted, as its traffic goes away; the last go when nobody can be sent to them. */
export function fadingCanary(situation: Situation, current: Member, traffic: TrafficPlan, released: boolean): number {
  if (current.size === 0 || released) return 0;
  if (!traffic.recorded) return current.size;
  return Math.min(current.size, Math.max(1, podsFor(situation, traffic.desired.canaryWeight)));
}

function podsFor({ replicas, maxWeight, canary }: Situation, weight: number): number {
  const pods = Math.ceil((replicas * weight) / maxWeight);
  return pods > 0 ? Math.max(pods, Math.min(canary.minPodsPerReplicaSet ?? 0, replicas)) : 0;
}
