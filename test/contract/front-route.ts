/** The route `front` of the Rollout `shop/shop` on a double of the API server, and routers for it. */
import type { GatewayApiRouting } from '../../src/api/gateway-api-routing.ts';
import type { DesiredRoutes } from '../../src/core/rollout/routes.ts';
import { GatewayApiRouter, type GatewayApiRouterOptions } from '../../src/providers/traffic/gateway-api/gateway-api-router.ts';
import type { Route } from '../../src/providers/traffic/gateway-api/route-object.ts';
import type { RouteDouble } from './route-double.ts';

export const never = new AbortController().signal;

export function route(
  name: string,
  fields: { kind?: string; namespace?: string; labels?: Record<string, string>; extra?: object } = {},
): Route {
  const { kind = 'HTTPRoute', namespace = 'shop', labels, extra } = fields;
  return {
    kind,
    metadata: { name, namespace, ...(labels && { labels }) },
    spec: {
      parentRefs: [{ name: 'web' }],
      rules: [
        {
          backendRefs: [
            { name: 'stable', port: 80, weight: 100, ...extra },
            { name: 'canary', port: 80, weight: 0, ...extra },
          ],
        },
        { backendRefs: [{ name: 'stable', port: 80, weight: 1, ...extra }] },
      ],
    },
  };
}

export function routerFor(
  double: RouteDouble,
  routing: GatewayApiRouting = { httpRoute: 'front' },
  others: Partial<GatewayApiRouterOptions> = {},
): GatewayApiRouter {
  const { cluster, source } = double;
  return new GatewayApiRouter({
    routing,
    problems: [],
    namespace: 'shop',
    rollout: 'shop',
    stableService: 'stable',
    canaryService: 'canary',
    cluster,
    source,
    ...others,
  });
}

export function desire(canaryWeight: number, maxWeight = 100): DesiredRoutes {
  const services = { stableService: 'stable', canaryService: 'canary' };
  return { ...services, canaryWeight, stableWeight: maxWeight - canaryWeight, maxWeight, additional: [], managedRoutes: [] };
}

export function weights({ spec }: Route): (number | undefined)[][] {
  return (spec?.rules ?? []).map(({ backendRefs = [] }) => backendRefs.map(({ weight }) => weight));
}
