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
  if (stored === next) return false;
  for (const status of [stored, next]) {
    for (const key in status) if (!numbers.has(key) && !isEqual((stored as Fields)[key], (next as Fields)[key])) return false;
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

/** Equality of JSON values; a key with undefined counts as absent. Makes nothing, since every look compares whole objects. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  }
  return hasAllOf(a as Fields, b as Fields) && hasAllOf(b as Fields, a as Fields, false);
}

type Fields = Readonly<Record<string, unknown>>;

function hasAllOf(present: Fields, wanted: Fields, looksInside = true): boolean {
  for (const key in wanted) {
    const value = wanted[key];
    if (value === undefined) continue;
    if (looksInside ? !isEqual(present[key], value) : present[key] === undefined) return false;
  }
  return true;
}
