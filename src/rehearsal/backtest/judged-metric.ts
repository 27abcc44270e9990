/** A metric with its history, every moment of it judged by the metric's own conditions. */

import type { Verdict } from '../../core/analysis/condition/evaluate-conditions.ts';
import { formatPlain } from '../../core/analysis/condition/go-format.ts';
import type { MetricValue, PastValue } from '../../core/analysis/metric-value.ts';
import { judgeOf } from '../../core/analysis/record-measurement.ts';
import type { PlannedMetric } from '../../core/analysis/run-plan.ts';

export interface JudgedValue extends PastValue {
  readonly verdict: Verdict;
}

export interface JudgedMetric {
  readonly plan: PlannedMetric;
  /** In the order of time. */
  readonly values: readonly JudgedValue[];
}

export function judgeMetric(plan: PlannedMetric, values: readonly PastValue[]): JudgedMetric {
  const judge = judgeOf(plan);
  return { plan, values: values.map((value) => ({ ...value, verdict: judge(metricValueOf(value), value.atMs) })) };
}

/** How the conditions judge that there is no data. */
export function verdictOnNoData(plan: PlannedMetric): Verdict {
  return judgeOf(plan)({ kind: 'no-data', result: [], text: '[]' }, 0);
}

export function hasData({ result }: PastValue): boolean {
  return typeof result === 'number' || result.length > 0;
}

/** As a provider would have given it. The text is left out: it is made where it is shown. */
export function metricValueOf({ result }: PastValue): MetricValue {
  if (typeof result !== 'number' && result.length === 0) return { kind: 'no-data', result: [], text: '' };
  return { kind: 'value', result, text: '' };
}

/** As status shows a measurement. */
export function valueText({ result }: PastValue): string {
  return typeof result === 'number' ? formatPlain(result) : `[${result.map(formatPlain).join(',')}]`;
}

/** What was there at this moment: the newest value that is not after it. Undefined before the first. */
export function valueAt<T extends PastValue>(values: readonly T[], atMs: number): T | undefined {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle]?.atMs ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return values[low - 1];
}
