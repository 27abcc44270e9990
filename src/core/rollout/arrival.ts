/**
 * Objects of one file arrive one after the other: a Rollout that is seen for the first time may still miss what comes a moment behind it.
 * It is given that moment before anyone is alarmed; whatever completes it is looked at at once.
 */
import type { Situation } from './situation.ts';

/** From the creation; creation times are whole seconds, so between two and three seconds really. */
const graceMs = 3_000;

/** Milliseconds to wait before this Rollout's first status; undefined where nothing is to be waited for. */
export function arrivalMs({ rollout, problems, status, nowMs }: Situation): number | undefined {
  const isNew = status.observedGeneration === undefined && status.conditions === undefined;
  if (!isNew || problems.length === 0 || problems.some(({ isMissing }) => isMissing !== true)) return undefined;
  const restMs = Date.parse(rollout.metadata.creationTimestamp ?? '') + graceMs - nowMs;
  return restMs > 0 && restMs <= graceMs ? restMs : undefined;
}
