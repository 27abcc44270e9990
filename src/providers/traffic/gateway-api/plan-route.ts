/**
 * What has to change in one live route so that it carries the wanted weights: JSON patch operations on the weights of our two backends,
 * and on our label. Everything else of the route is the user's and is not touched.
 */
import type { BackendRef, Route } from './route-object.ts';

/** What one route shall carry. */
export interface RouteIntent {
  readonly stableService: string;
  readonly canaryService: string;
  /** Of the two Services: the Rollout's. */
  readonly serviceNamespace: string;
  readonly canaryWeight: number;
  readonly stableWeight: number;
  /** Worn by the route while the canary has weight; undefined where the user wants none. */
  readonly inProgressLabel: { readonly key: string; readonly value: string } | undefined;
}

export interface PatchOperation {
  readonly op: 'test' | 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

/**
 * `operations`: empty where the route is as it should be; otherwise they begin with tests that fail if someone has changed, since
 * `route` was read, what the operations rely on. `problem`: a sentence, without the route's name, that says why no weight can be written.
 */
export type RoutePlan =
  | { readonly kind: 'operations'; readonly operations: readonly PatchOperation[] }
  | { readonly kind: 'problem'; readonly message: string };

/** The backends of one rule that are ours, by their place in it. */
interface OwnedRule {
  readonly index: number;
  readonly backends: readonly BackendRef[];
  readonly stable: readonly number[];
  readonly canary: readonly number[];
}

type Services = Pick<RouteIntent, 'stableService' | 'canaryService' | 'serviceNamespace'>;

export function planRoute(route: Route, intent: RouteIntent): RoutePlan {
  const rules = ownedRules(route, intent);
  const problem = ruleProblem(rules, route, intent);
  if (problem !== undefined) return { kind: 'problem', message: problem };
  return {
    kind: 'operations',
    operations: [...rules.flatMap((rule) => weightOperations(rule, intent)), ...labelOperations(route, intent)],
  };
}

/** What gives a route back: stable whole, our label gone. Where no weights can be written none of ours are there, but the label may be. */
export function planRelease(
  route: Route,
  services: Omit<RouteIntent, 'canaryWeight' | 'stableWeight'>,
  maxWeight: number,
): RoutePlan {
  const whole = { ...services, canaryWeight: 0, stableWeight: maxWeight };
  const plan = planRoute(route, whole);
  return plan.kind === 'problem' ? { kind: 'operations', operations: labelOperations(route, whole) } : plan;
}

/**
 * The largest share of requests that a rule of this route sends to the canary, in parts of `maxWeight`, rounded up: 0 only where
 * none does.
 */
export function liveCanaryWeight(route: Route, services: Services, maxWeight: number): number {
  const shares = ownedRules(route, services).map(({ backends, stable, canary }) => {
    const weigh = (places: readonly number[]) => places.reduce((sum, place) => sum + (backends[place]?.weight ?? 1), 0);
    const total = weigh(stable) + weigh(canary);
    return total === 0 ? 0 : Math.ceil((weigh(canary) * maxWeight) / total);
  });
  return Math.max(0, ...shares);
}

/** Rules that name both Services; those with one of them are someone else's business. */
function ownedRules(route: Route, services: Services): readonly OwnedRule[] {
  const { stableService, canaryService } = services;
  return (route.spec?.rules ?? []).flatMap(({ backendRefs: backends = [] }, index) => {
    const places = (name: string) =>
      backends.flatMap((backend, place) => (isService(backend, name, route, services) ? [place] : []));
    const [stable, canary] = [places(stableService), places(canaryService)];
    return stable.length > 0 && canary.length > 0 ? [{ index, backends, stable, canary }] : [];
  });
}

function isService(backend: BackendRef, name: string, route: Route, { serviceNamespace }: Services): boolean {
  const { group = '', kind = 'Service', namespace = route.metadata.namespace } = backend;
  return group === '' && kind === 'Service' && backend.name === name && namespace === serviceNamespace;
}

function ruleProblem(rules: readonly OwnedRule[], route: Route, intent: RouteIntent): string | undefined {
  const { stableService, canaryService, serviceNamespace } = intent;
  if (rules.length === 0) {
    const elsewhere = route.metadata.namespace === serviceNamespace ? '' : ` with namespace: ${serviceNamespace}`;
    return `has no rule that names both Services ${stableService} and ${canaryService} as backends${elsewhere}; add both to its backendRefs`;
  }
  const uneven = rules.find(({ stable, canary }) => stable.length !== canary.length);
  if (uneven === undefined) return undefined;
  const [stable, canary] = [uneven.stable.length, uneven.canary.length];
  return (
    `names ${stableService} ${stable} times and ${canaryService} ${canary} times in rule ${uneven.index}, ` +
    'so no weights can split its traffic as asked; name them equally often'
  );
}

function weightOperations({ index, backends, stable, canary }: OwnedRule, intent: RouteIntent): readonly PatchOperation[] {
  const path = `/spec/rules/${index}/backendRefs`;
  const set = (places: readonly number[], weight: number) =>
    places.flatMap((place): PatchOperation[] =>
      backends[place]?.weight === weight ? [] : [{ op: 'add', path: `${path}/${place}/weight`, value: weight }],
    );
  const changes = [...set(stable, intent.stableWeight), ...set(canary, intent.canaryWeight)];
  // The rule may have moved, or its backends: nothing is written into a list other than the one that was read.
  return changes.length === 0 ? [] : [{ op: 'test', path, value: backends }, ...changes];
}

function labelOperations(route: Route, { canaryWeight, inProgressLabel }: RouteIntent): readonly PatchOperation[] {
  if (inProgressLabel === undefined) return [];
  const { key, value } = inProgressLabel;
  const { labels, resourceVersion } = route.metadata;
  const present = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  const path = `/metadata/labels/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  if (canaryWeight === 0) {
    return present === undefined
      ? []
      : [
          { op: 'test', path, value: present },
          { op: 'remove', path },
        ];
  }
  if (present === value) return [];
  if (labels !== undefined && Object.keys(labels).length > 0) return [{ op: 'add', path, value }];
  // Adding the whole map must not wipe out labels that were added meanwhile.
  return [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'add', path: '/metadata/labels', value: { [key]: value } },
  ];
}
