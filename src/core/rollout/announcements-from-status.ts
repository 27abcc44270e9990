/**
 * What a process that ended too early may not have told: the announcements of the last minutes, derived from the stored world alone.
 * Identities and places are those of the first telling, so that nothing is told twice. What leaves no trace (weights, switches, the end
 * of a pause, most of what analysis runs say) is not among them.
 */

import { conditionReasons, conditionTypes } from '../../api/reasons.ts';
import type { RolloutStatus } from '../../api/rollout.ts';
import { type Announcement, compareOrders, inOrder } from '../decision.ts';
import {
  abortedBy,
  completedBy,
  created,
  experimentCreated,
  failedEpoch,
  notCompleted,
  paused,
  pausedByStep,
  rolloutAdded,
  rolloutUpdated,
  runBegun,
  scaled,
  skippedSteps,
  stepDone,
  tookBackAfter,
} from './announcements.ts';
import { fastRolledBack } from './blue-green/fast-rollback.ts';
import type { ObservedRollout } from './observed-rollout.ts';
import { recordedRuns, runTypes } from './recorded-runs.ts';
import { isInitial, revisionOf, wasReused } from './revisions.ts';
import { isNotedRollback } from './rollback-window.ts';
import { recordedScalings } from './scaling-record.ts';
import { hashOf } from './situation.ts';
import { pauseMs } from './steps.ts';
import { type Epoch, epochOf } from './story-order.ts';
import { failureTakenBack } from './take-back.ts';

const recentMs = 5 * 60_000;

export interface Untold {
  /** Of the update that the status speaks of, in the order of the story. */
  readonly stored: readonly Announcement[];
  /** Done for an update whose beginning is not stored yet: to be told behind that. */
  readonly ahead: readonly Announcement[];
}

/** Nothing for a status that is older than that or that another controller wrote. */
export function announcementsFromStatus(observed: ObservedRollout, nowMs: number): Untold {
  const recent: Recent = (time) => time !== undefined && nowMs - Date.parse(time) <= recentMs;
  const scalings = observed.replicaSets.flatMap((one) => recordedScalings(one, nowMs - recentMs)).map(scaled);
  const update = storedUpdate(observed);
  if (update === undefined) return { stored: [], ahead: inOrder(scalings) };
  const isStored = ({ order = [] }: Announcement): boolean => compareOrders(order.slice(0, 2), update.epoch.order) <= 0;
  const told = [...openings(update, recent), ...walk(update, recent), ...endings(update, recent)];
  return { stored: inOrder([...told, ...scalings.filter(isStored)]), ahead: inOrder(scalings.filter((one) => !isStored(one))) };
}

type Recent = (time: string | undefined) => boolean;

interface StoredUpdate {
  readonly observed: ObservedRollout;
  readonly status: RolloutStatus;
  readonly revision: number;
  readonly hash: string;
  readonly startedAt: string;
  readonly epoch: Epoch;
}

function storedUpdate(observed: ObservedRollout): StoredUpdate | undefined {
  const { status } = observed.rollout;
  const current = observed.replicaSets.find((one) => hashOf(one) === status?.currentPodHash);
  const revision = current === undefined ? 0 : revisionOf(current);
  const startedAt = status?.duration?.rolloutStartedAt;
  if (status === undefined || startedAt === undefined || revision < 1) return undefined;
  return { observed, status, revision, hash: status.currentPodHash ?? '', startedAt, epoch: epochOf(revision, status) };
}

function condition({ conditions }: RolloutStatus, type: string) {
  return conditions?.find((one) => one.type === type);
}

/** Fast or slowly, by its strategy or fully; else, where the current version is the stable one, it is so because it was changed back. */
function isPromoted({ duration }: RolloutStatus): boolean {
  return ['Promoted', 'FastPromoted', fastRolledBack].includes(duration?.completionStatus ?? '');
}

function openings({ observed, status, revision, hash, startedAt, epoch }: StoredUpdate, recent: Recent): readonly Announcement[] {
  if (!recent(startedAt)) return [];
  const told: Announcement[] = revision === 1 ? [rolloutAdded(observed.rollout)] : [];
  told.push(rolloutUpdated(revision));
  const made = observed.replicaSets.find((one) => hashOf(one) === hash);
  // The second in which it was made may be over when its update begins; one made later was lost and made again.
  const bornMs = Date.parse(made?.metadata.creationTimestamp ?? '');
  if (made !== undefined && !wasReused(made) && recent(made.metadata.creationTimestamp) && bornMs < Date.parse(startedAt) + 1000) {
    told.push(created(made.metadata.name, revision));
  }
  const completed = condition(status, conditionTypes.completed);
  const opened = completed?.status === 'False' && completed.lastTransitionTime === startedAt;
  const isFirst = revision === 1 && isPromoted(status);
  const begins = revision > 1 || observed.rollout.spec.strategy?.blueGreen === undefined;
  if ((opened || isFirst) && begins) told.push(notCompleted(epoch, revision, hash));
  if (revision > 1 && status.stableRS === hash && !isPromoted(status))
    told.push(skippedSteps(epoch, revision, 'Rollback to stable ReplicaSets'));
  if (made !== undefined && isNotedRollback(made)) told.push(skippedSteps(epoch, revision, 'Rollback within window'));
  return told;
}

function walk({ observed, status, revision, startedAt, epoch }: StoredUpdate, recent: Recent): readonly Announcement[] {
  const told: Announcement[] = [];
  const steps = observed.rollout.spec.strategy?.canary?.steps ?? [];
  const index = Math.min(Math.max(0, Math.trunc(status.currentStepIndex ?? 0)), steps.length);
  const isBack = status.stableRS === status.currentPodHash && status.duration?.completionStatus !== 'Promoted';
  const walked = revision > 1 && status.stableRS !== undefined && !isBack && !isWithinWindow(observed, status);
  if (walked && recent(condition(status, conditionTypes.progressing)?.lastUpdateTime)) {
    // When a step ended is not stored: of an old update only the last is sure to be new.
    const first = recent(startedAt) ? 0 : index - 1;
    for (let done = Math.max(0, first); done < index; done += 1) {
      const { pause } = steps[done] ?? {};
      if (pause !== undefined && pauseMs(pause.duration) !== 0 && recent(startedAt)) told.push(pausedByStep(epoch, done));
      told.push(stepDone(steps, epoch, done));
    }
  }
  for (const { reason, startTime } of status.pauseConditions ?? []) {
    if (recent(startTime)) told.push(paused(epoch, status.currentStepIndex ?? 0, reason, startTime));
  }
  const experiment = observed.experiments.find(({ metadata }) => metadata.name === status.canary?.currentExperiment);
  if (experiment !== undefined && recent(experiment.metadata.creationTimestamp)) {
    told.push(experimentCreated(epoch, index, experiment.metadata.name));
  }
  const runs = recordedRuns(status);
  for (const type of runTypes) {
    const run = runs[type];
    const startedAt = observed.analysisRuns.find(({ metadata }) => metadata.name === run?.name)?.status?.startedAt;
    if (run?.status === 'Running' && recent(startedAt)) told.push(runBegun(observed, epoch, type, run.name, index));
  }
  return told;
}

function endings({ observed, status, revision, hash, epoch }: StoredUpdate, recent: Recent): readonly Announcement[] {
  const told: Announcement[] = [];
  const progressing = condition(status, conditionTypes.progressing);
  const completed = condition(status, conditionTypes.completed);
  const failure = failureTakenBack(observed);
  if (progressing?.reason === conditionReasons.rolloutAborted && recent(status.abortedAt)) {
    // An abort outlives the undo that followed it, and stays the end of the try that failed.
    told.push(abortedBy(failure === undefined ? epoch : failedEpoch(failure), progressing.message, status.abortedAt));
  }
  if (failure !== undefined && recent(failure.time)) told.push(tookBackAfter(failure));
  if (isPromoted(status) && completed?.status === 'True' && recent(completed.lastTransitionTime)) {
    const current = observed.replicaSets.find((one) => hashOf(one) === hash);
    const isFirst = current !== undefined && isInitial(current);
    told.push(completedBy(epoch, revision, hash, isFirst ? 'Initial deploy' : whyPromoted(observed, status)));
  }
  return told;
}

function isWithinWindow({ replicaSets }: ObservedRollout, { currentPodHash }: RolloutStatus): boolean {
  return replicaSets.some((one) => hashOf(one) === currentPodHash && isNotedRollback(one));
}

function whyPromoted(observed: ObservedRollout, status: RolloutStatus): string {
  const { rollout } = observed;
  const { duration } = status;
  const { canary, blueGreen } = rollout.spec.strategy ?? {};
  if (duration?.completionStatus === 'FastPromoted') return 'Full promotion requested';
  if (duration?.completionStatus === fastRolledBack)
    return isWithinWindow(observed, status) ? 'Rollback within window' : 'Fast rollback';
  return blueGreen === undefined ? `Completed all ${(canary?.steps ?? []).length} canary steps` : 'Completed blue-green update';
}
