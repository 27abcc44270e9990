/**
 * Traffic in routes of the Gateway API, for `trafficRouting.plugins["argoproj-labs/gatewayAPI"]`. It changes the weights of the two Services in
 * routes that users own, a label, and adds rules for header and mirror routes; routes are read from caches, and what it says is confirmed, their gateways have said.
 */
import { type GatewayApiRouting, gatewayApiRoutingPath } from '../../../api/gateway-api-routing.ts';
import type { Problem } from '../../../api/problem.ts';
import { type DesiredRoutes, type RouteEvidence, sameRoutes } from '../../../core/rollout/routes.ts';
import type { Cluster, Resource } from '../../../runtime/cluster.ts';
import { worst } from '../composite-router.ts';
import { everyOne } from '../every-one.ts';
import type { TrafficRouter } from '../traffic-router.ts';
import { mirrorProblem } from './mirror-support.ts';
import {
  followsEdits,
  isMarkedOtherwise,
  liveCanaryWeight,
  planMarkedRelease,
  planRelease,
  planRoute,
  type RouteIntent,
  type RouteOwner,
  type RoutePlan,
} from './plan-route.ts';
import { routeAcceptance } from './route-acceptance.ts';
import { type Route, type RouteKind, routeResources } from './route-object.ts';
import {
  inProgressLabel,
  type RouteSelection,
  type RouteSource,
  routeKey,
  type SelectedRoute,
  selectRoutes,
  strayRoute,
} from './route-selection.ts';
import { type RouteWrite, writeRoute } from './route-writer.ts';

export interface GatewayApiRouterOptions {
  readonly routing: GatewayApiRouting;
  /** What decoding `routing` found wrong with it. */
  readonly problems: readonly Problem[];
  /** The Rollout's namespace, which its Services share. */
  readonly namespace: string;
  /** The Rollout's name. */
  readonly rollout: string;
  /** The roles of the two Services when it is made; `converge` may turn them. */
  readonly stableService: string;
  readonly canaryService: string;
  /** `trafficRouting.maxTrafficWeight`; 100 if absent. */
  readonly maxWeight?: number | undefined;
  /** Names of `trafficRouting.managedRoutes`; none if absent. */
  readonly managedNames?: readonly string[] | undefined;
  readonly cluster: Cluster;
  readonly source: RouteSource;
  /** kind -> the version of it that the cluster serves; the newest of the standard channel if absent. */
  readonly resources?: Readonly<Record<RouteKind, Resource>>;
}

/** One route after a pass. */
interface RouteWord {
  readonly state: RouteEvidence['state'];
  readonly message: string;
  readonly liveCanaryWeight: number;
  readonly reasserted: boolean;
}

/** What this process has last written into a route, or found there as wanted. */
interface Carried {
  readonly selected: SelectedRoute;
  readonly route: Route;
  readonly desired: DesiredRoutes;
}

export class GatewayApiRouter implements TrafficRouter {
  readonly #options: GatewayApiRouterOptions;
  readonly #resources: Readonly<Record<RouteKind, Resource>>;
  /** `kind/namespace/name` -> what it carries */
  readonly #carried = new Map<string, Carried>();
  /** Keys of routes whose CRD does not keep what header and mirror routes need: it is not tried again. */
  readonly #unkept = new Set<string>();
  /** As they were last asked for. */
  #services: Pick<DesiredRoutes, 'stableService' | 'canaryService'>;

  constructor(options: GatewayApiRouterOptions) {
    this.#options = options;
    this.#services = options;
    this.#resources = options.resources ?? routeResources;
  }

  problems(services: Pick<DesiredRoutes, 'stableService' | 'canaryService'>): readonly Problem[] {
    const { problems: decoded } = this.#options;
    const { routes, problems } = this.#select();
    const intent = { ...this.#owner(services), canaryWeight: 0, stableWeight: this.#maxWeight, additional: [], managed: [] };
    const found = routes.flatMap(({ live, path, resource, name }): Problem[] => {
      if (live === undefined) return [];
      const plan = planRoute(live, intent);
      if (plan.kind === 'problem') return [{ path, message: `${resource.kind} ${name} ${plan.message}` }];
      const acceptance = routeAcceptance(live);
      return acceptance.reason === 'RefNotPermitted' ? [{ path, message: `${resource.kind} ${name}: ${acceptance.message}` }] : [];
    });
    return [...decoded, ...problems, ...found];
  }

  async converge(desired: DesiredRoutes, signal: AbortSignal): Promise<RouteEvidence> {
    this.#services = desired;
    const { routes, problems } = this.#select();
    const words = await everyOne(routes, (selected) => this.#convergeOne(selected, desired, signal));
    const isNamed = (stray: SelectedRoute): boolean => routes.some((route) => routeKey(route) === routeKey(stray));
    // None where the configuration cannot be read: then these are what it speaks of.
    const strays = [...this.#carried.values()].filter(({ selected }) => !isNamed(selected));
    await everyOne(strays, ({ selected }) => this.#giveBack({ ...selected, live: undefined }, desired, signal));
    await this.#giveBackMarked((route) => !isNamed(route), signal);
    const unmatched = problems.filter(({ path }) => !routes.some((route) => route.path === path));
    // Trouble with the configuration keeps no weight from the routes that it does name: an abort must reach them, and is over without it.
    const unread = desired.canaryWeight === 0 ? [] : this.#options.problems;
    const spoken = [...words, ...[...unread, ...unmatched].map(({ message }) => failed(message, 0))];
    if (spoken.length === 0) spoken.push(this.#isUnread ? nowhere : failed(`${gatewayApiRoutingPath} names no route`, 0));
    return {
      desired,
      state: worst(spoken.map(({ state }) => state)),
      message: spoken.flatMap(({ message }) => (message === '' ? [] : [message])).join('; '),
      liveCanaryWeight: Math.max(...spoken.map((word) => word.liveCanaryWeight)),
      reasserted: spoken.some(({ reasserted }) => reasserted),
    };
  }

  stillConfirms(desired: DesiredRoutes): boolean {
    const { routes, problems } = this.#select();
    const holds = (selected: SelectedRoute): boolean => {
      const route = this.#newest(selected);
      const plan = route === undefined ? undefined : planRoute(route, this.#intent(desired, selected));
      if (route === undefined || plan?.kind !== 'operations' || plan.operations.length > 0) return false;
      return routeAcceptance(route).state === 'confirmed';
    };
    const mayBeNone = this.#isUnread && desired.canaryWeight === 0;
    return problems.length === 0 && (routes.length > 0 || mayBeNone) && routes.every(holds);
  }

  steers(): ReadonlySet<string> {
    return new Set(this.#select().routes.map(routeKey));
  }

  async release(signal: AbortSignal, kept: ReadonlySet<string> = new Set()): Promise<void> {
    const isGiven = (route: SelectedRoute): boolean => !kept.has(routeKey(route));
    const routes = new Map(
      [...this.#carried].map(([key, { selected }]) => [key, { ...selected, live: undefined } as SelectedRoute]),
    );
    for (const route of this.#select().routes) routes.set(routeKey(route), route);
    const { stableService, canaryService } = this.#services;
    const services = { stableService, canaryService, maxWeight: this.#maxWeight };
    const isOthers = ({ live }: SelectedRoute) => live !== undefined && isMarkedOtherwise(live, this.#owner(services));
    await this.#giveBackMarked((route) => isGiven(route) && isOthers(route), signal);
    await everyOne([...routes.values()].filter(isGiven), (route) => this.#giveBack(route, services, signal));
    await this.#giveBackMarked(isGiven, signal);
  }

  async #convergeOne(selected: SelectedRoute, desired: DesiredRoutes, signal: AbortSignal): Promise<RouteWord> {
    const key = routeKey(selected);
    const name = `${selected.resource.kind} ${selected.name}`;
    const before = this.#carried.get(key);
    const intent = this.#intent(desired, selected);
    const found = this.#newest(selected);
    if (found !== undefined && isMarkedOtherwise(found, intent)) await this.#giveBackOne(selected, signal);
    const isFollowing = before !== undefined && found !== undefined && followsEdits(before.route, found, intent);
    const written = await this.#writeKept(selected, intent, signal);
    if (written.kind === 'missing') {
      this.#carried.delete(key);
      return failed(`${name} does not exist in namespace ${selected.namespace}`, 0);
    }
    const live = liveCanaryWeight(written.route, intent, desired.maxWeight);
    if (written.kind === 'refused') return failed(`${name} ${written.message}`, live);
    const sameObject = before !== undefined && before.route.metadata.uid === written.route.metadata.uid;
    this.#carried.set(key, { selected, route: written.route, desired });
    const { state, message } = routeAcceptance(written.route);
    return {
      state,
      message: message === '' ? '' : `${name}: ${message}`,
      liveCanaryWeight: live,
      reasserted: written.changed && sameObject && !isFollowing && sameRoutes(before.desired, desired),
    };
  }

  /** A cluster may drop what its CRDs do not know: half a mirror route is taken off again and refused in words. */
  async #writeKept(selected: SelectedRoute, intent: RouteIntent, signal: AbortSignal): Promise<RouteWrite> {
    const key = routeKey(selected);
    let newest = this.#newest(selected);
    const mirrors = intent.managed.filter((one) => one.kind === 'mirror');
    const { cluster } = this.#options;
    // What stands there was asked about when it was written.
    const isThere = newest !== undefined && isAsIs(planRoute(newest, intent));
    const refusal = newest === undefined || isThere ? undefined : await mirrorProblem(cluster, newest, { mirrors, signal });
    if (refusal !== undefined) {
      const others = intent.managed.filter((one) => one.kind !== 'mirror');
      const without = await this.#write(selected, (route) => planRoute(route, { ...intent, managed: others }), signal);
      return without.kind === 'carries' ? { kind: 'refused', message: refusal, route: without.route } : without;
    }
    if (intent.managed.length === 0 || !this.#unkept.has(key)) {
      const written = await this.#write(selected, (route) => planRoute(route, intent), signal);
      if (written.kind !== 'carries' || !written.changed || intent.managed.length === 0) return written;
      if (isAsIs(planRoute(written.route, intent))) return written;
      this.#unkept.add(key);
      newest = written.route;
    }
    const plan = (route: Route) => planRoute(route, { ...intent, managed: [] });
    const without = await writeRoute(cluster, selected, { newest, plan, signal });
    if (without.kind !== 'carries') return without;
    const what = 'does not keep header and mirror routes as they are written: the Gateway API of this cluster is too old for them';
    return { kind: 'refused', message: `${what}, or something changes them; they were taken off`, route: without.route };
  }

  async #giveBack(selected: SelectedRoute, services: Services, signal: AbortSignal): Promise<void> {
    await this.#write(selected, (route) => planRelease(route, this.#ownerOf(services, selected), services.maxWeight), signal);
    this.#carried.delete(routeKey(selected));
  }

  /** What an earlier configuration, or a process before this one, has left in routes. */
  async #giveBackMarked(isMeant: (route: SelectedRoute) => boolean, signal: AbortSignal): Promise<void> {
    const marked = this.#options.source.marked(this.#rollout).map(strayRoute).filter(isMeant);
    await everyOne(marked, (route) => this.#giveBackOne(route, signal));
  }

  async #giveBackOne(selected: SelectedRoute, signal: AbortSignal): Promise<void> {
    await this.#write(selected, (route) => planMarkedRelease(route, this.#rollout), signal);
    this.#carried.delete(routeKey(selected));
  }

  #write(selected: SelectedRoute, plan: (route: Route) => RoutePlan, signal: AbortSignal): Promise<RouteWrite> {
    return writeRoute(this.#options.cluster, selected, { newest: this.#newest(selected), plan, signal });
  }

  /** The cache may lag behind what this process itself has written. */
  #newest(selected: SelectedRoute): Route | undefined {
    const own = this.#carried.get(routeKey(selected))?.route;
    const { live } = selected;
    if (own === undefined || live === undefined || own.metadata.uid !== live.metadata.uid) return live;
    return (live.metadata.generation ?? 0) < (own.metadata.generation ?? 0) ? own : live;
  }

  /** A configuration that cannot be read speaks, besides what can be read of it, of what it spoke of before. */
  #select(): RouteSelection {
    const { routing, namespace, source } = this.#options;
    const selection = selectRoutes({ routing, namespace, source, resources: this.#resources });
    if (!this.#isUnread) return selection;
    const routes = new Map(selection.routes.map((route) => [routeKey(route), route]));
    const carried = [...this.#carried.values()].map(({ selected }) => selected);
    for (const before of [...carried, ...source.marked(this.#rollout).map(strayRoute)]) {
      const route = { ...before, live: source.get(before.resource, before.namespace, before.name) };
      if (route.live !== undefined && !routes.has(routeKey(route))) routes.set(routeKey(route), route);
    }
    return { ...selection, routes: [...routes.values()] };
  }

  get #isUnread(): boolean {
    return this.#options.problems.length > 0;
  }

  #intent(desired: DesiredRoutes, selected: SelectedRoute): RouteIntent {
    const { canaryWeight, stableWeight, additional, managedRoutes } = desired;
    return {
      ...this.#ownerOf(desired, selected),
      canaryWeight,
      stableWeight,
      additional,
      managed: selected.takesManaged ? managedRoutes : [],
    };
  }

  /** The same, with what this process knows of one route. */
  #ownerOf(services: Pick<Services, 'stableService' | 'canaryService'>, selected: SelectedRoute): RouteOwner {
    const addedBefore = this.#carried.get(routeKey(selected))?.desired.additional.map(({ service }) => service);
    return { ...this.#owner(services), addedBefore };
  }

  #owner({ stableService, canaryService }: Pick<Services, 'stableService' | 'canaryService'>): RouteOwner {
    const { routing, namespace, managedNames = [] } = this.#options;
    const label = inProgressLabel(routing);
    const services = { stableService, canaryService, serviceNamespace: namespace };
    return { rollout: this.#rollout, ...services, managedNames, inProgressLabel: label };
  }

  get #rollout(): string {
    return `${this.#options.namespace}/${this.#options.rollout}`;
  }

  get #maxWeight(): number {
    return this.#options.maxWeight ?? 100;
  }
}

type Services = Pick<DesiredRoutes, 'stableService' | 'canaryService' | 'maxWeight'>;

function isAsIs(plan: RoutePlan): boolean {
  return plan.kind === 'operations' && plan.operations.length === 0;
}

/** No weight, and no route that could carry any. */
const nowhere: RouteWord = { state: 'confirmed', message: '', liveCanaryWeight: 0, reasserted: false };

function failed(message: string, live: number): RouteWord {
  return { state: 'failed', message, liveCanaryWeight: live, reasserted: false };
}
