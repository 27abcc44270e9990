/** Whether an update gets on: its counts compared with those of the stored status, and the deadline by which something must have moved. */
import { conditionReasons, conditionTypes } from '../../api/reasons.ts';
import type { RolloutCondition } from '../../api/rollout.ts';
import { isCompleted } from '../analysis/phase.ts';
import { activeMember } from './blue-green/selected.ts';
import { type Course, isStable } from './command.ts';
import { moment } from './moment.ts';
import { deadlineOf } from './pod-plan.ts';
import { someRun } from './recorded-runs.ts';
import { restartedSinceMs } from './restart/restart.ts';
import type { Situation } from './situation.ts';

export interface Counts {
  readonly replicas: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
}

/** Of blue-green only the pods that users reach count as ready and available, as soon as there are such. */
export function countPods(situation: Situation): Counts {
  const { current, stable, older } = situation;
  const members = [...new Set([current, stable, ...older])].filter((one) => one !== undefined);
  const sum = (read: (member: (typeof members)[number]) => number): number => members.reduce((total, one) => total + read(one), 0);
  const active = activeMember(situation);
  const available = (one: (typeof members)[number]): number => one.replicaSet.status?.availableReplicas ?? 0;
  return {
    replicas: sum((one) => one.total),
    updated: current?.total ?? 0,
    ready: active?.ready ?? sum((one) => one.ready),
    available: active === undefined ? sum(available) : available(active),
  };
}

/** Any change of updated pods, a rise of ready or available ones, fewer old ones. */
export function podsMoved({ status }: Situation, counts: Counts): boolean {
  const old = (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    counts.updated !== (status.updatedReplicas ?? 0) ||
    counts.ready > (status.readyReplicas ?? 0) ||
    counts.available > (status.availableReplicas ?? 0) ||
    counts.replicas - counts.updated < old
  );
}

export function isComplete(situation: Situation): boolean {
  const { current, replicas } = situation;
  return isStable(situation) && current !== undefined && current.size === replicas && current.available >= replicas;
}

export function conditionOf({ status }: Situation, type: string): RolloutCondition | undefined {
  return status.conditions?.find((condition) => condition.type === type);
}

/** When the update counts as stuck, in milliseconds since the epoch; undefined while nothing is expected to move. */
export function deadlineMs(situation: Situation, course: Course): number | undefined {
  const { rollout, steps, frozen } = situation;
  const progressing = conditionOf(situation, conditionTypes.progressing);
  const waits = [conditionReasons.rolloutAborted, conditionReasons.rolloutPaused].some((reason) => reason === progressing?.reason);
  if (progressing === undefined || waits || course.aborted || course.restarted || course.retried || isComplete(situation))
    return undefined;
  if (frozen || rollout.spec.paused === true || course.pauses.length > 0 || situation.current === undefined) return undefined;
  const step = moment(situation, course) === 'update' && !course.promoteFull ? steps[course.index] : undefined;
  if (step?.pause !== undefined || step?.analysis !== undefined || step?.experiment !== undefined) return undefined;
  if (situation.blueGreen !== undefined && someRun(course.runs, ({ status }) => !isCompleted(status))) return undefined;
  if (moment(situation, course) === 'alone' && isLeaving(situation)) return undefined;
  const moved = Date.parse(progressing.lastUpdateTime);
  const since = isGivenTimeByRestart(situation) ? restartedSinceMs(situation) : moved;
  return Number.isNaN(since) ? undefined : since + (rollout.spec.progressDeadlineSeconds ?? 600) * 1000;
}

/** Nothing is under way but the end of a version that was left. */
function isLeaving({ older }: Situation): boolean {
  return older.some((member) => member.size > 0 && deadlineOf(member) !== undefined);
}

/** A restart since the last progress: what was stuck has another chance, and the time for it begins anew. */
export function isGivenTimeByRestart(situation: Situation): boolean {
  const progressing = conditionOf(situation, conditionTypes.progressing);
  return restartedSinceMs(situation) > Date.parse(progressing?.lastUpdateTime ?? '');
}

/** True from the deadline on until something moves. */
export function isStuck(situation: Situation, course: Course): boolean {
  const end = deadlineMs(situation, course);
  if (end === undefined || podsMoved(situation, countPods(situation))) return false;
  const reason = conditionOf(situation, conditionTypes.progressing)?.reason;
  const stays = reason === conditionReasons.progressDeadlineExceeded && !isGivenTimeByRestart(situation);
  return stays || end <= situation.nowMs;
}
