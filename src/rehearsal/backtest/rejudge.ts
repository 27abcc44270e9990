/**
 * The history of a metric judged with another number in its condition. Between two numbers that were measured it does not matter where
 * the threshold lies, so each moment is judged once for each such gap, however many thresholds are tried.
 */

import type { Verdict } from '../../core/analysis/condition/evaluate-conditions.ts';
import { isPlain, measuredNumbers, type Threshold, withThreshold } from '../../core/analysis/condition/thresholds.ts';
import { judgeOf } from '../../core/analysis/record-measurement.ts';
import { type JudgedMetric, metricValueOf } from './judged-metric.ts';

type Condition = 'successCondition' | 'failureCondition';

export class Rejudge {
  readonly #metric: JudgedMetric;
  readonly #condition: Condition;
  readonly #threshold: Threshold;
  readonly #isPlain: boolean;
  /** For each value what was held against the threshold; undefined where there was nothing, or where it cannot be told. */
  readonly #held: readonly (number | undefined)[];
  /** For each value its verdicts with a threshold below and above what was held against it. */
  readonly #known: { below?: Verdict; above?: Verdict }[];

  constructor(metric: JudgedMetric, condition: Condition, threshold: Threshold) {
    this.#metric = metric;
    this.#condition = condition;
    this.#threshold = threshold;
    this.#isPlain = isPlain(threshold);
    this.#held = metric.values.map(({ result }) => (this.#isPlain ? measuredNumbers(threshold, result)[0] : undefined));
    this.#known = metric.values.map(() => ({}));
  }

  /** With this number, which is none of those that were measured, in the condition. */
  at(number: number): JudgedMetric {
    const { plan, values } = this.#metric;
    const judge = judgeOf({ ...plan, [this.#condition]: withThreshold(plan[this.#condition], this.#threshold, number) });
    return {
      plan,
      values: values.map((value, index) => {
        const held = this.#held[index];
        const anew = (): Verdict => judge(metricValueOf(value), value.atMs);
        if (!this.#isPlain) return { ...value, verdict: anew() };
        const known = this.#known[index] ?? {};
        const side = held !== undefined && number < held ? 'below' : 'above';
        known[side] ??= anew();
        return { ...value, verdict: known[side] };
      }),
    };
  }

  /** How many values are bad with it. */
  badAt(number: number): number {
    return this.at(number).values.filter(({ verdict }) => verdict.phase !== 'Successful').length;
  }
}
