/**
 * Plays one AnalysisRun over history: schedule, counters, limits and verdict are those of the controller. A measurement takes no time, and
 * one that falls between two values of the history gets the earlier one.
 */
import type { AnalysisPhase, MetricResult } from '../../api/analysis-run.ts';
import { assessRun } from '../../core/analysis/assess-run.ts';
import { isCompleted } from '../../core/analysis/phase.ts';
import { countMeasurement } from '../../core/analysis/record-measurement.ts';
import { formatTime, nextMeasurementMs } from '../../core/analysis/schedule.ts';
import { judge } from '../../core/analysis/verdict.ts';
import { type JudgedMetric, type JudgedValue, valueAt } from './judged-metric.ts';

/** What one run saw of one metric at one moment. */
export interface Look {
  readonly metric: string;
  readonly atMs: number;
  readonly value: JudgedValue;
}

export interface PlayedRun {
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** How it ended: never `Pending` or `Running`. */
  readonly phase: AnalysisPhase;
  readonly message: string;
  /** Metrics that ended as the run did, where that is not well. */
  readonly decidedBy: readonly string[];
  /** In the order of time. */
  readonly looks: readonly Look[];
}

export interface RunBounds {
  /** A run that has not ended by itself so long after its start is ended, as a rollout ends its background analysis. */
  readonly longestMs: number;
  /** End of the history, in milliseconds since the epoch. */
  readonly untilMs: number;
}

interface Course {
  readonly metrics: readonly JudgedMetric[];
  readonly results: Map<string, MetricResult>;
  readonly looks: Look[];
  /** Metrics that want more. */
  readonly open: Set<string>;
}

/** Undefined where the history ends before the run does. */
export function playRun(metrics: readonly JudgedMetric[], startedAtMs: number, bounds: RunBounds): PlayedRun | undefined {
  const course: Course = { metrics, results: new Map(), looks: [], open: new Set(metrics.map(({ plan }) => plan.name)) };
  const plans = metrics.map(({ plan }) => plan);
  while (true) {
    const atMs = nextLookMs(course, startedAtMs);
    const lastMs = startedAtMs + bounds.longestMs;
    if (Math.min(atMs, lastMs) > bounds.untilMs) return undefined;
    const isOver = atMs > lastMs;
    const mayHaveEnded = isOver || look(course, startedAtMs, atMs);
    if (!mayHaveEnded) continue;
    const { phase, message, phases, results } = assessRun(plans, course.results, isOver);
    if (isCompleted(phase)) {
      const decidedBy = phase === 'Successful' ? [] : plans.filter(({ name, dryRun }) => !dryRun && phases.get(name) === phase);
      const endedAtMs = isOver ? lastMs : atMs;
      return { startedAtMs, endedAtMs, phase, message, decidedBy: decidedBy.map(({ name }) => name), looks: course.looks };
    }
    for (const result of results) course.results.set(result.name, result);
    for (const [name, one] of phases) if (isCompleted(one)) course.open.delete(name);
  }
}

function nextLookMs({ metrics, results, open }: Course, startedAtMs: number): number {
  return metrics.reduce((first, { plan }) => {
    if (!open.has(plan.name)) return first;
    return Math.min(first, nextMeasurementMs(plan, results.get(plan.name), startedAtMs) ?? Number.POSITIVE_INFINITY);
  }, Number.POSITIVE_INFINITY);
}

/** Measures everything that is due; true where a metric came to its end by it. */
function look({ metrics, results, looks, open }: Course, startedAtMs: number, atMs: number): boolean {
  let hasEnded = false;
  const time = formatTime(atMs);
  for (const { plan, values } of metrics) {
    const before = results.get(plan.name);
    if (!open.has(plan.name) || nextMeasurementMs(plan, before, startedAtMs) !== atMs) continue;
    const value = valueAt(values, atMs);
    // The history of a metric begins before the first run does.
    if (value === undefined) throw new RangeError(`no history of ${plan.name} at ${time}`);
    looks.push({ metric: plan.name, atMs, value });
    const { phase, message } = value.verdict;
    const measurement = { phase, startedAt: time, finishedAt: time, ...(message === '' ? {} : { message }) };
    const result = countMeasurement(plan, before ?? { name: plan.name, phase: 'Running' }, measurement);
    results.set(plan.name, result);
    hasEnded ||= isCompleted(judge(plan, result, false).phase);
  }
  return hasEnded;
}
