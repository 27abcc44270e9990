/**
 * What stands between a new version and its users: its preview pods, the analysis before promotion, and the pause for a person or for a
 * time. Once passed it stays so for this try, since pods may still have to come.
 */
import type { BlueGreenStrategy, PauseCondition } from '../../../api/rollout.ts';
import { recordedRun } from '../analysis-runs.ts';
import type { Course } from '../command.ts';
import { moment } from '../moment.ts';
import { withPause } from '../pause.ts';
import type { Member, Situation } from '../situation.ts';
import { isFastRollback } from './fast-rollback.ts';

export interface Gate {
  readonly passed: boolean;
  /** The pods that the preview shall have are available. */
  readonly ready: boolean;
  readonly pauses: readonly PauseCondition[];
  /** Milliseconds since the epoch at which the pause ends by itself. */
  readonly wakeAtMs: number | undefined;
}

/** Pods of the new version before it is promoted. */
export function previewPods({ replicas }: Situation, { previewReplicaCount }: BlueGreenStrategy): number {
  return Math.min(previewReplicaCount ?? replicas, replicas);
}

export function passGate(situation: Situation, blueGreen: BlueGreenStrategy, course: Course): Gate {
  const { current, rollout, frozen } = situation;
  const wakeAtMs = autoPromotionMs(blueGreen, course.pauses);
  const closed: Gate = { passed: false, ready: isReady(situation, blueGreen), pauses: course.pauses, wakeAtMs };
  if (moment(situation, course) !== 'update' || current === undefined || course.restarted) return { ...closed, pauses: [] };
  if (hasPassed(situation, course, current)) return { ...closed, passed: true, wakeAtMs: undefined };
  if (frozen || rollout.spec.paused === true) return closed;
  if (course.resumed) return { ...closed, passed: true, pauses: [], wakeAtMs: undefined };
  return closed.ready ? measureAndWait(situation, blueGreen, course, closed) : closed;
}

function hasPassed(situation: Situation, course: Course, current: Member): boolean {
  const { status, selected } = situation;
  if (course.promoteFull || isFastRollback(situation, course)) return true;
  // Where nothing was noted, as in a status of the incumbent's, a version that users reach was promoted; see `checkPoint` in plan.ts.
  const noted = status.blueGreen?.scaleUpPreviewCheckPoint ?? selected?.active === current.hash;
  return !course.retried && noted;
}

function isReady(situation: Situation, blueGreen: BlueGreenStrategy): boolean {
  const { current } = situation;
  const wanted = previewPods(situation, blueGreen);
  return current !== undefined && current.size === wanted && current.available >= wanted && !current.unsettled;
}

function measureAndWait(situation: Situation, blueGreen: BlueGreenStrategy, course: Course, closed: Gate): Gate {
  const { now, nowMs } = situation;
  if ((blueGreen.prePromotionAnalysis?.templates ?? []).length > 0) {
    const phase = recordedRun(situation, course, { type: 'PrePromotion' })?.status;
    if (phase === 'Inconclusive') return { ...closed, pauses: withPause(closed.pauses, 'InconclusiveAnalysisRun', now) };
    if (phase !== 'Successful') return closed;
  }
  if (!pausesBeforePromotion(blueGreen)) return { ...closed, passed: true, pauses: [] };
  const pauses = withPause(closed.pauses, 'BlueGreenPause', now);
  const endMs = autoPromotionMs(blueGreen, pauses);
  const isOver = endMs !== undefined && endMs <= nowMs;
  return isOver ? { ...closed, passed: true, pauses: [], wakeAtMs: undefined } : { ...closed, pauses, wakeAtMs: endMs };
}

export function pausesBeforePromotion({ autoPromotionEnabled, autoPromotionSeconds }: BlueGreenStrategy): boolean {
  return autoPromotionEnabled === false || (autoPromotionSeconds ?? 0) > 0;
}

/** Undefined where only a person promotes. */
function autoPromotionMs({ autoPromotionSeconds = 0 }: BlueGreenStrategy, pauses: readonly PauseCondition[]): number | undefined {
  const start = Date.parse(pauses.find(({ reason }) => reason === 'BlueGreenPause')?.startTime ?? '');
  return autoPromotionSeconds <= 0 || Number.isNaN(start) ? undefined : start + autoPromotionSeconds * 1000;
}
