/**
 * One AnalysisRun carried to rest in stepped time, by the decisions that carry it in a cluster. Providers answer from a
 * list, after a while; the process can be made to forget everything after each write, as if it had been killed there.
 */
import type { AnalysisRun, AnalysisRunSpec, AnalysisRunStatus } from '../../src/api/analysis-run.ts';
import { decideAnalysisRun } from '../../src/core/analysis/decide-analysis-run.ts';
import type { AnalysisRunDecision } from '../../src/core/analysis/decision.ts';
import type { FinishedMeasurement, MeasurementOutcome } from '../../src/core/analysis/observed-analysis-run.ts';
import type { Announcement } from '../../src/core/decision.ts';

export interface SteppedOptions {
  readonly spec: AnalysisRunSpec;
  /** The outcome of the n-th recorded measurement of a metric, and how long the provider takes for it. */
  readonly answer: (metric: string, index: number) => { readonly outcome: MeasurementOutcome; readonly latencyMs: number };
  /** Changes that someone makes to the spec, at a time after the start. */
  readonly edits?: readonly { readonly atMs: number; readonly spec: Partial<AnalysisRunSpec> }[];
  readonly crashAfterWrites?: boolean;
  /** Looks taken at most. */
  readonly limit?: number;
}

export interface SteppedResult {
  readonly status: AnalysisRunStatus;
  /** Milliseconds after the start of the simulation. */
  readonly endedAtMs: number;
  readonly writes: number;
  /** metric -> start times in milliseconds after the start of the simulation */
  readonly starts: ReadonlyMap<string, readonly number[]>;
  readonly announcements: readonly Announcement[];
  readonly deleted: boolean;
  /** The last decision: what the run rests in. */
  readonly atRest: AnalysisRunDecision;
}

export const epochMs = Date.parse('2026-03-01T12:00:00.000Z');

interface Flight {
  readonly metric: string;
  readonly startedAtMs: number;
  readonly endsAtMs: number;
  readonly outcome: MeasurementOutcome;
}

export function runStepped(options: SteppedOptions): SteppedResult {
  const { answer, crashAfterWrites = false, limit = 2000 } = options;
  let run: AnalysisRun = { metadata: { name: 'run', uid: 'uid-1' }, spec: options.spec };
  let nowMs = epochMs;
  let flights: Flight[] = [];
  let finished: FinishedMeasurement[] = [];
  let edits = [...(options.edits ?? [])];
  let writes = 0;
  const starts = new Map<string, number[]>();
  const told = new Map<string, Announcement>();

  for (let look = 0; look < limit; look++) {
    const inFlight = flights.map(({ metric, startedAtMs }) => ({ state: 'in-flight' as const, metric, startedAtMs }));
    const observed = { run, problems: [], measurements: [...finished, ...inFlight], providers: new Set(['prometheus']) };
    const decision = decideAnalysisRun(observed, nowMs);
    for (const effect of decision.effects) {
      if (effect.kind === 'delete-run') return result(true, decision);
      flights = flights.filter((flight) => effect.kind !== 'cancel-measurement' || flight.metric !== effect.metric);
      if (effect.kind !== 'start-measurement') continue;
      const { metric } = effect;
      if (flights.some((flight) => flight.metric === metric)) throw new Error(`two measurements of ${metric} are in flight`);
      starts.set(metric, [...(starts.get(metric) ?? []), nowMs - epochMs]);
      const recorded = decision.status?.metricResults?.find(({ name }) => name === metric);
      const { outcome, latencyMs } = answer(metric, (recorded?.count ?? 0) + (recorded?.error ?? 0));
      flights.push({ metric, startedAtMs: nowMs, endsAtMs: nowMs + latencyMs, outcome });
    }
    if (decision.write === 'now') {
      finished = [];
      const changed = JSON.stringify(run.status) !== JSON.stringify(decision.status);
      if (decision.status !== undefined) run = { ...run, status: decision.status };
      for (const one of decision.announcements) told.set(one.identity, one);
      if (changed) {
        writes++;
        if (crashAfterWrites) flights = [];
        continue;
      }
    }
    const wakeUps = [
      ...flights.map(({ endsAtMs }) => endsAtMs),
      ...edits.map(({ atMs }) => epochMs + atMs),
      ...(decision.next.kind === 'requeue' ? [nowMs + decision.next.afterMs] : []),
    ];
    if (wakeUps.length === 0) return result(false, decision);
    nowMs = Math.max(nowMs, Math.min(...wakeUps));
    for (const { metric, startedAtMs, endsAtMs, outcome } of flights.filter((flight) => flight.endsAtMs <= nowMs)) {
      finished.push({ state: 'finished', metric, startedAtMs, finishedAtMs: endsAtMs, outcome });
    }
    flights = flights.filter((flight) => flight.endsAtMs > nowMs);
    for (const { spec } of edits.filter(({ atMs }) => epochMs + atMs <= nowMs)) run = { ...run, spec: { ...run.spec, ...spec } };
    edits = edits.filter(({ atMs }) => epochMs + atMs > nowMs);
  }
  throw new Error(`not at rest after ${limit} looks: ${JSON.stringify(run.status)}`);

  function result(deleted: boolean, atRest: AnalysisRunDecision): SteppedResult {
    const status = run.status ?? { phase: 'Pending' };
    return { status, endedAtMs: nowMs - epochMs, writes, starts, announcements: [...told.values()], deleted, atRest };
  }
}
