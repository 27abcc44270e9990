/** The history of a metric as a test says it was, without a Prometheus. */
import type { Metric } from '../../src/api/analysis-template.ts';
import type { PastValue } from '../../src/core/analysis/metric-value.ts';
import { type PlannedMetric, planRun } from '../../src/core/analysis/run-plan.ts';
import type { Incident } from '../../src/rehearsal/backtest/incidents.ts';
import { judgeMetric } from '../../src/rehearsal/backtest/judged-metric.ts';
import type { AskedMetric } from '../../src/rehearsal/backtest/metric-figures.ts';
import { type BacktestInput, type BacktestReport, backtest } from '../../src/rehearsal/backtest/report.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
/** A Monday. */
export const beganMs = Date.UTC(2026, 10, 2);

export type MadeMetric = Omit<Partial<Metric>, 'provider'>;

export function planned(metric: MadeMetric): PlannedMetric {
  const plan = planRun({ metrics: [{ name: 'm', ...metric, provider: { prometheus: { query: 'q' } } }] }, new Set(['prometheus']));
  if ('message' in plan) throw new Error(plan.message);
  const [found] = plan.metrics;
  if (found === undefined) throw new Error('there is no metric');
  return found;
}

/** `at`: minutes since the beginning -> what was measured. */
export function history(metric: MadeMetric, hours: number, at: (minute: number) => PastValue['result']): AskedMetric {
  const values = Array.from({ length: hours * 60 + 1 }, (_, minute) => ({
    atMs: beganMs + minute * minuteMs,
    result: at(minute),
  }));
  return { ...judgeMetric(planned(metric), values), query: 'q', stepMs: minuteMs };
}

export function minutes(from: number, to: number): Incident {
  return { startMs: beganMs + from * minuteMs, endMs: beganMs + to * minuteMs };
}

/** A backtest of these metrics, a run started every five minutes. */
export function tested(metrics: readonly AskedMetric[], hours: number, more: Partial<BacktestInput> = {}): BacktestReport {
  return backtest({
    template: 'AnalysisTemplate shop',
    metrics,
    closer: new Map(),
    notLooked: [],
    fromMs: beganMs,
    untilMs: beganMs + hours * hourMs,
    everyMs: 5 * minuteMs,
    longestMs: hourMs,
    graceMs: 5 * minuteMs,
    incidents: [],
    notes: [],
    ...more,
  });
}
