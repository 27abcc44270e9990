/** The answer to one look at an AnalysisRun: its complete next status, and what is to be measured, stopped, said and awaited. */
import type { AnalysisRunStatus } from '../../api/analysis-run.ts';
import type { Announcement, Next } from '../decision.ts';
import type { MeasurementQuery } from './run-plan.ts';

export interface AnalysisRunDecision {
  /** Undefined where the run has no status yet and shall get none. */
  readonly status: AnalysisRunStatus | undefined;
  /**
   * `later`: nothing in this status is urgent and more is about to come, so a caller does well to keep the finished measurements and
   * decide again; `next` says when at the latest.
   */
  readonly write: 'now' | 'later';
  readonly effects: readonly AnalysisEffect[];
  /** Emitted in this order, once, after the status is stored. */
  readonly announcements: readonly Announcement[];
  readonly next: Next;
}

export type AnalysisEffect =
  | {
      readonly kind: 'start-measurement';
      readonly metric: string;
      /** Name of the provider. */
      readonly provider: string;
      readonly query: MeasurementQuery;
      /** When it should have been started, in milliseconds since the epoch: the difference to now is lateness. */
      readonly dueAtMs: number;
      /** 1 for the first measurement of the metric, errors counted; the same again where the first try was not stored. */
      readonly ordinal: number;
    }
  /** Asks about a measurement that outlives calls. */
  | {
      readonly kind: 'resume-measurement';
      readonly metric: string;
      readonly provider: string;
      readonly query: MeasurementQuery;
      readonly dueAtMs: number;
      readonly startedAtMs: number;
      readonly metadata: Readonly<Record<string, string>>;
    }
  /** What a measurement that outlives calls made is to go, whether it goes on or has ended. */
  | {
      readonly kind: 'end-measurement';
      readonly metric: string;
      readonly provider: string;
      readonly metadata: Readonly<Record<string, string>>;
    }
  /** No longer wanted: its result will not be looked at. */
  | { readonly kind: 'cancel-measurement'; readonly metric: string }
  /** The run has outlived its ttlStrategy. */
  | { readonly kind: 'delete-run'; readonly uid: string };
