/**
 * What the results of all metrics amount to for the run. One metric that ends badly ends the others: they are judged by what they
 * have. Dry-run metrics are judged and shown but decide nothing.
 */
import type { AnalysisPhase, MetricResult, RunSummary } from '../../api/analysis-run.ts';
import { endsRun, isCompleted, isWorse } from './phase.ts';
import type { PlannedMetric } from './run-plan.ts';
import { judge, type Verdict } from './verdict.ts';

export interface RunAssessment {
  readonly phase: AnalysisPhase;
  readonly message: string;
  /** In the order of the metrics; those never measured have none. */
  readonly results: readonly MetricResult[];
  /** metric name -> verdict, for all metrics. */
  readonly phases: ReadonlyMap<string, AnalysisPhase>;
  readonly runSummary: RunSummary;
  /** Undefined without dry-run metrics. */
  readonly dryRunSummary: RunSummary | undefined;
}

/** `results`: metric name -> counters and measurements up to now. `terminate`: someone asked the run to end. */
export function assessRun(
  metrics: readonly PlannedMetric[],
  results: ReadonlyMap<string, MetricResult>,
  terminate: boolean,
): RunAssessment {
  const judged = (terminating: boolean) => metrics.map((metric) => judgeMetric(metric, results.get(metric.name), terminating));
  const open = judged(terminate);
  const ended = open.some(({ metric, verdict }) => !metric.dryRun && endsRun(verdict.phase));
  const all = ended ? judged(true) : open;

  const counting = all.filter(({ metric }) => !metric.dryRun);
  const done = all.every(({ verdict }) => isCompleted(verdict.phase));
  const worst = counting.reduce<Judged | undefined>(
    (bad, one) => (bad === undefined || isWorse(one.verdict.phase, bad.verdict.phase) ? one : bad),
    undefined,
  );
  const phase = done ? (worst?.verdict.phase ?? 'Successful') : 'Running';
  const message = !done
    ? trouble(counting)
    : endsRun(phase) && worst !== undefined
      ? worst.message
      : terminate
        ? 'Run Terminated'
        : '';
  const dry = all.filter(({ metric }) => metric.dryRun);
  return {
    phase,
    message,
    results: all.flatMap(({ result }) => result ?? []),
    phases: new Map(all.map(({ metric, verdict }) => [metric.name, verdict.phase])),
    runSummary: summarize(counting),
    dryRunSummary: dry.length === 0 ? undefined : summarize(dry),
  };
}

/** Why an open run may be getting nowhere: the first metric whose provider gives no answers. */
function trouble(judged: readonly Judged[]): string {
  const stuck = judged.find(({ result, verdict }) => verdict.phase === 'Running' && (result?.consecutiveError ?? 0) > 0);
  if (stuck === undefined) return '';
  const { metric, result } = stuck;
  const last = result?.measurements?.at(-1)?.message ?? '';
  const limit = `consecutiveErrors (${result?.consecutiveError}), consecutiveErrorLimit (${metric.consecutiveErrorLimit})`;
  return `Metric "${metric.name}" could not be measured and is tried again: ${limit}${last === '' ? '' : `: "Error Message: ${last}"`}`;
}

interface Judged {
  readonly metric: PlannedMetric;
  readonly verdict: Verdict;
  readonly result: MetricResult | undefined;
  /** For the run: which metric was assessed how, and why. */
  readonly message: string;
}

function judgeMetric(metric: PlannedMetric, before: MetricResult | undefined, terminating: boolean): Judged {
  const judged = judge(metric, before ?? {}, terminating);
  // What was once said of a metric is not taken back.
  const verdict = isCompleted(before?.phase) ? { ...judged, phase: before.phase } : open(judged, before);
  if (before === undefined) return { metric, verdict, result: undefined, message: '' };
  const bad = endsRun(verdict.phase);
  const last = before.measurements?.at(-1)?.message ?? '';
  const quoted = last === '' ? '' : `: "Error Message: ${last}"`;
  const why = `${verdict.phase} due to ${verdict.reason}${quoted}`;
  const shown = !bad ? '' : metric.dryRun ? `Metric assessed ${why}` : last;
  const { message: _, ...rest } = before;
  const result: MetricResult = {
    ...rest,
    phase: verdict.phase,
    ...(shown === '' ? {} : { message: shown }),
    ...(metric.dryRun ? { dryRun: true } : {}),
  };
  return { metric, verdict, result, message: bad ? `Metric "${metric.name}" assessed ${why}` : '' };
}

/** The first measurement may go on for long. */
function open(verdict: Verdict, result: MetricResult | undefined): Verdict {
  return verdict.phase === 'Pending' && (result?.measurements ?? []).length > 0 ? { ...verdict, phase: 'Running' } : verdict;
}

function summarize(judged: readonly Judged[]): RunSummary {
  const count = (phase: AnalysisPhase) =>
    judged.filter(({ result, verdict }) => result !== undefined && verdict.phase === phase).length;
  const counts = {
    count: judged.length,
    successful: count('Successful'),
    failed: count('Failed'),
    inconclusive: count('Inconclusive'),
    error: count('Error'),
  };
  return Object.fromEntries(Object.entries(counts).filter(([, number]) => number > 0));
}
