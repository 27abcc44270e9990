/** Everything that a decision about one AnalysisRun may look at: the object, and the measurements that were started for it. */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import type { Problem } from '../../api/problem.ts';
import type { MetricValue } from './metric-value.ts';

export interface ObservedAnalysisRun {
  /** Parsed: a field of a wrong type is absent here and named in `problems`. */
  readonly run: AnalysisRun;
  readonly problems: readonly Problem[];
  /** Those that are not known to be recorded in status, in the order of their start; at most one of a metric is in flight. */
  readonly measurements: readonly ObservedMeasurement[];
  /** Names of the providers that can be asked. */
  readonly providers: ReadonlySet<string>;
  /** Metrics whose measurement goes on by status, and is known to have ended; what that means has to be asked. */
  readonly ended?: ReadonlySet<string>;
}

export type ObservedMeasurement = MeasurementInFlight | FinishedMeasurement | LastingMeasurement;

export interface MeasurementInFlight {
  readonly state: 'in-flight';
  /** Name of the metric. */
  readonly metric: string;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
}

/** It outlives the calls that ask about it. */
export interface LastingMeasurement {
  readonly state: 'lasting';
  readonly metric: string;
  /** When it was asked about last, in milliseconds since the epoch. */
  readonly lookedAtMs: number;
}

export interface FinishedMeasurement {
  readonly state: 'finished';
  readonly metric: string;
  /** Of the measurement, also where several calls make it. */
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly outcome: MeasurementOutcome;
  /** What to show with the metric's result, for instance the query as it was asked; without secrets. */
  readonly description?: Readonly<Record<string, string>> | undefined;
}

/** No text in here holds a secret. */
export type MeasurementOutcome =
  | { readonly kind: 'measured'; readonly value: MetricValue }
  /** The provider could not be asked, or gave no sensible answer. */
  | { readonly kind: 'error'; readonly message: string }
  /** It goes on; `metadata` is all that is needed to find it again. */
  | { readonly kind: 'underway'; readonly metadata: Readonly<Record<string, string>> }
  /** It was work, not a question, and came to this end. */
  | {
      readonly kind: 'ended';
      readonly end: 'complete' | 'failed' | 'unclear';
      readonly text: string;
      readonly message?: string | undefined;
    };
