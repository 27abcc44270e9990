/**
 * What has to change in one live route so that it carries what is wanted: JSON patch operations on the weights of our two backends, on the
 * rules of header and mirror routes, on our label, and on the annotation that says whose they are. The rest is the user's and not touched.
 */
import { isDeepStrictEqual } from 'node:util';
import { annotations } from '../../../api/names.ts';
import { type MarkedRule, type RouteMark, readRouteMarks, routeMarksText } from '../../../api/route-mark.ts';
import type { AdditionalRoute, ManagedRoute } from '../../../core/rollout/routes.ts';
import { additionProblem, backendOperations, type SharedBackends, wantedBackends } from './experiment-backends.ts';
import { isSameRule, type ManagedRule, managedAmong, managedRules } from './managed-rules.ts';
import type { BackendRef, Route, RouteRule } from './route-object.ts';

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
  /** Shares of experiments. */
  readonly additional: readonly AdditionalRoute[];
  /** Header and mirror routes that this route shall carry, in their order. */
  readonly managed: readonly ManagedRoute[];
  /** Names of all that the Rollout may ask for. */
  readonly managedNames: readonly string[];
  /** Services of experiments that this process knows to have added, besides those that the mark names; none if absent. */
  readonly addedBefore?: readonly string[] | undefined;
  /** Worn by the route while the canary has weight or a managed route; undefined where the user wants none. */
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

/** A user's rule with both Services. */
interface OwnedRule extends SharedBackends {
  readonly index: number;
  readonly rule: RouteRule;
}

type Services = Pick<RouteIntent, 'stableService' | 'canaryService' | 'serviceNamespace'>;

/** What it takes to know what is ours in a route. */
export type RouteOwner = Omit<RouteIntent, 'canaryWeight' | 'stableWeight' | 'additional' | 'managed'>;

export function planRoute(route: Route, intent: RouteIntent): RoutePlan {
  const places = managedPlaces(route, intent);
  const rules = ownedRules(route, intent, places);
  const message = ruleProblem(rules, route, intent);
  if (message !== undefined) {
    // Nothing can be given, but what we have given before can be taken.
    const isTaken = !isBusyWith(intent, intent.managed) && (places.length > 0 || addedNames(route, intent).length > 0);
    return isTaken ? takeOff(route, intent, places) : { kind: 'problem', message };
  }
  const managed = wantedRules(route, intent, { rules, places });
  if (typeof managed === 'string') return { kind: 'problem', message: managed };
  const weights = rules.flatMap((rule) => weightOperations(rule, intent));
  const { guard, moves } = managedOperations(route, { places, managed, first: rules[0]?.index ?? 0 });
  const isBusy = isBusyWith(intent, managed);
  const changes = [...guard, ...weights, ...moves, ...labelOperations(route, intent, isBusy)];
  const marked = managed.map((one) => one.marked);
  return {
    kind: 'operations',
    operations: [...changes, ...markOperations(route, intent, { isBusy, marked, isWrittenAnyway: changes.length > 0 })],
  };
}

/** What gives a route back: stable whole, nothing else of ours left. Where no weights can be written, none of ours are there. */
export function planRelease(route: Route, owner: RouteOwner, maxWeight: number): RoutePlan {
  const whole = { ...owner, canaryWeight: 0, stableWeight: maxWeight, additional: [], managed: [] };
  const plan = planRoute(route, whole);
  return plan.kind === 'operations' ? plan : takeOff(route, whole, managedPlaces(route, whole));
}

/** Everything of ours but weights. */
function takeOff(route: Route, intent: RouteIntent, places: readonly number[]): RoutePlan {
  const { guard, moves } = managedOperations(route, { places, managed: [], first: 0 });
  const mark = markOperations(route, intent, { isBusy: false, marked: [], isWrittenAnyway: false });
  const backends = strayOperations(route, intent, places);
  return { kind: 'operations', operations: [...guard, ...backends, ...moves, ...labelOperations(route, intent, false), ...mark] };
}

function isBusyWith({ canaryWeight, additional }: RouteIntent, managed: readonly unknown[]): boolean {
  return canaryWeight > 0 || managed.length > 0 || additional.length > 0;
}

/**
 * Whether the route has come to differ only because the user has edited rules that ours are copies of: what is ours is as it was in
 * `before`, the route as this process last knew it.
 */
export function followsEdits(before: Route, route: Route, intent: RouteIntent): boolean {
  const ours = (one: Route) => managedPlaces(one, intent).map((place) => one.spec?.rules?.[place]);
  if (!isDeepStrictEqual(ours(before), ours(route))) return false;
  const rules = ownedRules(route, intent, managedPlaces(route, intent));
  return rules.every((rule) => weightOperations(rule, intent).length === 0);
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
    managedNames: [],
    inProgressLabel: mark.label === undefined ? undefined : { key: mark.label, value: '' },
  };
  return planRelease(route, services, mark.maxWeight);
}

/**
 * True where the route carries something for this Rollout that the intent does not speak of: other Services, another label. Two Services
 * that have changed their roles are not others: pingPong turns them with all the weight where it was.
 */
export function isMarkedOtherwise(route: Route, intent: RouteOwner): boolean {
  const mark = readRouteMarks(route.metadata).get(intent.rollout);
  if (mark === undefined) return false;
  const { stableService, canaryService, inProgressLabel } = intent;
  const isPair = (stable: string, canary: string): boolean => mark.stable === stable && mark.canary === canary;
  const isSame = isPair(stableService, canaryService) || isPair(canaryService, stableService);
  return !isSame || mark.label !== inProgressLabel?.key;
}

/**
 * The largest share of requests that a rule of the user sends to the canary by weight, in parts of `maxWeight`, rounded up: 0 only where
 * none does.
 */
export function liveCanaryWeight(route: Route, owner: RouteOwner, maxWeight: number): number {
  const shares = ownedRules(route, owner, managedPlaces(route, owner)).map(({ backends, stable, canary, added }) => {
    const weigh = (places: readonly number[]) => places.reduce((sum, place) => sum + (backends[place]?.weight ?? 1), 0);
    const total = weigh(stable) + weigh(canary) + weigh(added);
    return total === 0 ? 0 : Math.ceil((weigh(canary) * maxWeight) / total);
  });
  return Math.max(0, ...shares);
}

/** Rules of the user that name both Services; those with one of them are someone else's business. */
function ownedRules(route: Route, owner: RouteOwner, managed: readonly number[]): readonly OwnedRule[] {
  const { stableService, canaryService } = owner;
  const names = addedNames(route, owner);
  return (route.spec?.rules ?? []).flatMap((rule, index) => {
    const { backendRefs: backends = [] } = rule;
    const places = (name: string) => backends.flatMap((backend, place) => (isService(backend, name, route, owner) ? [place] : []));
    const [stable, canary] = [places(stableService), places(canaryService)];
    if (stable.length === 0 || canary.length === 0 || managed.includes(index)) return [];
    // Ours stand behind the user's, one for each stable backend.
    const added = names.flatMap((name) => places(name).slice(-stable.length));
    return [{ index, rule, backends, stable, canary, added }];
  });
}

/** Where the rules of header and mirror routes stand. */
function managedPlaces(route: Route, owner: RouteOwner): readonly number[] {
  return managedAmong(route.spec?.rules ?? [], {
    marked: readRouteMarks(route.metadata).get(owner.rollout)?.rules ?? [],
    names: owner.managedNames,
    isCanary: (backend) => isService(backend, owner.canaryService, route, owner),
  });
}

function wantedRules(
  route: Route,
  intent: RouteIntent,
  { rules, places }: { readonly rules: readonly OwnedRule[]; readonly places: readonly number[] },
): readonly ManagedRule[] | string {
  const sources = rules.map((owned) => {
    const { index, rule, backends, canary } = owned;
    const own = canary.flatMap((place) =>
      backends[place] === undefined ? [] : [{ ...backends[place], weight: intent.canaryWeight }],
    );
    return { index, rule: { ...rule, backendRefs: wantedBackends(owned, intent) }, canary: own };
  });
  const users = (route.spec?.rules ?? []).filter((_, index) => !places.includes(index));
  const taken = new Set(users.flatMap(({ name }) => name ?? []));
  return managedRules(intent.managed, { kind: route.kind ?? 'HTTPRoute', sources, taken });
}

/** `guard` goes before every other operation on rules, `moves` behind them: they change places. */
function managedOperations(
  route: Route,
  {
    places,
    managed,
    first,
  }: { readonly places: readonly number[]; readonly managed: readonly ManagedRule[]; readonly first: number },
): { readonly guard: readonly PatchOperation[]; readonly moves: readonly PatchOperation[] } {
  const rules = route.spec?.rules ?? [];
  const isThere = managed.every(({ rule }, at) => {
    const live = rules[places[at] ?? -1];
    return live !== undefined && isSameRule(live, rule);
  });
  if (isThere && places.length === managed.length && places.every((place) => place < first || managed.length === 0))
    return { guard: [], moves: [] };
  return {
    // Rules are taken and given by their places: nothing is written into a list other than the one that was read.
    guard: [{ op: 'test', path: '/spec/rules', value: rules }],
    moves: [
      ...[...places].reverse().map((place): PatchOperation => ({ op: 'remove', path: `/spec/rules/${place}` })),
      ...managed.map(({ rule }, at): PatchOperation => ({ op: 'add', path: `/spec/rules/${at}`, value: rule })),
    ],
  };
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
  if (uneven === undefined) {
    const isNamed = (backend: BackendRef, name: string) => isService(backend, name, route, intent);
    return rules.map((rule) => additionProblem(rule, intent, isNamed)).find((problem) => problem !== undefined);
  }
  const [stable, canary] = [uneven.stable.length, uneven.canary.length];
  return (
    `names ${stableService} ${stable} times and ${canaryService} ${canary} times in rule ${uneven.index}, ` +
    'so no weights can split its traffic as asked; name them equally often'
  );
}

function weightOperations(owned: OwnedRule, intent: RouteIntent): readonly PatchOperation[] {
  return backendOperations(backendsPath(owned.index), owned.backends, wantedBackends(owned, intent));
}

/** Takes what experiments have added off the rules of the user, whether or not they still name both Services. */
function strayOperations(route: Route, owner: RouteOwner, managed: readonly number[]): readonly PatchOperation[] {
  const names = addedNames(route, owner);
  return (route.spec?.rules ?? []).flatMap(({ backendRefs = [] }, index) => {
    if (managed.includes(index)) return [];
    const users = backendRefs.filter((backend) => !names.some((name) => isService(backend, name, route, owner)));
    return backendOperations(backendsPath(index), backendRefs, users);
  });
}

function backendsPath(index: number): string {
  return `/spec/rules/${index}/backendRefs`;
}

/** Services of experiments that stand in the route because of this Rollout. */
function addedNames(route: Route, { rollout, addedBefore = [] }: RouteOwner): readonly string[] {
  const marked = readRouteMarks(route.metadata).get(rollout)?.added ?? [];
  return [...new Set([...marked, ...addedBefore])];
}

function labelOperations(route: Route, intent: RouteIntent, isBusy: boolean): readonly PatchOperation[] {
  const { inProgressLabel } = intent;
  if (inProgressLabel === undefined) return [];
  const { key, value } = inProgressLabel;
  const { labels, resourceVersion } = route.metadata;
  const present = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  const path = `/metadata/labels/${pointer(key)}`;
  if (!isBusy) {
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
 * A mark is written with what it speaks of or with the label, never alone: a tool that takes it off is not fought with. It goes when
 * nothing of ours is left.
 */
function markOperations(
  route: Route,
  intent: RouteIntent,
  {
    isBusy,
    marked,
    isWrittenAnyway,
  }: { readonly isBusy: boolean; readonly marked: readonly MarkedRule[]; readonly isWrittenAnyway: boolean },
): readonly PatchOperation[] {
  const { rollout, canaryWeight, stableWeight, stableService, canaryService, inProgressLabel, additional } = intent;
  const marks = new Map(marksBeside(route, intent));
  if (isBusy) {
    const maxWeight = additional.reduce((sum, { weight }) => sum + weight, canaryWeight + stableWeight);
    const added = additional.length > 0 ? { added: additional.map(({ service }) => service) } : {};
    const rules = marked.length > 0 ? { rules: marked } : {};
    marks.set(rollout, {
      stable: stableService,
      canary: canaryService,
      maxWeight,
      label: inProgressLabel?.key,
      ...rules,
      ...added,
    });
  } else if (!readRouteMarks(route.metadata).has(rollout)) return [];
  if (isBusy && !isWrittenAnyway) return [];
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
