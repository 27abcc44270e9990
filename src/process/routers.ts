/** Makes the routers for the routes that a Rollout names, as one, and what gives routes back without them. */
import { decodeGatewayApiRouting } from '../api/gateway-api-routing.ts';
import { matchesLabels } from '../api/label-selector.ts';
import { nginxRouting, nginxRoutingPath } from '../api/nginx-routing.ts';
import type { Rollout } from '../api/rollout.ts';
import { readRouteMarks } from '../api/route-mark.ts';
import { nginxProblems } from '../api/validation/nginx.ts';
import type { RouterFactory } from '../controllers/rollout/memory.ts';
import { inTurn } from '../core/rollout/ping-pong.ts';
import type { ControllerOptions } from '../options/controller-options.ts';
import { CompositeReleaser, CompositeRouter } from '../providers/traffic/composite-router.ts';
import { GatewayApiRouter } from '../providers/traffic/gateway-api/gateway-api-router.ts';
import { MarkedRoutes } from '../providers/traffic/gateway-api/marked-routes.ts';
import { type Route, routeKinds } from '../providers/traffic/gateway-api/route-object.ts';
import type { RouteSource } from '../providers/traffic/gateway-api/route-selection.ts';
import type { Ingress, IngressSource } from '../providers/traffic/nginx/ingress-object.ts';
import { MarkedIngresses } from '../providers/traffic/nginx/marked-ingresses.ts';
import { NginxRouter } from '../providers/traffic/nginx/nginx-router.ts';
import type { RouteReleaser, TrafficRouter } from '../providers/traffic/traffic-router.ts';
import type { Cluster } from '../runtime/cluster.ts';
import type { Watches } from './watches.ts';

type RouteWatches = Pick<Watches, 'routes' | 'routeResources' | 'ingresses' | 'ingressTrouble'>;

export interface RouterParts {
  readonly cluster: Cluster;
  readonly watches: RouteWatches;
  readonly options: Pick<ControllerOptions, 'nginxIngressClasses' | 'nginxPropagationMs'>;
  readonly now: () => number;
}

export function createRouterFactory(parts: RouterParts): RouterFactory {
  const makers = [gatewayApiMaker(parts), nginxMaker(parts)];
  return (rollout) => {
    const routers = makers.flatMap((make) => make(rollout) ?? []);
    return routers.length > 1 ? new CompositeRouter(routers) : routers[0];
  };
}

export function createRouteReleaser(cluster: Cluster, watches: RouteWatches): RouteReleaser {
  return new CompositeReleaser([
    new MarkedRoutes(cluster, routeSource(watches)),
    new MarkedIngresses(cluster, ingressSource(watches)),
  ]);
}

/** Undefined where the Rollout names no route of this kind. */
type Maker = (rollout: Rollout) => TrafficRouter | undefined;

function gatewayApiMaker({ cluster, watches }: RouterParts): Maker {
  const source = routeSource(watches);
  return ({ metadata, spec, status }) => {
    const canary = inTurn(spec.strategy?.canary ?? {}, status?.canary);
    const { trafficRouting, stableService = '', canaryService = '' } = canary;
    const decoded = decodeGatewayApiRouting(trafficRouting);
    if (decoded === undefined) return undefined;
    return new GatewayApiRouter({
      ...decoded,
      namespace: metadata.namespace ?? '',
      rollout: metadata.name,
      stableService,
      canaryService,
      maxWeight: trafficRouting?.maxTrafficWeight,
      managedNames: trafficRouting?.managedRoutes?.map(({ name }) => name),
      cluster,
      source,
      resources: watches.routeResources,
    });
  };
}

function nginxMaker({ cluster, watches, options, now }: RouterParts): Maker {
  const source = ingressSource(watches);
  return ({ metadata, spec }) => {
    const { trafficRouting } = spec.strategy?.canary ?? {};
    const routing = nginxRouting(trafficRouting);
    const block = trafficRouting?.nginx;
    if (routing === undefined || block === undefined) return undefined;
    return new NginxRouter({
      routing,
      isUnread: nginxProblems(block, nginxRoutingPath).length > 0,
      owner: { namespace: metadata.namespace ?? '', name: metadata.name, uid: metadata.uid ?? '' },
      maxTrafficWeight: trafficRouting?.maxTrafficWeight,
      classes: options.nginxIngressClasses,
      propagationMs: options.nginxPropagationMs,
      now,
      cluster,
      source,
    });
  };
}

/** Routes as the stores have them. */
function routeSource({ routes, routeResources }: RouteWatches): RouteSource {
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

const ingressTroubles = {
  forbidden:
    'Ingresses may not be read: give Rampart the rights, with the chart by rbac.nginx: true; they are looked for again within a minute',
  'not-found': 'this cluster does not serve Ingresses (networking.k8s.io/v1); they are looked for again within a minute',
};

/** Ingresses as the store has them. */
function ingressSource({ ingresses, ingressTrouble }: RouteWatches): IngressSource {
  return {
    get: (namespace, name) => ingresses.get(namespace, name) as Ingress | undefined,
    marked: (rollout) => ingresses.byIndex('mark', rollout) as readonly Ingress[],
    markedRollouts: () => ingresses.list().flatMap(({ metadata }) => [...readRouteMarks(metadata).keys()]),
    trouble: () => {
      const trouble = ingressTrouble();
      return trouble && ingressTroubles[trouble];
    },
  };
}
