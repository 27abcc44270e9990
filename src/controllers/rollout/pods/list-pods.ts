/** Reads the pods behind a selector page by page, and keeps of each only what is asked for: a Rollout may have thousands. */
import type { KubeObject, LabelSelector } from '../../../api/kubernetes.ts';
import { selectorText } from '../../../api/label-selector.ts';
import { pods as podResource } from '../../../api/resources.ts';
import type { Cluster, Resource } from '../../../runtime/cluster.ts';

/** The parts of a pod that are looked at. */
export interface Pod extends KubeObject {
  readonly status?:
    | {
        readonly phase?: string | undefined;
        readonly conditions?:
          | readonly { readonly type: string; readonly status: string; readonly lastTransitionTime?: string | null | undefined }[]
          | undefined;
      }
    | undefined;
}

export const pods: Resource<Pod> = podResource;

const pageSize = 250;

/** What `pick` makes of every pod, as the API server has them now; pods for which it makes nothing are left out. */
export async function listPods<T>(
  cluster: Cluster,
  { namespace, selector }: { readonly namespace: string; readonly selector: LabelSelector },
  pick: (pod: Pod) => T | undefined,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const labelSelector = selectorText(selector);
  const found: T[] = [];
  let continueToken: string | undefined;
  do {
    const options = { namespace, labelSelector, limit: pageSize, ...(continueToken !== undefined && { continueToken }) };
    const page = await cluster.list(pods, options, signal);
    for (const pod of page.items) {
      const one = pick(pod);
      if (one !== undefined) found.push(one);
    }
    ({ continueToken } = page);
  } while (continueToken !== undefined);
  return found;
}

export function controllerOf({ metadata }: KubeObject): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
}

/** About to go, or over: its ReplicaSet makes, or has made, another in its place. */
export function isLeaving({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined || status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
