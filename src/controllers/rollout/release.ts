/**
 * Gives back what a Rollout no longer manages: Services that it does not name any more, or all of them and its routes when it is
 * deleted. Works from annotations on the Services themselves, so it needs no finalizer and survives a restart.
 */
import type { Service } from '../../api/kubernetes.ts';
import { annotations, labels } from '../../api/names.ts';
import * as resources from '../../api/resources.ts';
import type { Cluster } from '../../runtime/cluster.ts';

/** Takes the hash out of the Service's selector and our annotation off it; what the user wrote stays. */
export async function releaseService(cluster: Cluster, { metadata }: Service, signal: AbortSignal): Promise<void> {
  const body = {
    metadata: { annotations: { [annotations.managedBy]: null } },
    spec: { selector: { [labels.podTemplateHash]: null } },
  };
  const { namespace, name } = metadata;
  await cluster.patch(resources.services, { namespace, name }, { type: 'merge', body }, { signal });
}
