import { describe, expect, it } from 'vitest';
import type { RolloutStatus } from '../../api/rollout.ts';
import type { Decision } from './decision.ts';
import { keepQuiet } from './quiet.ts';
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
function kept(next: RolloutStatus, writtenAgoMs: number | undefined, status = stored) {
  const observed = { statusWrittenAtMs: writtenAgoMs === undefined ? undefined : now - writtenAgoMs };
  const decision: Decision = { status: next, effects: [], announcements: [], next: { kind: 'await-change' } };
  const quiet = keepQuiet({ status, observed, nowMs: now } as Partial<Situation> as Situation, decision);
  return { isHeld: quiet.status === status, next: quiet.next };
}

describe('a status that differs in numbers alone', () => {
  const counted = { ...stored, replicas: 2, message: 'more replicas need to be updated' };

  it('waits until the last write is a moment ago', () => {
    expect(kept(counted, 400)).toEqual({ isHeld: true, next: { kind: 'requeue', afterMs: 2_600 } });
  });

  it('waits also after a restart, by the time in its conditions', () => {
    const fresh = { ...stored, conditions: [progressing('2026-01-01T00:00:59Z')] };
    expect(kept({ ...fresh, replicas: 2 }, undefined, fresh)).toEqual({ isHeld: true, next: { kind: 'requeue', afterMs: 2_000 } });
  });

  it('counts the progress of pods as a number', () => {
    const step = { ...counted, conditions: [progressing('2026-01-01T00:01:00Z', 'NewReplicaSetAvailable')] };
    expect(kept(step, 400).isHeld).toBe(true);
  });

  it.each([
    ['the last write is long ago', 3_000],
    ['nothing was written yet', undefined],
    ['the clock was set back', -1],
  ])('is written at once when %s', (_, agoMs) => {
    expect(kept(counted, agoMs).isHeld).toBe(false);
  });
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
