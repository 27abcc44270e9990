/** The phases of measurements, metrics and runs, and which of two is worse. */

import type { AnalysisPhase } from '../../api/analysis-run.ts';

export type CompletedPhase = Exclude<AnalysisPhase, 'Pending' | 'Running'>;

/** From best to worst. */
const order: readonly AnalysisPhase[] = ['Successful', 'Running', 'Pending', 'Inconclusive', 'Error', 'Failed'];

export function isCompleted(phase: string | undefined): phase is CompletedPhase {
  return phase === 'Successful' || phase === 'Failed' || phase === 'Error' || phase === 'Inconclusive';
}

/** True for the phases that end the other metrics of a run too. */
export function endsRun(phase: string | undefined): boolean {
  return isCompleted(phase) && phase !== 'Successful';
}

export function isWorse(a: AnalysisPhase, b: AnalysisPhase): boolean {
  return order.indexOf(a) > order.indexOf(b);
}
