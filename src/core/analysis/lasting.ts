/**
 * Measurements that outlive a call: a Job runs on while nobody asks. What status remembers of one is enough to find it again, so it is
 * begun once, whatever becomes of this process. When the metric or the run needs no more of it, it is ended and counts as Inconclusive.
 */
import type { AnalysisRun, Measurement, MetricResult } from '../../api/analysis-run.ts';
import type { AnalysisEffect } from './decision.ts';
import type { ObservedMeasurement } from './observed-analysis-run.ts';
import type { PlannedMetric } from './run-plan.ts';
import { formatTime, parseTime } from './schedule.ts';
import { tally } from './verdict.ts';

type Metadata = Readonly<Record<string, string>>;
export type UnfinishedMeasurement = Measurement & { readonly metadata: Metadata };

const lastingProviders: ReadonlySet<string> = new Set(['job']);

/** Looks follow each other no faster, also where something is known to have happened. */
const leastGapMs = 1000;
const mostGapMs = 60_000;

/** The newest measurement, where it goes on and can be asked about. */
export function unfinishedMeasurement(provider: string, result: MetricResult | undefined): UnfinishedMeasurement | undefined {
  const last = result?.measurements?.at(-1);
  if (last === undefined || last.finishedAt !== undefined || !lastingProviders.has(provider)) return undefined;
  return last.metadata === undefined ? undefined : { ...last, metadata: last.metadata };
}

/** How long to wait until the next look at something that began so long ago: the longer it takes, the less often. */
export function lookGapMs(elapsedMs: number): number {
  return Math.round(Math.min(mostGapMs, Math.max(2 * leastGapMs, 2000 * Math.sqrt(Math.max(0, elapsedMs) / 1000))));
}

export interface LookSchedule {
  readonly measurements: readonly ObservedMeasurement[];
  /** Metrics whose measurement is known to have ended. */
  readonly ended: ReadonlySet<string>;
}

/** Milliseconds since the epoch, possibly past. A process that has not looked yet looks when status says so. */
export function nextLookMs(metric: string, unfinished: Measurement, { measurements, ended }: LookSchedule): number {
  const looked = measurements.find((one) => one.state === 'lasting' && one.metric === metric);
  const lookedAtMs = looked?.state === 'lasting' ? looked.lookedAtMs : undefined;
  if (ended.has(metric)) return lookedAtMs === undefined ? 0 : lookedAtMs + leastGapMs;
  if (lookedAtMs === undefined) return parseTime(unfinished.resumeAt) ?? 0;
  return lookedAtMs + lookGapMs(lookedAtMs - (parseTime(unfinished.startedAt) ?? lookedAtMs));
}

/** The result with its unfinished measurement ended now, which decided nothing. */
export function endEarly(result: MetricResult, unfinished: UnfinishedMeasurement, nowMs: number): MetricResult {
  const { resumeAt: _, ...rest } = unfinished;
  const ended: Measurement = {
    ...rest,
    phase: 'Inconclusive',
    message: 'the measurement was ended before it was complete',
    finishedAt: formatTime(nowMs),
  };
  return { ...result, ...tally(result, 'Inconclusive'), measurements: [...(result.measurements ?? []).slice(0, -1), ended] };
}

/**
 * What providers may throw away: what goes on though nobody waits for it any more, what could not decide (it may yet begin), and what
 * measurements left behind that status no longer shows. `known`: results by metric, as stored and with what came since.
 */
export function leftovers(
  metrics: readonly PlannedMetric[],
  known: readonly ReadonlyMap<string, MetricResult>[],
  after: ReadonlyMap<string, MetricResult>,
): readonly AnalysisEffect[] {
  return metrics
    .filter(({ provider }) => lastingProviders.has(provider))
    .flatMap(({ name, provider }) => {
      const kept = new Map((after.get(name)?.measurements ?? []).map((one) => [identityOf(one), one]));
      const left = new Map<string, AnalysisEffect>();
      for (const measurement of known.flatMap((results) => results.get(name)?.measurements ?? [])) {
        const { metadata, finishedAt } = measurement;
        const now = kept.get(identityOf(measurement));
        if (metadata === undefined || (now !== undefined && (finishedAt !== undefined || isOpenOrDecided(now)))) continue;
        left.set(identityOf(measurement), { kind: 'end-measurement', metric: name, provider, metadata });
      }
      return [...left.values()];
    });
}

function isOpenOrDecided({ phase, finishedAt }: Measurement): boolean {
  return finishedAt === undefined || phase === 'Successful' || phase === 'Failed';
}

/** For a run that ends without being judged. */
export function endAllLasting({ status }: AnalysisRun): readonly AnalysisEffect[] {
  return [...lastingProviders].flatMap((provider) =>
    (status?.metricResults ?? []).flatMap((result): AnalysisEffect[] => {
      const unfinished = unfinishedMeasurement(provider, result);
      if (unfinished === undefined) return [];
      return [{ kind: 'end-measurement', metric: result.name, provider, metadata: unfinished.metadata }];
    }),
  );
}

function identityOf({ metadata = {} }: Measurement): string {
  return JSON.stringify(Object.entries(metadata).sort());
}
