/** Which live routes a Rollout's configuration means, found in caches alone, and which of those it names are not there. */
import type { GatewayApiRouting } from '../../../api/gateway-api-routing.ts';
import { gatewayApiRoutingPath } from '../../../api/gateway-api-routing.ts';
import type { LabelSelector } from '../../../api/kubernetes.ts';
import { gatewayInProgress } from '../../../api/names.ts';
import type { Problem } from '../../../api/problem.ts';
import type { Resource } from '../../../runtime/cluster.ts';
import { type Route, type RouteKind, routeKinds } from './route-object.ts';

/** Where routes are looked up without asking the API server. */
export interface RouteSource {
  get(resource: Resource, namespace: string, name: string): Route | undefined;
  /** Every route that the selector matches; an empty selector matches all. */
  list(resource: Resource, namespace: string, selector: LabelSelector): readonly Route[];
  /** Routes that are marked for this Rollout (`namespace/name`), wherever they are. */
  marked(rollout: string): readonly MarkedRoute[];
  /** Rollouts for which any route is marked, some perhaps more than once. */
  markedRollouts(): Iterable<string>;
}

export interface MarkedRoute {
  readonly resource: Resource;
  readonly route: Route;
}

/** A route as the configuration means it, live or missing. */
export interface SelectedRoute {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  /** Undefined: not there. */
  readonly live: Route | undefined;
  /** Where the configuration names it. */
  readonly path: string;
  /** The configuration wants header and mirror routes written into it. */
  readonly takesManaged: boolean;
}

export interface RouteSelection {
  /** Each route once, in the order of kinds and names. */
  readonly routes: readonly SelectedRoute[];
  /** Routes that are not there, and selectors that match nothing. */
  readonly problems: readonly Problem[];
}

/** `kind/namespace/name` */
export function routeKey({ resource, namespace, name }: SelectedRoute): string {
  return `${resource.kind}/${namespace}/${name}`;
}

/** A route that no configuration names any more, with the mark by which it was found. */
export function strayRoute({ resource, route }: MarkedRoute): SelectedRoute {
  const { namespace = '', name } = route.metadata;
  return { resource, namespace, name, live: route, path: '', takesManaged: false };
}

export interface SelectionScope {
  readonly routing: GatewayApiRouting;
  /** The Rollout's. */
  readonly namespace: string;
  readonly source: RouteSource;
  readonly resources: Readonly<Record<RouteKind, Resource>>;
}

export function selectRoutes(scope: SelectionScope): RouteSelection {
  const found = new Map<string, SelectedRoute>();
  const problems: Problem[] = [];
  const add = (route: SelectedRoute): void => {
    const key = `${route.resource.kind}/${route.name}`;
    if (found.has(key)) return;
    found.set(key, route);
    if (route.live === undefined) problems.push(missing(route));
  };
  for (const kind of routeKinds) {
    for (const route of named(scope, kind)) add(route);
    const { matching, problem } = matched(scope, kind);
    for (const route of matching) add(route);
    if (problem !== undefined) problems.push(problem);
  }
  return { routes: [...found.values()], problems };
}

/** The label of routes in progress; undefined where the user switched it off. */
export function inProgressLabel(routing: GatewayApiRouting): { readonly key: string; readonly value: string } | undefined {
  if (routing.disableInProgressLabel === true) return undefined;
  const { inProgressLabelKey: key, inProgressLabelValue: value } = routing;
  return {
    key: key === undefined || key === '' ? gatewayInProgress.key : key,
    value: value === undefined || value === '' ? gatewayInProgress.value : value,
  };
}

function routeNamespace({ routing, namespace }: SelectionScope): string {
  return routing.namespace === undefined || routing.namespace === '' ? namespace : routing.namespace;
}

function named(scope: SelectionScope, kind: RouteKind): readonly SelectedRoute[] {
  const { routing, source } = scope;
  const resource = scope.resources[kind];
  const namespace = routeNamespace(scope);
  const single = routing[kind];
  const several = routing[`${kind}s`] ?? [];
  const hasHeaders = kind === 'httpRoute' || kind === 'grpcRoute';
  const references = [
    ...(single === undefined || single === ''
      ? []
      : [{ name: single, path: `${gatewayApiRoutingPath}.${kind}`, takesManaged: hasHeaders }]),
    ...several.map(({ name, useHeaderRoutes }, index) => ({
      name,
      path: `${gatewayApiRoutingPath}.${kind}s[${index}]`,
      takesManaged: hasHeaders && useHeaderRoutes === true,
    })),
  ];
  return references.map((reference) => ({
    ...reference,
    resource,
    namespace,
    live: source.get(resource, namespace, reference.name),
  }));
}

function matched(
  scope: SelectionScope,
  kind: RouteKind,
): { readonly matching: readonly SelectedRoute[]; readonly problem: Problem | undefined } {
  const selector = scope.routing[`${kind}Selector`];
  if (selector === undefined) return { matching: [], problem: undefined };
  const resource = scope.resources[kind];
  const namespace = routeNamespace(scope);
  const path = `${gatewayApiRoutingPath}.${kind}Selector`;
  const live = scope.source.list(resource, namespace, selector as LabelSelector);
  const matching = live
    .map((route) => ({ resource, namespace, name: route.metadata.name, path, live: route, takesManaged: false }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const message = `no ${resource.kind} of namespace ${namespace} has the labels that this selector asks for`;
  return { matching, problem: matching.length === 0 ? { path, message } : undefined };
}

function missing({ resource, namespace, name, path }: SelectedRoute): Problem {
  const message = `${resource.kind} ${name} does not exist in namespace ${namespace}; create it or name another`;
  return { path, message, isMissing: true };
}
