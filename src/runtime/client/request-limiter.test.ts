import { expect, test } from 'vitest';
import { SteppedClock } from '../../../test/support/stepped-clock.ts';
import { RequestLimiter } from './request-limiter.ts';

function makeLimiter(qps: number, burst: number) {
  const clock = new SteppedClock();
  const limiter = new RequestLimiter(clock, { qps, burst });
  const admitted: [number, number][] = [];
  const ask = (id: number, signal?: AbortSignal): void => {
    const wait = limiter.acquire(signal);
    if (wait === undefined) admitted.push([id, clock.monotonic()]);
    else void wait.then(() => admitted.push([id, clock.monotonic()]));
  };
  return { clock, ask, admitted };
}

test('a burst goes at once, the rest in turn at the rate', async () => {
  const { clock, ask, admitted } = makeLimiter(10, 3);
  for (let id = 1; id <= 6; id++) ask(id);
  await clock.advance(1000);
  expect(admitted).toEqual([
    [1, 0],
    [2, 0],
    [3, 0],
    [4, 100],
    [5, 200],
    [6, 300],
  ]);
  expect(clock.timers).toBe(0);
});

test('what was not used is saved up to the burst, and no further', async () => {
  const { clock, ask, admitted } = makeLimiter(10, 3);
  await clock.advance(60_000);
  for (let id = 1; id <= 4; id++) ask(id);
  await clock.advance(500);
  expect(admitted.map(([, at]) => at)).toEqual([60_000, 60_000, 60_000, 60_100]);
});

test('whoever gives up takes nothing, and those behind move up', async () => {
  const { clock, ask, admitted } = makeLimiter(1, 1);
  const stop = new AbortController();
  ask(1);
  ask(2, stop.signal);
  ask(3);
  stop.abort();
  await clock.advance(1000);
  expect(admitted).toEqual([
    [1, 0],
    [2, 0],
    [3, 1000],
  ]);
});
