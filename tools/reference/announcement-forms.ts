/**
 * Every event and every condition that this version writes: when, and in which words. `<...>` in a form stands for what differs. The test
 * beside it plays Rollouts and holds what they say against these tables, both ways.
 */
import { annotations } from '../../src/api/names.ts';
import { type ConditionStatus, type ConditionType, conditionMessages, phaseMessages } from '../../src/api/reasons.ts';
import { type RunType, runTypes } from '../../src/core/rollout/recorded-runs.ts';

export interface EventForm {
  readonly reason: string;
  readonly type: 'Normal' | 'Warning';
  readonly form: string;
  readonly when: string;
}

const normal = (reason: string, form: string, when: string): EventForm => ({ reason, type: 'Normal', form, when });
const warning = (reason: string, form: string, when: string): EventForm => ({ reason, type: 'Warning', form, when });

/** Reasons that the API knows and this version has no occasion for. */
export const reservedReasons = ['ReconciliationError'] as const;

const tookBack = `The template of the stable revision was put back after revision <revision> failed; see annotation ${annotations.lastFailure}`;
const reasserted = (what: string) => `The ${what} of a route were changed by someone else and were set again (canary <weight>)`;

const whoseRun: Readonly<Record<RunType, string>> = {
  Step: 'The run of a step',
  Background: 'The background run',
  PrePromotion: 'The run before the active Service is switched',
  PostPromotion: 'The run after the active Service was switched',
};

function runForms(kind: RunType): readonly EventForm[] {
  const form = (phase: string) => `${kind} Analysis Run '<name>' Status New: '${phase}' Previous: '<phase>'`;
  const whose = whoseRun[kind];
  return [
    normal('AnalysisRunRunning', form('Running'), `${whose} has begun.`),
    normal('AnalysisRunSuccessful', form('Successful'), `${whose} ended well.`),
    warning('AnalysisRunFailed', form('Failed'), `${whose} failed; the update is aborted.`),
    warning('AnalysisRunError', form('Error'), `${whose} could not measure; the update is aborted.`),
    normal('AnalysisRunInconclusive', form('Inconclusive'), `${whose} could not decide; a person has to.`),
  ];
}

/** On Rollouts, roughly in the order of a release. */
export const rolloutEvents: readonly EventForm[] = [
  normal('RolloutAddedToInformer', 'Rollout resource added to informer: <namespace>/<name>', 'The first look at the Rollout.'),
  warning('InvalidSpec', conditionMessages.invalidSpec('<name>', '<problems>'), 'Something keeps the Rollout from being obeyed.'),
  normal('RolloutUpdated', 'Rollout updated to revision <revision>', 'The pod template is another one.'),
  normal('NewReplicaSetCreated', 'Created ReplicaSet <name> (revision <revision>)', 'A ReplicaSet was made for it.'),
  normal(
    'RolloutNotCompleted',
    'Rollout not completed, started update to revision <revision> (<hash>)',
    'An update has begun; the version in the spec is not the stable one.',
  ),
  normal('SkipSteps', 'Rollback to stable ReplicaSets', 'The template was changed back to the stable one: no steps are needed.'),
  normal(
    'ScalingReplicaSet',
    'Scaled up ReplicaSet <name> (revision <revision>) from <pods> to <pods>',
    'Pods were added. A ReplicaSet that is created at its size is told as scaled from 0.',
  ),
  normal('ScalingReplicaSet', 'Scaled down ReplicaSet <name> (revision <revision>) from <pods> to <pods>', 'Pods were taken away.'),
  normal('SwitchService', "Switched selector for service '<name>' from '<hash>' to '<hash>'", 'A Service selects other pods.'),
  normal('CreatingCanaryIngress', 'Created canary Ingress <name> with weight <weight>', 'Router nginx has made a canary Ingress.'),
  normal(
    'PatchingCanaryIngress',
    'Patched canary Ingress <name>, weight <weight>',
    'It has another weight, or follows an edit of the Ingress that it stands beside.',
  ),
  normal(
    'TrafficWeightUpdated',
    'Traffic weight updated from <weight> to <weight>',
    'The routes carry another weight. Shares of experiments follow, each with its Service.',
  ),
  warning('TrafficRoutingError', reasserted('weights'), 'Someone else changed weights that this Rollout owns.'),
  warning('TrafficRoutingError', reasserted('weights or added rules'), 'The same, while header or mirror routes are there.'),
  warning('TrafficRoutingError', '<what the router says>', 'The routes could not be written, or a gateway refused them.'),
  normal('ExperimentCreated', "Created Experiment '<name>'", 'A step asks for it.'),
  ...runTypes.flatMap(runForms),
  normal('RolloutStepCompleted', 'Rollout step <step>/<steps> completed (<what it was>)', 'A step is done.'),
  normal('RolloutPaused', 'Rollout is paused (CanaryPauseStep)', 'A pause step has begun.'),
  normal('RolloutPaused', 'Rollout is paused (BlueGreenPause)', 'A new version is ready and waits for a person or for a time.'),
  normal('RolloutPaused', 'Rollout is paused (InconclusiveAnalysisRun)', 'An analysis could not decide.'),
  normal('RolloutPaused', 'Rollout is paused (InconclusiveExperiment)', 'The experiment of a step could not decide.'),
  normal('RolloutPaused', `Rollout is paused (${phaseMessages.manuallyPaused})`, '`spec.paused` was set.'),
  normal('RolloutResumed', conditionMessages.resumed, 'It goes on without having completed a step.'),
  warning('ReplicaSetCreateError', '<what the API server says>', 'A ReplicaSet was refused.'),
  warning(
    'ProgressDeadlineExceeded',
    conditionMessages.replicaSetTimeout('<name>'),
    'Nothing has moved for `progressDeadlineSeconds` (600 if absent).',
  ),
  warning('RolloutAborted', 'Rollout aborted update to revision <revision>', 'A person aborted.'),
  warning('RolloutAborted', 'Rollout aborted update to revision <revision>: <why>', 'It was aborted because something failed.'),
  warning('RolloutAborted', tookBack, `After a failure, with \`${annotations.onFailure}: undo\`.`),
  normal(
    'RolloutCompleted',
    'Rollout completed update to revision <revision> (<hash>): Initial deploy',
    'The first version is up.',
  ),
  normal(
    'RolloutCompleted',
    'Rollout completed update to revision <revision> (<hash>): Completed all <steps> canary steps',
    'The new version is the stable one, by its steps.',
  ),
  normal(
    'RolloutCompleted',
    'Rollout completed update to revision <revision> (<hash>): Completed blue-green update',
    'The new version is the stable one, users reach it, and what was measured was good.',
  ),
  normal(
    'RolloutCompleted',
    'Rollout completed update to revision <revision> (<hash>): Fast rollback',
    'Users are back at a version of blue-green that was stable before and still had its pods.',
  ),
  normal(
    'RolloutCompleted',
    'Rollout completed update to revision <revision> (<hash>): Full promotion requested',
    'The new version is the stable one, because a person promoted it fully.',
  ),
  normal(
    'RolloutDeleted',
    'Rollout <namespace>/<name> is deleted.',
    'It is gone, and Services and routes are as their users wrote them. Not told of one that went while no controller ran.',
  ),
];

const ends = (['Successful', 'Inconclusive', 'Failed', 'Error'] as const).map((phase) => ({
  phase,
  type: phase === 'Failed' || phase === 'Error' ? ('Warning' as const) : ('Normal' as const),
}));

/** On AnalysisRuns: one for each metric that has ended, then one for the run. */
export const analysisRunEvents: readonly EventForm[] = [
  ...ends.map(({ phase, type }) => ({
    reason: `Metric${phase}`,
    type,
    form: `Metric '<name>' Completed. Result: ${phase}`,
    when: 'A metric has its verdict.',
  })),
  ...ends.map(({ phase, type }) => ({
    reason: `AnalysisRun${phase}`,
    type,
    form: `Analysis Completed. Result: ${phase}`,
    when: 'The run has its verdict.',
  })),
];

export interface ConditionForm {
  readonly type: ConditionType;
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly form: string;
  readonly when: string;
}

const form = (
  [type, status, reason]: readonly [ConditionType, ConditionStatus, string],
  words: string,
  when: string,
): ConditionForm => ({ type, status, reason, form: words, when });

const messages = conditionMessages;
const aborted =
  'Rollout is aborted: <where its traffic is>; waits for another version in the spec, or for kubectl argo rollouts retry rollout <name>';

/** In the order in which they are written. */
export const rolloutConditions: readonly ConditionForm[] = [
  form(
    ['Available', 'True', 'AvailableReason'],
    messages.available,
    'At least `spec.replicas` pods are available; of blue-green those that the active Service selects.',
  ),
  form(['Available', 'False', 'AvailableReason'], messages.notAvailable, 'Fewer are.'),
  form(
    ['Healthy', 'True', 'RolloutHealthy'],
    messages.healthy,
    'The version in the spec is stable, all its pods are available, no others are there; of blue-green, no others are selected. Absent before that was so for the first time.',
  ),
  form(['Healthy', 'False', 'RolloutHealthy'], messages.notHealthy, 'It was so, and is not now.'),
  form(['Completed', 'True', 'RolloutCompleted'], messages.completed, 'The version in the spec is the stable one.'),
  form(['Completed', 'False', 'RolloutCompleted'], messages.completed, 'It is not, or the update was aborted.'),
  form(
    ['Paused', 'True', 'RolloutPaused'],
    `${messages.paused} at step <step>/<steps> (<what it is>): goes on with <what is next> at <instant>`,
    'A pause that ends by itself.',
  ),
  form(
    ['Paused', 'True', 'RolloutPaused'],
    `${messages.paused} at step <step>/<steps> (<what it is>): goes on with <what is next> when someone promotes it: kubectl argo rollouts promote <name>`,
    'A pause that does not.',
  ),
  form(
    ['Paused', 'True', 'RolloutPaused'],
    `${messages.paused} at step <step>/<steps> (<what it is>): an analysis could not decide; goes on with <what is next> by kubectl argo rollouts promote <name>, or goes back by kubectl argo rollouts abort <name>`,
    'An analysis could not decide.',
  ),
  form(
    ['Paused', 'True', 'RolloutPaused'],
    `${messages.paused} at step <step>/<steps> (<what it is>): an experiment could not decide; goes on with <what is next> by kubectl argo rollouts promote <name>, or goes back by kubectl argo rollouts abort <name>`,
    'The experiment of a step could not decide.',
  ),
  form(
    ['Paused', 'True', 'RolloutPaused'],
    `${messages.paused}: goes on with the promotion of revision <revision> at <instant>`,
    'A new version of blue-green is ready, and `autoPromotionSeconds` are not over.',
  ),
  form(
    ['Paused', 'True', 'RolloutPaused'],
    `${messages.paused}: goes on with the promotion of revision <revision> when someone promotes it: kubectl argo rollouts promote <name>`,
    'A new version of blue-green is ready and waits for a person.',
  ),
  form(
    ['Paused', 'True', 'RolloutPaused'],
    `${messages.paused}: an analysis could not decide; goes on with the promotion of revision <revision> by kubectl argo rollouts promote <name>, or goes back by kubectl argo rollouts abort <name>`,
    'An analysis before or after the switch of blue-green could not decide.',
  ),
  form(
    ['Paused', 'True', 'RolloutPaused'],
    `${messages.paused}<where>: goes on when spec.paused is no longer true`,
    'A person paused it.',
  ),
  form(
    ['Paused', 'True', 'RolloutPaused'],
    `${messages.paused}<where>: goes on when what InvalidSpec says is put right`,
    'It was paused when its spec became one that cannot be obeyed.',
  ),
  form(['Paused', 'True', 'RolloutPaused'], aborted, 'It was aborted in a pause.'),
  form(['Paused', 'False', 'RolloutPaused'], aborted, 'It was aborted while it went on.'),
  form(['Paused', 'False', 'RolloutPaused'], messages.notPaused, 'It was paused before and goes on.'),
  form(['Progressing', 'True', 'NewReplicaSetCreated'], messages.replicaSetCreated('<name>'), 'An update has begun.'),
  form(
    ['Progressing', 'True', 'FoundNewReplicaSet'],
    messages.replicaSetFound('<name>'),
    'An update has begun to a version that has a ReplicaSet already.',
  ),
  form(['Progressing', 'True', 'ReplicaSetUpdated'], messages.replicaSetProgressing('<name>'), 'Something moved.'),
  form(['Progressing', 'True', 'NewReplicaSetAvailable'], messages.replicaSetCompleted('<name>'), 'The update is done.'),
  form(
    ['Progressing', 'True', 'ReplicaSetNotAvailable'],
    messages.replicaSetNotAvailable('<name>'),
    'It was done, and pods have been lost since.',
  ),
  form(['Progressing', 'Unknown', 'RolloutPaused'], messages.paused, 'It waits.'),
  form(['Progressing', 'Unknown', 'RolloutResumed'], messages.resumed, 'It goes on after waiting.'),
  form(['Progressing', 'Unknown', 'RolloutRetry'], messages.retry, 'A person said try again after an abort.'),
  form(['Progressing', 'False', 'RolloutAborted'], 'Rollout aborted update to revision <revision>', 'A person aborted.'),
  form(
    ['Progressing', 'False', 'RolloutAborted'],
    'Rollout aborted update to revision <revision>: <why>',
    'It was aborted because something failed.',
  ),
  form(['Progressing', 'False', 'ReplicaSetCreateError'], '<what the API server says>', 'The ReplicaSet was refused.'),
  form(['Progressing', 'False', 'ProgressDeadlineExceeded'], messages.replicaSetTimeout('<name>'), 'Nothing moves any more.'),
  form(
    ['ReplicaFailure', 'True', '<reason>'],
    '<what the ReplicaSet says>',
    'Pods cannot be created, for instance for want of quota. Absent otherwise.',
  ),
  form(
    ['InvalidSpec', 'True', 'InvalidSpec'],
    messages.invalidSpec('<name>', '<problems>'),
    'Something keeps the Rollout from being obeyed: in its spec, in what it refers to, in its routes. Absent otherwise.',
  ),
];
