/**
 * The parts of Kubernetes' own objects that Rampart reads, as they travel in JSON: times are RFC 3339 strings, quantities strings.
 * Fields that nothing here reads are left out on purpose; stores drop them.
 */

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean | undefined;
  readonly blockOwnerDeletion?: boolean | undefined;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly generateName?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly generation?: number | undefined;
  /** RFC 3339, whole seconds, UTC. */
  readonly creationTimestamp?: string | undefined;
  readonly deletionTimestamp?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly ownerReferences?: readonly OwnerReference[] | undefined;
  readonly finalizers?: readonly string[] | undefined;
}

/** Any Kubernetes object: what the runtime needs to know of one. */
export interface KubeObject {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
  readonly metadata: ObjectMeta;
}

/** A kind of object, as the API server addresses it. `T` is the shape of one object in JSON. */
export interface Resource<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never set: it carries the type. */
  readonly _object?: T;
}

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?: readonly LabelSelectorRequirement[] | undefined;
}

/** A pod template as stored: its spec is not interpreted here, since users may write fields newer than this program. */
export interface PodTemplate {
  readonly metadata?:
    | {
        readonly labels?: Readonly<Record<string, string>> | undefined;
        readonly annotations?: Readonly<Record<string, string>> | undefined;
      }
    | undefined;
  readonly spec?: Readonly<Record<string, unknown>> | undefined;
}

export interface ReplicaSet extends KubeObject {
  readonly spec: {
    readonly replicas?: number | undefined;
    readonly minReadySeconds?: number | undefined;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
  };
  readonly status?:
    | {
        readonly replicas?: number | undefined;
        readonly fullyLabeledReplicas?: number | undefined;
        readonly readyReplicas?: number | undefined;
        readonly availableReplicas?: number | undefined;
        readonly observedGeneration?: number | undefined;
        readonly conditions?:
          | readonly {
              readonly type: string;
              readonly status: string;
              readonly reason?: string | undefined;
              readonly message?: string | undefined;
              readonly lastTransitionTime?: string | undefined;
            }[]
          | undefined;
      }
    | undefined;
}

/** What a Rollout may take its template from: of a Deployment or a ReplicaSet its spec; of a PodTemplate the same shape is made. */
export interface Workload extends KubeObject {
  /** Undefined where only its name is kept, since no Rollout refers to it. */
  readonly spec?:
    | {
        readonly replicas?: number | undefined;
        readonly selector?: LabelSelector | undefined;
        readonly template?: PodTemplate | undefined;
      }
    | undefined;
}

export interface Service extends KubeObject {
  readonly spec: {
    readonly selector?: Readonly<Record<string, string>> | undefined;
    readonly ports?:
      | readonly {
          readonly name?: string | undefined;
          readonly port: number;
          readonly protocol?: string | undefined;
          /** A number, or the name of a container's port; the port itself if absent. */
          readonly targetPort?: number | string | undefined;
        }[]
      | undefined;
  };
}

export interface EndpointSlice extends KubeObject {
  readonly addressType?: string | undefined;
  readonly endpoints?:
    | readonly {
        readonly addresses: readonly string[];
        readonly conditions?:
          | {
              readonly ready?: boolean | undefined;
              readonly serving?: boolean | undefined;
              readonly terminating?: boolean | undefined;
            }
          | undefined;
        readonly targetRef?:
          | { readonly kind?: string | undefined; readonly name?: string | undefined; readonly uid?: string | undefined }
          | undefined;
      }[]
    | undefined;
}

export interface Job extends KubeObject {
  /** A user's own; not interpreted. */
  readonly spec?: Readonly<Record<string, unknown>> | undefined;
  readonly status?:
    | {
        readonly conditions?:
          | readonly {
              readonly type: string;
              readonly status: string;
              readonly reason?: string | undefined;
              readonly message?: string | undefined;
            }[]
          | undefined;
      }
    | undefined;
}

interface ContainerStatus {
  readonly name: string;
  readonly state?:
    | {
        readonly waiting?: { readonly reason?: string | undefined } | undefined;
        readonly terminated?: { readonly exitCode: number; readonly reason?: string | undefined } | undefined;
      }
    | undefined;
}

/** What the end of a Job's pod is read from. */
export interface PodOfJob extends KubeObject {
  readonly status?:
    | {
        readonly initContainerStatuses?: readonly ContainerStatus[] | undefined;
        readonly containerStatuses?: readonly ContainerStatus[] | undefined;
      }
    | undefined;
}
