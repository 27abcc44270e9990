/**
 * Whether the gateways of a route say that they can copy requests. One that cannot may take the route all the same and then answer every
 * request with an error, so nothing is written on the strength of its acceptance: what it does not list it is not asked for.
 */
import type { KubeObject } from '../../../api/kubernetes.ts';
import { gatewayClasses, gateways } from '../../../api/resources.ts';
import type { MirrorRoute } from '../../../core/rollout/routes.ts';
import { ApiError, type Cluster } from '../../../runtime/cluster.ts';
import type { ParentRef, Route } from './route-object.ts';

interface Gateway extends KubeObject {
  readonly spec?: { readonly gatewayClassName?: string };
}

interface GatewayClass extends KubeObject {
  readonly status?: { readonly supportedFeatures?: readonly (string | { readonly name: string })[] };
}

const features = { whole: 'HTTPRouteRequestMirror', share: 'HTTPRouteRequestPercentageMirror' };

/** A part of a sentence that follows the route's name; undefined where every gateway of it can. Throws where trying again helps. */
export async function mirrorProblem(
  cluster: Cluster,
  route: Route,
  { mirrors, signal }: { readonly mirrors: readonly MirrorRoute[]; readonly signal: AbortSignal },
): Promise<string | undefined> {
  if (mirrors.length === 0) return undefined;
  const isShare = mirrors.some(({ percentage = 100 }) => percentage < 100);
  const needed = isShare ? [features.whole, features.share] : [features.whole];
  for (const parent of route.spec?.parentRefs ?? []) {
    const offered = await offeredFeatures(cluster, route, { parent, signal });
    const missing = needed.filter((one) => !offered.has(one));
    if (missing.length === 0) continue;
    return (
      `cannot carry route ${mirrors.map(({ name }) => name).join(', ')}: the GatewayClass of its parent ${parent.name} does not list ` +
      `${missing.join(' and ')} in status.supportedFeatures; nothing was written for it`
    );
  }
  return undefined;
}

async function offeredFeatures(
  cluster: Cluster,
  route: Route,
  { parent, signal }: { readonly parent: ParentRef; readonly signal: AbortSignal },
): Promise<ReadonlySet<string>> {
  const { kind = 'Gateway', name, namespace = route.metadata.namespace } = parent;
  if (kind !== 'Gateway') return new Set();
  try {
    const gateway = await cluster.get<Gateway>(gateways, { namespace, name }, signal);
    const className = gateway?.spec?.gatewayClassName;
    if (className === undefined) return new Set();
    const found = await cluster.get<GatewayClass>(gatewayClasses, { name: className }, signal);
    return new Set((found?.status?.supportedFeatures ?? []).map((one) => (typeof one === 'string' ? one : one.name)));
  } catch (error) {
    if (!(error instanceof ApiError) || error.isTransient || error.code === 'aborted') throw error;
    return new Set();
  }
}
