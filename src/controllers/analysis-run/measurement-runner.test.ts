import { describe, expect, it } from 'vitest';
import { SteppedClock, settle } from '../../../test/support/stepped-clock.ts';
import {
  type MeasurementAnswer,
  type MeasurementMetrics,
  type MeasurementRequest,
  MeasurementRunner,
  type MeasurementRunnerOptions,
} from './measurement-runner.ts';

const run = (name: string, uid = `uid-${name}`) => ({ key: `shop/${name}`, namespace: 'shop', name, uid });
const answer: MeasurementAnswer = { outcome: { kind: 'measured', value: { kind: 'value', result: 1, text: '1' } } };

interface Started {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly finish: (answer: MeasurementAnswer) => void;
}

/** A runner whose measurements end when the test says so. */
function setUp(more: Partial<MeasurementRunnerOptions> = {}) {
  const clock = new SteppedClock();
  const started: Started[] = [];
  const finished: string[] = [];
  const runner = new MeasurementRunner({
    clock,
    finished: (key) => finished.push(key),
    measure: ({ key }, { metric }, { signal }) => {
      const { promise, resolve } = Promise.withResolvers<MeasurementAnswer>();
      started.push({ name: `${key}/${metric}`, signal, finish: resolve });
      return promise;
    },
    ...more,
  });
  const request = (metric: string): MeasurementRequest => ({
    metric,
    provider: 'prometheus',
    query: { block: {}, args: new Map(), secrets: [] },
    dueAtMs: clock.now(),
    ordinal: 1,
  });
  return { clock, started, finished, runner, request, names: () => started.map(({ name }) => name) };
}

describe('the measurement runner', () => {
  it('measures a metric once at a time, and keeps the answer until it is acknowledged', async () => {
    const { clock, started, finished, runner, request } = setUp();
    runner.start(run('a'), request('m'));
    runner.start(run('a'), request('m'));
    expect(started).toHaveLength(1);
    expect(runner.observations(run('a'))).toMatchObject([{ state: 'in-flight', metric: 'm' }]);
    await clock.advance(250);
    started[0]?.finish(answer);
    await settle();
    expect(finished).toEqual(['shop/a']);
    const seen = runner.observations(run('a'));
    expect(seen).toMatchObject([{ state: 'finished', finishedAtMs: clock.now(), startedAtMs: clock.now() - 250, ...answer }]);
    expect(runner.observations(run('a'))).toEqual(seen);
    runner.acknowledge('shop/a', seen);
    expect(runner.observations(run('a'))).toEqual([]);
  });

  it('keeps an answer that came after what is acknowledged', async () => {
    const { started, runner, request } = setUp();
    runner.start(run('a'), request('m'));
    runner.start(run('a'), request('n'));
    started[0]?.finish(answer);
    await settle();
    const seen = runner.observations(run('a')).filter(({ state }) => state === 'finished');
    started[1]?.finish(answer);
    await settle();
    runner.acknowledge('shop/a', seen);
    expect(runner.observations(run('a')).map(({ metric }) => metric)).toEqual(['n']);
  });

  it('makes no more at a time than it may, in the order of their requests, and tells how late they began', async () => {
    const figures: string[] = [];
    const metrics: MeasurementMetrics = {
      began: (ms) => figures.push(`late ${ms}`),
      inFlight: (count) => figures.push(`${count}`),
    };
    const { clock, started, runner, request, names } = setUp({ concurrency: 4, metrics });
    for (const name of ['a', 'b', 'c', 'd']) runner.start(run(name), request('m'));
    expect(names()).toEqual(['shop/a/m', 'shop/b/m']);
    runner.cancel('shop/c', 'm');
    await clock.advance(700);
    started[0]?.finish(answer);
    await settle();
    expect(names()).toEqual(['shop/a/m', 'shop/b/m', 'shop/d/m']);
    expect(figures).toEqual(['late 0', '1', 'late 0', '2', '1', 'late 700', '2']);
  });

  it('ends what takes too long, and gives its place to the next even if the provider does not heed the signal', async () => {
    const { clock, started, runner, request, names } = setUp({ concurrency: 1, timeoutMs: 5000 });
    runner.start(run('a'), request('m'));
    runner.start(run('b'), request('m'));
    await clock.advance(5000);
    await settle();
    expect(started[0]?.signal.aborted).toBe(true);
    expect(runner.observations(run('a'))).toMatchObject([
      { state: 'finished', outcome: { kind: 'error', message: 'no answer within 5 s' } },
    ]);
    expect(names()).toEqual(['shop/a/m', 'shop/b/m']);
  });

  it('does not look at answers of cancelled measurements, nor of runs that are gone or made anew', async () => {
    const { started, finished, runner, request } = setUp();
    runner.start(run('a'), request('m'));
    runner.cancel('shop/a', 'm');
    runner.start(run('b'), request('m'));
    runner.forget('shop/b');
    runner.start(run('c'), request('m'));
    expect(runner.observations(run('c', 'another uid'))).toEqual([]);
    runner.start(run('c', 'another uid'), request('n'));
    expect(started.map(({ signal }) => signal.aborted)).toEqual([true, true, true, false]);
    for (const one of started.slice(0, 3)) one.finish(answer);
    await settle();
    expect(finished).toEqual([]);
  });

  describe('with what outlives its calls', () => {
    const metadata = { 'job-name': 'j' };
    const goesOn: MeasurementAnswer = { outcome: { kind: 'underway', metadata } };
    const ended: MeasurementAnswer = { outcome: { kind: 'ended', end: 'complete', text: '' } };

    it('remembers when it was asked about, beyond what is acknowledged', async () => {
      const { clock, started, runner, request } = setUp();
      runner.start(run('a'), request('m'));
      await clock.advance(20);
      started[0]?.finish(goesOn);
      await settle();
      const startedAtMs = clock.now() - 20;
      const first = runner.observations(run('a'));
      expect(first).toMatchObject([
        { state: 'finished', startedAtMs, ...goesOn },
        { state: 'lasting', lookedAtMs: clock.now() },
      ]);
      runner.acknowledge('shop/a', first);
      expect(runner.observations(run('a'))).toMatchObject([{ state: 'lasting' }]);
      await clock.advance(5000);
      runner.start(run('a'), { ...request('m'), begun: { startedAtMs, metadata } });
      started[1]?.finish(ended);
      await settle();
      expect(runner.observations(run('a'))).toMatchObject([{ state: 'finished', startedAtMs, ...ended }]);
    });

    it('has it ended when its run is gone, and when it was begun while nobody wanted it any more', async () => {
      const left: string[] = [];
      const { started, runner, request } = setUp({ abandoned: ({ key }, provider) => left.push(`${provider} of ${key}`) });
      runner.start(run('a'), request('m'));
      started[0]?.finish(goesOn);
      await settle();
      runner.forget('shop/a');
      expect(left).toEqual(['prometheus of shop/a']);
      runner.start(run('b'), request('m'));
      runner.cancel('shop/b', 'm');
      started[1]?.finish(goesOn);
      await settle();
      expect(left).toEqual(['prometheus of shop/a', 'prometheus of shop/b']);
    });

    it('has it ended when its beginning came after the time limit', async () => {
      const left: string[] = [];
      const { clock, started, runner, request } = setUp({ timeoutMs: 1000, abandoned: ({ key }) => left.push(key) });
      runner.start(run('a'), request('m'));
      await clock.advance(1000);
      started[0]?.finish(goesOn);
      await settle();
      expect(runner.observations(run('a'))).toMatchObject([{ state: 'finished', outcome: { kind: 'error' } }]);
      expect(left).toEqual(['shop/a']);
    });

    it('leaves it to the next process when this one stops', async () => {
      const left: string[] = [];
      const { started, runner, request } = setUp({ abandoned: ({ key }) => left.push(key) });
      runner.start(run('a'), request('m'));
      runner.start(run('b'), request('m'));
      started[0]?.finish(goesOn);
      await settle();
      await runner.stop();
      started[1]?.finish(goesOn);
      await settle();
      expect(left).toEqual([]);
    });
  });

  it('outlives a measurement that throws', async () => {
    const { runner, request } = setUp({ measure: () => Promise.reject(new TypeError('secret in here')) });
    runner.start(run('a'), request('m'));
    await settle();
    expect(runner.observations(run('a'))).toMatchObject([
      { outcome: { kind: 'error', message: 'the measurement broke off: TypeError' } },
    ]);
  });

  it('leaves nothing behind when it stops', async () => {
    const { clock, started, runner, request } = setUp();
    runner.start(run('a'), request('m'));
    await runner.stop();
    expect(started[0]?.signal.aborted).toBe(true);
    expect(clock.timers).toBe(0);
  });
});
