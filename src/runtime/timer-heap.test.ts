import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SteppedClock } from '../../test/support/stepped-clock.ts';
import { TimerHeap } from './timer-heap.ts';

test('keys come due in the order of their times, the earlier of two appointments counts, cancelled ones do not', async () => {
  const step = fc.record({
    key: fc.integer({ min: 0, max: 12 }).map(String),
    delayMs: fc.integer({ min: 0, max: 50 }),
    cancel: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = new SteppedClock();
      const due: string[] = [];
      const heap = new TimerHeap(clock, (key) => due.push(key));
      const model = new Map<string, { at: number; order: number }>();
      steps.forEach(({ key, delayMs, cancel }, order) => {
        const present = model.get(key);
        if (cancel) {
          heap.cancel(key);
          model.delete(key);
        } else {
          heap.schedule(key, delayMs);
          if (present === undefined) model.set(key, { at: delayMs, order });
          else if (delayMs < present.at) model.set(key, { ...present, at: delayMs });
        }
      });
      expect(heap.size).toBe(model.size);
      expect(clock.timers).toBeLessThanOrEqual(1);
      await clock.advance(60);
      const expected = [...model].sort(([, a], [, b]) => a.at - b.at || a.order - b.order).map(([key]) => key);
      expect(due).toEqual(expected);
      expect(heap.size).toBe(0);
    }),
  );
});

test('a key that comes due can make its next appointment', async () => {
  const clock = new SteppedClock();
  const times: number[] = [];
  const heap = new TimerHeap(clock, (key) => {
    times.push(clock.monotonic());
    if (times.length < 4) heap.schedule(key, 10);
  });
  heap.schedule('a', 5);
  await clock.advance(100);
  expect(times).toEqual([5, 15, 25, 35]);
  expect(clock.timers).toBe(0);
});

test('after clear nothing comes due', async () => {
  const clock = new SteppedClock();
  const due: string[] = [];
  const heap = new TimerHeap(clock, (key) => due.push(key));
  heap.schedule('a', 5);
  heap.clear();
  await clock.advance(100);
  expect([due, heap.size, clock.timers]).toEqual([[], 0, 0]);
});
