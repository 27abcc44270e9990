/** The analysis runs that a status speaks of, by the place in an update that each has, and where in a status that place is. */
import type { RolloutAnalysisRunStatus, RolloutStatus } from '../../api/rollout.ts';

/** As the label `rollout-type` of a run says it. */
export type RunType = 'Step' | 'Background' | 'PrePromotion' | 'PostPromotion';

export type RecordedRuns = Readonly<Partial<Record<RunType, RolloutAnalysisRunStatus | undefined>>>;

/** In the order in which people tell of them. */
export const runTypes: readonly RunType[] = ['Step', 'Background', 'PrePromotion', 'PostPromotion'];

export function recordedRuns({ canary, blueGreen }: RolloutStatus): RecordedRuns {
  return {
    Step: canary?.currentStepAnalysisRunStatus,
    Background: canary?.currentBackgroundAnalysisRunStatus,
    PrePromotion: blueGreen?.prePromotionAnalysisRunStatus,
    PostPromotion: blueGreen?.postPromotionAnalysisRunStatus,
  };
}

export function someRun(runs: RecordedRuns, fits: (run: RolloutAnalysisRunStatus) => boolean): boolean {
  return runTypes.some((type) => {
    const run = runs[type];
    return run !== undefined && fits(run);
  });
}
