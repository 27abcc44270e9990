/** Labels, annotations and other names that clients, other controllers and our own objects agree on. They are part of the API. */

export const labels = {
  /** On ReplicaSets, pods and analysis runs, and key in the selectors of Services: which pod template it is. */
  podTemplateHash: 'rollouts-pod-template-hash',
  /** What a Deployment puts on its ReplicaSets; read when ReplicaSets are adopted. */
  deploymentHash: 'pod-template-hash',
  /** On Rollouts, AnalysisRuns and Experiments: which controller is meant, where there are several. */
  instanceId: 'argo-rollouts.argoproj.io/controller-instance-id',
  /** On AnalysisRuns: Step, Background, PrePromotion or PostPromotion. */
  rolloutType: 'rollout-type',
  /** On AnalysisRuns of a step, counted from 0. */
  stepIndex: 'step-index',
  jobRunUid: 'analysisrun.argoproj.io/uid',
} as const;

export const annotations = {
  /** On Rollouts, ReplicaSets and AnalysisRuns. */
  revision: 'rollout.argoproj.io/revision',
  /** Comma-separated revisions that a ReplicaSet had before. */
  revisionHistory: 'rollout.argoproj.io/revision-history',
  desiredReplicas: 'rollout.argoproj.io/desired-replicas',
  /** JSON: metadata that pods wear only while they are canary, stable, active or preview. */
  ephemeralMetadata: 'rollout.argoproj.io/ephemeral-metadata',
  workloadGeneration: 'rollout.argoproj.io/workload-generation',
  /** On a Rollout whose first revision takes a Deployment's place: JSON {name, replicas}, what the Deployment had before. */
  replacedWorkload: 'rampart.dev/replaced-workload',
  /** On ReplicaSets: RFC 3339, UTC; without a prefix, since clients read it so. */
  scaleDownDeadline: 'scale-down-deadline',
  /** On Services, DestinationRules and VirtualNodes: the Rollout that manages it. */
  managedBy: 'argo-rollouts.argoproj.io/managed-by-rollouts',
  experimentName: 'experiment.argoproj.io/name',
  experimentTemplateName: 'experiment.argoproj.io/template-name',
  jobRunName: 'analysisrun.argoproj.io/name',
  jobRunNamespace: 'analysisrun.argoproj.io/namespace',
  jobMetricName: 'analysisrun.argoproj.io/metric-name',
  managedAlb: 'rollouts.argoproj.io/managed-alb-annotations',
  legacyManagedAlb: 'rollouts.argoproj.io/managed-alb-actions',
  legacyRestartedAfter: 'argo-rollouts.argoproj.io/restarted-after',
  /** Followed by `<trigger>.<service>`. */
  notificationSubscriptionPrefix: 'notifications.argoproj.io/subscribe.',
  notified: 'notified.notifications.argoproj.io',
  /** Not copied from a Rollout to its ReplicaSets. */
  lastApplied: 'kubectl.kubernetes.io/last-applied-configuration',
  /** On a Rollout: `onFailureUndo` also puts the stable revision's template back into the spec after a failure. */
  onFailure: 'rampart.dev/on-failure',
  /** On a Rollout: JSON {revision, hash, reason, time} of the newest failed update. */
  lastFailure: 'rampart.dev/last-failure',
  /** On ReplicaSets: the newest changes of size, written with them, so that what a crash left untold can be told. */
  scalings: 'rampart.dev/scalings',
  /** On ReplicaSets that blue-green took out of service after they were stable: going back to one that still has its pods needs no proof. */
  wasStable: 'rampart.dev/was-stable',
  /** On ReplicaSets: JSON {labels, annotations} that their template has under keys which ephemeral metadata covers. */
  coveredMetadata: 'rampart.dev/covered-metadata',
  /** On ReplicaSets: JSON {labels, annotations}, keys whose values pods may not have yet as the template has them. */
  podsToChange: 'rampart.dev/pods-to-change',
  /** On ReplicaSets that are gone back to within `rollbackWindow`: the revision under which it happens. */
  rollbackWithinWindow: 'rampart.dev/rollback-within-window',
  /** On ReplicaSets of a first deployment that was changed before it ended: the revision under which there was no stable version yet. */
  initialRevision: 'rampart.dev/initial-revision',
  /** On routes, while a canary has weight: JSON that says for which Rollouts, and how to give the route back without them. */
  weightsOf: 'rampart.dev/weights-of',
  /** On canary Ingresses: when their weight was written, RFC 3339, since nothing else says whether it has been taken. */
  weightedAt: 'rampart.dev/weighted-at',
} as const;

/** Value of `annotations.onFailure`. */
export const onFailureUndo = 'undo';

/** Key in `trafficRouting.plugins` of the router that is built in. */
export const gatewayApiPlugin = 'argoproj-labs/gatewayAPI';
/** Label that routes of the Gateway API carry while the canary's weight is above 0, unless the user names another. */
export const gatewayInProgress = { key: 'rollouts.argoproj.io/gatewayapi-canary', value: 'in-progress' } as const;

/** The lease of the incumbent; `-<instance-id>` follows where there is one. */
export const incumbentLease = 'argo-rollouts-controller-lock';

export const argoGroup = 'argoproj.io';
export const argoVersion = 'v1alpha1';
export const argoApiVersion = 'argoproj.io/v1alpha1';
