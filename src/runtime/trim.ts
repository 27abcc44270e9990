/** What every store drops from an object before keeping it: bookkeeping of the API server and of kubectl that no decision reads. */
import type { KubeObject, ObjectMeta } from '../api/kubernetes.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object without managedFields and last-applied-configuration. What remains is shared with the object given. */
export function trimBookkeeping<T extends KubeObject>(object: T): T {
  return { ...object, metadata: trimMetadata(object.metadata) };
}

export function trimMetadata(metadata: ObjectMeta): ObjectMeta {
  const { managedFields: _managed, ...kept } = metadata as ObjectMeta & { managedFields?: unknown };
  if (kept.annotations?.[lastApplied] === undefined) return kept;
  const { [lastApplied]: _applied, ...annotations } = kept.annotations;
  return { ...kept, annotations };
}
