/** How a pod is going to live, decided when it is created: what a scenario or a seed says of it. */
import type { Random } from '../random.ts';
import { controllerOf, type Pod } from './kube.ts';

export interface PodPlan {
  /** From its creation until it has a node. */
  readonly scheduledMs: number;
  /** From then until its containers run; Infinity where its image cannot be pulled. */
  readonly startMs: number;
  /** From each start until it is ready; Infinity where it never gets ready. */
  readonly readyMs: number;
  /** From each start until its container crashes, to be started again after a back-off. */
  readonly crashesAfterMs?: number;
  /** From its start until its containers end by themselves; above 0 is a failure. */
  readonly exits?: { readonly afterMs: number; readonly code: number };
  /** From being asked to end until it is gone; its grace period is the most. */
  readonly endsMs: number;
}

export type PlanPod = (pod: Pod, random: Random) => PodPlan;

/** Healthy pods of a cluster with images at hand: ready within two seconds or three; those of Jobs succeed within five. */
export const healthyPods: PlanPod = (pod, random) => ({
  scheduledMs: random.integer(5, 50),
  startMs: random.integer(300, 1200),
  readyMs: random.integer(100, 900) + probeDelayMs(pod),
  ...(controllerOf(pod)?.kind === 'Job' && { exits: { afterMs: random.integer(500, 5000), code: 0 } }),
  endsMs: random.integer(200, 1500),
});

/** What readiness probes add before they can first succeed. */
export function probeDelayMs({ spec }: Pod): number {
  const containers = Array.isArray(spec.containers) ? spec.containers : [];
  const delays = containers.map(
    (container: { readinessProbe?: { initialDelaySeconds?: number } }) => container.readinessProbe?.initialDelaySeconds ?? 0,
  );
  return Math.max(0, ...delays) * 1000;
}
