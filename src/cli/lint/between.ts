/** What lint says of objects together: routes and ingresses that do not fit the Rollouts which name them, and Services that two Rollouts share. */
import { decodeRollout } from '../../api/decode.ts';
import { decodeGatewayApiRouting } from '../../api/gateway-api-routing.ts';
import type { Rollout } from '../../api/rollout.ts';
import { isFields } from './documents.ts';
import { error, type Remark } from './finding.ts';
import type { Placed } from './manifests.ts';

const routeKinds = { httpRoute: 'HTTPRoute', grpcRoute: 'GRPCRoute', tcpRoute: 'TCPRoute', tlsRoute: 'TLSRoute' } as const;
type RouteField = keyof typeof routeKinds;

export function remarksBetween(placed: readonly Placed[]): readonly (readonly [Placed, Remark])[] {
  const rollouts = placed.filter(({ kind, group }) => kind === 'Rollout' && group === 'argoproj.io');
  const users = new Map<string, string>();
  return rollouts.flatMap((one) => {
    const { rollout } = decodeRollout(one.object);
    const find = (kind: string, name: string, namespace = one.namespace) =>
      placed.find((other) => other.kind === kind && other.name === name && other.namespace === namespace);
    const remarks = [...sharedServices(one, rollout, users), ...routeRemarks(rollout, find), ...ingressRemarks(rollout, find)];
    return remarks.map((remark) => [one, remark] as const);
  });
}

function sharedServices({ namespace, name }: Placed, { spec }: Rollout, users: Map<string, string>): readonly Remark[] {
  const { canary, blueGreen } = spec.strategy ?? {};
  const fields = [
    ['canary.canaryService', canary?.canaryService],
    ['canary.stableService', canary?.stableService],
    ['blueGreen.activeService', blueGreen?.activeService],
    ['blueGreen.previewService', blueGreen?.previewService],
  ] as const;
  return fields.flatMap(([field, service]) => {
    if (service === undefined || service === '') return [];
    const user = users.get(`${namespace}/${service}`);
    users.set(`${namespace}/${service}`, name);
    return user === undefined || user === name
      ? []
      : [
          error(
            `spec.strategy.${field}`,
            `Service "${service}" is used by Rollout ${user} as well; each needs Services of its own`,
          ),
        ];
  });
}

type Find = (kind: string, name: string, namespace?: string) => Placed | undefined;

function routeRemarks({ spec }: Rollout, find: Find): readonly Remark[] {
  const { canary } = spec.strategy ?? {};
  const routing = decodeGatewayApiRouting(canary?.trafficRouting)?.routing;
  if (routing === undefined || canary?.stableService === undefined || canary.canaryService === undefined) return [];
  const wanted = [canary.stableService, canary.canaryService];
  const path = 'spec.strategy.canary.trafficRouting.plugins["argoproj-labs/gatewayAPI"]';
  return (Object.keys(routeKinds) as RouteField[]).flatMap((field) => {
    const single = routing[field];
    const named = [
      ...(single === undefined ? [] : [[field, single] as const]),
      ...(routing[`${field}s`] ?? []).map(({ name }, index) => [`${field}s[${index}].name`, name] as const),
    ];
    return named.flatMap(([at, name]) => {
      const route = find(routeKinds[field], name, routing.namespace);
      if (route === undefined || backendsOfRules(route).some((names) => wanted.every((service) => names.has(service)))) return [];
      return [
        error(
          `${path}.${at}`,
          `no rule of ${routeKinds[field]} "${name}" has both ${wanted.join(' and ')} as backends; weights could not be set`,
        ),
      ];
    });
  });
}

/** Names of the Services behind each rule. */
function backendsOfRules({ object }: Placed): readonly ReadonlySet<unknown>[] {
  const rules: unknown = isFields(object.spec) ? object.spec.rules : undefined;
  return listOf(rules).map((rule) => new Set(listOf(rule.backendRefs).map(({ name }) => name)));
}

function ingressRemarks({ spec }: Rollout, find: Find): readonly Remark[] {
  const canary = spec.strategy?.canary;
  const nginx = canary?.trafficRouting?.nginx;
  if (nginx === undefined || canary?.stableService === undefined) return [];
  const path = 'spec.strategy.canary.trafficRouting.nginx';
  const named = [
    ...(nginx.stableIngress === undefined ? [] : [['stableIngress', nginx.stableIngress] as const]),
    ...(nginx.stableIngresses ?? []).map((name, index) => [`stableIngresses[${index}]`, name] as const),
  ];
  return named.flatMap(([at, name]) => {
    const ingress = find('Ingress', name);
    if (ingress === undefined || servicesOfIngress(ingress).has(canary.stableService)) return [];
    return [
      error(
        `${path}.${at}`,
        `no rule of Ingress "${name}" has stableService ${canary.stableService} as its backend; there is nothing to split`,
      ),
    ];
  });
}

function servicesOfIngress({ object }: Placed): ReadonlySet<unknown> {
  const rules: unknown = isFields(object.spec) ? object.spec.rules : undefined;
  const paths = listOf(rules).flatMap(({ http }) => listOf(isFields(http) ? http.paths : undefined));
  return new Set(paths.map(({ backend }) => (isFields(backend) && isFields(backend.service) ? backend.service.name : undefined)));
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}
