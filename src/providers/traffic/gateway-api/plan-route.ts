/**
 * What has to change in one live route so that it carries the wanted weights: JSON patch operations on the weights of our two backends,
 * on our label, and on the annotation that says whose weights they are. Everything else of the route is the user's and is not touched.
 */
import { annotations } from '../../../api/names.ts';
import { type RouteMark, readRouteMarks, routeMarksText } from '../../../api/route-mark.ts';
import type { BackendRef, Route } from './route-object.ts';

/** What one route shall carry. */
export interface RouteIntent {
  /** `namespace/name` of the Rollout that wants it. */
  readonly rollout: string;
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
  const changes = [...rules.flatMap((rule) => weightOperations(rule, intent)), ...labelOperations(route, intent)];
  return { kind: 'operations', operations: [...changes, ...markOperations(route, intent, changes.length > 0)] };
}

/** What gives a route back: stable whole, nothing else of ours left. Where no weights can be written, none of ours are there. */
export function planRelease(
  route: Route,
  services: Omit<RouteIntent, 'canaryWeight' | 'stableWeight'>,
  maxWeight: number,
): RoutePlan {
  const whole = { ...services, canaryWeight: 0, stableWeight: maxWeight };
  const plan = planRoute(route, whole);
  if (plan.kind === 'operations') return plan;
  return { kind: 'operations', operations: [...labelOperations(route, whole), ...markOperations(route, whole, false)] };
}

/** The same by what the route itself says of the Rollout; nothing where it says nothing. */
export function planMarkedRelease(route: Route, rollout: string): RoutePlan {
  const mark = readRouteMarks(route.metadata).get(rollout);
  if (mark === undefined) return { kind: 'operations', operations: [] };
  const services = {
    rollout,
    stableService: mark.stable,
    canaryService: mark.canary,
    serviceNamespace: rollout.slice(0, rollout.indexOf('/')),
    inProgressLabel: mark.label === undefined ? undefined : { key: mark.label, value: '' },
  };
  return planRelease(route, services, mark.maxWeight);
}

/** True where the route carries something for this Rollout that the intent does not speak of: other Services, another label. */
export function isMarkedOtherwise(route: Route, intent: Omit<RouteIntent, 'canaryWeight' | 'stableWeight'>): boolean {
  const mark = readRouteMarks(route.metadata).get(intent.rollout);
  if (mark === undefined) return false;
  const { stableService, canaryService, inProgressLabel } = intent;
  return mark.stable !== stableService || mark.canary !== canaryService || mark.label !== inProgressLabel?.key;
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

function labelOperations(route: Route, intent: RouteIntent): readonly PatchOperation[] {
  const { canaryWeight, inProgressLabel } = intent;
  if (inProgressLabel === undefined) return [];
  const { key, value } = inProgressLabel;
  const { labels, resourceVersion } = route.metadata;
  const present = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  const path = `/metadata/labels/${pointer(key)}`;
  if (canaryWeight === 0) {
    const isOthers = [...marksBeside(route, intent).values()].some(({ label }) => label === key);
    return present === undefined || isOthers
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

/**
 * A mark is written with weights or the label, never alone: a tool that takes it off is not fought with. It goes with the weight.
 */
function markOperations(route: Route, intent: RouteIntent, isWrittenAnyway: boolean): readonly PatchOperation[] {
  const { rollout, canaryWeight, stableWeight, stableService, canaryService, inProgressLabel } = intent;
  const marks = new Map(marksBeside(route, intent));
  if (canaryWeight > 0) {
    const maxWeight = canaryWeight + stableWeight;
    marks.set(rollout, { stable: stableService, canary: canaryService, maxWeight, label: inProgressLabel?.key });
  } else if (!readRouteMarks(route.metadata).has(rollout)) return [];
  if (canaryWeight > 0 && !isWrittenAnyway) return [];
  return annotationOperations(route, routeMarksText(marks));
}

function annotationOperations({ metadata }: Route, value: string | undefined): readonly PatchOperation[] {
  const { annotations: worn, resourceVersion } = metadata;
  const present = worn?.[annotations.weightsOf];
  if (present === value) return [];
  const path = `/metadata/annotations/${pointer(annotations.weightsOf)}`;
  if (present !== undefined) {
    const test: PatchOperation = { op: 'test', path, value: present };
    return value === undefined ? [test, { op: 'remove', path }] : [test, { op: 'replace', path, value }];
  }
  // Nothing can test for absence: neither another Rollout's mark nor a whole map that came meanwhile may be lost.
  const test: PatchOperation = { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion };
  // An empty map is one that is not kept whole in the store: it is there.
  if (worn !== undefined) return [test, { op: 'add', path, value }];
  return [test, { op: 'add', path: '/metadata/annotations', value: { [annotations.weightsOf]: value } }];
}

/** Marks of the other Rollouts that use this route. */
function marksBeside(route: Route, { rollout }: Pick<RouteIntent, 'rollout'>): ReadonlyMap<string, RouteMark> {
  const marks = new Map(readRouteMarks(route.metadata));
  marks.delete(rollout);
  return marks;
}

/** A key as part of a JSON pointer. */
function pointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
