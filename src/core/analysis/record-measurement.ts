/**
 * Adds finished measurements to the results of a run: the verdict of each by its metric's conditions, the counters, the newest few
 * measurements. A measurement that status already holds is left out, so that looking twice counts once.
 */
import type { Measurement, MetricResult } from '../../api/analysis-run.ts';
import { compileConditions, evaluateCompiledConditions, type Verdict } from './condition/evaluate-conditions.ts';
import { lookGapMs, unfinishedMeasurement } from './lasting.ts';
import type { MetricValue } from './metric-value.ts';
import type { FinishedMeasurement, MeasurementOutcome } from './observed-analysis-run.ts';
import type { PlannedMetric } from './run-plan.ts';
import { formatTime, parseTime } from './schedule.ts';
import { tally } from './verdict.ts';

/** Providers whose lists are of numbers; those of the others hold whatever the answer held. */
const measuresNumbers: ReadonlySet<string> = new Set(['prometheus', 'wavefront', 'graphite']);

/** Characters of one text of what a metric asks, which is stored once. */
const maxDescription = 4096;

/** The metric's result with this measurement in it; the same object where it holds it already. */
export function recordMeasurement(metric: PlannedMetric, before: MetricResult, finished: FinishedMeasurement): MetricResult {
  if (isRecorded(before, finished)) return before;
  const startedAt = formatTime(finished.startedAtMs);
  if (finished.outcome.kind === 'underway') {
    const earlier = (before.measurements ?? []).filter(({ finishedAt }) => finishedAt !== undefined);
    const resumeAt = formatTime(finished.finishedAtMs + lookGapMs(0));
    const running: Measurement = { phase: 'Running', startedAt, metadata: finished.outcome.metadata, resumeAt };
    return { ...before, measurements: [...earlier, running].slice(-metric.retention) };
  }
  const { phase, message = '' } = assessMeasurement(metric, finished.outcome, finished.finishedAtMs);
  const unfinished = unfinishedMeasurement(metric.provider, before);
  const measurement = {
    phase,
    ...(message === '' ? {} : { message: shorten(message, metric.textLimit) }),
    startedAt,
    finishedAt: formatTime(finished.finishedAtMs),
    ...(unfinished === undefined ? {} : { metadata: unfinished.metadata }),
    ...measuredFields(finished, metric.textLimit),
  };
  return {
    ...countMeasurement(metric, before, measurement),
    ...(finished.description === undefined ? {} : { metadata: shortenAll(finished.description, maxDescription) }),
  };
}

/** The result with one more judged measurement: its counters, and the newest few measurements. */
export function countMeasurement(
  { retention }: Pick<PlannedMetric, 'retention'>,
  before: MetricResult,
  measurement: Measurement & Pick<Verdict, 'phase'>,
): MetricResult {
  const earlier = (before.measurements ?? []).filter(({ finishedAt }) => finishedAt !== undefined);
  return { ...before, ...tally(before, measurement.phase), measurements: [...earlier, measurement].slice(-retention) };
}

/** Two measurements of a metric are never started in the same second, and never out of order. */
export function isRecorded(result: MetricResult | undefined, finished: FinishedMeasurement): boolean {
  const goesOn = finished.outcome.kind === 'underway';
  const last = result?.measurements?.findLast(({ finishedAt }) => goesOn || finishedAt !== undefined);
  const lastMs = parseTime(last?.startedAt);
  return lastMs !== undefined && Math.floor(finished.startedAtMs / 1000) * 1000 <= lastMs;
}

type Outcome = Exclude<MeasurementOutcome, { kind: 'underway' }>;

function assessMeasurement(metric: PlannedMetric, outcome: Outcome, finishedAtMs: number): Verdict {
  if (outcome.kind === 'error') return { phase: 'Error', message: outcome.message };
  if (outcome.kind === 'ended') return { phase: endPhases[outcome.end], message: outcome.message ?? '' };
  return judgeOf(metric)(outcome.value, finishedAtMs);
}

/** Judges what a metric measures: (value, milliseconds since the epoch) -> verdict. Its conditions are compiled once. */
export function judgeOf(
  metric: Pick<PlannedMetric, 'provider' | 'successCondition' | 'failureCondition'>,
): (value: MetricValue, nowMs: number) => Verdict {
  const conditions = compileConditions(metric);
  const lists = measuresNumbers.has(metric.provider) ? 'measured' : 'json';
  return (value, nowMs) => evaluateCompiledConditions(conditions, value, { nowMs, lists });
}

const endPhases = { complete: 'Successful', failed: 'Failed', unclear: 'Inconclusive' } as const;

function measuredFields({ outcome }: FinishedMeasurement, limit: number): Pick<Measurement, 'value' | 'metadata'> {
  if (outcome.kind === 'ended') return outcome.text === '' ? {} : { value: shorten(outcome.text, limit) };
  if (outcome.kind !== 'measured') return {};
  const { text, metadata } = outcome.value;
  return {
    ...(text === '' ? {} : { value: shorten(text, limit) }),
    ...(metadata === undefined ? {} : { metadata: shortenAll(metadata, limit) }),
  };
}

function shorten(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}... (${text.length} characters)`;
}

function shortenAll(texts: Readonly<Record<string, string>>, limit: number): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, shorten(text, limit)]));
}
