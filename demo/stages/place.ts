/** A place of our own in a cluster of others: one namespace, and the CRDs where there were none. What was there before is left alone. */
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeObject, Resource } from '../../src/api/kubernetes.ts';
import * as resources from '../../src/api/resources.ts';
import { ApiError, type Cluster } from '../../src/runtime/cluster.ts';

export const namespaces: Resource = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };
export const crds: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};
const ours: readonly Resource<KubeObject>[] = [
  resources.rollouts,
  resources.analysisRuns,
  resources.analysisTemplates,
  resources.clusterAnalysisTemplates,
  resources.experiments,
];
const goneWithinMs = 120_000;
const lookAgainMs = 250;

export interface Place {
  /** Takes the namespace away with all that is in it, then those CRDs that were not there before and that nobody has used since. */
  leave(): Promise<void>;
}

/** Throws with what to do when there is a namespace of this name already. */
export async function takePlace(cluster: Cluster, namespace: string): Promise<Place> {
  const missing: Resource[] = [];
  for (const resource of ours) {
    if ((await cluster.get(crds, { name: crdName(resource) })) === undefined) missing.push(resource);
  }
  const metadata = { name: namespace, labels: { 'app.kubernetes.io/managed-by': 'rampart-demo' } };
  const { outcome } = await cluster.create(namespaces, { metadata });
  if (outcome !== 'done') {
    throw new Error(`There is a namespace ${namespace} already, of an earlier demo perhaps: kubectl delete namespace ${namespace}`);
  }
  return {
    leave: async () => {
      await removeNamespace(cluster, namespace);
      for (const resource of missing) await removeUnused(cluster, resource);
    },
  };
}

async function removeNamespace(cluster: Cluster, name: string): Promise<void> {
  await cluster.delete(namespaces, { name });
  for (const until = Date.now() + goneWithinMs; (await cluster.get(namespaces, { name })) !== undefined; await delay(lookAgainMs)) {
    if (Date.now() > until)
      throw new Error(`the namespace ${name} is being deleted, but is not gone after ${goneWithinMs / 1000} s`);
  }
}

async function removeUnused(cluster: Cluster, resource: Resource): Promise<void> {
  const name = crdName(resource);
  const crd = await cluster.get(crds, { name });
  if (crd === undefined) return;
  const { uid } = crd.metadata;
  if (uid !== undefined && !(await hasObjects(cluster, resource))) await cluster.delete(crds, { name }, { uid });
}

/** A kind that is not served (yet) has none. */
async function hasObjects(cluster: Cluster, resource: Resource): Promise<boolean> {
  try {
    return (await cluster.list(resource, { limit: 1 })).items.length > 0;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'not-found') return false;
    throw error;
  }
}

function crdName({ plural, group }: Resource): string {
  return `${plural}.${group}`;
}
