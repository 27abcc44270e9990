/** What stores do not keep of an object: bookkeeping of the API server and of kubectl that no decision reads, and what they have already. */
import type { KubeObject, ObjectMeta } from '../api/kubernetes.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object without managedFields and last-applied-configuration. What remains is shared with the object given. */
export function trimBookkeeping<T extends KubeObject>(object: T): T {
  return { ...object, metadata: trimMetadata(object.metadata) };
}

/**
 * The object with the very spec that is kept where the API server says that it has not changed: one copy in memory, and what was worked
 * out from it can be found again. Not for kinds without a status subresource, nor where only a part of the spec is kept.
 */
export function withKeptSpec<T extends KubeObject & { readonly spec: unknown }>(object: T, kept: T | undefined): T {
  const { uid, generation } = object.metadata;
  const isSame = generation !== undefined && kept?.metadata.generation === generation && kept.metadata.uid === uid;
  return isSame ? { ...object, spec: kept.spec } : object;
}

export function trimMetadata(metadata: ObjectMeta): ObjectMeta {
  const { managedFields: _managed, ...kept } = metadata as ObjectMeta & { managedFields?: unknown };
  if (kept.annotations?.[lastApplied] === undefined) return kept;
  const { [lastApplied]: _applied, ...annotations } = kept.annotations;
  return { ...kept, annotations };
}
