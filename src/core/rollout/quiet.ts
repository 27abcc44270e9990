/**
 * Keeps pods that come and go one by one from costing a write each: a status that differs from the stored one in numbers alone waits
 * for what comes next, three seconds at most. What people and programs decide on (phase, conditions, steps, weights) is never held back.
 */
import { conditionTypes } from '../../api/reasons.ts';
import type { RolloutStatus } from '../../api/rollout.ts';
import { requeue, sooner } from '../decision.ts';
import type { Decision } from './decision.ts';
import type { Situation } from './situation.ts';

const holdMs = 3_000;
const numbers = new Set([
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'HPAReplicas',
  'message',
  'conditions',
]);

export function keepQuiet({ status, observed, nowMs }: Situation, decision: Decision): Decision {
  // What the API server has just refused is no number.
  if (observed.failures.length > 0 || !onlyNumbersDiffer(status, decision.status)) return decision;
  const restMs = (observed.numbersHeldSinceMs ?? nowMs) + holdMs - nowMs;
  // A clock that was set back holds nothing longer.
  if (restMs <= 0 || restMs > holdMs) return decision;
  return { ...decision, status, holdsNumbers: true, next: sooner(decision.next, requeue(restMs)) };
}

function onlyNumbersDiffer(stored: RolloutStatus, next: RolloutStatus): boolean {
  const keys = new Set([...Object.keys(stored), ...Object.keys(next)]);
  const fields = (status: RolloutStatus): Readonly<Record<string, unknown>> => status;
  for (const key of keys) {
    if (!numbers.has(key) && !isEqual(fields(stored)[key], fields(next)[key])) return false;
  }
  return isEqual(essence(stored), essence(next)) && !isEqual(stored, next);
}

/** Conditions without how the pods of an update get on. */
function essence({ conditions }: RolloutStatus): unknown {
  return (conditions ?? []).map((one) =>
    one.type === conditionTypes.progressing && one.status === 'True'
      ? { type: one.type, status: one.status, observedGeneration: one.observedGeneration }
      : one,
  );
}

/** Equality of JSON values; a key with undefined counts as absent. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a).filter(([, value]) => value !== undefined);
  const right = new Map(Object.entries(b).filter(([, value]) => value !== undefined));
  return left.length === right.size && left.every(([key, value]) => isEqual(value, right.get(key)));
}
