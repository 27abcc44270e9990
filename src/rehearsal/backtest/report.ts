/**
 * The backtest of a template: an AnalysisRun of it is played from every start over the history of its metrics, by the code that judges in the
 * cluster, and the result is held against the incidents that were marked. Pure: the history is handed in.
 */
import { type Episode, episodesOf, type IncidentOutcome, type IncidentSettings, incidentOutcomes, isAbort } from './incidents.ts';
import { hasData } from './judged-metric.ts';
import { type AskedMetric, figuresOf, type MetricFigures } from './metric-figures.ts';
import { type PlayedRun, playRun } from './play-run.ts';
import { adviseThresholds, type ThresholdAdvice } from './threshold-sweep.ts';

export interface BacktestInput extends IncidentSettings {
  /** `AnalysisTemplate shop` */
  readonly template: string;
  /** Metrics that were asked about, with what they were at every step. */
  readonly metrics: readonly AskedMetric[];
  /** metric name -> the same, and in between where more was asked: behind errors, after which a run asks again sooner. */
  readonly closer: ReadonlyMap<string, AskedMetric['values']>;
  readonly notLooked: readonly NotLooked[];
  readonly fromMs: number;
  readonly untilMs: number;
  /** From one start of a run to the next. */
  readonly everyMs: number;
  /** Runs without an end of their own are ended after so long. */
  readonly longestMs: number;
  readonly notes: readonly string[];
}

export interface NotLooked {
  readonly metric: string;
  readonly why: string;
}

export interface BacktestReport {
  readonly template: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Where there is nothing before this moment, runs begin here. */
  readonly historyFromMs: number | undefined;
  readonly everyMs: number;
  readonly longestMs: number;
  readonly graceMs: number;
  readonly metrics: readonly MetricFigures[];
  readonly notLooked: readonly NotLooked[];
  readonly runs: { readonly played: number; readonly passed: number; readonly aborted: number; readonly inconclusive: number };
  readonly episodes: readonly Episode[];
  readonly incidents: readonly IncidentOutcome[];
  /** Runs that would have aborted outside of incidents. */
  readonly falseAlarms: number;
  readonly thresholds: readonly ThresholdAdvice[];
  /** From the first to the last, what became of runs that were started in each of these equal parts of the time. */
  readonly timeline: readonly TimelineCell[];
  readonly notes: readonly string[];
  /** Every incident is caught, nothing else taken back, and there was something to look at. */
  readonly isGood: boolean;
}

export interface TimelineCell {
  readonly fromMs: number;
  readonly runs: 'none' | 'passed' | 'inconclusive' | 'aborted' | 'caught';
  readonly hasIncident: boolean;
}

export const timelineCells = 72;

export function backtest(input: BacktestInput): BacktestReport {
  const { incidents, graceMs, fromMs, untilMs, everyMs, longestMs } = input;
  const settings: IncidentSettings = { incidents, graceMs };
  const bounds = { longestMs, untilMs };
  const historyFromMs = firstDataMs(input.metrics);
  const metrics = input.metrics.map((metric) => ({ ...metric, values: input.closer.get(metric.plan.name) ?? metric.values }));
  const startsMs = historyFromMs === undefined ? [] : startsOf(Math.max(fromMs, historyFromMs), untilMs, everyMs);
  const runs = startsMs.flatMap((startMs) => playRun(metrics, startMs, bounds) ?? []);
  const outcomes = incidentOutcomes(runs, settings);
  const aborted = runs.filter(isAbort);
  const episodes = episodesOf(runs, settings);
  const falseAlarms = episodes.reduce((sum, { incident, runs: count }) => sum + (incident === undefined ? count : 0), 0);
  const inconclusive = runs.filter(({ phase }) => phase === 'Inconclusive').length;
  return {
    template: input.template,
    fromMs,
    untilMs,
    historyFromMs,
    everyMs,
    longestMs,
    graceMs,
    metrics: input.metrics.map((metric) => figuresOf(known(metric, historyFromMs), settings)),
    notLooked: input.notLooked,
    runs: { played: runs.length, passed: runs.length - aborted.length - inconclusive, aborted: aborted.length, inconclusive },
    episodes,
    incidents: outcomes,
    falseAlarms,
    thresholds: adviseThresholds({ metrics, startsMs, runs: new Map(runs.map((run) => [run.startedAtMs, run])), bounds, settings }),
    timeline: timelineOf(runs, input),
    notes: input.notes,
    isGood: runs.length > 0 && falseAlarms === 0 && outcomes.every(({ isCaught }) => isCaught),
  };
}

/** Before a Prometheus kept anything, or the service was there, nothing can be said. */
function firstDataMs(metrics: readonly AskedMetric[]): number | undefined {
  const firsts = metrics.flatMap(({ values }) => values.find(hasData)?.atMs ?? []);
  return firsts.length === 0 ? undefined : Math.min(...firsts);
}

function known(metric: AskedMetric, fromMs = Number.NEGATIVE_INFINITY): AskedMetric {
  return { ...metric, values: metric.values.filter(({ atMs }) => atMs >= fromMs) };
}

function startsOf(fromMs: number, untilMs: number, everyMs: number): readonly number[] {
  const first = Math.ceil(fromMs / everyMs) * everyMs;
  return Array.from({ length: Math.max(0, Math.floor((untilMs - first) / everyMs) + 1) }, (_, index) => first + index * everyMs);
}

function timelineOf(runs: readonly PlayedRun[], { fromMs, untilMs, incidents, graceMs }: BacktestInput): readonly TimelineCell[] {
  const widthMs = (untilMs - fromMs) / timelineCells;
  return Array.from({ length: timelineCells }, (_, index) => {
    const [startMs, endMs] = [fromMs + index * widthMs, fromMs + (index + 1) * widthMs];
    const ended = runs.filter(({ endedAtMs }) => endedAtMs >= startMs && endedAtMs < endMs);
    const aborted = ended.filter(isAbort);
    const isOwn = ({ endedAtMs }: PlayedRun) =>
      incidents.some((one) => endedAtMs >= one.startMs && endedAtMs <= one.endMs + graceMs);
    return {
      fromMs: startMs,
      runs:
        aborted.length > 0
          ? aborted.every(isOwn)
            ? 'caught'
            : 'aborted'
          : ended.some(({ phase }) => phase === 'Inconclusive')
            ? 'inconclusive'
            : ended.length > 0
              ? 'passed'
              : 'none',
      hasIncident: incidents.some((one) => one.startMs < endMs && one.endMs >= startMs),
    };
  });
}

/** Stretches in which the conditions could say nothing: a run asks again there after seconds, so the history is read more closely. */
export function errorStretches({ values, stepMs }: AskedMetric): readonly { readonly fromMs: number; readonly toMs: number }[] {
  const stretches: { fromMs: number; toMs: number }[] = [];
  for (const { atMs, verdict } of values) {
    if (verdict.phase !== 'Error') continue;
    const last = stretches.at(-1);
    if (last !== undefined && last.toMs === atMs) last.toMs = atMs + stepMs;
    else stretches.push({ fromMs: atMs, toMs: atMs + stepMs });
  }
  return stretches;
}

/** The values with those of a closer look between them. */
export function withCloser(metric: AskedMetric, closer: AskedMetric['values']): AskedMetric['values'] {
  const known = new Set(metric.values.map(({ atMs }) => atMs));
  return [...metric.values, ...closer.filter(({ atMs }) => !known.has(atMs))].sort((one, other) => one.atMs - other.atMs);
}
