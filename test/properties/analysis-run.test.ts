import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Metric } from '../../src/api/analysis-template.ts';
import type { MeasurementOutcome } from '../../src/core/analysis/observed-analysis-run.ts';
import { epochMs, runStepped, type SteppedOptions } from '../support/stepped-analysis-run.ts';

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

const outcome = fc.constantFrom(good, bad, unclear, broken);
const anyMetric = fc.record(
  {
    count: fc.integer({ min: 1, max: 5 }),
    interval: fc.constantFrom('1s', '7s', '15s', '1m'),
    initialDelay: fc.constantFrom('0s', '3s', '20s'),
    failureLimit: fc.integer({ min: 0, max: 1 }),
    inconclusiveLimit: fc.integer({ min: 0, max: 1 }),
    consecutiveErrorLimit: fc.nat(3),
    consecutiveSuccessLimit: fc.nat(3),
  },
  { requiredKeys: ['count', 'interval'] },
);
const anyRun = fc.record({
  metrics: fc.array(anyMetric, { minLength: 1, maxLength: 3 }),
  // metric index -> outcomes of its measurements
  outcomes: fc.array(
    fc.array(fc.record({ outcome, latencyMs: fc.integer({ min: 1, max: 4000 }) }), { minLength: 1, maxLength: 8 }),
    {
      minLength: 3,
      maxLength: 3,
    },
  ),
  dry: fc.boolean(),
});

function optionsOf({ metrics, outcomes, dry }: typeof anyRun extends fc.Arbitrary<infer Run> ? Run : never): SteppedOptions {
  return {
    spec: {
      metrics: metrics.map((more, index) => metric({ ...more, name: `m${index}` })),
      ...(dry ? { dryRun: [{ metricName: 'm0' }] } : {}),
    },
    answer: (name, index) => {
      const list = outcomes[Number(name.slice(1))] ?? [];
      return list[index % list.length] ?? { outcome: good, latencyMs: 1 };
    },
  };
}

describe('laws of every run', () => {
  it('it comes to rest, within its counts, and what it rests in needs no further write', () => {
    fc.assert(
      fc.property(anyRun, (drawn) => {
        const options = optionsOf(drawn);
        const { status, atRest } = runStepped(options);
        expect(['Successful', 'Failed', 'Error', 'Inconclusive']).toContain(status.phase);
        expect(atRest.status).toEqual(status);
        for (const [index, result] of (status.metricResults ?? []).entries()) {
          const { count = 0, successful = 0, failed = 0, inconclusive = 0, error = 0, measurements = [] } = result;
          const own = options.spec.metrics.find(({ name }) => name === result.name);
          expect(count, `metric ${index}`).toBeLessThanOrEqual(Number(own?.count));
          expect(successful + failed + inconclusive).toBe(count);
          expect(measurements.length).toBe(Math.min(10, count + error));
        }
      }),
    );
  });

  it('its phase is the worst of the metrics that count', () => {
    const order = ['Successful', 'Inconclusive', 'Error', 'Failed'];
    fc.assert(
      fc.property(anyRun, (drawn) => {
        const { status } = runStepped(optionsOf(drawn));
        const counting = (status.metricResults ?? []).filter(({ dryRun }) => dryRun !== true);
        const worst = Math.max(0, ...counting.map(({ phase }) => order.indexOf(phase)));
        expect(status.phase).toBe(order[worst]);
      }),
    );
  });

  it('measurements of a metric keep their distance', () => {
    fc.assert(
      fc.property(anyRun, (drawn) => {
        const options = optionsOf(drawn);
        const { starts } = runStepped(options);
        for (const { name, interval, initialDelay } of options.spec.metrics) {
          const [first = 0, ...rest] = starts.get(name) ?? [];
          if (starts.has(name)) expect(first).toBeGreaterThanOrEqual(Number.parseInt(initialDelay ?? '0', 10) * 1000);
          const least = Math.min(10_000, (interval === '1m' ? 60 : Number.parseInt(interval ?? '0', 10)) * 1000);
          // Times in status have whole seconds, so a distance can come out up to one second short.
          for (const [index, start] of rest.entries())
            expect(start - (index === 0 ? first : (rest[index - 1] ?? 0))).toBeGreaterThan(least - 1000);
        }
      }),
    );
  });

  it('a process that dies after each write comes to the same end for a run of one metric', () => {
    fc.assert(
      fc.property(anyRun, (drawn) => {
        const options = optionsOf({ ...drawn, metrics: drawn.metrics.slice(0, 1), dry: false });
        const whole = runStepped(options).status;
        const torn = runStepped({ ...options, crashAfterWrites: true }).status;
        const counters = ({ metricResults, phase, message }: typeof whole) => ({
          phase,
          message,
          results: metricResults?.map(({ measurements: _, ...rest }) => rest),
        });
        expect(counters(torn)).toEqual(counters(whole));
      }),
    );
  });

  it('a process that dies after each write still ends a run of several', () => {
    fc.assert(
      fc.property(anyRun, (drawn) => {
        expect(['Successful', 'Failed', 'Error', 'Inconclusive']).toContain(
          runStepped({ ...optionsOf(drawn), crashAfterWrites: true }).status.phase,
        );
      }),
    );
  });

  it('starts at the time that its status names', () => {
    const { status } = runStepped({ spec: { metrics: [metric()] }, answer: answers(good) });
    expect(Date.parse(status.startedAt ?? '')).toBe(epochMs);
  });
});
