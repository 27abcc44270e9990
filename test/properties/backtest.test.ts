/** Laws of backtests over drawn histories: what is said of a run is what the controller's decision says, and a suggested number does what is said of it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AnalysisRunSpec } from '../../src/api/analysis-run.ts';
import { decideAnalysisRun } from '../../src/core/analysis/decide-analysis-run.ts';
import type { ObservedMeasurement } from '../../src/core/analysis/observed-analysis-run.ts';
import { type JudgedMetric, metricValueOf, valueAt } from '../../src/rehearsal/backtest/judged-metric.ts';
import { playRun } from '../../src/rehearsal/backtest/play-run.ts';
import { beganMs, history, hourMs, type MadeMetric, minuteMs, minutes, tested } from '../support/made-history.ts';

const hours = 4;
/** A level for so many minutes; `undefined` is no data. */
const stretch = fc.record({
  length: fc.integer({ min: 1, max: 40 }),
  level: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined, freq: 12 }),
});
const course = fc.array(stretch, { minLength: 3, maxLength: 20 });

function valuesOf(stretches: readonly { readonly length: number; readonly level: number | undefined }[]) {
  const levels = stretches.flatMap(({ length, level }) => Array.from({ length }, () => level));
  return (minute: number): readonly number[] => {
    const level = levels[minute % levels.length];
    return level === undefined ? [] : [level / 100];
  };
}

const metric = fc.record({
  interval: fc.constantFrom('1m', '2m', '5m'),
  initialDelay: fc.constantFrom('0s', '1m', '3m'),
  count: fc.integer({ min: 1, max: 8 }),
  failureLimit: fc.integer({ min: 0, max: 1 }),
  consecutiveErrorLimit: fc.integer({ min: 0, max: 4 }),
  condition: fc.constantFrom<MadeMetric>(
    { successCondition: 'result[0] < 0.15' },
    { successCondition: 'len(result) == 0 || result[0] <= 0.15' },
    { failureCondition: 'result[0] > 0.15' },
    { failureCondition: 'len(result) > 0 && any(result, # >= 0.15)' },
    { successCondition: 'result[0] < 0.1', failureCondition: 'result[0] > 0.2' },
    { successCondition: '0.02 < result[0] && result[0] < 0.2' },
  ),
});

const made = ({ condition, ...rest }: { readonly condition: MadeMetric } & MadeMetric): MadeMetric => ({ ...rest, ...condition });

/** The whole decision of the controller, measurement by measurement. */
function decided(spec: AnalysisRunSpec, metrics: readonly JudgedMetric[], startedAtMs: number) {
  let run = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisRun', metadata: { name: 'r' }, spec } as Parameters<
    typeof decideAnalysisRun
  >[0]['run'];
  let measurements: readonly ObservedMeasurement[] = [];
  for (let [atMs, looks] = [startedAtMs, 0]; looks < 1000; looks++) {
    const { status, effects, next } = decideAnalysisRun(
      { run, problems: [], measurements, providers: new Set(['prometheus']) },
      atMs,
    );
    if (status !== undefined) run = { ...run, status };
    if (status?.completedAt !== undefined) return { phase: status.phase, message: status.message ?? '', endedAtMs: atMs };
    const moment = atMs;
    measurements = effects.flatMap((effect): ObservedMeasurement[] => {
      if (effect.kind !== 'start-measurement') return [];
      const value = valueAt(metrics.find(({ plan }) => plan.name === effect.metric)?.values ?? [], moment);
      if (value === undefined) throw new Error('before the history');
      const outcome = { kind: 'measured', value: metricValueOf(value) } as const;
      return [{ state: 'finished', metric: effect.metric, startedAtMs: moment, finishedAtMs: moment, outcome }];
    });
    if (measurements.length > 0) continue;
    if (next.kind !== 'requeue') throw new Error('the run waits for nothing');
    atMs += next.afterMs;
  }
  throw new Error('the run has no end');
}

test('a run is played as the controller decides it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(metric, course), { minLength: 1, maxLength: 2 }),
      fc.integer({ min: 0, max: 60 }),
      (drawn, start) => {
        const metrics = drawn.map(([one, stretches], index) =>
          history({ ...made(one), name: `m${index}` }, hours, valuesOf(stretches)),
        );
        const spec: AnalysisRunSpec = {
          metrics: drawn.map(([one], index) => ({ ...made(one), name: `m${index}`, provider: { prometheus: { query: 'q' } } })),
        };
        const startedAtMs = beganMs + start * minuteMs;
        const played = playRun(metrics, startedAtMs, { longestMs: hours * hourMs, untilMs: beganMs + hours * hourMs });
        const { phase, message, endedAtMs } = played ?? {};
        expect({ phase, message, endedAtMs }).toEqual(decided(spec, metrics, startedAtMs));
      },
    ),
    { numRuns: 150 },
  );
});

test('a number that is suggested does what is said of it', () => {
  fc.assert(
    fc.property(
      metric,
      course,
      fc.integer({ min: 20, max: 180 }),
      fc.integer({ min: 5, max: 40 }),
      (drawn, stretches, from, length) => {
        const incidents = [minutes(from, from + length)];
        const values = valuesOf(stretches);
        const report = tested([history(made(drawn), hours, values)], hours, { incidents });
        const again = (condition: string, advice: (typeof report.thresholds)[number]) =>
          tested([history({ ...made(drawn), [advice.condition]: condition }, hours, values)], hours, { incidents });
        for (const advice of report.thresholds) {
          const { separating, catching, quiet, unavoidable } = advice;
          const quietly = again(quiet.condition, advice);
          expect(quietly.falseAlarms).toBeLessThanOrEqual(unavoidable);
          expect(quietly.incidents.filter(({ isCaught }) => isCaught)).toHaveLength(quiet.caught);
          if (catching !== undefined) {
            const caught = again(catching.condition, advice);
            expect([caught.incidents[0]?.isCaught, caught.falseAlarms]).toEqual([true, catching.alarms]);
          }
          if (separating !== undefined) {
            const right = again(separating.condition, advice);
            expect([right.incidents[0]?.isCaught, right.falseAlarms <= unavoidable]).toEqual([true, true]);
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});
