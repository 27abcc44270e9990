import { expect, it } from 'vitest';
import { keptLog } from '../../../../test/support/quiet-log.ts';
import { SteppedClock } from '../../../../test/support/stepped-clock.ts';
import type { PodOrder } from '../../../core/rollout/pod-orders.ts';
import { type CarryOut, PodRunner } from './pod-runner.ts';

const rollout = { key: 'default/shop', namespace: 'default', uid: 'u1' };

function order(id: string, token = id, start = true): PodOrder {
  const owner = { uid: id, name: id };
  return { kind: 'dress', id, token, start, owner, selector: {}, labels: {}, annotations: {} };
}

/** Orders that are being carried out wait until the test says how they end. */
function runnerWith(concurrency = 10) {
  const begun: { order: PodOrder; signal: AbortSignal; end: (outcome: 'done' | 'more' | Error) => Promise<void> }[] = [];
  const finished: string[] = [];
  const carryOut: CarryOut = async (_, carried, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ outcome: 'done' | 'more'; message: string }>();
    const end = async (outcome: 'done' | 'more' | Error): Promise<void> => {
      if (outcome instanceof Error) reject(outcome);
      else resolve({ outcome, message: '' });
      await new Promise(setImmediate);
    };
    begun.push({ order: carried, signal, end });
    return await promise;
  };
  const clock = new SteppedClock();
  const runner = new PodRunner({ carryOut, clock, log: keptLog(), finished: (key) => finished.push(key), concurrency });
  return { runner, begun, finished, names: () => begun.map(({ order: { token } }) => token) };
}

it('carries out what is wanted once, and reports it as long as it is wanted', async () => {
  const { runner, begun, finished, names } = runnerWith();
  runner.want(rollout, [order('a'), order('b', 'b', false)]);
  runner.want(rollout, [order('a')]);
  expect(names()).toEqual(['a']);
  expect(runner.reports(rollout.key, 'u1')).toBeUndefined();
  await begun[0]?.end('done');
  expect(finished).toEqual([rollout.key]);
  expect(runner.reports(rollout.key, 'u1')?.get('a')).toMatchObject({ token: 'a', outcome: 'done', message: '' });
  expect(runner.reports(rollout.key, 'another')).toBeUndefined();
  runner.want(rollout, []);
  expect(runner.reports(rollout.key, 'u1')).toBeUndefined();
});

it('ends what is not wanted any more, and hears nothing of it', async () => {
  const { runner, begun, finished } = runnerWith();
  runner.want(rollout, [order('a'), order('b')]);
  runner.want(rollout, [order('b')]);
  expect(begun.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  await begun[0]?.end('done');
  runner.want({ ...rollout, uid: 'u2' }, [order('b')]);
  await begun[1]?.end('done');
  expect(finished).toEqual([]);
});

it('tells what was done no more when something else is asked for', async () => {
  const { runner, begun, names } = runnerWith();
  runner.want(rollout, [order('a', 'first')]);
  await begun[0]?.end('done');
  expect(runner.reports(rollout.key, 'u1')?.size).toBe(1);
  runner.want(rollout, [order('a', 'second')]);
  expect(runner.reports(rollout.key, 'u1')).toBeUndefined();
  runner.want(rollout, [order('a', 'third')]);
  expect(names()).toEqual(['first', 'second']);
  await begun[1]?.end('more');
  expect(runner.reports(rollout.key, 'u1')?.get('a')?.token).toBe('second');
});

it('works on so many at a time, and an error is a report', async () => {
  const { runner, begun, names } = runnerWith(1);
  runner.want(rollout, [order('a')]);
  runner.want({ ...rollout, key: 'default/till' }, [order('t')]);
  expect(names()).toEqual(['a']);
  await begun[0]?.end(new Error('no such door'));
  expect(runner.reports(rollout.key, 'u1')?.get('a')).toMatchObject({ outcome: 'failed', message: 'no such door' });
  expect(runner.reports(rollout.key, 'u1')?.get('a')?.repeats).toBe(0);
  expect(names()).toEqual(['a', 't']);
});

it('begins nothing again for a look that has not heard of its end', async () => {
  const { runner, begun, names } = runnerWith();
  runner.want(rollout, [order('a')]);
  await begun[0]?.end('done');
  runner.want(rollout, [order('a')]);
  expect(names()).toEqual(['a']);
  expect(runner.reports(rollout.key, 'u1')?.get('a')).toMatchObject({ outcome: 'done' });
  runner.want(rollout, [order('a', 'another')]);
  expect(names()).toEqual(['a', 'another']);
});

it('counts reports that say the same of the same', async () => {
  const { runner, begun } = runnerWith();
  for (const token of ['a', 'a', 'b']) {
    runner.want(rollout, [order('id', token)]);
    await begun.at(-1)?.end('more');
    const expected = { token, repeats: begun.length === 2 ? 1 : 0 };
    expect(runner.reports(rollout.key, 'u1')?.get('id')).toMatchObject(expected);
  }
});

it('stops when what is under way has ended, and begins nothing after', async () => {
  const { runner, begun, names } = runnerWith(1);
  runner.want(rollout, [order('a'), order('b')]);
  const stopped = runner.stop();
  expect(begun[0]?.signal.aborted).toBe(true);
  await begun[0]?.end('done');
  await stopped;
  runner.want(rollout, [order('c')]);
  expect(names()).toEqual(['a']);
});
