/**
 * What a blue-green update does next: preview, gate, switch, proof, and when the new version is the stable one. All of it follows from
 * the observed world and the status, so a pass that was cut short is simply repeated.
 */
import type { BlueGreenStrategy, PauseCondition } from '../../../api/rollout.ts';
import { recordedRun } from '../analysis-runs.ts';
import { type Course, isStable } from '../command.ts';
import { moment } from '../moment.ts';
import { withPause } from '../pause.ts';
import { withFarewell } from '../pod-plan.ts';
import { isWindowRollback } from '../rollback-window.ts';
import type { Situation } from '../situation.ts';
import type { UpdatePlan } from '../update-plan.ts';
import { isFastRollback } from './fast-rollback.ts';
import { type Gate, passGate } from './gate.ts';
import { planPods, scaleDownDelay } from './pods.ts';
import { planRuns } from './runs.ts';
import { isSaturated } from './selected.ts';
import { planServices } from './services.ts';

export function planBlueGreen(situation: Situation, blueGreen: BlueGreenStrategy, course: Course): UpdatePlan {
  const { rollout, frozen, current } = situation;
  const gate = passGate(situation, blueGreen, course);
  const { switches, selected } = planServices(situation, blueGreen, course, gate);
  const isActive = current !== undefined && selected.active === current.hash;
  const runs = planRuns(situation, blueGreen, course, { gate, isActive });
  const waits = frozen || rollout.spec.paused === true;
  const kind = moment(situation, course);
  // A first version is nobody's update: a person's pause holds back what comes after it.
  const promoted = frozen || (waits && kind !== 'alone') ? undefined : promotion(situation, blueGreen, course, { gate, isActive });
  const leaves = selected.active !== situation.selected?.active;
  const pods = planPods(situation, blueGreen, course, { gate, leaves });
  const pauses = promoted === undefined ? pausesOf(situation, course, { gate, isActive }) : [];
  return {
    moved: {
      index: course.index,
      doneBefore: [],
      doneAfter: [],
      pauses,
      controllerPause: pauses.length > 0 || (waits && course.resumed),
      pods: promoted === undefined ? pods : withFarewell(situation, pods, scaleDownDelay(blueGreen)),
      retires: promoted === undefined ? undefined : situation.stable?.name,
      traffic: undefined,
      promoted,
      wakeAtMs: gate.wakeAtMs,
      again: promoted !== undefined || leaves,
      blueGreen: { selected, checkPoint: checkPoint(kind === 'update' && promoted === undefined, { gate, isActive }) },
    },
    runs,
    switches,
  };
}

interface Progress {
  readonly gate: Gate;
  /** Users are sent to the new version. */
  readonly isActive: boolean;
}

/** False is noted only for a version that users still reach though it has to pass the gate again. */
function checkPoint(isOpen: boolean, { gate, isActive }: Progress): boolean | undefined {
  if (!isOpen) return undefined;
  return gate.passed || (isActive ? false : undefined);
}

/** Behind the gate only an analysis that could not decide pauses. */
function pausesOf(situation: Situation, course: Course, { gate, isActive }: Progress): readonly PauseCondition[] {
  const { frozen, rollout, now } = situation;
  if (!gate.passed) return gate.pauses;
  if (frozen || rollout.spec.paused === true) return course.pauses;
  const isUndecided = isActive && recordedRun(situation, course, { type: 'PostPromotion' })?.status === 'Inconclusive';
  return isUndecided && !course.promoteFull ? withPause(course.pauses, 'InconclusiveAnalysisRun', now) : [];
}

/** The words of the RolloutCompleted event, once users are sent to the new version and it has proven itself there. */
function promotion(
  situation: Situation,
  blueGreen: BlueGreenStrategy,
  course: Course,
  { gate, isActive }: Progress,
): string | undefined {
  const { current } = situation;
  if (current === undefined || isStable(situation)) return undefined;
  const kind = moment(situation, course);
  if (kind === 'alone') return isSaturated(situation, current) ? 'Initial deploy' : undefined;
  if (kind !== 'update' || !isActive || !gate.passed) return undefined;
  if (course.promoteFull) return 'Full promotion requested';
  if (isWindowRollback(situation)) return 'Rollback within window';
  if (isFastRollback(situation, course)) return 'Fast rollback';
  return isProven(situation, blueGreen, course) ? 'Completed blue-green update' : undefined;
}

function isProven(situation: Situation, { postPromotionAnalysis }: BlueGreenStrategy, course: Course): boolean {
  if ((postPromotionAnalysis?.templates ?? []).length === 0) return true;
  const phase = recordedRun(situation, course, { type: 'PostPromotion' })?.status;
  return phase === 'Successful' || (phase === 'Inconclusive' && course.resumed);
}
