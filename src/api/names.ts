/** Labels, annotations and other names that clients, other controllers and our own objects agree on. They are part of the API. */

/** Label on ReplicaSets, pods and analysis runs, and key in the selectors of Services: which pod template it is. */
export const HASH_LABEL = 'rollouts-pod-template-hash';

export const REVISION_ANNOTATION = 'rollout.argoproj.io/revision';
/** Comma-separated numbers that a ReplicaSet had before. */
export const REVISION_HISTORY_ANNOTATION = 'rollout.argoproj.io/revision-history';
export const DESIRED_REPLICAS_ANNOTATION = 'rollout.argoproj.io/desired-replicas';
/** JSON: metadata that pods wear only while they are canary, stable, active or preview. */
export const EPHEMERAL_METADATA_ANNOTATION = 'rollout.argoproj.io/ephemeral-metadata';
export const WORKLOAD_GENERATION_ANNOTATION = 'rollout.argoproj.io/workload-generation';
/** RFC 3339, UTC; without a prefix, since clients read it so. */
export const SCALE_DOWN_DEADLINE_ANNOTATION = 'scale-down-deadline';

/** On Services, DestinationRules and VirtualNodes: the Rollout that manages it. */
export const MANAGED_BY_ANNOTATION = 'argo-rollouts.argoproj.io/managed-by-rollouts';
/** On Rollouts, AnalysisRuns and Experiments: which controller is meant, where there are several. */
export const INSTANCE_ID_LABEL = 'argo-rollouts.argoproj.io/controller-instance-id';

export const ROLLOUT_TYPE_LABEL = 'rollout-type';
/** Values of `ROLLOUT_TYPE_LABEL`. */
export type RolloutType = 'Step' | 'Background' | 'PrePromotion' | 'PostPromotion';
export const STEP_INDEX_LABEL = 'step-index';

export const EXPERIMENT_NAME_ANNOTATION = 'experiment.argoproj.io/name';
export const EXPERIMENT_TEMPLATE_NAME_ANNOTATION = 'experiment.argoproj.io/template-name';

export const JOB_RUN_UID_LABEL = 'analysisrun.argoproj.io/uid';
export const JOB_RUN_NAME_ANNOTATION = 'analysisrun.argoproj.io/name';
export const JOB_RUN_NAMESPACE_ANNOTATION = 'analysisrun.argoproj.io/namespace';
export const JOB_METRIC_NAME_ANNOTATION = 'analysisrun.argoproj.io/metric-name';

export const MANAGED_ALB_ANNOTATION = 'rollouts.argoproj.io/managed-alb-annotations';
export const LEGACY_MANAGED_ALB_ANNOTATION = 'rollouts.argoproj.io/managed-alb-actions';
export const LEGACY_RESTARTED_AFTER_ANNOTATION = 'argo-rollouts.argoproj.io/restarted-after';

/** Followed by `<trigger>.<service>`. */
export const NOTIFICATION_SUBSCRIPTION_PREFIX = 'notifications.argoproj.io/subscribe.';
export const NOTIFIED_ANNOTATION = 'notified.notifications.argoproj.io';

/** Label on routes of the Gateway API while the canary's weight is above 0; key and value can be set by the user. */
export const GATEWAY_IN_PROGRESS_LABEL = 'rollouts.argoproj.io/gatewayapi-canary';
export const GATEWAY_IN_PROGRESS_VALUE = 'in-progress';
/** Key in `trafficRouting.plugins`. */
export const GATEWAY_API_PLUGIN = 'argoproj-labs/gatewayAPI';

/** On a Rollout: `undo` also puts the stable revision's template back into the spec after a failure. */
export const ON_FAILURE_ANNOTATION = 'rampart.dev/on-failure';
export const ON_FAILURE_UNDO = 'undo';
/** On a Rollout: JSON {revision, hash, reason, time} of the newest failed update. */
export const LAST_FAILURE_ANNOTATION = 'rampart.dev/last-failure';

/** Not copied from a Rollout to its ReplicaSets. */
export const LAST_APPLIED_ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';
/** Label that a Deployment puts on its ReplicaSets; read when ReplicaSets are adopted. */
export const DEPLOYMENT_HASH_LABEL = 'pod-template-hash';

/** The lease of the incumbent; `-<instance-id>` follows where there is one. */
export const INCUMBENT_LEASE = 'argo-rollouts-controller-lock';

export const ARGO_GROUP = 'argoproj.io';
export const ARGO_VERSION = 'v1alpha1';
export const ARGO_API_VERSION = 'argoproj.io/v1alpha1';
