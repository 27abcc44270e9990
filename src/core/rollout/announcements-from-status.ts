/**
 * What a process that ended too early may not have told: the events of the last minutes, derived from the stored status alone. Their
 * identities are those of the first telling, so that nothing is told twice. Changes of size leave no trace in the status and are not
 * among them.
 */
import { annotations } from '../../api/names.ts';
import { conditionReasons, conditionTypes } from '../../api/reasons.ts';
import type { Announcement } from '../decision.ts';
import { abortedBy, completedBy, epochOf, notCompleted, paused, rolloutUpdated, stepDone } from './announcements.ts';
import type { ObservedRollout } from './observed-rollout.ts';

const recentMs = 5 * 60_000;

/** In the order of the story. Empty for a status that is older than that or that another controller wrote. */
export function announcementsFromStatus(observed: ObservedRollout, nowMs: number): readonly Announcement[] {
  const { metadata, spec, status } = observed.rollout;
  const revision = Number(metadata.annotations?.[annotations.revision] ?? '');
  const started = status?.duration?.rolloutStartedAt;
  if (status === undefined || started === undefined || !Number.isSafeInteger(revision) || revision < 1) return [];
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
  const walked =
    revision > 1 &&
    index > 0 &&
    status.duration?.completionStatus !== 'RolledBack' &&
    status.duration?.completionStatus !== 'FastPromoted';
  if (walked && recent(progressing?.lastUpdateTime)) told.push(stepDone(steps, epoch, index - 1));
  for (const { reason, startTime } of status.pauseConditions ?? []) {
    if (recent(startTime)) told.push(paused(reason, `${epoch}/paused/${index}/${reason}/${startTime}`));
  }
  if (progressing?.reason === conditionReasons.rolloutAborted && recent(status.abortedAt)) {
    told.push(abortedBy(progressing.message, revision, status.abortedAt));
  }
  if (completed?.status === 'True' && recent(completed.lastTransitionTime) && status.duration?.completionStatus !== 'RolledBack') {
    const full =
      status.duration?.completionStatus === 'FastPromoted'
        ? 'Full promotion requested'
        : `Completed all ${steps.length} canary steps`;
    told.push(completedBy(revision, hash, revision === 1 ? 'Initial deploy' : full, epoch));
  }
  return told;
}
