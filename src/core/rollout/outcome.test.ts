import { describe, expect, it } from 'vitest';
import { outcomeOf } from './outcome.ts';

const duration = {
  rolloutStartedAt: '2026-11-23T10:00:00Z',
  finishedAt: '2026-11-23T10:01:30Z',
  completionStatus: 'Promoted' as const,
};

describe('the outcome of an update', () => {
  it('is told once, when the status first says so', () => {
    expect(outcomeOf(undefined, { duration })).toEqual({ status: 'Promoted', seconds: 90 });
    expect(outcomeOf({ duration: { rolloutStartedAt: duration.rolloutStartedAt } }, { duration })).toEqual({
      status: 'Promoted',
      seconds: 90,
    });
    expect(outcomeOf({ duration }, { duration })).toBeUndefined();
  });

  it('is told again for the next update', () => {
    const next = {
      ...duration,
      rolloutStartedAt: '2026-11-23T11:00:00Z',
      finishedAt: '2026-11-23T11:00:10Z',
      completionStatus: 'Aborted' as const,
    };
    expect(outcomeOf({ duration }, { duration: next })).toEqual({ status: 'Aborted', seconds: 10 });
  });

  it('is not told of what has not ended or cannot be', () => {
    expect(outcomeOf(undefined, {})).toBeUndefined();
    expect(outcomeOf(undefined, { duration: { rolloutStartedAt: duration.rolloutStartedAt } })).toBeUndefined();
    expect(outcomeOf(undefined, { duration: { ...duration, finishedAt: '2026-11-23T09:00:00Z' } })).toBeUndefined();
  });
});
