/** The scale of an object: its replicas under names that are the same for every kind. */
import type { KubeObject } from '../../api/kubernetes.ts';
import { ApiError } from '../../runtime/cluster.ts';
import { memberAt, withMemberAt } from './json.ts';
import { type Kind, kindText } from './kinds.ts';

export function scaleOf(kind: Kind, object: KubeObject): KubeObject {
  const paths = pathsOf(kind);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: memberAt(object, paths.specReplicas) ?? 0 },
    status: { replicas: memberAt(object, paths.statusReplicas) ?? 0, selector: selectorText(memberAt(object, paths.selector)) },
  } as KubeObject;
}

/** The object with the replicas of the scale. */
export function replicasPatched(kind: Kind, object: KubeObject, scale: KubeObject): KubeObject {
  return withMemberAt(object, pathsOf(kind).specReplicas, memberAt(scale, ['spec', 'replicas']) ?? 0) as KubeObject;
}

function pathsOf(kind: Kind): NonNullable<Kind['scale']> {
  if (kind.scale === undefined)
    throw new ApiError('not-found', `the server could not find the requested resource ${kindText(kind.resource)}/scale (404)`, {
      status: 404,
    });
  return kind.scale;
}

/** Custom kinds keep it as text in their status. */
function selectorText(selector: unknown): string | undefined {
  if (typeof selector === 'string' || selector === undefined) return selector as string | undefined;
  const labels = (selector as { matchLabels?: Readonly<Record<string, string>> }).matchLabels ?? {};
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
