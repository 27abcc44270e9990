/**
 * The words that clients match on: types and reasons of conditions, reasons of events, and the messages that go with them. Messages
 * that name things are functions. They are part of the API: change none of them.
 */

export const conditionTypes = {
  invalidSpec: 'InvalidSpec',
  available: 'Available',
  progressing: 'Progressing',
  replicaFailure: 'ReplicaFailure',
  paused: 'Paused',
  completed: 'Completed',
  healthy: 'Healthy',
} as const;
export type ConditionType = (typeof conditionTypes)[keyof typeof conditionTypes];
export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** Reasons of conditions. */
export const conditionReasons = {
  invalidSpec: 'InvalidSpec',
  available: 'AvailableReason',
  newReplicaSetCreated: 'NewReplicaSetCreated',
  foundNewReplicaSet: 'FoundNewReplicaSet',
  replicaSetUpdated: 'ReplicaSetUpdated',
  newReplicaSetAvailable: 'NewReplicaSetAvailable',
  replicaSetNotAvailable: 'ReplicaSetNotAvailable',
  progressDeadlineExceeded: 'ProgressDeadlineExceeded',
  rolloutPaused: 'RolloutPaused',
  rolloutResumed: 'RolloutResumed',
  rolloutRetry: 'RolloutRetry',
  rolloutAborted: 'RolloutAborted',
  replicaSetCreateError: 'ReplicaSetCreateError',
  rolloutHealthy: 'RolloutHealthy',
  rolloutCompleted: 'RolloutCompleted',
} as const;
export type ConditionReason = (typeof conditionReasons)[keyof typeof conditionReasons];

/** Messages of conditions. */
export const conditionMessages = {
  invalidSpec: (rollout: string, errors: string) => `The Rollout "${rollout}" is invalid: ${errors}`,
  available: 'Rollout has minimum availability',
  notAvailable: 'Rollout does not have minimum availability',
  replicaSetCreated: (name: string) => `Created new replica set "${name}"`,
  replicaSetFound: (name: string) => `Found new replica set "${name}"`,
  replicaSetProgressing: (name: string) => `ReplicaSet "${name}" is progressing.`,
  replicaSetCompleted: (name: string) => `ReplicaSet "${name}" has successfully progressed.`,
  replicaSetNotAvailable: (name: string) => `ReplicaSet "${name}" is not available.`,
  replicaSetTimeout: (name: string) => `ReplicaSet "${name}" has timed out progressing.`,
  paused: 'Rollout is paused',
  resumed: 'Rollout is resumed',
  notPaused: 'Rollout is not paused',
  retry: 'Retrying Rollout after abort',
  aborted: (revision: number, detail?: string) =>
    `Rollout aborted update to revision ${revision}${detail === undefined || detail === '' ? '' : `: ${detail}`}`,
  healthy: 'Rollout is healthy',
  notHealthy: 'Rollout is not healthy',
  completed: 'RolloutCompleted',
} as const;

/** Messages of phases that no condition gives, first to last as they are looked for. */
export const phaseMessages = {
  manuallyPaused: 'manually paused',
  restarting: 'rollout is restarting',
  moreReplicas: 'more replicas need to be updated',
  becomingAvailable: 'updated replicas are still becoming available',
  oldReplicas: 'old replicas are pending termination',
  steps: 'waiting for all steps to complete',
  cutover: 'active service cutover pending',
  analysis: 'waiting for analysis to complete',
  specObserved: 'waiting for rollout spec update to be observed',
  unpause: 'waiting for rollout to unpause',
} as const;

/** Reasons of events on Rollouts; `AnalysisRun<Phase>` is made by `analysisRunReason`. */
export const eventReasons = {
  rolloutAdded: 'RolloutAddedToInformer',
  rolloutUpdated: 'RolloutUpdated',
  newReplicaSetCreated: 'NewReplicaSetCreated',
  rolloutNotCompleted: 'RolloutNotCompleted',
  scalingReplicaSet: 'ScalingReplicaSet',
  rolloutStepCompleted: 'RolloutStepCompleted',
  rolloutPaused: 'RolloutPaused',
  rolloutResumed: 'RolloutResumed',
  rolloutAborted: 'RolloutAborted',
  rolloutCompleted: 'RolloutCompleted',
  skipSteps: 'SkipSteps',
  switchService: 'SwitchService',
  trafficWeightUpdated: 'TrafficWeightUpdated',
  trafficRoutingError: 'TrafficRoutingError',
  creatingCanaryIngress: 'CreatingCanaryIngress',
  patchingCanaryIngress: 'PatchingCanaryIngress',
  experimentCreated: 'ExperimentCreated',
  replicaSetCreateError: 'ReplicaSetCreateError',
  reconciliationError: 'ReconciliationError',
  rolloutDeleted: 'RolloutDeleted',
  invalidSpec: 'InvalidSpec',
} as const;
export type EventReason = (typeof eventReasons)[keyof typeof eventReasons];

/** `AnalysisRunFailed`, `AnalysisRunRunning`, ... on Rollouts and on the run itself. */
export const analysisRunReason = <Phase extends string>(phase: Phase) => `AnalysisRun${phase}` as const;
/** `MetricFailed`, ... on AnalysisRuns. */
export const metricReason = <Phase extends string>(phase: Phase) => `Metric${phase}` as const;
