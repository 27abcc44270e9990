/** The port of metrics: one implementation for each system that can be asked. */
import type { MetricValue } from '../../core/analysis/metric-value.ts';
import type { MeasurementQuery } from '../../core/analysis/run-plan.ts';

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
  /** Whom this query asks, so that those who wait for one server hold up nobody who asks another. Never throws. */
  serverOf?(query: Query): string;
}

/** For whom a measurement is made that leaves something behind: names, labels and owners are made from it. */
export interface MeasurementOrigin {
  readonly run: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly instanceId?: string | undefined;
  };
  readonly metric: string;
  /** 1 for the first measurement of the metric; the same again where it is not known whether it was begun. */
  readonly ordinal: number;
}

/** `underway`: `metadata` finds it again, from any process. */
export type LastingAnswer =
  | { readonly state: 'underway'; readonly metadata: Readonly<Record<string, string>> }
  | {
      readonly state: 'ended';
      /** `unclear`: it said nothing, and what it began may go. */
      readonly end: 'complete' | 'failed' | 'unclear';
      readonly text: string;
      readonly message?: string | undefined;
    };

/**
 * Has work done that outlives a call. `metadata` comes from the run's status, which others than Rampart may write: an implementation
 * touches only what it made for this very run. Throws MetricProviderError where asking has become pointless; what may pass by itself is
 * `underway`.
 */
export interface LastingMetricProvider<Query = unknown> {
  /** The query with the Secrets left out that what it begins can read by itself. */
  withReferences(query: MeasurementQuery, run: MeasurementOrigin['run']): Pick<MeasurementQuery, 'block' | 'secrets'>;
  /** Idempotent: begun once for each origin. */
  begin(query: Query, origin: MeasurementOrigin, context: MeasureContext): Promise<LastingAnswer>;
  resume(
    metadata: Readonly<Record<string, string>>,
    run: MeasurementOrigin['run'],
    context: MeasureContext,
  ): Promise<LastingAnswer>;
  /** Ends what goes on and clears away what is left. Done where there is nothing; throws what may pass by itself. */
  cancel(metadata: Readonly<Record<string, string>>, run: MeasurementOrigin['run']): Promise<void>;
  /** True where it is known, without asking, that a resume would find the end. */
  hasEnded(metadata: Readonly<Record<string, string>>, run: MeasurementOrigin['run']): boolean;
}

export type AnyMetricProvider = MetricProvider | LastingMetricProvider;

export function isLasting(provider: AnyMetricProvider): provider is LastingMetricProvider {
  return 'begin' in provider;
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
