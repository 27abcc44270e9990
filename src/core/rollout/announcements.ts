/**
 * The events of a pass, in the order in which people tell the story. Each is derived from what changed between the stored status and
 * the next one, or from an effect, and carries an identity that is the same whenever the same thing is told again.
 */
import { annotations, labels } from '../../api/names.ts';
import { analysisRunReason, conditionMessages, conditionReasons, conditionTypes, eventReasons } from '../../api/reasons.ts';
import type { CanaryStep, Rollout, RolloutAnalysisRunStatus, RolloutStatus } from '../../api/rollout.ts';
import { type Announcement, inOrder } from '../decision.ts';
import type { Advance } from './advance.ts';
import { recordedRun } from './analysis-runs.ts';
import { type Course, isStable } from './command.ts';
import { fingerprint } from './identity/fingerprint.ts';
import type { ObservedRollout } from './observed-rollout.ts';
import { type RunType, recordedRuns, runTypes } from './recorded-runs.ts';
import type { ReplicaSetEffects } from './replica-set-effects.ts';
import { wasReused } from './revisions.ts';
import { isWindowRollback } from './rollback-window.ts';
import type { RouteDeed } from './routes.ts';
import { recordedScalings, type Scaling } from './scaling-record.ts';
import type { ServiceSwitch } from './services.ts';
import type { Situation } from './situation.ts';
import { stepText } from './steps.ts';
import * as order from './story-order.ts';
import { type Chapter, type Epoch, epochOf, type Order } from './story-order.ts';
import type { LastFailure } from './take-back.ts';

export interface Story {
  readonly situation: Situation;
  readonly course: Course;
  readonly moved: Advance;
  readonly chapter: Chapter;
  readonly next: RolloutStatus;
  readonly replicaSets: ReplicaSetEffects;
  readonly switches: readonly ServiceSwitch[];
  /** Said when the template is put back. */
  readonly tookBack: LastFailure | undefined;
}

/** Deeds of one pass, in the order in which they are told. */
const nth = { switches: 0, deeds: 10, weight: 20, routes: 21, runs: 30 } as const;
/** What becomes of the Rollout in one pass, likewise. */
const turns = { paused: 0, resumed: 1, stuck: 2 } as const;

export function announcementsOf(story: Story): readonly Announcement[] {
  const { moved, chapter, situation } = story;
  const done = (index: number): readonly Announcement[] => [
    ...runEnd(story, index),
    stepDone(situation.steps, chapter.epoch, index),
  ];
  return inOrder([
    ...beginnings(story),
    ...moved.doneBefore.flatMap(done),
    ...traffic(story),
    ...runs(story),
    ...experiments(story),
    ...story.replicaSets.scalings.map(scaled),
    ...moved.doneAfter.flatMap(done),
    ...pauses(story),
    ...endings(story),
  ]);
}

interface Said {
  readonly reason: string;
  readonly message: string;
  readonly identity: string;
  readonly order: Order;
}

function normal(said: Said): Announcement {
  return { type: 'Normal', ...said };
}

function warning(said: Said): Announcement {
  return { type: 'Warning', ...said };
}

function condition(status: RolloutStatus, type: string) {
  return status.conditions?.find((one) => one.type === type);
}

function beginnings({ situation, course, moved, chapter, next, replicaSets }: Story): readonly Announcement[] {
  const { status, rollout, revision, hash, name, templateChanged } = situation;
  const told: Announcement[] = [];
  const { epoch } = chapter;
  if (status.observedGeneration === undefined) told.push(rolloutAdded(rollout));
  const invalid = condition(next, conditionTypes.invalidSpec);
  if (invalid !== undefined && invalid.message !== condition(status, conditionTypes.invalidSpec)?.message) {
    const identity = `invalid/${situation.generation}/${fingerprint(invalid.message)}`;
    told.push(
      warning({ reason: eventReasons.invalidSpec, message: invalid.message, identity, order: order.deedOrder(chapter, 0) }),
    );
  }
  if (course.restarted && templateChanged) told.push(rolloutUpdated(revision));
  const made =
    replicaSets.create.length > 0 ? `${name}-${hash}` : course.restarted && templateChanged ? justMade(situation) : undefined;
  if (made !== undefined) told.push(created(made, revision, course.restarted ? undefined : chapter));
  const completed = condition(next, conditionTypes.completed)?.status;
  const opened = completed === 'False' && condition(status, conditionTypes.completed)?.status !== 'False';
  // Pods of a pass that broke off may be available already when the beginning is stored.
  const atOnce = course.restarted && moved.promoted !== undefined;
  const begins = revision > 1 || rollout.spec.strategy?.blueGreen === undefined;
  if ((opened || atOnce) && begins && !course.aborted) told.push(notCompleted(epoch, revision, hash));
  const skipped = isStable(situation) ? 'Rollback to stable ReplicaSets' : 'Rollback within window';
  if (course.restarted && templateChanged && (isStable(situation) || isWindowRollback(situation)))
    told.push(skippedSteps(epoch, revision, skipped));
  return told;
}

export function rolloutAdded({ metadata }: Rollout): Announcement {
  const message = `Rollout resource added to informer: ${metadata.namespace ?? ''}/${metadata.name}`;
  return normal({ reason: eventReasons.rolloutAdded, message, identity: 'added', order: order.addedOrder });
}

/** The last word; told once nothing of the Rollout is left to give back. */
export function rolloutDeleted({ metadata }: Rollout): Announcement {
  const message = `Rollout ${metadata.namespace ?? ''}/${metadata.name} is deleted.`;
  return normal({ reason: eventReasons.rolloutDeleted, message, identity: 'deleted', order: order.deletedOrder });
}

export function rolloutUpdated(revision: number): Announcement {
  const message = `Rollout updated to revision ${revision}`;
  const identity = `${revision}/updated`;
  return normal({ reason: eventReasons.rolloutUpdated, message, identity, order: order.openingOrder(revision, 'updated') });
}

/** `chapter`: where it was made in the middle of an update. */
export function created(replicaSet: string, revision: number, chapter?: Chapter): Announcement {
  const message = `Created ReplicaSet ${replicaSet} (revision ${revision})`;
  // The beginning of an update is not stored yet: while others keep writing, each look would give it another time.
  const told =
    chapter === undefined
      ? { identity: `${revision}/created`, order: order.openingOrder(revision, 'created') }
      : { identity: `${chapter.epoch.text}/created`, order: order.deedOrder(chapter, 0) };
  return normal({ reason: eventReasons.newReplicaSetCreated, message, ...told });
}

export function notCompleted({ text }: Epoch, revision: number, hash: string): Announcement {
  const message = `Rollout not completed, started update to revision ${revision} (${hash})`;
  const place = order.openingOrder(revision, 'notCompleted');
  return normal({ reason: eventReasons.rolloutNotCompleted, message, identity: `${text}/not-completed`, order: place });
}

export function skippedSteps(
  { text }: Epoch,
  revision: number,
  message: 'Rollback to stable ReplicaSets' | 'Rollback within window',
): Announcement {
  const place = order.openingOrder(revision, 'skipped');
  return normal({
    reason: eventReasons.skipSteps,
    message,
    identity: `${text}/skip`,
    order: place,
  });
}

/** The ReplicaSet that a pass made which ended before its status was stored. */
function justMade({ current, rollout, revision, nowMs }: Situation): string | undefined {
  const young = Date.parse(current?.replicaSet.metadata.creationTimestamp ?? '') > nowMs - 300_000;
  const reused = current === undefined || wasReused(current.replicaSet) || current.revision !== revision;
  if (reused || !young) return undefined;
  // Without a status, only one that says so itself was made here, not taken over.
  const ours = rollout.status?.currentPodHash !== undefined || recordedScalings(current.replicaSet, 0).length > 0;
  return ours ? current.name : undefined;
}

export function stepDone(steps: readonly CanaryStep[], epoch: Epoch, index: number): Announcement {
  const message = `Rollout step ${index + 1}/${steps.length} completed (${stepText(steps[index] ?? {})})`;
  const identity = `${epoch.text}/step/${index}`;
  return normal({
    reason: eventReasons.rolloutStepCompleted,
    message,
    identity,
    order: order.stepEndOrder(epoch, index, 'step'),
  });
}

function traffic({ situation, chapter, next, switches }: Story): readonly Announcement[] {
  const { observed, status } = situation;
  const { text } = chapter.epoch;
  const index = next.currentStepIndex ?? 0;
  const told = switches.map((one, number) => switched(situation.revision, chapter, one, nth.switches + number));
  told.push(...(observed.routes?.deeds ?? []).map((deed, number) => routeDeed(chapter, deed, nth.deeds + number)));
  const before = status.canary?.weights?.canary.weight;
  const after = next.canary?.weights?.canary.weight;
  const [othersBefore, others] = [status, next].map(additionalText);
  if (before !== undefined && after !== undefined && (before !== after || othersBefore !== others)) {
    const message = `Traffic weight updated from ${before} to ${after}${others}`;
    const identity = `${text}/weight/${index}/${before}-${after}${othersBefore === others ? '' : `${othersBefore}-${others}`}`;
    told.push(
      normal({ reason: eventReasons.trafficWeightUpdated, message, identity, order: order.deedOrder(chapter, nth.weight) }),
    );
  }
  const { routes } = observed;
  const reason = eventReasons.trafficRoutingError;
  if (routes?.state === 'failed') {
    const { message, toldFailure } = routes;
    const place = order.troubleOrder(chapter);
    const identity = `${text}/routes/${place.join('.')}/${fingerprint(message)}`;
    if (message !== toldFailure) told.push(warning({ reason, message, identity, order: place }));
  } else if (routes?.reasserted === true) {
    const { canaryWeight, managedRoutes } = routes.desired;
    const what = managedRoutes.length > 0 ? 'weights or added rules' : 'weights';
    const message = `The ${what} of a route were changed by someone else and were set again (canary ${canaryWeight})`;
    const place = order.deedOrder(chapter, nth.routes);
    told.push(warning({ reason, message, identity: `${text}/reasserted/${index}/${situation.now}`, order: place }));
  }
  return told;
}

/** Its identity is the version that it made: who writes the same again has written again. */
function routeDeed(chapter: Chapter, { reason, message, identity }: RouteDeed, number: number): Announcement {
  return normal({ reason, message, identity: `route/${identity}`, order: order.deedOrder(chapter, number) });
}

/** The shares of experiments, behind a comma. */
function additionalText({ canary }: RolloutStatus): string {
  return (canary?.weights?.additional ?? []).map(({ serviceName, weight }) => `, ${serviceName} ${weight}`).join('');
}

function switched(revision: number, chapter: Chapter, { effect, from, told }: ServiceSwitch, number: number): Announcement {
  const { name, hash } = effect;
  const message = `Switched selector for service '${name}' from '${from}' to '${hash}'`;
  const said = { reason: eventReasons.switchService, message };
  const identity = `switch/${name}/${from}/${hash}`;
  // Like the ReplicaSet that is made with it, it is told before the beginning is stored.
  if (told === 'opening') {
    return normal({ ...said, identity: `${revision}/${identity}`, order: order.openingOrder(revision, 'previewed') });
  }
  const place = told === 'afterEnd' ? order.afterEndOrder(chapter, number) : order.deedOrder(chapter, number);
  return normal({ ...said, identity: `${chapter.epoch.text}/${identity}`, order: place });
}

function runs(story: Story): readonly Announcement[] {
  const { situation, next, course } = story;
  const before = course.retried || course.restarted ? {} : recordedRuns(situation.status);
  const after = recordedRuns(next);
  return runTypes.map((type) => runChange(story, type, before[type], after[type])).filter((one) => one !== undefined);
}

/** The run of a step that it completed: the status goes on to the next step without showing the run's end. */
function runEnd(story: Story, index: number): readonly Announcement[] {
  const { situation, course, chapter } = story;
  const ended = recordedRun(situation, course, { type: 'Step', index });
  const told = runChange(story, 'Step', recordedRuns(situation.status).Step, ended);
  return told === undefined ? [] : [{ ...told, order: order.stepEndOrder(chapter.epoch, index, 'run') }];
}

function runChange(
  { situation, chapter, next }: Story,
  type: RunType,
  before: RolloutAnalysisRunStatus | undefined,
  after: RolloutAnalysisRunStatus | undefined,
): Announcement | undefined {
  const phase = after?.status;
  if (after === undefined || phase === undefined || phase === '' || phase === 'Pending') return undefined;
  const known = before?.name === after.name && before.status !== '' && before.status !== 'Pending' ? before.status : undefined;
  if (known === phase) return undefined;
  if (phase === 'Running') return runBegun(situation.observed, chapter.epoch, type, after.name, next.currentStepIndex ?? 0);
  const message = `${type} Analysis Run '${after.name}' Status New: '${phase}' Previous: '${known ?? 'NoPreviousStatus'}'`;
  const said = { reason: analysisRunReason(phase), message, identity: `run/${after.name}/${phase}` };
  const bad = phase === 'Failed' || phase === 'Error';
  return (bad ? warning : normal)({ ...said, order: order.deedOrder(chapter, nth.runs + runTypes.indexOf(type)) });
}

/** `index`: of the step in progress, which an abort resets before the run is seen to have begun. */
export function runBegun(observed: ObservedRollout, epoch: Epoch, type: RunType, name: string, index: number): Announcement {
  const run = observed.analysisRuns.find(({ metadata }) => metadata.name === name);
  const startedAt = run?.status?.startedAt;
  const ofStep = Number(run?.metadata.labels?.[labels.stepIndex] ?? index);
  const from = type === 'Background' ? (observed.rollout.spec.strategy?.canary?.analysis?.startingStep ?? 0) : ofStep;
  return normal({
    reason: analysisRunReason('Running'),
    message: `${type} Analysis Run '${name}' Status New: 'Running' Previous: 'NoPreviousStatus'`,
    identity: `run/${name}/Running`,
    order: order.runBegunOrder(epoch, from, startedAt),
  });
}

function experiments({ situation, chapter, next }: Story): readonly Announcement[] {
  const name = next.canary?.currentExperiment;
  if (name === undefined || name === situation.status.canary?.currentExperiment) return [];
  return [experimentCreated(chapter.epoch, next.currentStepIndex ?? 0, name)];
}

export function experimentCreated(epoch: Epoch, index: number, name: string): Announcement {
  const message = `Created Experiment '${name}'`;
  const nth = Number(/-(\d+)$/.exec(name)?.[1] ?? 0);
  const identity = `experiment/${name}/created`;
  return normal({ reason: eventReasons.experimentCreated, message, identity, order: order.experimentOrder(epoch, index, nth) });
}

export function scaled({ name, revision, from, to, generation, order: place }: Scaling): Announcement {
  const message = `Scaled ${to > from ? 'up' : 'down'} ReplicaSet ${name} (revision ${revision}) from ${from} to ${to}`;
  const identity = `${revision}/scale/${name}/${generation}/${from}-${to}`;
  return normal({ reason: eventReasons.scalingReplicaSet, message, identity, order: place });
}

function pauses({ situation, course, moved, chapter, next }: Story): readonly Announcement[] {
  const { status, rollout } = situation;
  const { epoch } = chapter;
  const told: Announcement[] = [];
  for (const { reason, startTime } of moved.pauses) {
    if (!(status.pauseConditions ?? []).some((one) => one.reason === reason && one.startTime === startTime)) {
      told.push(paused(epoch, next.currentStepIndex ?? 0, reason, startTime));
    }
  }
  const was = condition(status, conditionTypes.paused);
  const is = condition(next, conditionTypes.paused);
  const turned = is?.lastTransitionTime;
  if (rollout.spec.paused === true && was?.status !== 'True') {
    const said = { reason: eventReasons.rolloutPaused, message: 'Rollout is paused (manually paused)' };
    told.push(normal({ ...said, identity: `${epoch.text}/paused/${turned ?? ''}`, order: order.turnOrder(chapter, turns.paused) }));
  }
  const isOver = situation.blueGreen !== undefined && moved.promoted !== undefined;
  const stepped = moved.doneBefore.length + moved.doneAfter.length > 0 || isOver;
  if (was?.status === 'True' && is?.status === 'False' && !stepped && !course.restarted && !course.retried) {
    const said = { reason: eventReasons.rolloutResumed, message: conditionMessages.resumed };
    told.push(normal({ ...said, identity: `${epoch.text}/resumed/${turned}`, order: order.turnOrder(chapter, turns.resumed) }));
  }
  return told;
}

export function paused(epoch: Epoch, index: number, reason: string, startTime: string): Announcement {
  if (reason === 'CanaryPauseStep') return pausedByStep(epoch, index);
  const identity = `${epoch.text}/paused/${index}/${reason}/${startTime}`;
  const message = `Rollout is paused (${reason})`;
  return normal({ reason: eventReasons.rolloutPaused, message, identity, order: order.pauseOrder(epoch, index, startTime) });
}

/** Once a try: when it began is not known any more once it is over. */
export function pausedByStep(epoch: Epoch, index: number): Announcement {
  const identity = `${epoch.text}/paused/${index}/CanaryPauseStep`;
  const message = 'Rollout is paused (CanaryPauseStep)';
  return normal({ reason: eventReasons.rolloutPaused, message, identity, order: order.pauseOrder(epoch, index) });
}

function endings({ situation, course, moved, chapter, next, tookBack }: Story): readonly Announcement[] {
  const { status, revision, hash } = situation;
  const { epoch } = chapter;
  const told: Announcement[] = [];
  const progressing = condition(next, conditionTypes.progressing);
  const before = condition(status, conditionTypes.progressing);
  if (course.abortedNow && progressing !== undefined) told.push(abortedBy(epoch, progressing.message, course.abortedAt));
  for (const reason of [conditionReasons.progressDeadlineExceeded, conditionReasons.replicaSetCreateError]) {
    if (progressing?.reason === reason && (before?.reason !== reason || before.message !== progressing.message)) {
      const { message, lastUpdateTime } = progressing;
      const place = order.turnOrder(chapter, turns.stuck);
      told.push(warning({ reason, message, identity: `${epoch.text}/${reason}/${lastUpdateTime}`, order: place }));
    }
  }
  if (moved.promoted !== undefined) told.push(completedBy(epoch, revision, hash, moved.promoted));
  if (tookBack !== undefined) told.push(tookBackAfter(tookBack));
  return told;
}

/** The try that failed. */
export function failedEpoch({ revision, startedAt }: LastFailure): Epoch {
  return epochOf(revision, startedAt === undefined ? {} : { duration: { rolloutStartedAt: startedAt } });
}

export function tookBackAfter(failure: LastFailure): Announcement {
  const { revision, time } = failure;
  return warning({
    reason: eventReasons.rolloutAborted,
    message: `The template of the stable revision was put back after revision ${revision} failed; see annotation ${annotations.lastFailure}`,
    identity: `took-back/${time}`,
    order: order.tookBackOrder(failedEpoch(failure)),
  });
}

export function abortedBy(epoch: Epoch, message: string, abortedAt: string | undefined): Announcement {
  const identity = `${epoch.text}/aborted/${abortedAt ?? ''}`;
  return warning({ reason: eventReasons.rolloutAborted, message, identity, order: order.abortOrder(epoch) });
}

export function completedBy(epoch: Epoch, revision: number, hash: string, why: string): Announcement {
  const message = `Rollout completed update to revision ${revision} (${hash}): ${why}`;
  const identity = `${epoch.text}/completed`;
  return normal({ reason: eventReasons.rolloutCompleted, message, identity, order: order.completedOrder(epoch) });
}
