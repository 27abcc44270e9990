import { describe, expect, it } from 'vitest';
import type { Problem } from '../../api/problem.ts';
import { arrivalMs } from './arrival.ts';
import type { Situation } from './situation.ts';

const created = Date.parse('2026-01-01T00:00:00Z');
const missing: Problem = { path: 'spec.a', message: 'not found', isMissing: true };
const wrong: Problem = { path: 'spec.b', message: 'is wrong' };

function situation(problems: readonly Problem[], ageMs: number, status: Situation['status'] = {}): Situation {
  const rollout = { metadata: { name: 'shop', creationTimestamp: '2026-01-01T00:00:00Z' }, spec: {} };
  return { rollout, problems, status, nowMs: created + ageMs } as Partial<Situation> as Situation;
}

describe('a Rollout that is seen for the first time', () => {
  it('is given a moment for what is missing', () => {
    expect(arrivalMs(situation([missing, missing], 400))).toBe(2_600);
  });

  it.each([
    ['nothing is missing', situation([], 400)],
    ['something is wrong besides', situation([missing, wrong], 400)],
    ['the moment is over', situation([missing], 3_000)],
    ['its clock is ahead of ours', situation([missing], -1)],
    ['it was looked at before', situation([missing], 400, { observedGeneration: '1' })],
  ])('is judged at once where %s', (_, seen) => {
    expect(arrivalMs(seen)).toBeUndefined();
  });
});
