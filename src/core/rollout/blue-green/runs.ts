/** The analysis runs of a blue-green update: one before the active Service is switched, one behind it. */
import type { BlueGreenStrategy, RolloutAnalysis } from '../../../api/rollout.ts';
import { emptySlot, openRun, type RunSlot, type Runs, recordedRun } from '../analysis-runs.ts';
import type { Course } from '../command.ts';
import { moment } from '../moment.ts';
import type { Situation } from '../situation.ts';
import { isFastRollback } from './fast-rollback.ts';
import type { Gate } from './gate.ts';

/** `isActive`: users are sent to the new version. */
export function planRuns(
  situation: Situation,
  { prePromotionAnalysis, postPromotionAnalysis }: BlueGreenStrategy,
  course: Course,
  { gate, isActive }: { readonly gate: Gate; readonly isActive: boolean },
): Runs {
  const slot = (type: 'PrePromotion' | 'PostPromotion', analysis: RolloutAnalysis | undefined, isDue: boolean): RunSlot => {
    const wanted = (analysis?.templates ?? []).length > 0 ? analysis : undefined;
    const kind = moment(situation, course);
    if (kind === 'aborted' || kind === 'stranded' || course.promoteFull || isFastRollback(situation, course)) return emptySlot;
    const recorded = wanted !== undefined || situation.frozen ? recordedRun(situation, course, { type }) : undefined;
    if (recorded !== undefined) return { ...emptySlot, status: recorded };
    const isBegun = kind === 'update' && !course.restarted;
    return wanted !== undefined && isBegun && isDue ? openRun(situation, { type }, wanted) : emptySlot;
  };
  return {
    PrePromotion: slot('PrePromotion', prePromotionAnalysis, gate.ready && !gate.passed),
    PostPromotion: slot('PostPromotion', postPromotionAnalysis, isActive && gate.passed),
  };
}
