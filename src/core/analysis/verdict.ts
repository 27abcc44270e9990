/**
 * What the counters of one metric amount to. A provider's error counts against its own limit only: it neither fails a metric nor
 * helps one to succeed.
 */
import type { AnalysisPhase, MetricResult } from '../../api/analysis-run.ts';
import type { MetricPlan } from './metric-plan.ts';

export type Counters = Pick<
  MetricResult,
  'count' | 'successful' | 'failed' | 'inconclusive' | 'error' | 'consecutiveError' | 'consecutiveSuccess'
>;

export interface Verdict {
  readonly phase: AnalysisPhase;
  /** For instance `failed (1) > failureLimit (0)`; empty where nothing has to be explained. */
  readonly reason: string;
}

/** The counters after one more measurement. */
export function tally(before: Counters, phase: AnalysisPhase): Counters {
  const {
    count = 0,
    successful = 0,
    failed = 0,
    inconclusive = 0,
    error = 0,
    consecutiveError = 0,
    consecutiveSuccess = 0,
  } = before;
  switch (phase) {
    case 'Successful':
      return {
        ...before,
        count: count + 1,
        successful: successful + 1,
        consecutiveError: 0,
        consecutiveSuccess: consecutiveSuccess + 1,
      };
    case 'Failed':
      return { ...before, count: count + 1, failed: failed + 1, consecutiveError: 0, consecutiveSuccess: 0 };
    case 'Inconclusive':
      return { ...before, count: count + 1, inconclusive: inconclusive + 1, consecutiveError: 0, consecutiveSuccess: 0 };
    case 'Error':
      return { ...before, error: error + 1, consecutiveError: consecutiveError + 1, consecutiveSuccess: 0 };
    default:
      return before;
  }
}

type Limits = Pick<
  MetricPlan,
  'count' | 'failureLimit' | 'inconclusiveLimit' | 'consecutiveErrorLimit' | 'consecutiveSuccessLimit'
>;

/** `terminating`: no further measurement will be made, so what has no verdict by now counts as Successful. */
export function judge(limits: Limits, counters: Counters, terminating: boolean): Verdict {
  return exceededLimit(limits, counters) ?? reachedEnd(limits, counters) ?? openVerdict(counters, terminating);
}

function exceededLimit(limits: Limits, counters: Counters): Verdict | undefined {
  const { failed = 0, inconclusive = 0, consecutiveError = 0 } = counters;
  if (consecutiveError > limits.consecutiveErrorLimit) {
    return {
      phase: 'Error',
      reason: `consecutiveErrors (${consecutiveError}) > consecutiveErrorLimit (${limits.consecutiveErrorLimit})`,
    };
  }
  if (inconclusive > limits.inconclusiveLimit) {
    return { phase: 'Inconclusive', reason: `inconclusive (${inconclusive}) > inconclusiveLimit (${limits.inconclusiveLimit})` };
  }
  if (limits.failureLimit >= 0 && failed > limits.failureLimit) {
    return { phase: 'Failed', reason: `failed (${failed}) > failureLimit (${limits.failureLimit})` };
  }
  return undefined;
}

function reachedEnd(limits: Limits, counters: Counters): Verdict | undefined {
  const { count = 0, consecutiveSuccess = 0 } = counters;
  const needsRow = limits.consecutiveSuccessLimit > 0;
  if (needsRow && consecutiveSuccess >= limits.consecutiveSuccessLimit) return { phase: 'Successful', reason: '' };
  if (limits.count === undefined || count < limits.count) return undefined;
  if (!needsRow) return { phase: 'Successful', reason: '' };
  const reason = `count (${count}) reached with consecutiveSuccess (${consecutiveSuccess}) < consecutiveSuccessLimit (${limits.consecutiveSuccessLimit})`;
  return { phase: limits.failureLimit >= 0 ? 'Inconclusive' : 'Failed', reason };
}

function openVerdict({ count = 0, error = 0 }: Counters, terminating: boolean): Verdict {
  if (terminating) return { phase: 'Successful', reason: '' };
  return { phase: count + error > 0 ? 'Running' : 'Pending', reason: '' };
}
