/** The port of metrics: one implementation for each system that can be asked. */
import type { MetricValue } from '../../core/analysis/metric-value.ts';

export interface MeasureContext {
  /** Aborted when the measurement is no longer wanted or its time is up. */
  readonly signal: AbortSignal;
  /** The time of the measurement, in milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * Asks one system. `Query` is the provider's block of an AnalysisTemplate metric, with its arguments and secrets filled in.
 * Throws MetricProviderError, whose message never holds a secret, when the system could not be asked or did not answer sensibly.
 */
export interface MetricProvider<Query = unknown> {
  measure(query: Query, context: MeasureContext): Promise<MetricValue>;
  /** What to show for this query in the measurement's metadata (for instance the resolved query); without secrets. */
  describe?(query: Query): Readonly<Record<string, string>>;
}

export type MetricProviderErrorCode = 'unreachable' | 'timeout' | 'unauthorized' | 'bad-query' | 'bad-answer' | 'misconfigured';

export class MetricProviderError extends Error {
  readonly code: MetricProviderErrorCode;

  constructor(code: MetricProviderErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MetricProviderError';
    this.code = code;
  }
}
