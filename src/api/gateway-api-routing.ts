/**
 * What `trafficRouting.plugins["argoproj-labs/gatewayAPI"]` says: which routes of the Gateway API carry the weights. The CRD keeps the
 * block as it is, so it is read here, with the same leniency as an object of its own.
 */
import * as z from 'zod';
import { type DeepReadonly, flag, list, object, rawJson, requiredText, text } from './fields.ts';
import { labelSelectorSchema } from './kubernetes-fields.ts';
import { mend } from './mend.ts';
import { gatewayApiPlugin } from './names.ts';
import type { Problem } from './problem.ts';
import type { TrafficRouting } from './rollout.ts';

const routeRefSchema = z.object({
  name: requiredText('Name of the route.'),
  useHeaderRoutes: flag('True also writes header routes into it.'),
});

export const gatewayApiRoutingSchema = z.object({
  httpRoute: text('One HTTPRoute by name; header routes are written into it.'),
  grpcRoute: text('One GRPCRoute by name; header routes are written into it.'),
  tcpRoute: text('One TCPRoute by name.'),
  tlsRoute: text('One TLSRoute by name.'),
  httpRoutes: list(routeRefSchema, 'Several HTTPRoutes.'),
  grpcRoutes: list(routeRefSchema, 'Several GRPCRoutes.'),
  tcpRoutes: list(routeRefSchema, 'Several TCPRoutes.'),
  tlsRoutes: list(routeRefSchema, 'Several TLSRoutes.'),
  httpRouteSelector: object(labelSelectorSchema, 'Every HTTPRoute with these labels.'),
  grpcRouteSelector: object(labelSelectorSchema, 'Every GRPCRoute with these labels.'),
  tcpRouteSelector: object(labelSelectorSchema, 'Every TCPRoute with these labels.'),
  tlsRouteSelector: object(labelSelectorSchema, 'Every TLSRoute with these labels.'),
  namespace: text('Namespace of the routes; that of the Rollout if absent.'),
  disableInProgressLabel: flag('True does not label routes while the canary has weight.'),
  inProgressLabelKey: text('Key of that label.'),
  inProgressLabelValue: text('Value of that label.'),
  configMap: rawJson('Left from older versions; ignored.'),
});

export type GatewayApiRouting = DeepReadonly<z.infer<typeof gatewayApiRoutingSchema>>;

/** Where the block stands, as users write it. */
export const gatewayApiRoutingPath = `spec.strategy.canary.trafficRouting.plugins[${JSON.stringify(gatewayApiPlugin)}]`;

/** Undefined if the block is not there; problems carry whole paths. */
export function decodeGatewayApiRouting(
  trafficRouting: TrafficRouting | undefined,
): { readonly routing: GatewayApiRouting; readonly problems: readonly Problem[] } | undefined {
  const block = trafficRouting?.plugins?.[gatewayApiPlugin];
  if (block === undefined) return undefined;
  const { value: routing, problems } = mend(gatewayApiRoutingSchema, block);
  const named = problems.map(({ path, message }) => ({ path: joinPath(path), message }));
  return { routing, problems: namesNoRoute(routing) && named.length === 0 ? [noRoute] : named };
}

const noRoute: Problem = {
  path: gatewayApiRoutingPath,
  message: 'names no route; set httpRoute, grpcRoute, tcpRoute or tlsRoute, their lists, or their selectors',
};

function namesNoRoute(routing: GatewayApiRouting): boolean {
  const { httpRoute, grpcRoute, tcpRoute, tlsRoute, httpRoutes, grpcRoutes, tcpRoutes, tlsRoutes } = routing;
  const { httpRouteSelector, grpcRouteSelector, tcpRouteSelector, tlsRouteSelector } = routing;
  const names = [httpRoute, grpcRoute, tcpRoute, tlsRoute].some((name) => name !== undefined && name !== '');
  const lists = [httpRoutes, grpcRoutes, tcpRoutes, tlsRoutes].some((refs) => refs !== undefined && refs.length > 0);
  const selectors = [httpRouteSelector, grpcRouteSelector, tcpRouteSelector, tlsRouteSelector];
  return !names && !lists && selectors.every((selector) => selector === undefined);
}

function joinPath(path: string): string {
  if (path === '') return gatewayApiRoutingPath;
  return path.startsWith('[') ? gatewayApiRoutingPath + path : `${gatewayApiRoutingPath}.${path}`;
}
