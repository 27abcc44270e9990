/**
 * A Cluster whose writes enter the stores of this process as soon as the server has accepted them, so that no decision is made on
 * an object older than that. Reads go through unchanged.
 */
import type { KubeObject } from '../api/kubernetes.ts';
import type { Cluster, ObjectKey, Resource } from './cluster.ts';

/** What tracking needs of a store, whatever kind of object it keeps. */
export interface WriteRecorder {
  readonly resource: Resource;
  recordWrite(object: KubeObject): void;
  recordVersion(key: ObjectKey, resourceVersion: string): void;
  recordDelete(key: ObjectKey, uid?: string): void;
}

export function trackedCluster(cluster: Cluster, stores: readonly WriteRecorder[]): Cluster {
  const recorders = new Map<string, WriteRecorder>(stores.map((store) => [resourceText(store.resource), store]));
  const recorderOf = (resource: Resource): WriteRecorder | undefined => recorders.get(resourceText(resource));
  return {
    get: (resource, key, signal) => cluster.get(resource, key, signal),
    list: (resource, options, signal) => cluster.list(resource, options, signal),
    watch: (resource, options, signal) => cluster.watch(resource, options, signal),
    create: async (resource, object, signal) => {
      const result = await cluster.create(resource, object, signal);
      if (result.outcome === 'done') recorderOf(resource)?.recordWrite(result.object);
      return result;
    },
    replace: async (resource, object, options) => {
      const result = await cluster.replace(resource, object, options);
      if (result.outcome === 'done') recordChange(recorderOf(resource), result.object, options?.subresource);
      return result;
    },
    patch: async (resource, key, patch, options) => {
      const result = await cluster.patch(resource, key, patch, options);
      if (result.outcome === 'done') recordChange(recorderOf(resource), result.object, options?.subresource);
      return result;
    },
    delete: async (resource, key, options) => {
      const outcome = await cluster.delete(resource, key, options);
      if (outcome === 'done') recorderOf(resource)?.recordDelete(key, options?.uid);
      return outcome;
    },
    evict: async (pod, signal) => {
      const outcome = await cluster.evict(pod, signal);
      if (outcome === 'done') recorders.get('/pods')?.recordDelete(pod);
      return outcome;
    },
  };
}

/** The answer to a scale is a Scale: only its version is the object's. */
function recordChange(recorder: WriteRecorder | undefined, object: KubeObject, subresource: 'status' | 'scale' | undefined): void {
  if (subresource !== 'scale') recorder?.recordWrite(object);
  else if (object.metadata.resourceVersion !== undefined) recorder?.recordVersion(object.metadata, object.metadata.resourceVersion);
}

function resourceText(resource: Resource): string {
  return `${resource.group}/${resource.plural}`;
}
