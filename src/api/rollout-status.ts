/** Schema of a Rollout's status: the whole of what is known between two looks at it. Nothing of it lives in memory alone. */
import * as z from 'zod';
import {
  flag,
  int,
  int64,
  list,
  object,
  rawJson,
  requiredInt,
  requiredObject,
  requiredText,
  requiredTime,
  text,
  time,
  word,
} from './fields.ts';

export const ROLLOUT_PHASES = ['Healthy', 'Degraded', 'Progressing', 'Paused'] as const;

export const pauseConditionSchema = z.object({
  reason: requiredText('Why: CanaryPauseStep, BlueGreenPause, InconclusiveAnalysisRun or InconclusiveExperiment.'),
  startTime: requiredTime('Since when.'),
});

export const rolloutConditionSchema = z.object({
  type: requiredText('InvalidSpec, Available, Progressing, ReplicaFailure, Paused, Completed or Healthy.'),
  status: requiredText('True, False or Unknown.'),
  lastUpdateTime: requiredTime('When this condition last said something new.'),
  lastTransitionTime: requiredTime('When its status last changed.'),
  reason: requiredText('One word for programs.'),
  message: requiredText('A sentence for people.'),
  observedGeneration: int64('The metadata.generation that this condition speaks of.'),
});

const runStatusSchema = z.object({
  name: requiredText('Name of the AnalysisRun.'),
  status: text('Its phase.'),
  message: text('Why it is in this phase.'),
});

const weightDestinationSchema = z.object({
  weight: requiredInt('Share of the traffic.'),
  serviceName: text('The Service that gets it.'),
  podTemplateHash: text('The pod-template hash behind it.'),
});

const stepPluginStatusSchema = z.object({
  index: requiredInt('The step, counted from 0.'),
  name: requiredText('The plugin.'),
  message: text('What the plugin said last.'),
  startedAt: time('When it was first called.'),
  updatedAt: time('When it was last called.'),
  finishedAt: time('When it was done.'),
  phase: text('Running, Successful, Failed or Error.'),
  backoff: text('How long to wait before the next call.'),
  executions: int('How often it was called.'),
  operation: text('Run, Terminate or Abort.'),
  disabled: flag('True if the plugin is switched off, so that the step counts as done.'),
  status: rawJson('What the plugin wants to remember.'),
});

export const canaryStatusSchema = z.object({
  currentStepAnalysisRunStatus: object(runStatusSchema, 'The AnalysisRun of the present step.'),
  currentBackgroundAnalysisRunStatus: object(runStatusSchema, 'The AnalysisRun beside the steps.'),
  currentExperiment: text('Name of the Experiment of the present step.'),
  weights: object(
    z.object({
      canary: requiredObject(weightDestinationSchema, 'Traffic of the new version.'),
      stable: requiredObject(weightDestinationSchema, 'Traffic of the stable version.'),
      additional: list(weightDestinationSchema, 'Traffic of experiments.'),
      verified: flag('True once the load balancer is seen to use these weights.'),
    }),
    'The shares of traffic that were last written to the router.',
  ),
  stablePingPong: text('Which of the two ping-pong Services is the stable one: ping or pong.'),
  stepPluginStatuses: list(stepPluginStatusSchema, 'What the step plugins of this update said.'),
});

export const blueGreenStatusSchema = z.object({
  previewSelector: text('Pod-template hash that the preview Service selects.'),
  activeSelector: text('Pod-template hash that the active Service selects.'),
  scaleUpPreviewCheckPoint: flag('True once the preview may grow from previewReplicaCount to full size.'),
  prePromotionAnalysisRunStatus: object(runStatusSchema, 'The AnalysisRun before the switch.'),
  postPromotionAnalysisRunStatus: object(runStatusSchema, 'The AnalysisRun after the switch.'),
});

const awsResourceSchema = z.object({
  name: requiredText('Its name.'),
  arn: requiredText('Its Amazon resource name.'),
  fullName: text('Its name as metrics use it.'),
});

export const albStatusSchema = z.object({
  loadBalancer: object(awsResourceSchema, 'The load balancer.'),
  canaryTargetGroup: object(awsResourceSchema, 'The target group of the new version.'),
  stableTargetGroup: object(awsResourceSchema, 'The target group of the stable version.'),
  ingress: text('The Ingress that it belongs to.'),
});

export const durationStatusSchema = z.object({
  rolloutStartedAt: time('When the present update began.'),
  manualPauseStartedAt: time('Since when it waits for a person.'),
  totalManualPauseDurationSeconds: int64('How long it has waited for people so far.'),
  finishedAt: time('When it ended.'),
  completionStatus: text('How it ended: Promoted, FastPromoted, Aborted, Superseded, RolledBack or FastRolledBack.'),
});

export const rolloutStatusSchema = z.object({
  phase: word(ROLLOUT_PHASES, 'Healthy, Degraded, Progressing or Paused.'),
  message: text('Why it is in this phase and what comes next.'),
  abort: flag('Set to true to go back to the stable version; set to false to try again.'),
  abortedAt: time('When the update was aborted.'),
  pauseConditions: list(pauseConditionSchema, 'Why the controller waits. Clear the list to go on.'),
  controllerPause: flag(
    'True while the controller itself has paused. With no pauseConditions left it means that a person said go on.',
  ),
  promoteFull: flag('Set to true to skip the remaining steps, pauses and analyses.'),
  currentPodHash: text('Pod-template hash of the version in spec.template.'),
  stableRS: text('Pod-template hash of the stable version, the one an abort returns to.'),
  currentStepHash: text('Hash of the steps; if it changes, the steps start again.'),
  currentStepIndex: int('The step in progress, counted from 0; the number of steps when all are done.'),
  collisionCount: int('How often a name was already taken; part of the pod-template hash.'),
  replicas: int('Pods of all versions.'),
  updatedReplicas: int('Pods of the version in spec.template.'),
  readyReplicas: int('Pods that are ready.'),
  availableReplicas: int('Pods that have been ready for minReadySeconds.'),
  HPAReplicas: int('Pods that an autoscaler shall count.'),
  selector: text('Selector that an autoscaler shall use.'),
  observedGeneration: text('The metadata.generation that this status speaks of, as text.'),
  workloadObservedGeneration: text('The generation of the object in workloadRef that this status speaks of, as text.'),
  restartedAt: time('The restartAt that was carried out.'),
  conditions: list(rolloutConditionSchema, 'State of the Rollout in single questions, each with its reason and since when.'),
  canary: object(canaryStatusSchema, 'State of a canary update.'),
  blueGreen: object(blueGreenStatusSchema, 'State of a blue-green update.'),
  alb: object(albStatusSchema, 'The AWS load balancer in use, where there is one Ingress.'),
  albs: list(albStatusSchema, 'The AWS load balancers in use, where there are several Ingresses.'),
  duration: object(durationStatusSchema, 'How long the update takes.'),
});
