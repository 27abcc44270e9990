/**
 * Decides what happens to one AnalysisRun: which measurements start, what the finished ones mean, when to look again. A function of
 * the observed run and the time; a measurement that was in flight when this program died is simply due again.
 */
import type { AnalysisRun, AnalysisRunStatus, MetricResult } from '../../api/analysis-run.ts';
import { awaitChange, type Next, requeue, sooner } from '../decision.ts';
import { analysisAnnouncements } from './announcements.ts';
import { assessRun, type RunAssessment } from './assess-run.ts';
import { decideCompletedRun } from './completed-run.ts';
import type { AnalysisEffect, AnalysisRunDecision } from './decision.ts';
import { endAllLasting, endEarly, leftovers, nextLookMs, type UnfinishedMeasurement, unfinishedMeasurement } from './lasting.ts';
import type { FinishedMeasurement, ObservedAnalysisRun } from './observed-analysis-run.ts';
import { isCompleted } from './phase.ts';
import { isRecorded, recordMeasurement } from './record-measurement.ts';
import { type PlannedMetric, planRun } from './run-plan.ts';
import { formatTime, nextMeasurementMs, parseTime } from './schedule.ts';

/** Measurements that finish within this time of each other are written together, unless one of them decides something. */
export const settleMs = 500;

export function decideAnalysisRun(observed: ObservedAnalysisRun, nowMs: number): AnalysisRunDecision {
  const { run } = observed;
  if (run.metadata.deletionTimestamp !== undefined) {
    const effects = [...cancelAll(observed), ...endAllLasting(run)];
    return { status: run.status, write: 'now', effects, announcements: [], next: awaitChange };
  }
  if (isCompleted(run.status?.phase)) return decideCompletedRun(run, cancelAll(observed), nowMs);
  const [problem] = observed.problems;
  if (problem !== undefined) return endInError(observed, `Analysis spec invalid: ${problem.path}: ${problem.message}`, nowMs);
  const plan = planRun(run.spec, observed.providers);
  if ('message' in plan) return endInError(observed, plan.message, nowMs);
  return decideOpenRun(observed, plan.metrics, nowMs);
}

function decideOpenRun(observed: ObservedAnalysisRun, metrics: readonly PlannedMetric[], nowMs: number): AnalysisRunDecision {
  const { run } = observed;
  const startedAtMs = runStart(observed, nowMs);
  const recorded = recordAll(metrics, observed);
  const assessment = assessToEnd(metrics, recorded, run.spec.terminate === true, nowMs);
  const after = new Map(assessment.results.map((result) => [result.name, result]));
  const left = leftovers(metrics, [resultsOf(run), recorded], after);
  const schedule = scheduleAll(metrics, { observed, assessment, startedAtMs }, nowMs);
  const status = composeStatus(run.status, assessment, startedAtMs, nowMs);
  const announcements = analysisAnnouncements(run.status, status);
  const holdUntilMs = announcements.length > 0 ? undefined : holdUntil(observed, schedule.underway, startedAtMs);
  const later = holdUntilMs !== undefined && holdUntilMs > nowMs;
  if (isCompleted(status.phase)) {
    return { status, write: 'now', effects: [...schedule.effects, ...left], announcements, next: awaitChange };
  }
  return {
    status,
    write: later ? 'later' : 'now',
    effects: [...schedule.effects, ...left],
    announcements,
    next: later ? sooner(schedule.next, requeue(holdUntilMs - nowMs)) : schedule.next,
  };
}

/** The run starts with its first measurement, also where that was started before the status could be written. */
function runStart({ run, measurements }: ObservedAnalysisRun, nowMs: number): number {
  const starts = measurements.flatMap((one) => (one.state === 'lasting' ? [] : [one.startedAtMs]));
  return parseTime(run.status?.startedAt) ?? Math.min(nowMs, ...starts);
}

function resultsOf({ status }: Pick<AnalysisRun, 'status'>): Map<string, MetricResult> {
  return new Map((status?.metricResults ?? []).map((result) => [result.name, result]));
}

/** A metric that needs no more does not leave open what it had begun. */
function assessToEnd(
  metrics: readonly PlannedMetric[],
  results: ReadonlyMap<string, MetricResult>,
  terminate: boolean,
  nowMs: number,
): RunAssessment {
  const first = assessRun(metrics, results, terminate);
  const closed = new Map(results);
  for (const { name, provider } of metrics) {
    const result = results.get(name);
    const unfinished = isCompleted(first.phases.get(name)) ? unfinishedMeasurement(provider, result) : undefined;
    if (result !== undefined && unfinished !== undefined) closed.set(name, endEarly(result, unfinished, nowMs));
  }
  return assessRun(metrics, closed, terminate);
}

function recordAll(metrics: readonly PlannedMetric[], { run, measurements }: ObservedAnalysisRun): Map<string, MetricResult> {
  const results = resultsOf(run);
  const finished = measurements.filter((one): one is FinishedMeasurement => one.state === 'finished');
  for (const metric of metrics) {
    for (const measurement of finished.filter((one) => one.metric === metric.name)) {
      const before = results.get(metric.name) ?? { name: metric.name, phase: 'Running' };
      if (isCompleted(before.phase)) continue;
      results.set(metric.name, recordMeasurement(metric, before, measurement));
    }
  }
  return results;
}

interface Schedule {
  readonly effects: readonly AnalysisEffect[];
  readonly next: Next;
  /** True where an answer is awaited: in flight, or about to be started. */
  readonly underway: boolean;
}

function scheduleAll(
  metrics: readonly PlannedMetric[],
  { observed, assessment, startedAtMs }: { observed: ObservedAnalysisRun; assessment: RunAssessment; startedAtMs: number },
  nowMs: number,
): Schedule {
  const inFlight = new Set(observed.measurements.filter(({ state }) => state === 'in-flight').map(({ metric }) => metric));
  const results = new Map(assessment.results.map((result) => [result.name, result]));
  const effects: AnalysisEffect[] = [];
  let next: Next = awaitChange;
  let underway = false;
  for (const metric of metrics) {
    const { name, provider, query } = metric;
    if (isCompleted(assessment.phases.get(name))) {
      if (inFlight.has(name)) effects.push({ kind: 'cancel-measurement', metric: name });
      continue;
    }
    const result = results.get(name);
    const unfinished = unfinishedMeasurement(provider, result);
    const looks = { measurements: observed.measurements, ended: observed.ended ?? new Set<string>() };
    const dueAtMs = unfinished === undefined ? nextMeasurementMs(metric, result, startedAtMs) : nextLookMs(name, unfinished, looks);
    if (inFlight.has(name)) underway = true;
    else if (dueAtMs !== undefined && dueAtMs <= nowMs) {
      effects.push(
        unfinished === undefined
          ? { kind: 'start-measurement', metric: name, provider, query, dueAtMs, ordinal: ordinalOf(result) }
          : {
              kind: 'resume-measurement',
              metric: name,
              provider,
              query,
              dueAtMs: Math.max(dueAtMs, 0),
              ...placeOf(unfinished, nowMs),
            },
      );
      underway = true;
    } else if (dueAtMs !== undefined) next = sooner(next, requeue(dueAtMs - nowMs));
  }
  return { effects, next, underway };
}

function ordinalOf(result: MetricResult | undefined): number {
  return (result?.count ?? 0) + (result?.error ?? 0) + 1;
}

function placeOf({ startedAt, metadata }: UnfinishedMeasurement, nowMs: number) {
  return { startedAtMs: parseTime(startedAt) ?? nowMs, metadata };
}

function composeStatus(
  before: AnalysisRunStatus | undefined,
  assessment: RunAssessment,
  startedAtMs: number,
  nowMs: number,
): AnalysisRunStatus {
  const { phase, message, results, runSummary, dryRunSummary } = assessment;
  return {
    phase,
    ...(message === '' ? {} : { message }),
    startedAt: before?.startedAt ?? formatTime(startedAtMs),
    ...(isCompleted(phase) ? { completedAt: formatTime(nowMs) } : {}),
    ...(results.length === 0 ? {} : { metricResults: [...results] }),
    runSummary,
    ...(dryRunSummary === undefined ? {} : { dryRunSummary }),
  };
}

/** Until when writing can wait for more to come; undefined where it cannot or where there is nothing to wait for. */
function holdUntil({ run, measurements }: ObservedAnalysisRun, underway: boolean, startedAtMs: number): number | undefined {
  if (!underway) return undefined;
  const results = resultsOf(run);
  const unwritten = measurements
    .filter((one): one is FinishedMeasurement => one.state === 'finished' && !isRecorded(results.get(one.metric), one))
    .map(({ finishedAtMs }) => finishedAtMs);
  if (run.status?.startedAt === undefined) unwritten.push(startedAtMs);
  return unwritten.length === 0 ? undefined : Math.min(...unwritten) + settleMs;
}

/** Nothing can be measured: said once, and final, since the spec of a run does not change. */
function endInError(observed: ObservedAnalysisRun, message: string, nowMs: number): AnalysisRunDecision {
  const { run } = observed;
  const status: AnalysisRunStatus = {
    ...run.status,
    phase: 'Error',
    message,
    startedAt: run.status?.startedAt ?? formatTime(nowMs),
    completedAt: formatTime(nowMs),
  };
  const announcements = analysisAnnouncements(run.status, status);
  const effects = [...cancelAll(observed), ...endAllLasting(run)];
  return { status, write: 'now', effects, announcements, next: awaitChange };
}

function cancelAll({ measurements }: Pick<ObservedAnalysisRun, 'measurements'>): readonly AnalysisEffect[] {
  return measurements
    .filter(({ state }) => state === 'in-flight')
    .map(({ metric }): AnalysisEffect => ({ kind: 'cancel-measurement', metric }));
}
