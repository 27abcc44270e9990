import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RolloutStatus } from '../../api/rollout.ts';
import type { Decision } from './decision.ts';
import type { ObservedRollout } from './observed-rollout.ts';
import { isEqual, keepQuiet } from './quiet.ts';
import type { Situation } from './situation.ts';

const now = Date.parse('2026-01-01T00:01:00Z');

const progressing = (lastUpdateTime: string, reason = 'ReplicaSetUpdated') => ({
  type: 'Progressing',
  status: 'True',
  reason,
  message: '',
  lastUpdateTime,
  lastTransitionTime: '2026-01-01T00:00:00Z',
  observedGeneration: 1,
});

const stored: RolloutStatus = { phase: 'Progressing', replicas: 1, conditions: [progressing('2026-01-01T00:00:00Z')] };

/** The status that is written, and when the Rollout is looked at again. */
function kept(next: RolloutStatus, heldForMs?: number, failures: ObservedRollout['failures'] = []) {
  const observed = { failures, numbersHeldSinceMs: heldForMs === undefined ? undefined : now - heldForMs };
  const decision: Decision = { status: next, effects: [], announcements: [], next: { kind: 'await-change' } };
  const quiet = keepQuiet({ status: stored, observed, nowMs: now } as Partial<Situation> as Situation, decision);
  return { isHeld: quiet.status === stored && quiet.holdsNumbers === true, next: quiet.next };
}

describe('a status that differs in numbers alone', () => {
  const counted = { ...stored, replicas: 2, message: 'more replicas need to be updated' };

  it('waits for three seconds from when they first differed', () => {
    expect(kept(counted)).toEqual({ isHeld: true, next: { kind: 'requeue', afterMs: 3_000 } });
    expect(kept(counted, 400)).toEqual({ isHeld: true, next: { kind: 'requeue', afterMs: 2_600 } });
  });

  it('counts the progress of pods as a number', () => {
    const step = { ...counted, conditions: [progressing('2026-01-01T00:01:00Z', 'NewReplicaSetAvailable')] };
    expect(kept(step).isHeld).toBe(true);
  });

  it.each([
    ['it has waited', 3_000],
    ['the clock was set back', -1],
  ])('is written when %s', (_, heldForMs) => {
    expect(kept(counted, heldForMs).isHeld).toBe(false);
  });
});

it('what the API server refuses is told at once', () => {
  const effect = { kind: 'patch-replica-set', name: 'shop-1', uid: 'u', replicas: 2 } as const;
  expect(kept({ ...stored, message: 'admission says no' }, 10, [{ effect, message: 'no' }]).isHeld).toBe(false);
});

describe('what people decide on is never held back', () => {
  it.each<[string, RolloutStatus]>([
    ['the phase', { ...stored, phase: 'Paused' }],
    ['a step', { ...stored, replicas: 2, currentStepIndex: 1 }],
    ['an abort', { ...stored, abort: true }],
    ['a condition', { ...stored, conditions: [{ ...progressing('2026-01-01T00:00:00Z'), status: 'False' }] }],
    ['another condition', { ...stored, conditions: [...(stored.conditions ?? []), { ...progressing(''), type: 'Healthy' }] }],
  ])('%s', (_, next) => {
    expect(kept(next, 10).isHeld).toBe(false);
  });
});

describe('equality', () => {
  it('is that of JSON texts with sorted keys', () => {
    const small = fc.jsonValue({ maxDepth: 3, stringUnit: fc.constantFrom('a', 'b') });
    fc.assert(
      fc.property(small, small, (a, b) => {
        expect(isEqual(a, b)).toBe(sortedText(a) === sortedText(b));
        expect(isEqual(a, structuredClone(a))).toBe(true);
      }),
    );
  });

  it.each([
    [{ a: undefined }, {}, true],
    [{}, { a: undefined }, true],
    [{ a: 1 }, { a: 1, b: undefined }, true],
    [{ a: 1 }, { a: 1, b: null }, false],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [[1], { 0: 1 }, false],
    [[1, 2], [1], false],
  ])('of %j and %j is %s', (a, b, equal) => {
    expect([isEqual(a, b), isEqual(b, a)]).toEqual([equal, equal]);
  });
});

function sortedText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    const isMap = typeof part === 'object' && part !== null && !Array.isArray(part);
    return isMap ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part;
  });
}
