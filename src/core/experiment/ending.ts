/** Whether an experiment is over, and how it ended: by a template or a run that failed, by a person, by its duration, or by its analyses. */
import type { AnalysisPhase } from '../../api/analysis-run.ts';
import type { ExperimentAnalysis, ExperimentTemplateStatus } from '../../api/experiment.ts';
import { isCompleted, isWorse } from '../analysis/phase.ts';
import type { PlannedAnalysis } from './analyses.ts';
import { durationMs } from './run-arguments.ts';
import { availableAtMs, type Situation } from './situation.ts';

export type Ending =
  | { readonly kind: 'goes-on' }
  /** Its verdict is known at once. */
  | { readonly kind: 'failed'; readonly phase: 'Failed' | 'Error'; readonly message: string }
  /** Its pods have served their purpose; the verdict is that of the runs, when all have one. */
  | { readonly kind: 'over'; readonly why: string };

export function endingOf(
  situation: Situation,
  templates: readonly ExperimentTemplateStatus[],
  analyses: readonly PlannedAnalysis[],
): Ending {
  return refused(situation) ?? failure(templates, analyses) ?? over(situation, analyses) ?? { kind: 'goes-on' };
}

/** The API server would not have a run. */
function refused({ observed }: Situation): Ending | undefined {
  for (const { effect, message } of observed.failures) {
    if (effect.kind !== 'create-analysis-run') continue;
    return { kind: 'failed', phase: 'Error', message: `AnalysisRun '${effect.run.metadata.name}' was refused: ${message}` };
  }
  return undefined;
}

function failure(templates: readonly ExperimentTemplateStatus[], analyses: readonly PlannedAnalysis[]): Ending | undefined {
  for (const { name, status, message } of templates) {
    if (status === 'Failed' || status === 'Error')
      return { kind: 'failed', phase: status, message: withDetail(`Template '${name}' ${status}`, message) };
  }
  for (const phase of ['Failed', 'Error'] as const) {
    const bad = analyses.find(({ status }) => status?.phase === phase)?.status;
    if (bad !== undefined)
      return { kind: 'failed', phase, message: withDetail(`AnalysisRun '${bad.analysisRun}' ${phase}`, bad.message) };
  }
  return undefined;
}

function withDetail(text: string, detail: string | undefined): string {
  return detail === undefined || detail === '' ? text : `${text}: ${detail}`;
}

function over(situation: Situation, analyses: readonly PlannedAnalysis[]): Ending | undefined {
  const { spec, status, nowMs } = situation;
  if (spec.terminate === true) return { kind: 'over', why: 'Experiment was terminated' };
  const required = analyses.filter(({ analysis }) => analysis.requiredForCompletion === true);
  if (required.length > 0 && required.every((one) => isCompleted(one.status?.phase))) {
    return { kind: 'over', why: 'All analyses that are required for completion have ended' };
  }
  const end = endMs(situation);
  // What was over once stays so, whatever duration is written later.
  const wasOver = (status.templateStatuses ?? []).some((one) => one.status === 'Successful');
  return wasOver || (end !== undefined && end <= nowMs) ? { kind: 'over', why: 'Its duration is over' } : undefined;
}

/** When its duration is over, in milliseconds since the epoch; undefined where that is not known. */
export function endMs(situation: Situation): number | undefined {
  const [start, length] = [availableAtMs(situation), durationMs(situation.spec)];
  return start === undefined || length === undefined ? undefined : start + length;
}

/** Only analyses that are required outlive the duration; a person who ends an experiment ends all of it. */
export function outlives({ spec }: Situation, analysis: ExperimentAnalysis): boolean {
  return analysis.requiredForCompletion === true && spec.terminate !== true;
}

/** Of all runs; Successful where there are none. */
export function worstPhase(analyses: readonly PlannedAnalysis[]): AnalysisPhase {
  const phases = analyses.flatMap(({ status }) => (isCompleted(status?.phase) ? [status.phase] : []));
  return phases.reduce<AnalysisPhase>((worst, phase) => (isWorse(phase, worst) ? phase : worst), 'Successful');
}
