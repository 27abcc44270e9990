import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { progressOf, roughly } from './progress.ts';

const step = (name: string, expectedMs: number) => ({ name, expectedMs });
const finished = (name: string, expectedMs: number, actualMs: number) => ({ name, expectedMs, actualMs });

describe('progress', () => {
  it('starts from the table', () => {
    const progress = progressOf([], { step: step('a', 60_000), elapsedMs: 0 }, [step('b', 40_000)]);
    expect(progress).toEqual({ fraction: 0, remainingMs: 100_000 });
  });

  it('takes the rest to be as much slower or faster as what is finished', () => {
    const slow = progressOf([finished('a', 10_000, 30_000)], { step: step('b', 10_000), elapsedMs: 0 }, [step('c', 10_000)]);
    expect(slow).toEqual({ fraction: 1 / 3, remainingMs: 60_000 });
    const fast = progressOf([finished('a', 10_000, 5000)], { step: step('b', 10_000), elapsedMs: 0 }, []);
    expect(fast).toEqual({ fraction: 0.5, remainingMs: 5000 });
  });

  it('does not say that a step is nearly done for ever: the longer it is late, the longer it takes', () => {
    const late = progressOf([], { step: step('a', 10_000), elapsedMs: 90_000 }, []);
    expect(late.fraction).toBeCloseTo(0.9);
    expect(late.remainingMs).toBeCloseTo(10_000);
  });

  it('is done when nothing is left, and stays between 0 and 1 before', () => {
    expect(progressOf([finished('a', 10, 10)], undefined, [])).toEqual({ fraction: 1, remainingMs: 0 });
    const ms = fc.integer({ min: 0, max: 10_000_000 });
    const steps = fc.array(fc.record({ name: fc.string(), expectedMs: ms }));
    fc.assert(
      fc.property(
        fc.array(fc.record({ name: fc.string(), expectedMs: ms, actualMs: ms })),
        ms,
        ms,
        steps,
        (done, expectedMs, elapsedMs, waiting) => {
          const { fraction, remainingMs } = progressOf(done, { step: step('now', expectedMs), elapsedMs }, waiting);
          expect(fraction).toBeGreaterThanOrEqual(0);
          expect(fraction).toBeLessThanOrEqual(1);
          expect(remainingMs).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  it.each([
    [0, 'about 5 s'],
    [12_000, 'about 15 s'],
    [89_000, 'about 90 s'],
    [95_000, 'about 2 min'],
    [540_000, 'about 9 min'],
  ])('%i ms is %s', (ms, text) => {
    expect(roughly(ms)).toBe(text);
  });
});
