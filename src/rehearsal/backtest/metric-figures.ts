/** What the history of a metric was like: how often there was nothing, how often its conditions could not say anything, and its numbers. */
import type { Verdict } from '../../core/analysis/condition/evaluate-conditions.ts';
import { type IncidentSettings, incidentAt } from './incidents.ts';
import { hasData, type JudgedMetric, type JudgedValue, valueText, verdictOnNoData } from './judged-metric.ts';

export interface MetricFigures {
  readonly metric: string;
  readonly query: string;
  readonly successCondition: string;
  readonly failureCondition: string;
  readonly dryRun: boolean;
  /** Milliseconds between two looks at the history. */
  readonly stepMs: number;
  readonly looks: number;
  readonly verdicts: Readonly<Record<Verdict['phase'], number>>;
  /** Most numbers in one answer. */
  readonly mostSeries: number;
  readonly noData: {
    readonly looks: number;
    /** The longest time without, from the first look at nothing to the next at something. */
    readonly longest: Stretch | undefined;
    /** How the conditions judge it. */
    readonly countsAs: Verdict['phase'];
    readonly message: string;
  };
  /** Looks with data that the conditions could not judge, and the first of them. */
  readonly unreadable: { readonly looks: number; readonly first: Example | undefined };
  /** Undefined where there never was a number. */
  readonly usual: Quantiles | undefined;
  /** In incidents, the time after them included. */
  readonly inIncidents: Quantiles | undefined;
}

export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Example {
  readonly atMs: number;
  readonly value: string;
  readonly message: string;
}

export interface Quantiles {
  readonly least: number;
  readonly median: number;
  readonly p99: number;
  readonly most: number;
}

export interface AskedMetric extends JudgedMetric {
  readonly query: string;
  readonly stepMs: number;
}

export function figuresOf(metric: AskedMetric, settings: IncidentSettings): MetricFigures {
  const { plan, values, query, stepMs } = metric;
  const empty = values.filter((value) => !hasData(value));
  const unreadable = values.filter((value) => hasData(value) && value.verdict.phase === 'Error');
  const inside = values.filter(({ atMs }) => incidentAt(atMs, settings) !== undefined);
  const outside = values.filter(({ atMs }) => incidentAt(atMs, settings) === undefined);
  const onNoData = verdictOnNoData(plan);
  const [first] = unreadable;
  const count = (phase: Verdict['phase']) => values.filter(({ verdict }) => verdict.phase === phase).length;
  return {
    metric: plan.name,
    query,
    successCondition: plan.successCondition,
    failureCondition: plan.failureCondition,
    dryRun: plan.dryRun,
    stepMs,
    looks: values.length,
    verdicts: {
      Successful: count('Successful'),
      Failed: count('Failed'),
      Inconclusive: count('Inconclusive'),
      Error: count('Error'),
    },
    mostSeries: values.reduce((most, { result }) => Math.max(most, typeof result === 'number' ? 1 : result.length), 0),
    noData: { looks: empty.length, longest: longestWithout(values), countsAs: onNoData.phase, message: onNoData.message },
    unreadable: {
      looks: unreadable.length,
      first: first && { atMs: first.atMs, value: valueText(first), message: first.verdict.message },
    },
    usual: quantiles(outside),
    inIncidents: quantiles(inside),
  };
}

function longestWithout(values: readonly JudgedValue[]): Stretch | undefined {
  let longest: Stretch | undefined;
  let fromMs: number | undefined;
  for (const value of values) {
    if (hasData(value)) {
      fromMs = undefined;
      continue;
    }
    fromMs ??= value.atMs;
    const toMs = value.atMs;
    if (longest === undefined || toMs - fromMs > longest.toMs - longest.fromMs) longest = { fromMs, toMs };
  }
  return longest;
}

function quantiles(values: readonly JudgedValue[]): Quantiles | undefined {
  const numbers = values.flatMap(({ result }) => result).filter(Number.isFinite);
  if (numbers.length === 0) return undefined;
  const sorted = Float64Array.from(numbers).sort();
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { least: at(0), median: at(0.5), p99: at(0.99), most: at(1) };
}
