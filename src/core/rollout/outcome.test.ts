import { describe, expect, it } from 'vitest';
import { outcomesOf } from './outcome.ts';

const duration = {
  rolloutStartedAt: '2026-11-23T10:00:00Z',
  finishedAt: '2026-11-23T10:01:30Z',
  completionStatus: 'Promoted' as const,
};

describe('the outcome of an update', () => {
  it('is told once, when the status first says so', () => {
    expect(outcomesOf(undefined, { duration })).toEqual([{ status: 'Promoted', seconds: 90, pausedSeconds: 0 }]);
    expect(outcomesOf({ duration: { rolloutStartedAt: duration.rolloutStartedAt } }, { duration })).toEqual([
      { status: 'Promoted', seconds: 90, pausedSeconds: 0 },
    ]);
    expect(outcomesOf({ duration }, { duration })).toEqual([]);
  });

  it('is told again for the next update', () => {
    const next = {
      ...duration,
      rolloutStartedAt: '2026-11-23T11:00:00Z',
      finishedAt: '2026-11-23T11:00:10Z',
      completionStatus: 'Aborted' as const,
    };
    expect(outcomesOf({ duration }, { duration: next })).toEqual([{ status: 'Aborted', seconds: 10, pausedSeconds: 0 }]);
  });

  it('is not told of what has not ended or cannot be', () => {
    expect(outcomesOf(undefined, {})).toEqual([]);
    expect(outcomesOf(undefined, { duration: { rolloutStartedAt: duration.rolloutStartedAt } })).toEqual([]);
    expect(outcomesOf(undefined, { duration: { ...duration, finishedAt: '2026-11-23T09:00:00Z' } })).toEqual([]);
  });

  it('of one that another took the place of is told with the beginning of that, and with the time that people took', () => {
    const { rolloutStartedAt } = duration;
    const before = { rolloutStartedAt, totalManualPauseDurationSeconds: 20, manualPauseStartedAt: '2026-11-23T10:01:00Z' };
    const after = { rolloutStartedAt: '2026-11-23T10:01:40Z' };
    expect(outcomesOf({ duration: before }, { duration: after })).toEqual([
      { status: 'Superseded', seconds: 100, pausedSeconds: 60 },
    ]);
    const both = { ...after, finishedAt: '2026-11-23T10:01:40Z', completionStatus: 'Promoted' as const };
    expect(outcomesOf({ duration: before }, { duration: both }).map(({ status }) => status)).toEqual(['Superseded', 'Promoted']);
    expect(outcomesOf({ duration }, { duration: after })).toEqual([]);
  });
});
