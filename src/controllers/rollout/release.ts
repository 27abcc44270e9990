/**
 * Gives back what a Rollout no longer manages: Services that it does not name any more, or all of them when it is deleted. Works from
 * annotations on the Services themselves, so it needs no finalizer and survives a restart. Routes are given back by their routers.
 */
import type { Service } from '../../api/kubernetes.ts';
import { annotations, labels } from '../../api/names.ts';
import * as resources from '../../api/resources.ts';
import { ApiError, type Cluster } from '../../runtime/cluster.ts';
import { parseKeyText } from '../../runtime/object-key.ts';

/**
 * Whether there is no such Rollout, by the API server's word: the store shows those of one instance alone. One that may not be read is
 * someone else's business.
 */
export async function isGone(cluster: Cluster, key: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await cluster.get(resources.rollouts, parseKeyText(key), signal)) === undefined;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'forbidden') return false;
    throw error;
  }
}

/** Takes the hash out of the Service's selector and our annotation off it; what the user wrote stays. */
export async function releaseService(cluster: Cluster, { metadata }: Service, signal: AbortSignal): Promise<void> {
  const body = {
    metadata: { annotations: { [annotations.managedBy]: null } },
    spec: { selector: { [labels.podTemplateHash]: null } },
  };
  const { namespace, name } = metadata;
  await cluster.patch(resources.services, { namespace, name }, { type: 'merge', body }, { signal });
}
