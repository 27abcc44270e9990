/**
 * The events of a pass, in the order in which people tell the story. Each is derived from what changed between the stored status and
 * the next one, or from an effect, and carries an identity that is the same whenever the same thing is told again.
 */
import { analysisRunReason, conditionMessages, conditionReasons, conditionTypes, eventReasons } from '../../api/reasons.ts';
import type { CanaryStep, RolloutAnalysisRunStatus, RolloutStatus } from '../../api/rollout.ts';
import type { Announcement } from '../decision.ts';
import type { Advance } from './advance.ts';
import { recordedRun } from './analysis-runs.ts';
import { type Course, isStable } from './command.ts';
import { fingerprint } from './identity/fingerprint.ts';
import type { ReplicaSetEffects } from './replica-set-effects.ts';
import type { ServiceSwitch } from './services.ts';
import type { Situation } from './situation.ts';
import { stepText } from './steps.ts';

export interface Story {
  readonly situation: Situation;
  readonly course: Course;
  readonly moved: Advance;
  readonly next: RolloutStatus;
  readonly replicaSets: ReplicaSetEffects;
  readonly switches: readonly ServiceSwitch[];
  /** Said when the template is put back. */
  readonly tookBack: string | undefined;
}

/** `<revision>/<start of the update>`: what tells one try from the next. */
export function epochOf(revision: number, status: RolloutStatus): string {
  return `${revision}/${status.duration?.rolloutStartedAt ?? ''}`;
}

export function announcementsOf(story: Story): readonly Announcement[] {
  const { steps, revision } = story.situation;
  const epoch = epochOf(revision, story.next);
  const done = (index: number): readonly Announcement[] => [...runEnd(story, index), stepDone(steps, epoch, index)];
  return [
    ...beginnings(story),
    ...story.moved.doneBefore.flatMap(done),
    ...traffic(story),
    ...runs(story),
    ...scalings(story),
    ...story.moved.doneAfter.flatMap(done),
    ...pauses(story),
    ...endings(story),
  ];
}

function normal(reason: string, message: string, identity: string): Announcement {
  return { type: 'Normal', reason, message, identity };
}

function warning(reason: string, message: string, identity: string): Announcement {
  return { type: 'Warning', reason, message, identity };
}

function condition(status: RolloutStatus, type: string) {
  return status.conditions?.find((one) => one.type === type);
}

function beginnings({ situation, course, next, replicaSets }: Story): readonly Announcement[] {
  const { status, rollout, revision, hash, name, templateChanged } = situation;
  const told: Announcement[] = [];
  const epoch = epochOf(revision, next);
  if (status.observedGeneration === undefined) {
    const key = `${rollout.metadata.namespace ?? ''}/${name}`;
    told.push(normal(eventReasons.rolloutAdded, `Rollout resource added to informer: ${key}`, 'added'));
  }
  const invalid = condition(next, conditionTypes.invalidSpec);
  if (invalid !== undefined && invalid.message !== condition(status, conditionTypes.invalidSpec)?.message) {
    told.push(
      warning(eventReasons.invalidSpec, invalid.message, `invalid/${situation.generation}/${fingerprint(invalid.message)}`),
    );
  }
  if (course.restarted && templateChanged) told.push(rolloutUpdated(revision));
  const made =
    replicaSets.create.length > 0 ? `${name}-${hash}` : course.restarted && templateChanged ? justMade(situation) : undefined;
  if (made !== undefined) {
    // The beginning of an update is not stored yet: while others keep writing, each look would give it another time.
    const identity = course.restarted ? `${revision}/created` : `${epoch}/created`;
    told.push(normal(eventReasons.newReplicaSetCreated, `Created ReplicaSet ${made} (revision ${revision})`, identity));
  }
  const completed = condition(next, conditionTypes.completed)?.status;
  if (completed === 'False' && condition(status, conditionTypes.completed)?.status !== 'False' && !course.aborted) {
    told.push(notCompleted(revision, hash, epoch));
  }
  if (course.restarted && templateChanged && isStable(situation)) {
    told.push(normal(eventReasons.skipSteps, 'Rollback to stable ReplicaSets', `${epoch}/skip`));
  }
  return told;
}

export function rolloutUpdated(revision: number): Announcement {
  return normal(eventReasons.rolloutUpdated, `Rollout updated to revision ${revision}`, `${revision}/updated`);
}

export function notCompleted(revision: number, hash: string, epoch: string): Announcement {
  const message = `Rollout not completed, started update to revision ${revision} (${hash})`;
  return normal(eventReasons.rolloutNotCompleted, message, `${epoch}/not-completed`);
}

/** The ReplicaSet that a pass made which ended before its status was stored. */
function justMade({ current, rollout, revision, nowMs }: Situation): string | undefined {
  const { annotations, creationTimestamp } = current?.replicaSet.metadata ?? {};
  const young = Date.parse(creationTimestamp ?? '') > nowMs - 300_000;
  const reused = annotations?.['rollout.argoproj.io/revision-history'] !== undefined || current?.revision !== revision;
  return young && !reused && rollout.status?.currentPodHash !== undefined ? current?.name : undefined;
}

export function stepDone(steps: readonly CanaryStep[], epoch: string, index: number): Announcement {
  const message = `Rollout step ${index + 1}/${steps.length} completed (${stepText(steps[index] ?? {})})`;
  return normal(eventReasons.rolloutStepCompleted, message, `${epoch}/step/${index}`);
}

function traffic({ situation, next, switches }: Story): readonly Announcement[] {
  const { observed, status, revision } = situation;
  const epoch = epochOf(revision, next);
  const told = switches.map(({ effect, from }) =>
    normal(
      eventReasons.switchService,
      `Switched selector for service '${effect.name}' from '${from}' to '${effect.hash}'`,
      `${epoch}/switch/${effect.name}/${from}/${effect.hash}`,
    ),
  );
  const before = status.canary?.weights?.canary.weight;
  const after = next.canary?.weights?.canary.weight;
  if (before !== undefined && after !== undefined && before !== after) {
    const message = `Traffic weight updated from ${before} to ${after}`;
    told.push(
      normal(eventReasons.trafficWeightUpdated, message, `${epoch}/weight/${next.currentStepIndex ?? 0}/${before}-${after}`),
    );
  }
  const { routes } = observed;
  if (routes?.state === 'failed') {
    told.push(warning(eventReasons.trafficRoutingError, routes.message, `${epoch}/routes/${fingerprint(routes.message)}`));
  } else if (routes?.reasserted === true) {
    const message = `The weights of a route were changed by someone else and were set again (canary ${routes.desired.canaryWeight})`;
    told.push(
      warning(eventReasons.trafficRoutingError, message, `${epoch}/reasserted/${next.currentStepIndex ?? 0}/${situation.now}`),
    );
  }
  return told;
}

function runs({ situation, next, course }: Story): readonly Announcement[] {
  const before = course.retried || course.restarted ? undefined : situation.status.canary;
  const after = next.canary;
  return [
    runChange('Step', before?.currentStepAnalysisRunStatus, after?.currentStepAnalysisRunStatus),
    runChange('Background', before?.currentBackgroundAnalysisRunStatus, after?.currentBackgroundAnalysisRunStatus),
  ].filter((one) => one !== undefined);
}

/** The run of a step that it completed: the status goes on to the next step without showing the run's end. */
function runEnd({ situation, course }: Story, index: number): readonly Announcement[] {
  const ended = recordedRun(situation, course, { type: 'Step', index });
  const told = runChange('Step', situation.status.canary?.currentStepAnalysisRunStatus, ended);
  return told === undefined ? [] : [told];
}

function runChange(
  kind: string,
  before: RolloutAnalysisRunStatus | undefined,
  after: RolloutAnalysisRunStatus | undefined,
): Announcement | undefined {
  const phase = after?.status;
  if (after === undefined || phase === undefined || phase === '' || phase === 'Pending') return undefined;
  const known = before?.name === after.name && before.status !== '' && before.status !== 'Pending' ? before.status : undefined;
  if (known === phase) return undefined;
  const message = `${kind} Analysis Run '${after.name}' Status New: '${phase}' Previous: '${known ?? 'NoPreviousStatus'}'`;
  const bad = phase === 'Failed' || phase === 'Error';
  return { type: bad ? 'Warning' : 'Normal', reason: analysisRunReason(phase), message, identity: `run/${after.name}/${phase}` };
}

function scalings({ replicaSets, situation }: Story): readonly Announcement[] {
  return replicaSets.scalings.map(({ name, revision, from, to, generation }) => {
    const message = `Scaled ${to > from ? 'up' : 'down'} ReplicaSet ${name} (revision ${revision}) from ${from} to ${to}`;
    const identity = `${generation === 0 ? situation.revision : revision}/scale/${name}/${generation}/${from}-${to}`;
    return normal(eventReasons.scalingReplicaSet, message, identity);
  });
}

function pauses({ situation, course, moved, next }: Story): readonly Announcement[] {
  const { status, rollout, revision } = situation;
  const epoch = epochOf(revision, next);
  const told: Announcement[] = [];
  for (const { reason, startTime } of moved.pauses) {
    if (!(status.pauseConditions ?? []).some((one) => one.reason === reason && one.startTime === startTime)) {
      told.push(paused(reason, `${epoch}/paused/${next.currentStepIndex ?? 0}/${reason}/${startTime}`));
    }
  }
  const was = condition(status, conditionTypes.paused);
  const is = condition(next, conditionTypes.paused);
  if (rollout.spec.paused === true && was?.status !== 'True') {
    told.push(paused('manually paused', `${epoch}/paused/${is?.lastTransitionTime ?? ''}`));
  }
  const stepped = moved.doneBefore.length + moved.doneAfter.length > 0;
  if (was?.status === 'True' && is?.status === 'False' && !stepped && !course.restarted && !course.retried) {
    told.push(normal(eventReasons.rolloutResumed, conditionMessages.resumed, `${epoch}/resumed/${is.lastTransitionTime}`));
  }
  return told;
}

export function paused(reason: string, identity: string): Announcement {
  return normal(eventReasons.rolloutPaused, `Rollout is paused (${reason})`, identity);
}

function endings({ situation, course, moved, next, tookBack }: Story): readonly Announcement[] {
  const { status, revision, hash } = situation;
  const epoch = epochOf(revision, next);
  const told: Announcement[] = [];
  const progressing = condition(next, conditionTypes.progressing);
  const before = condition(status, conditionTypes.progressing);
  if (course.abortedNow && progressing !== undefined) told.push(abortedBy(progressing.message, course.abortedAt));
  for (const reason of [conditionReasons.progressDeadlineExceeded, conditionReasons.replicaSetCreateError]) {
    if (progressing?.reason === reason && (before?.reason !== reason || before.message !== progressing.message)) {
      told.push(warning(reason, progressing.message, `${epoch}/${reason}/${progressing.lastUpdateTime}`));
    }
  }
  if (moved.promoted !== undefined) told.push(completedBy(revision, hash, moved.promoted, epoch));
  if (tookBack !== undefined) told.push(warning(eventReasons.rolloutAborted, tookBack, `${epoch}/took-back`));
  return told;
}

export function abortedBy(message: string, abortedAt: string | undefined): Announcement {
  return warning(eventReasons.rolloutAborted, message, `aborted/${abortedAt ?? ''}`);
}

export function completedBy(revision: number, hash: string, why: string, epoch: string): Announcement {
  const message = `Rollout completed update to revision ${revision} (${hash}): ${why}`;
  return normal(eventReasons.rolloutCompleted, message, `${epoch}/completed`);
}
