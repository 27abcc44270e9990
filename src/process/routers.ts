/** Makes the router for the routes that a Rollout names. */
import { decodeGatewayApiRouting } from '../api/gateway-api-routing.ts';
import { matchesLabels } from '../api/label-selector.ts';
import type { RouterFactory } from '../controllers/rollout/memory.ts';
import { GatewayApiRouter } from '../providers/traffic/gateway-api/gateway-api-router.ts';
import { type Route, routeKinds } from '../providers/traffic/gateway-api/route-object.ts';
import type { RouteSource } from '../providers/traffic/gateway-api/route-selection.ts';
import type { Cluster } from '../runtime/cluster.ts';
import type { Watches } from './watches.ts';

export function createRouterFactory(cluster: Cluster, watches: Pick<Watches, 'routes' | 'routeResources'>): RouterFactory {
  const source = routeSource(watches);
  return (rollout) => {
    const canary = rollout.spec.strategy?.canary;
    const decoded = decodeGatewayApiRouting(canary?.trafficRouting);
    if (decoded === undefined) return undefined;
    return new GatewayApiRouter({
      ...decoded,
      namespace: rollout.metadata.namespace ?? '',
      stableService: canary?.stableService ?? '',
      canaryService: canary?.canaryService ?? '',
      maxWeight: canary?.trafficRouting?.maxTrafficWeight,
      cluster,
      source,
      resources: watches.routeResources,
    });
  };
}

/** Routes as the stores have them. */
function routeSource({ routes, routeResources }: Pick<Watches, 'routes' | 'routeResources'>): RouteSource {
  const storeOf = (plural: string) => {
    const kind = routeKinds.find((candidate) => routeResources[candidate].plural === plural);
    return kind === undefined ? undefined : routes[kind];
  };
  return {
    get: (resource, namespace, name) => storeOf(resource.plural)?.get(namespace, name) as Route | undefined,
    list: (resource, namespace, selector) =>
      (storeOf(resource.plural)?.list(namespace) ?? []).filter(({ metadata }) =>
        matchesLabels(selector, metadata.labels ?? {}),
      ) as Route[],
  };
}
