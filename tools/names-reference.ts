/**
 * The page docs/reference/names.md: every label, annotation, condition and event that clients may match on, and what it says. The
 * tables are typed by src/api, so a name without a meaning, or a meaning without a name, does not compile.
 */
import { annotations, labels } from '../src/api/names.ts';
import {
  analysisRunReason,
  type ConditionReason,
  type ConditionType,
  conditionReasons,
  conditionTypes,
  type EventReason,
  eventReasons,
} from '../src/api/reasons.ts';

type Meanings<Name extends string> = Readonly<Record<Name, string>>;

const labelMeanings: Meanings<keyof typeof labels> = {
  podTemplateHash: 'On ReplicaSets, pods and AnalysisRuns, and in the selectors of Services: which pod template it is.',
  deploymentHash: 'What a Deployment puts on its ReplicaSets; read when ReplicaSets are adopted, never written.',
  instanceId: 'On Rollouts, AnalysisRuns and Experiments: which controller is meant, where there are several.',
  rolloutType: 'On AnalysisRuns: Step or Background of a canary, PrePromotion or PostPromotion of blue-green.',
  stepIndex: 'On AnalysisRuns of a step: which one, counted from 0.',
  jobRunUid: 'On Jobs of a metric: the uid of the AnalysisRun.',
};

const annotationMeanings: Meanings<keyof typeof annotations> = {
  revision: 'On Rollouts, ReplicaSets and AnalysisRuns: the number of the update.',
  revisionHistory: 'On ReplicaSets: the revisions they had before, separated by commas.',
  desiredReplicas: 'On ReplicaSets: `spec.replicas` of the Rollout when they were last sized.',
  ephemeralMetadata: 'On ReplicaSets: metadata that pods wear only for a time.',
  workloadGeneration: 'On Rollouts: the generation of the object in workloadRef.',
  replacedWorkload:
    'On Rollouts, while the first revision takes the place of the Deployment in workloadRef: how many pods that had, as JSON.',
  scaleDownDeadline: 'On ReplicaSets: when their pods go. It has no prefix.',
  managedBy: 'On Services: the Rollout that switches their selector.',
  experimentName: 'On what an Experiment creates: its name.',
  experimentTemplateName: 'On what an Experiment creates: the template.',
  jobRunName: 'On Jobs of a metric: the name of the AnalysisRun.',
  jobRunNamespace: 'On Jobs of a metric: the namespace of the AnalysisRun.',
  jobMetricName: 'On Jobs of a metric: the name of the metric.',
  managedAlb: 'On Ingresses: which annotations a Rollout has written.',
  legacyManagedAlb: 'The same, as older versions wrote it.',
  legacyRestartedAfter: 'Left from older versions; ignored.',
  notificationSubscriptionPrefix: 'On Rollouts: who is told of what; followed by trigger and service.',
  notified: 'On Rollouts: who was told of what.',
  lastApplied: "kubectl's own; not copied to ReplicaSets.",
  onFailure: 'On Rollouts: `undo` also puts the stable template back into the spec after a failure.',
  lastFailure: 'On Rollouts: revision, hash, reason and time of the newest failed update, as JSON.',
  scalings: 'On ReplicaSets: their newest changes of size, for events that a crash left untold.',
  wasStable: 'On ReplicaSets of blue-green that were stable: going back while their pods are kept needs no analysis and no pause.',
  coveredMetadata: "On ReplicaSets: what the user's template has under keys that ephemeral metadata covers, as JSON.",
  podsToChange:
    'On ReplicaSets: keys of labels and annotations that their pods may not have yet as the template has them, as JSON.',
  rollbackWithinWindow: 'On ReplicaSets that are gone back to within `rollbackWindow`: the revision under which it happens.',
  initialRevision:
    'On ReplicaSets of a first deployment that was changed before it ended: the revision that began while there was no stable version.',
  weightsOf:
    'On routes while a canary has weight: for which Rollouts, and how the route is given back if they are deleted while Rampart is down; JSON. On canary Ingresses always.',
  weightedAt: 'On canary Ingresses: when their weight was written.',
};

const conditionMeanings: Meanings<ConditionType> = {
  InvalidSpec: 'True while something keeps the Rollout from being obeyed; the message names it. Absent otherwise.',
  Available: 'Enough pods are available.',
  Progressing: 'The update moves on (True), was given up or is stuck (False), or waits for a person (Unknown).',
  ReplicaFailure: 'Pods cannot be created; the message is that of the API server.',
  Paused: 'The Rollout waits.',
  Completed: 'The version in the spec is the stable one.',
  Healthy: 'The version in the spec is stable, all its pods are available, nothing is left to do.',
};

const conditionReasonMeanings: Meanings<ConditionReason> = {
  InvalidSpec: 'Of InvalidSpec.',
  AvailableReason: 'Of Available.',
  NewReplicaSetCreated: 'A ReplicaSet was created for a new template.',
  FoundNewReplicaSet: 'The template equals that of a ReplicaSet that was there.',
  ReplicaSetUpdated: 'Pods are being replaced.',
  NewReplicaSetAvailable: 'The update is done.',
  ReplicaSetNotAvailable: 'The version was promoted and has lost pods since.',
  ProgressDeadlineExceeded: 'No progress for progressDeadlineSeconds.',
  RolloutPaused: 'It waits; also of Paused.',
  RolloutResumed: 'A person said go on; also of Paused.',
  RolloutRetry: 'A person said try again after an abort.',
  RolloutAborted: 'It went back to the stable version; the message says why.',
  ReplicaSetCreateError: 'The API server refused the ReplicaSet; the message is its own.',
  RolloutHealthy: 'Of Healthy.',
  RolloutCompleted: 'Of Completed.',
};

const eventMeanings: Meanings<EventReason> = {
  RolloutAddedToInformer: 'The controller has seen the Rollout for the first time.',
  RolloutUpdated: 'A new template; the message has its revision.',
  NewReplicaSetCreated: 'A ReplicaSet was created for it.',
  RolloutNotCompleted: 'An update has begun.',
  ScalingReplicaSet: 'A ReplicaSet was given another size.',
  RolloutStepCompleted: 'A step is done.',
  RolloutPaused: 'The Rollout waits; the message says why.',
  RolloutResumed: 'It goes on.',
  RolloutAborted: 'It went back to the stable version; the message says why.',
  RolloutCompleted: 'The new version is the stable one; the message says by which way.',
  SkipSteps: 'The template is that of the stable version, or of one near it: no steps are needed.',
  SwitchService: 'A Service selects other pods.',
  TrafficWeightUpdated: 'The routes carry another weight.',
  TrafficRoutingError: 'The routes could not be written, or their gateway refused them.',
  CreatingCanaryIngress: 'A canary Ingress was made, by router nginx.',
  PatchingCanaryIngress: 'A canary Ingress got another weight, or followed an edit of the Ingress that it stands beside.',
  ExperimentCreated: 'An Experiment was created for a step.',
  ReplicaSetCreateError: 'The API server refused a ReplicaSet.',
  ReconciliationError: 'Not written by this version.',
  RolloutDeleted: 'It is gone.',
  InvalidSpec: 'Something keeps the Rollout from being obeyed.',
};

export function namesReference(): string {
  const keyed = (names: Readonly<Record<string, string>>, meanings: Readonly<Record<string, string>>) =>
    table(Object.entries(names).map(([key, name]) => [name, meanings[key] ?? '']));
  const valued = (names: Readonly<Record<string, string>>, meanings: Readonly<Record<string, string>>) =>
    table(Object.values(names).map((name) => [name, meanings[name] ?? '']));
  return `# Names that clients may match on

Generated from src/api by \`npm run generate\`; do not edit.

## Labels

${keyed(labels, labelMeanings)}

## Annotations

${keyed(annotations, annotationMeanings)}

## Conditions of a Rollout

${valued(conditionTypes, conditionMeanings)}

## Reasons of conditions

${valued(conditionReasons, conditionReasonMeanings)}

## Reasons of events on a Rollout

${valued(eventReasons, eventMeanings)}

Besides these, \`${analysisRunReason('<Phase>')}\` tells of every change of an AnalysisRun.
`;
}

function table(rows: readonly (readonly [name: string, meaning: string])[]): string {
  return ['| name | meaning |', '|---|---|', ...rows.map(([name, meaning]) => `| \`${name}\` | ${meaning} |`)].join('\n');
}
