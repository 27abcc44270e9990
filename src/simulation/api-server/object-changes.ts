/** What of a change to an object counts: which fields a subresource may touch, what the server alone writes, and what is a new generation. */
import type { KubeObject, ObjectMeta, Resource } from '../../api/kubernetes.ts';
import type { WriteOptions } from '../../runtime/cluster.ts';
import type { JsonMap } from './json.ts';
import { type Kind, kindText } from './kinds.ts';

type Subresource = WriteOptions['subresource'];

/** Only what the subresource is for changes: the rest stays as it was. */
export function restricted(kind: Kind, old: KubeObject, next: KubeObject, subresource: Subresource): KubeObject {
  const [before, after] = [old as KubeObject & JsonMap, next as KubeObject & JsonMap];
  if (subresource === 'status') {
    const { status: _old, ...rest } = before;
    const metadata = kind.statusTakesMetadata ? after.metadata : old.metadata;
    return { ...rest, metadata, ...(after.status === undefined ? {} : { status: after.status }) } as KubeObject;
  }
  if (!kind.hasStatus) return next;
  const { status: _new, ...rest } = after;
  return { ...rest, ...(before.status === undefined ? {} : { status: before.status }) } as unknown as KubeObject;
}

export function generationOf(kind: Kind, object: KubeObject): unknown {
  if (kind.generation === 'none') return undefined;
  const { metadata: _, status, ...rest } = object as KubeObject & JsonMap;
  if (kind.generation === 'spec') return (object as KubeObject & JsonMap).spec;
  return kind.hasStatus ? rest : { ...rest, status };
}

/** What the server alone writes. */
export function serverFields({
  uid,
  generation,
  creationTimestamp,
  deletionTimestamp,
  resourceVersion,
  name,
  namespace,
  ...rest
}: ObjectMeta): Partial<ObjectMeta> {
  const { deletionGracePeriodSeconds } = rest as { deletionGracePeriodSeconds?: number };
  return {
    uid,
    generation,
    creationTimestamp,
    deletionTimestamp,
    resourceVersion,
    name,
    namespace,
    deletionGracePeriodSeconds,
  } as Partial<ObjectMeta>;
}

export function withoutServerFields(metadata: ObjectMeta): ObjectMeta {
  const { uid: _1, generation: _2, creationTimestamp: _3, deletionTimestamp: _4, resourceVersion: _5, ...rest } = metadata;
  return rest;
}

/** Pods that run somewhere get time to end. */
export function graceOf(resource: Resource, object: KubeObject): number {
  if (kindText(resource) !== '/pods') return 0;
  const { spec, status } = object as KubeObject & { spec?: JsonMap; status?: JsonMap };
  if (spec?.nodeName === undefined || status?.phase === 'Succeeded' || status?.phase === 'Failed') return 0;
  const seconds = spec.terminationGracePeriodSeconds;
  return typeof seconds === 'number' ? seconds : 30;
}
