/** What the parts of the virtual Kubernetes have in common: the server, time and chance, and pods as they see them. */
import type { KubeObject, OwnerReference, Resource } from '../../api/kubernetes.ts';
import * as resources from '../../api/resources.ts';
import type { Clock } from '../../runtime/clock.ts';
import { keyText } from '../../runtime/object-key.ts';
import type { ApiServer } from '../api-server/api-server.ts';
import type { JsonMap } from '../api-server/json.ts';
import type { Random } from '../random.ts';

export interface Kube {
  readonly server: ApiServer;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly lastTransitionTime?: string | undefined;
}

export interface PodStatus {
  readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  readonly podIP?: string;
  readonly conditions?: readonly Condition[];
  readonly containerStatuses?: readonly JsonMap[];
  readonly startTime?: string;
  readonly reason?: string;
}

export interface Pod extends KubeObject {
  readonly spec: JsonMap & { readonly nodeName?: string };
  readonly status?: PodStatus;
}

export const podResource = resources.pods as Resource<Pod>;

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: word }) => type === 'Ready' && word === 'True') === true;
}

/** Milliseconds since 1970 from which the pod is ready; undefined while it is not. */
export function readySince({ status }: Pod): number | undefined {
  const ready = status?.conditions?.find(({ type, status: word }) => type === 'Ready' && word === 'True');
  return ready?.lastTransitionTime === undefined ? undefined : Date.parse(ready.lastTransitionTime);
}

export function isFinished({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

/** Neither ended nor asked to. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

export function ownerReference(resource: Resource, { metadata }: KubeObject): OwnerReference {
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
  return {
    apiVersion,
    kind: resource.kind,
    name: metadata.name,
    uid: metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A condition that keeps its time while its status stays. */
export function withCondition(conditions: readonly Condition[] | undefined, next: Condition, nowMs: number): readonly Condition[] {
  const old = conditions?.find(({ type }) => type === next.type);
  const lastTransitionTime = old?.status === next.status ? old.lastTransitionTime : timeText(nowMs);
  const made = { ...next, lastTransitionTime };
  if (old === undefined) return [...(conditions ?? []), made];
  return (conditions ?? []).map((one) => (one === old ? made : one));
}

/** `namespace/name` of an owner in the namespace of what it owns. */
export function ownerKey(object: KubeObject, { name }: OwnerReference): string {
  return keyText({ namespace: object.metadata.namespace, name });
}

/** The pods of the cluster by who controls them and by namespace, kept up with every change. */
export class PodIndex {
  /** uid of the controller -> pods by key */
  readonly #byOwner = new Map<string, Map<string, Pod>>();
  /** namespace -> pods by key */
  readonly #byNamespace = new Map<string, Map<string, Pod>>();

  constructor({ server }: Pick<Kube, 'server'>) {
    server.storage.onChange('/pods', ({ key, old, object, isGone }) => {
      if (old !== undefined) this.#drop(key, old);
      if (!isGone) this.#add(key, object as Pod);
    });
  }

  /** By `namespace/name`. */
  get(key: string): Pod | undefined {
    return this.#byNamespace.get(key.slice(0, key.indexOf('/')))?.get(key);
  }

  namespaces(): Iterable<string> {
    return this.#byNamespace.keys();
  }

  ownedBy(uid: string): Iterable<Pod> {
    return this.#byOwner.get(uid)?.values() ?? [];
  }

  in(namespace: string): Iterable<Pod> {
    return this.#byNamespace.get(namespace)?.values() ?? [];
  }

  #add(key: string, pod: Pod): void {
    entry(this.#byNamespace, pod.metadata.namespace ?? '').set(key, pod);
    const owner = controllerOf(pod);
    if (owner !== undefined) entry(this.#byOwner, owner.uid).set(key, pod);
  }

  #drop(key: string, pod: KubeObject): void {
    this.#byNamespace.get(pod.metadata.namespace ?? '')?.delete(key);
    const owner = controllerOf(pod);
    if (owner !== undefined) this.#byOwner.get(owner.uid)?.delete(key);
  }
}

function entry<V>(map: Map<string, Map<string, V>>, key: string): Map<string, V> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = new Map<string, V>();
  map.set(key, made);
  return made;
}
