/** Makes the router for the routes that a Rollout names, and what gives routes back without one. */
import { decodeGatewayApiRouting } from '../api/gateway-api-routing.ts';
import { matchesLabels } from '../api/label-selector.ts';
import { readRouteMarks } from '../api/route-mark.ts';
import type { RouterFactory } from '../controllers/rollout/memory.ts';
import { GatewayApiRouter } from '../providers/traffic/gateway-api/gateway-api-router.ts';
import { MarkedRoutes } from '../providers/traffic/gateway-api/marked-routes.ts';
import { type Route, routeKinds } from '../providers/traffic/gateway-api/route-object.ts';
import type { RouteSource } from '../providers/traffic/gateway-api/route-selection.ts';
import type { RouteReleaser } from '../providers/traffic/traffic-router.ts';
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
      rollout: rollout.metadata.name,
      stableService: canary?.stableService ?? '',
      canaryService: canary?.canaryService ?? '',
      maxWeight: canary?.trafficRouting?.maxTrafficWeight,
      managedNames: canary?.trafficRouting?.managedRoutes?.map(({ name }) => name),
      cluster,
      source,
      resources: watches.routeResources,
    });
  };
}

export function createRouteReleaser(cluster: Cluster, watches: Pick<Watches, 'routes' | 'routeResources'>): RouteReleaser {
  return new MarkedRoutes(cluster, routeSource(watches));
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
    marked: (rollout) =>
      routeKinds.flatMap((kind) => {
        const found = routes[kind].byIndex('mark', rollout) as readonly Route[];
        return found.map((route) => ({ resource: routeResources[kind], route }));
      }),
    markedRollouts: () =>
      routeKinds.flatMap((kind) => routes[kind].list().flatMap(({ metadata }) => [...readRouteMarks(metadata).keys()])),
  };
}
