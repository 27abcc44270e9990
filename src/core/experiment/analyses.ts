/**
 * The AnalysisRuns of an experiment: begun when all pods have been available, each once a try. A run is created before the status names it,
 * so one that is there, equal and under way is taken over.
 */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import type { ExperimentAnalysis, ExperimentAnalysisStatus } from '../../api/experiment.ts';
import { isCompleted } from '../analysis/phase.ts';
import { sameRunSpec } from '../rollout/run-spec.ts';
import type { ExperimentEffect } from './decision.ts';
import type { ObservedExperiment } from './observed-experiment.ts';
import { newRun, plannedRun } from './run-spec.ts';
import { availableAtMs, type Situation } from './situation.ts';

/** One analysis, and what it says now. */
export interface PlannedAnalysis {
  readonly analysis: ExperimentAnalysis;
  /** Undefined where it has not begun. */
  readonly status: ExperimentAnalysisStatus | undefined;
  readonly create: AnalysisRun | undefined;
}

/** Names of one analysis that are passed over because runs of others have them. */
const maxForeignRuns = 100;

/** `mayBegin` says which of them may begin where they have not. */
export function planAnalyses(
  situation: Situation,
  mayBegin: (analysis: ExperimentAnalysis) => boolean,
): readonly PlannedAnalysis[] {
  const { spec, status, frozen, ended, observed } = situation;
  return (spec.analyses ?? []).map((analysis, index): PlannedAnalysis => {
    const recorded = status.analysisRuns?.find(({ name }) => name === analysis.name);
    const isThere = observed.analysisRuns.some(({ metadata }) => metadata.name === recorded?.analysisRun);
    if (recorded !== undefined && isThere) return { analysis, status: latestStatus(observed, recorded), create: undefined };
    if (recorded !== undefined && (isCompleted(recorded.phase) || ended || frozen))
      return { analysis, status: recorded, create: undefined };
    if (ended || frozen || availableAtMs(situation) === undefined || !mayBegin(analysis)) {
      return { analysis, status: undefined, create: undefined };
    }
    return opened(situation, analysis, index);
  });
}

/** What the run says now; as it was recorded where it is gone. */
export function latestStatus({ analysisRuns }: ObservedExperiment, recorded: ExperimentAnalysisStatus): ExperimentAnalysisStatus {
  const run = analysisRuns.find(({ metadata }) => metadata.name === recorded.analysisRun);
  return run === undefined ? recorded : statusOf(recorded, run);
}

function statusOf({ name }: { readonly name: string }, { metadata, status }: AnalysisRun): ExperimentAnalysisStatus {
  const { phase, message } = status ?? {};
  return { name, analysisRun: metadata.name, phase: phase ?? 'Pending', ...(message ? { message } : {}) };
}

function opened(situation: Situation, analysis: ExperimentAnalysis, index: number): PlannedAnalysis {
  const { observed, members, status, experiment, now } = situation;
  const context = { observed, members, availableAt: status.availableAt ?? now };
  const planned = plannedRun(context, analysis, index);
  const none = { analysis, status: undefined, create: undefined };
  if ('problems' in planned) return none;
  const stem = `${experiment.metadata.name}-${analysis.name}`;
  const own = new Map(observed.analysisRuns.map((run) => [run.metadata.name, run]));
  for (let suffix = 0; suffix <= own.size + maxForeignRuns; suffix += 1) {
    const name = suffix === 0 ? stem : `${stem}.${suffix}`;
    const taken = own.get(name);
    if (taken === undefined && observed.names.analysisRuns.has(name)) continue;
    if (taken === undefined) {
      const run = newRun(context, name, planned.spec);
      return { analysis, status: { name: analysis.name, analysisRun: name, phase: 'Pending' }, create: run };
    }
    if (isOpen(taken) && taken.spec.terminate !== true && sameRunSpec(taken.spec, planned.spec)) {
      return { ...none, status: statusOf(analysis, taken) };
    }
  }
  return none;
}

/** Has no verdict yet. */
export function isOpen({ status, metadata }: AnalysisRun): boolean {
  return !isCompleted(status?.phase) && metadata.deletionTimestamp === undefined;
}

/** Ends every run under way but those named. */
export function terminations({ observed }: Situation, kept: ReadonlySet<string>): readonly ExperimentEffect[] {
  return observed.analysisRuns
    .filter((run) => isOpen(run) && run.spec.terminate !== true && !kept.has(run.metadata.name))
    .map(({ metadata }) => ({ kind: 'terminate-analysis-run', name: metadata.name }));
}
