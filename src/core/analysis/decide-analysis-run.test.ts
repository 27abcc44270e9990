import { describe, expect, it } from 'vitest';
import { epochMs, runStepped, type SteppedOptions, type SteppedResult } from '../../../test/support/stepped-analysis-run.ts';
import type { AnalysisRun, AnalysisRunSpec, AnalysisRunStatus } from '../../api/analysis-run.ts';
import type { Metric } from '../../api/analysis-template.ts';
import { decideAnalysisRun } from './decide-analysis-run.ts';
import type { MeasurementOutcome, ObservedMeasurement } from './observed-analysis-run.ts';

const value = (result: number): MeasurementOutcome => ({
  kind: 'measured',
  value: { kind: 'value', result, text: String(result) },
});
const good = value(1);
const bad = value(0);
/** Neither condition holds. */
const unclear = value(0.5);
const broken: MeasurementOutcome = { kind: 'error', message: 'connection refused' };

const metric = (more: Partial<Metric> = {}): Metric => ({
  name: 'm',
  successCondition: 'result >= 1.0',
  failureCondition: 'result <= 0.0',
  provider: { prometheus: { query: 'up' } },
  ...more,
});

/** Answers from the list, its last for ever after. */
const answers =
  (...outcomes: readonly MeasurementOutcome[]): SteppedOptions['answer'] =>
  (_, index) => ({ outcome: outcomes[Math.min(index, outcomes.length - 1)] ?? good, latencyMs: 100 });

const seconds = (result: SteppedResult) => (result.starts.get('m') ?? []).map((ms) => ms / 1000);

describe('a run carried to its end', () => {
  it.each<[string, Partial<Metric>, readonly MeasurementOutcome[], string, string, readonly number[]]>([
    ['one good measurement', {}, [good], 'Successful', '', [0]],
    ['one bad measurement', {}, [bad], 'Failed', 'Metric "m" assessed Failed due to failed (1) > failureLimit (0)', [0]],
    [
      'one that is neither',
      {},
      [unclear],
      'Inconclusive',
      'Metric "m" assessed Inconclusive due to inconclusive (1) > inconclusiveLimit (0)',
      [0],
    ],
    ['count at an interval', { count: 3, interval: '1m' }, [good], 'Successful', '', [0, 60, 120]],
    [
      'a failure allowed, two not',
      { count: 4, interval: '1m', failureLimit: 1 },
      [bad, good, bad],
      'Failed',
      'Metric "m" assessed Failed due to failed (2) > failureLimit (1)',
      [0, 60, 120],
    ],
    ['an initial delay', { initialDelay: '30s' }, [good], 'Successful', '', [30]],
    ['an error, tried again after ten seconds', { count: 2, interval: '1m' }, [broken, good], 'Successful', '', [0, 10, 70]],
    ['an error at a short interval', { count: 2, interval: '2s' }, [good, broken, good], 'Successful', '', [0, 2, 12]],
    [
      'nothing but errors',
      { count: 3, interval: '1m' },
      [broken],
      'Error',
      'Metric "m" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): "Error Message: connection refused"',
      [0, 10, 20, 30, 40],
    ],
    ['enough good ones in a row', { interval: '10s', consecutiveSuccessLimit: 2 }, [good], 'Successful', '', [0, 10]],
    [
      'good ones in a row after failures without limit',
      { interval: '10s', consecutiveSuccessLimit: 2, failureLimit: -1 },
      [bad, good, bad, good, good],
      'Successful',
      '',
      [0, 10, 20, 30, 40],
    ],
    ['counts given as text', { count: '2', interval: '10s', failureLimit: '0' }, [good], 'Successful', '', [0, 10]],
  ])('%s', (_, more, outcomes, phase, message, expected) => {
    const result = runStepped({ spec: { metrics: [metric(more)] }, answer: answers(...outcomes) });
    expect([result.status.phase, result.status.message ?? '']).toEqual([phase, message]);
    expect(seconds(result).map(Math.floor)).toEqual(expected);
  });

  it('writes once for each time that measurements come back together', () => {
    const spec = { metrics: ['a', 'b', 'c'].map((name) => metric({ name, count: 3, interval: '10s' })) };
    const result = runStepped({ spec, answer: answers(good) });
    expect(result.status).toMatchObject({ phase: 'Successful', runSummary: { count: 3, successful: 3 } });
    expect(result.writes).toBe(3);
  });

  it('stays an object that can be stored, however much is answered and kept', () => {
    const outcome: MeasurementOutcome = {
      kind: 'measured',
      value: { kind: 'value', result: 1, text: `[${'1.2345,'.repeat(2000)}]` },
    };
    const spec = { metrics: [metric({ count: 300, interval: '1s' })], measurementRetention: [{ metricName: 'm', limit: 1000 }] };
    const { status } = runStepped({ spec, answer: answers(outcome) });
    expect(status.metricResults?.[0]?.measurements).toHaveLength(300);
    // Of an object of more, etcd stores nothing.
    expect(JSON.stringify(status).length).toBeLessThan(1_000_000);
  });

  it('does not wait with a verdict for a slow neighbour', () => {
    const spec = { metrics: [metric({ name: 'slow' }), metric({ name: 'fast' })] };
    const answer: SteppedOptions['answer'] = (name) =>
      name === 'slow' ? { outcome: good, latencyMs: 20_000 } : { outcome: bad, latencyMs: 40 };
    const result = runStepped({ spec, answer });
    expect(result.endedAtMs).toBe(40);
    expect(result.status).toMatchObject({
      phase: 'Failed',
      message: 'Metric "fast" assessed Failed due to failed (1) > failureLimit (0)',
    });
    // The slow one was ended without an answer, and says nothing.
    expect(result.status.metricResults?.map(({ name }) => name)).toEqual(['fast']);
  });

  it('shows that it runs while the first answer takes its time', () => {
    const spec = { metrics: [metric()] };
    const result = runStepped({ spec, answer: () => ({ outcome: good, latencyMs: 20_000 }) });
    expect(result.writes).toBe(2);
    expect(result.status).toMatchObject({ startedAt: '2026-03-01T12:00:00Z', completedAt: '2026-03-01T12:00:20Z' });
  });

  it('says what happened, once and in order', () => {
    const spec = { metrics: [metric({ name: 'a' }), metric({ name: 'b', count: 2, interval: '10s' })] };
    const result = runStepped({
      spec,
      answer: (name, index) => ({ outcome: name === 'b' && index === 1 ? bad : good, latencyMs: 50 }),
    });
    expect(result.announcements.map(({ type, reason, message }) => `${type} ${reason}: ${message}`)).toEqual([
      "Normal MetricSuccessful: Metric 'a' Completed. Result: Successful",
      "Warning MetricFailed: Metric 'b' Completed. Result: Failed",
      'Warning AnalysisRunFailed: Analysis Completed. Result: Failed',
    ]);
  });
});

describe('metrics that do not count', () => {
  const spec: AnalysisRunSpec = {
    metrics: [metric({ name: 'real' }), metric({ name: 'tried' })],
    dryRun: [{ metricName: '^tri' }],
  };

  it('are judged and shown, and fail nothing', () => {
    const result = runStepped({ spec, answer: (name) => ({ outcome: name === 'tried' ? bad : good, latencyMs: 50 }) });
    expect(result.status).toMatchObject({
      phase: 'Successful',
      runSummary: { count: 1, successful: 1 },
      dryRunSummary: { count: 1, failed: 1 },
    });
    expect(result.status.message).toBeUndefined();
    expect(result.status.metricResults?.[1]).toMatchObject({
      dryRun: true,
      phase: 'Failed',
      message: 'Metric assessed Failed due to failed (1) > failureLimit (0)',
    });
  });

  it('do not end a real one by failing first', () => {
    const answer: SteppedOptions['answer'] = (name) => ({ outcome: bad, latencyMs: name === 'tried' ? 50 : 5000 });
    expect(runStepped({ spec, answer })).toMatchObject({ endedAtMs: 5000, status: { phase: 'Failed' } });
  });

  it('are waited for, and stop when a real one fails', () => {
    const slow: SteppedOptions['answer'] = (name) => ({ outcome: good, latencyMs: name === 'tried' ? 5000 : 50 });
    expect(runStepped({ spec, answer: slow })).toMatchObject({ endedAtMs: 5000, status: { phase: 'Successful' } });
    const failing: SteppedOptions['answer'] = (name) => ({
      outcome: name === 'real' ? bad : good,
      latencyMs: name === 'tried' ? 5000 : 50,
    });
    expect(runStepped({ spec, answer: failing })).toMatchObject({ endedAtMs: 50, status: { phase: 'Failed' } });
  });
});

describe('ending a run', () => {
  it('by its spec keeps what was measured and is no failure', () => {
    const result = runStepped({
      spec: { metrics: [metric({ interval: '1m' })] },
      answer: answers(good),
      edits: [{ atMs: 150_000, spec: { terminate: true } }],
    });
    expect(result.status).toMatchObject({
      phase: 'Successful',
      message: 'Run Terminated',
      completedAt: '2026-03-01T12:02:30Z',
      metricResults: [{ phase: 'Successful', count: 3 }],
    });
  });

  it('by its spec stops a measurement in flight', () => {
    const result = runStepped({
      spec: { metrics: [metric()] },
      answer: () => ({ outcome: bad, latencyMs: 60_000 }),
      edits: [{ atMs: 5000, spec: { terminate: true } }],
    });
    expect(result).toMatchObject({ endedAtMs: 5000, status: { phase: 'Successful', message: 'Run Terminated' } });
  });

  it.each([
    ['any end', { secondsAfterCompletion: 60 }, good, 60],
    ['success, over any end', { secondsAfterCompletion: 600, secondsAfterSuccess: 20 }, good, 20],
    ['failure, over any end', { secondsAfterCompletion: 600, secondsAfterFailure: 30 }, bad, 30],
    ['failure, which an error is not', { secondsAfterCompletion: 90, secondsAfterFailure: 30 }, broken, 90],
  ])('deletes it after the time for %s', (_, ttlStrategy, outcome, expected) => {
    const spec = { metrics: [metric({ consecutiveErrorLimit: 0 })], ttlStrategy };
    const result = runStepped({ spec, answer: answers(outcome) });
    expect(result.deleted).toBe(true);
    expect(Math.round(result.endedAtMs / 1000)).toBe(expected);
  });

  it('without a time to live leaves it at rest', () => {
    const result = runStepped({ spec: { metrics: [metric()], ttlStrategy: { secondsAfterFailure: 1 } }, answer: answers(good) });
    expect(result).toMatchObject({ deleted: false, atRest: { effects: [], next: { kind: 'await-change' } } });
  });
});

it('a run that cannot be measured ends in Error, says so and asks nobody', () => {
  const result = runStepped({ spec: { metrics: [metric({ interval: 'soon' })] }, answer: answers(good) });
  expect(result.status).toMatchObject({
    phase: 'Error',
    message: 'Analysis spec invalid: spec.metrics[0].interval: must be a duration such as 30s, 5m or 1h30m, got "soon"',
    completedAt: '2026-03-01T12:00:00Z',
  });
  expect(result.starts.size).toBe(0);
  expect(result.announcements.map(({ reason }) => reason)).toEqual(['AnalysisRunError']);
});

describe('what a provider did not have', () => {
  const empty: MeasurementOutcome = { kind: 'measured', value: { kind: 'no-data', result: [], text: '[]' } };
  const once = { consecutiveErrorLimit: 0 };

  it('is an error, neither a success nor a failure', () => {
    for (const conditions of [{}, { successCondition: 'result[0] >= 0.9' }, { failureCondition: 'result[0] < 0.9' }]) {
      const plain = { name: 'm', provider: { prometheus: { query: 'up' } }, ...once, ...conditions };
      const result = runStepped({ spec: { metrics: [plain] }, answer: answers(empty) });
      expect(result.status.phase).toBe('Error');
    }
  });

  it('is what the condition says where the condition speaks of it', () => {
    const lenient = metric({ ...once, successCondition: 'len(result) == 0 || result[0] >= 0.9', failureCondition: '' });
    expect(runStepped({ spec: { metrics: [lenient] }, answer: answers(empty) }).status.phase).toBe('Successful');
    const strict = metric({ ...once, successCondition: '', failureCondition: 'len(result) == 0' });
    expect(runStepped({ spec: { metrics: [strict] }, answer: answers(empty) }).status.phase).toBe('Failed');
  });
});

describe('what is kept', () => {
  it.each([
    [undefined, 10],
    [3, 3],
  ])('with a limit of %s are the newest %i measurements', (limit, kept) => {
    const spec: AnalysisRunSpec = {
      metrics: [metric({ count: 14, interval: '10s' })],
      ...(limit === undefined ? {} : { measurementRetention: [{ metricName: 'm', limit }] }),
    };
    const [found] = runStepped({ spec, answer: answers(good) }).status.metricResults ?? [];
    expect(found?.measurements).toHaveLength(kept);
    expect(found?.count).toBe(14);
    expect(found?.measurements?.at(-1)?.startedAt).toBe('2026-03-01T12:02:10Z');
  });
});

it('of an answer that is too large for an object, the beginning is kept; conditions see all of it', () => {
  const list = Array.from({ length: 20_000 }, (_, index) => index);
  const large: MeasurementOutcome = { kind: 'measured', value: { kind: 'value', result: list, text: JSON.stringify(list) } };
  const spec = { metrics: [metric({ successCondition: 'len(result) == 20000', failureCondition: '' })] };
  const [result] = runStepped({ spec, answer: answers(large) }).status.metricResults ?? [];
  expect(result?.phase).toBe('Successful');
  expect(result?.measurements?.[0]?.value).toMatch(/^\[0,1,2,.{4000,4200}\.\.\. \(108891 characters\)$/);
});

it('of two rules for one metric the first holds', () => {
  const rules = [
    { metricName: '^m$', limit: 2 },
    { metricName: '.*', limit: 5 },
  ];
  const spec = { metrics: [metric({ count: 6, interval: '10s' })], measurementRetention: rules };
  expect(runStepped({ spec, answer: answers(good) }).status.metricResults?.[0]?.measurements).toHaveLength(2);
});

describe('one look', () => {
  const look = (run: Partial<AnalysisRun>, measurements: readonly ObservedMeasurement[] = []) =>
    decideAnalysisRun(
      {
        run: { metadata: { name: 'run', uid: 'u' }, spec: { metrics: [metric({ interval: '1m' })] }, ...run },
        problems: [],
        measurements,
        providers: new Set(['prometheus']),
      },
      epochMs,
    );
  const flying: ObservedMeasurement = { state: 'in-flight', metric: 'm', startedAtMs: epochMs - 100 };
  const cancel = [{ kind: 'cancel-measurement', metric: 'm' }];

  it('stops what is in flight for a run that has ended, or goes away', () => {
    const ended = look({ status: { phase: 'Failed', completedAt: '2026-03-01T11:00:00Z' } }, [flying]);
    expect(ended).toMatchObject({ effects: cancel, announcements: [], next: { kind: 'await-change' } });
    const metadata = { name: 'run', uid: 'u', deletionTimestamp: '2026-03-01T11:00:00Z' };
    expect(look({ metadata }, [flying])).toMatchObject({ effects: cancel, next: { kind: 'await-change' } });
  });

  it('counts a measurement once that was stored without this process knowing', () => {
    const finished: ObservedMeasurement = {
      state: 'finished',
      metric: 'm',
      startedAtMs: epochMs - 700,
      finishedAtMs: epochMs - 600,
      outcome: bad,
    };
    const first = look({ spec: { metrics: [metric({ interval: '1m', failureLimit: 1 })] } }, [finished]);
    expect(first.status?.metricResults?.[0]).toMatchObject({ failed: 1, phase: 'Running' });
    const again = look({ spec: { metrics: [metric({ interval: '1m', failureLimit: 1 })] }, status: first.status }, [finished]);
    expect(again.status).toEqual(first.status);
  });

  it('counts nothing for a metric that has its verdict', () => {
    const spec = { metrics: [metric(), metric({ name: 'other', initialDelay: '1h' })] };
    const status: AnalysisRunStatus = {
      phase: 'Running',
      startedAt: '2026-03-01T11:59:00Z',
      metricResults: [{ name: 'm', phase: 'Successful', count: 1, successful: 1 }],
      runSummary: { count: 2, successful: 1 },
    };
    const late: ObservedMeasurement = { state: 'finished', metric: 'm', startedAtMs: epochMs, finishedAtMs: epochMs, outcome: bad };
    expect(look({ spec, status }, [late]).status).toEqual(status);
  });

  it('makes a measurement again that another controller began and did not finish', () => {
    const status: AnalysisRunStatus = {
      phase: 'Running',
      startedAt: '2026-03-01T11:59:00Z',
      metricResults: [{ name: 'm', phase: 'Running', measurements: [{ phase: 'Running', startedAt: '2026-03-01T11:59:30Z' }] }],
    };
    expect(look({ status }).effects).toMatchObject([{ kind: 'start-measurement', metric: 'm', provider: 'prometheus' }]);
  });

  it('hands on the question with arguments apart, and Secrets by name only', () => {
    const args = [
      { name: 'service', value: 'shop' },
      { name: 'token', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } },
      { name: 'unused', valueFrom: { secretKeyRef: { name: 'other', key: 'k' } } },
    ];
    const block = { query: 'up{app="{{args.service}}"}', headers: [{ key: 'auth', value: '{{args.token}}' }] };
    const { effects } = look({ spec: { metrics: [metric({ provider: { prometheus: block } })], args } });
    expect(effects).toEqual([
      {
        kind: 'start-measurement',
        ordinal: 1,
        metric: 'm',
        provider: 'prometheus',
        dueAtMs: epochMs,
        query: {
          block,
          args: new Map([['service', 'shop']]),
          secrets: [{ argument: 'token', secretName: 'login', secretKey: 'password' }],
        },
      },
    ]);
  });

  it('says while it runs that a provider gives no answers', () => {
    const finished: ObservedMeasurement = {
      state: 'finished',
      metric: 'm',
      startedAtMs: epochMs - 300,
      finishedAtMs: epochMs,
      outcome: broken,
    };
    expect(look({}, [finished])).toMatchObject({
      status: {
        phase: 'Running',
        message:
          'Metric "m" could not be measured and is tried again: consecutiveErrors (1), consecutiveErrorLimit (4): "Error Message: connection refused"',
      },
      next: { kind: 'requeue', afterMs: 10_000 },
    });
  });

  it('makes an appointment for the next measurement', () => {
    const finished: ObservedMeasurement = {
      state: 'finished',
      metric: 'm',
      startedAtMs: epochMs - 300,
      finishedAtMs: epochMs,
      outcome: good,
    };
    expect(look({}, [finished]).next).toEqual({ kind: 'requeue', afterMs: 60_000 });
  });
});
