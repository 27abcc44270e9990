/** What the steps of a canary ask for at a given index: weight, number of pods, length of a pause. Reads the spec alone. */
import { parsePauseDuration } from '../../api/duration.ts';
import type { CanaryStep } from '../../api/rollout.ts';

/** Weight of the newest setWeight at or before the index; 0 before the first, `maxWeight` behind the last step. */
export function weightAt(steps: readonly CanaryStep[], index: number, maxWeight: number): number {
  if (index >= steps.length) return maxWeight;
  for (let i = index; i >= 0; i -= 1) {
    const weight = steps[i]?.setWeight;
    if (weight !== undefined) return Math.min(maxWeight, Math.max(0, weight));
  }
  return 0;
}

/** The weight that the steps before this one led to: what the canary carries while the pods of this one come. */
export function weightBefore(steps: readonly CanaryStep[], index: number, maxWeight: number): number {
  return index > 0 ? weightAt(steps, Math.min(index, steps.length) - 1, maxWeight) : 0;
}

/** Pods by the newest setCanaryScale, or undefined where pods follow the traffic. */
export function scaleAt(steps: readonly CanaryStep[], index: number, replicas: number): number | undefined {
  if (index >= steps.length) return undefined;
  for (let i = index; i >= 0; i -= 1) {
    const scale = steps[i]?.setCanaryScale;
    if (scale === undefined) continue;
    if (scale.replicas !== undefined) return Math.max(0, scale.replicas);
    if (scale.weight !== undefined) return Math.ceil((replicas * Math.max(0, scale.weight)) / 100);
    return undefined;
  }
  return undefined;
}

/** Undefined means until a person promotes. An unreadable duration is one too: validation complains of it. */
export function pauseMs(duration: number | string | undefined): number | undefined {
  if (duration === undefined) return undefined;
  const parsed = parsePauseDuration(duration);
  return typeof parsed === 'number' ? Math.max(0, parsed) : undefined;
}

/** As events and messages name a step: `setWeight: 50`, `pause: 5m`. */
export function stepText(step: CanaryStep): string {
  if (step.setWeight !== undefined) return `setWeight: ${step.setWeight}`;
  if (step.pause !== undefined) return step.pause.duration === undefined ? 'pause' : `pause: ${step.pause.duration}`;
  if (step.setCanaryScale !== undefined) {
    const { replicas, weight } = step.setCanaryScale;
    if (replicas !== undefined) return `setCanaryScale{replicas: ${replicas}}`;
    return weight === undefined ? 'setCanaryScale{matchTrafficWeight: true}' : `setCanaryScale{weight: ${weight}}`;
  }
  const [kind] = Object.entries(step).find(([, value]) => value !== undefined) ?? ['empty step'];
  return kind;
}
