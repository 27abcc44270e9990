/** The web provider of a rehearsal: nothing leaves the process; what is answered follows from how the new version answers at that moment. */
import type { WebMetric } from '../../api/analysis-template.ts';
import type { MetricValue } from '../../core/analysis/metric-value.ts';
import { type MetricProvider, MetricProviderError } from '../../providers/metrics/metric-provider.ts';
import { answerFor } from './answer-for.ts';
import { markOf } from './mark.ts';

export class WebAnswers implements MetricProvider<WebMetric> {
  readonly #isGood: () => boolean;

  constructor(isGood: () => boolean) {
    this.#isGood = isGood;
  }

  async measure({ headers }: WebMetric): Promise<MetricValue> {
    const isGood = this.#isGood();
    const answer = answerFor(markOf(headers), isGood);
    if (answer !== undefined) return answer;
    // A metric that calls everything good: whatever it is told, it cannot fail.
    const other = answerFor(markOf(headers), !isGood);
    if (other !== undefined) return other;
    throw new MetricProviderError('bad-answer', 'no answer is known that the conditions of this metric would understand');
  }
}
