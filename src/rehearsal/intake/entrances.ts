/** Where the users of a Rollout come in, by what the manifests have: routes, Ingresses, the Service in front of all its pods, or one that is made up. */
import { decodeGatewayApiRouting } from '../../api/gateway-api-routing.ts';
import type { KubeObject, Resource } from '../../api/kubernetes.ts';
import { matchesLabels } from '../../api/label-selector.ts';
import { nginxRouting } from '../../api/nginx-routing.ts';
import * as resources from '../../api/resources.ts';
import type { Rollout } from '../../api/rollout.ts';
import type { Entrance } from '../../simulation/traffic/traffic-model.ts';
import { labelText, serviceOf } from './complete.ts';
import { fieldsAt, namespaceOf } from './fields.ts';

export interface Entry {
  /** `requestsPerSecond` is a part of what users send, 0 to 1; of testers it is what it says. */
  readonly entrances: readonly Entrance[];
  readonly madeUp: readonly KubeObject[];
  readonly assumptions: readonly string[];
  readonly hasGatewayRoutes: boolean;
}

export interface EntryOptions {
  readonly rollout: Rollout;
  readonly podLabels: Readonly<Record<string, string>>;
  readonly objects: readonly KubeObject[];
}

/** Of testers; enough that rates can be computed from it. */
const previewRequestsPerSecond = 1;

export function entryOf(options: EntryOptions): Entry {
  const { rollout } = options;
  const namespace = namespaceOf(rollout);
  const { canary, blueGreen } = rollout.spec.strategy ?? {};
  const routes = routesOf(options);
  if (routes.length > 0) return { ...spread(routes), madeUp: [], assumptions: [comeInBy('route', routes)], hasGatewayRoutes: true };
  const ingresses = nginxRouting(canary?.trafficRouting)?.ingresses ?? [];
  if (ingresses.length > 0) {
    const entrances = ingresses.map(({ name }): Entrance => ({ requestsPerSecond: 1, namespace, to: { ingress: name } }));
    return { ...spread(entrances), madeUp: [], assumptions: [comeInBy('Ingress', entrances)], hasGatewayRoutes: false };
  }
  if (blueGreen?.activeService !== undefined) return blueGreenEntry(blueGreen, namespace);
  return serviceEntry(options);
}

function blueGreenEntry(
  { activeService = '', previewService }: { activeService?: string | undefined; previewService?: string | undefined },
  namespace: string,
): Entry {
  const users: Entrance = { requestsPerSecond: 1, namespace, to: { service: activeService } };
  const sentence = `Users come in by Service ${activeService}.`;
  if (previewService === undefined) return { entrances: [users], madeUp: [], assumptions: [sentence], hasGatewayRoutes: false };
  const testers: Entrance = {
    requestsPerSecond: previewRequestsPerSecond,
    namespace,
    to: { service: previewService },
    from: 'testers',
  };
  return {
    entrances: [users, testers],
    madeUp: [],
    assumptions: [
      sentence,
      `Testers send ${previewRequestsPerSecond} request a second to Service ${previewService}; without any, an analysis before the switch finds no data. What they lose counts as no loss to users.`,
    ],
    hasGatewayRoutes: false,
  };
}

/** The Service in front of all pods, if there is one; else the stable one; else one that is made up. */
function serviceEntry({ rollout, podLabels, objects }: EntryOptions): Entry {
  const namespace = namespaceOf(rollout);
  const { stableService, canaryService } = rollout.spec.strategy?.canary ?? {};
  const named = objects.find((one) => {
    const selector = fieldsAt(one, 'spec', 'selector') as Readonly<Record<string, string>> | undefined;
    const isAround =
      one.kind === 'Service' && namespaceOf(one) === namespace && selector !== undefined && Object.keys(selector).length > 0;
    const isOurs = one.metadata.name === stableService || one.metadata.name === canaryService;
    return isAround && !isOurs && matchesLabels({ matchLabels: selector }, podLabels);
  })?.metadata.name;
  const service = named ?? stableService;
  const entrance = (name: string): Entrance => ({ requestsPerSecond: 1, namespace, to: { service: name } });
  if (service !== undefined) {
    const alone = named === undefined && canaryService !== undefined;
    const sentence = alone
      ? `Users come in by Service ${service}, which leads to the stable version alone: they meet the new one when it is promoted.`
      : `Users come in by Service ${service}.`;
    return { entrances: [entrance(service)], madeUp: [], assumptions: [sentence], hasGatewayRoutes: false };
  }
  const name = `${rollout.metadata.name}-rehearsed`;
  return {
    entrances: [entrance(name)],
    madeUp: [serviceOf(name, namespace, podLabels)],
    assumptions: [
      `None of the files has a Service for the pods of Rollout ${rollout.metadata.name}: users are taken to come in by one that selects ${labelText(podLabels)}.`,
    ],
    hasGatewayRoutes: false,
  };
}

function comeInBy(what: string, entrances: readonly Entrance[]): string {
  const names = entrances.map(({ to }) => ('route' in to ? to.route : 'ingress' in to ? to.ingress : to.service));
  return `Users come in by ${what} ${names.join(', ')}${names.length > 1 ? ', evenly' : ''}.`;
}

function spread(entrances: readonly Entrance[]): Pick<Entry, 'entrances'> {
  return { entrances: entrances.map((one) => ({ ...one, requestsPerSecond: 1 / entrances.length })) };
}

function routesOf({ rollout, objects }: EntryOptions): readonly Entrance[] {
  const routing = decodeGatewayApiRouting(rollout.spec.strategy?.canary?.trafficRouting)?.routing;
  if (routing === undefined) return [];
  const namespace = routing.namespace ?? namespaceOf(rollout);
  const kinds = [
    [resources.httpRoutes, routing.httpRoute, routing.httpRoutes, routing.httpRouteSelector],
    [resources.grpcRoutes, routing.grpcRoute, routing.grpcRoutes, routing.grpcRouteSelector],
    [resources.tcpRoutes, routing.tcpRoute, routing.tcpRoutes, routing.tcpRouteSelector],
    [resources.tlsRoutes, routing.tlsRoute, routing.tlsRoutes, routing.tlsRouteSelector],
  ] as const;
  return kinds.flatMap(([resource, single, many, selector]) => {
    const names = new Set([single, ...(many ?? []).map(({ name }) => name)].filter((name) => name !== undefined && name !== ''));
    for (const { kind, metadata } of objects)
      if (
        kind === resource.kind &&
        metadata.namespace === namespace &&
        selector !== undefined &&
        matchesLabels(selector, metadata.labels ?? {})
      )
        names.add(metadata.name);
    return [...names].map(
      (route): Entrance => ({ requestsPerSecond: 1, namespace, to: { route: route ?? '', resource: resource as Resource } }),
    );
  });
}
