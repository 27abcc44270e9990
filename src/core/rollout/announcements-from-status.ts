/**
 * What a process that ended too early may not have told: the events of the last minutes, derived from the stored status alone. Their
 * identities are those of the first telling, so that nothing is told twice. Changes of size leave no trace in the status and are not
 * among them.
 */

import { conditionReasons, conditionTypes } from '../../api/reasons.ts';
import type { Announcement } from '../decision.ts';
import { abortedBy, completedBy, epochOf, notCompleted, paused, rolloutUpdated, stepDone } from './announcements.ts';
import type { ObservedRollout } from './observed-rollout.ts';
import { revisionOf } from './revisions.ts';
import { hashOf } from './situation.ts';

const recentMs = 5 * 60_000;
/** Ways to end an update that pass no step. */
const unwalked = new Set<string | undefined>(['RolledBack', 'FastPromoted']);

/** In the order of the story. Empty for a status that is older than that or that another controller wrote. */
export function announcementsFromStatus(observed: ObservedRollout, nowMs: number): readonly Announcement[] {
  const { spec, status } = observed.rollout;
  const current = observed.replicaSets.find((one) => hashOf(one) === status?.currentPodHash);
  const revision = current === undefined ? 0 : revisionOf(current);
  const started = status?.duration?.rolloutStartedAt;
  if (status === undefined || started === undefined || revision < 1) return [];
  const recent = (time: string | undefined): boolean => time !== undefined && nowMs - Date.parse(time) <= recentMs;
  const condition = (type: string) => status.conditions?.find((one) => one.type === type);
  const epoch = epochOf(revision, status);
  const hash = status.currentPodHash ?? '';
  const progressing = condition(conditionTypes.progressing);
  const completed = condition(conditionTypes.completed);
  const told: Announcement[] = [];
  if (recent(started)) told.push(rolloutUpdated(revision));
  const opened = completed?.status === 'False' && completed.lastTransitionTime === started;
  if (opened && recent(started)) told.push(notCompleted(revision, hash, epoch));
  const steps = spec.strategy?.canary?.steps ?? [];
  const index = status.currentStepIndex ?? 0;
  const walked = revision > 1 && index > 0 && !unwalked.has(status.duration?.completionStatus);
  if (walked && recent(progressing?.lastUpdateTime)) told.push(stepDone(steps, epoch, index - 1));
  for (const { reason, startTime } of status.pauseConditions ?? []) {
    if (recent(startTime)) told.push(paused(reason, `${epoch}/paused/${index}/${reason}/${startTime}`));
  }
  if (progressing?.reason === conditionReasons.rolloutAborted && recent(status.abortedAt)) {
    told.push(abortedBy(progressing.message, status.abortedAt));
  }
  const ended = status.duration?.completionStatus;
  const promoted = ended === 'Promoted' || ended === 'FastPromoted';
  if (promoted && completed?.status === 'True' && recent(completed.lastTransitionTime)) {
    const why = ended === 'FastPromoted' ? 'Full promotion requested' : `Completed all ${steps.length} canary steps`;
    told.push(completedBy(revision, hash, revision === 1 ? 'Initial deploy' : why, epoch));
  }
  return told;
}
