/** The promises of a routed delivery, held against every version of every object that the API server has stored: the history of one namespace. */
import type { EndpointSlice, KubeObject, ReplicaSet, Service } from '../../src/api/kubernetes.ts';
import { labels } from '../../src/api/names.ts';
import type { Rollout } from '../../src/api/rollout.ts';
import { routeAcceptance } from '../../src/providers/traffic/gateway-api/route-acceptance.ts';
import type { Route } from '../../src/providers/traffic/gateway-api/route-object.ts';
import type { Version } from './watched-namespace.ts';

/** The world at one moment: `kind/name` -> the object as it was then. */
type World = ReadonlyMap<string, KubeObject>;

/** Watches of two kinds are not ordered against each other: what a controller knows of endpoints may be this old when pods die. */
const watchLagMs = 1000;

const names = { stable: 'stable', canary: 'canary', rollout: 'shop' };

/** The object that carries the weights of the shop. */
export interface Road {
  readonly kind: string;
  readonly name: string;
  /** Undefined where it sends requests to neither. */
  weight(object: KubeObject | undefined, side: 'stable' | 'canary'): number | undefined;
  /** How many other ways to the canary it has. */
  added(object: KubeObject | undefined): number;
  /** Whoever serves it says that it has taken this very version; true where nobody says. */
  isTaken(object: KubeObject | undefined): boolean;
}

/** An HTTPRoute. Rules of the user have no names here, those that header and mirror routes add have. */
export const gatewayRoad: Road = {
  kind: 'HTTPRoute',
  name: 'shop',
  weight: (object, side) => {
    const users = ((object as Route | undefined)?.spec?.rules ?? []).filter(({ name }) => name === undefined);
    return users.flatMap(({ backendRefs }) => backendRefs ?? []).find(({ name }) => name === side)?.weight;
  },
  added: (object) => ((object as Route | undefined)?.spec?.rules ?? []).filter(({ name }) => name !== undefined).length,
  isTaken: (object) => object !== undefined && routeAcceptance(object as Route).state === 'confirmed',
};

/** A canary Ingress: without it everything is sent to stable. */
export const nginxRoad: Road = {
  kind: 'Ingress',
  name: 'shop-shop-canary',
  weight: (object, side) => {
    const canary = Number(object?.metadata.annotations?.['nginx.ingress.kubernetes.io/canary-weight'] ?? 0);
    return side === 'canary' ? canary : 100 - canary;
  },
  added: () => 0,
  isTaken: () => true,
};

function readyBehind(world: World, service: string): number {
  return [...world.values()]
    .filter((object) => object.kind === 'EndpointSlice' || 'endpoints' in object)
    .map((object) => object as EndpointSlice)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready === true).length;
}

/** Calls back with the world before each version, and with the version. */
function replay(history: readonly Version[], see: (before: World, version: Version) => void): void {
  const world = new Map<string, KubeObject>();
  for (const version of history) {
    see(world, version);
    const key = `${version.kind}/${version.name}`;
    if (version.object === undefined) world.delete(key);
    else world.set(key, version.object);
  }
}

const get = <T extends KubeObject = KubeObject>(world: World, kind: string, name: string): T | undefined =>
  world.get(`${kind}/${name}`) as T | undefined;

/**
 * Throws where one was broken: weights sum to 100; weight goes only where a ready endpoint was last seen; a step moves on only when the gateway has
 * accepted the generation that carries its weight; rules are added only for a canary that answers; the stable side stays whole; the canary loses pods only while it has no weight.
 */
export function expectRoutedLaws(
  history: readonly Version[],
  {
    replicas = 5,
    road = gatewayRoad,
    isDynamic = false,
  }: { readonly replicas?: number; readonly road?: Road; readonly isDynamic?: boolean } = {},
): void {
  let readyCanarySeenMs = Number.NEGATIVE_INFINITY;
  replay(history, (before, { kind, name, object, seenMs }) => {
    if (readyBehind(before, names.canary) > 0) readyCanarySeenMs = seenMs;
    if (kind === road.kind && name === road.name) expectRouteLaws(road, before, object, seenMs - readyCanarySeenMs <= watchLagMs);
    if (kind === 'Rollout' && name === names.rollout) expectStepLaw(road, before, object as Rollout | undefined);
    if (kind === 'ReplicaSet') expectPodLaws(road, before, object as ReplicaSet | undefined, { replicas, isDynamic });
    if (kind === 'Service') expectSwitchLaw(road, before, object as Service | undefined);
  });
}

function expectRouteLaws(road: Road, before: World, object: KubeObject | undefined, canaryReady: boolean): void {
  if (object === undefined) return;
  const [stable, canary] = [road.weight(object, 'stable'), road.weight(object, 'canary')];
  demand((stable ?? 0) + (canary ?? 0) === 100, `weights ${stable} and ${canary} sum to 100`);
  const earlier = get(before, road.kind, road.name);
  const had = road.weight(earlier, 'canary');
  if (canary !== undefined && had !== undefined && canary > had)
    demand(canaryReady, `the canary had a ready endpoint when it got weight ${canary}`);
  if (road.added(object) > road.added(earlier)) demand(canaryReady, 'the canary had a ready endpoint when a rule was added for it');
}

function expectStepLaw(road: Road, before: World, rollout: Rollout | undefined): void {
  const earlier = get<Rollout>(before, 'Rollout', names.rollout);
  const [from, to] = [earlier?.status?.currentStepIndex, rollout?.status?.currentStepIndex];
  if (from === undefined || to === undefined || to <= from || rollout?.status?.currentPodHash !== earlier?.status?.currentPodHash)
    return;
  if (rollout?.status?.promoteFull === true || rollout?.status?.stableRS === rollout?.status?.currentPodHash) return;
  for (const step of (rollout?.spec.strategy?.canary?.steps ?? []).slice(from, to)) {
    if (step.setWeight === undefined) continue;
    const route = get(before, road.kind, road.name);
    const weight = road.weight(route, 'canary');
    demand(weight === step.setWeight, `the weight of the road, ${weight}, when step setWeight ${step.setWeight} was done`);
    demand(road.isTaken(route), 'the gateway has accepted this very generation');
  }
}

function shareOfStable(road: Road, world: World): number {
  return (road.weight(get(world, road.kind, road.name), 'stable') ?? 100) / 100;
}

/** `isDynamic`: stable has pods for its share of the route, not all of them. */
function expectPodLaws(
  road: Road,
  before: World,
  replicaSet: ReplicaSet | undefined,
  { replicas, isDynamic }: { readonly replicas: number; readonly isDynamic: boolean },
): void {
  const rollout = get<Rollout>(before, 'Rollout', names.rollout);
  if (replicaSet === undefined || rollout?.status?.stableRS === undefined || rollout.status.stableRS === '') return;
  const hash = replicaSet.metadata.labels?.[labels.podTemplateHash];
  const earlier = get<ReplicaSet>(before, 'ReplicaSet', replicaSet.metadata.name);
  if (earlier === undefined) return;
  const [from, to] = [earlier.spec.replicas ?? 1, replicaSet.spec.replicas ?? 1];
  if (to >= from) return;
  if (hash === rollout.status.stableRS)
    demand(
      to >= Math.ceil((rollout.spec.replicas ?? replicas) * (isDynamic ? shareOfStable(road, before) : 1)),
      `pods of the stable ReplicaSet ${replicaSet.metadata.name}: ${to}`,
    );
  if (to > 0) return;
  const route = get(before, road.kind, road.name);
  for (const service of ['stable', 'canary'] as const) {
    const selects = get<Service>(before, 'Service', service)?.spec.selector?.[labels.podTemplateHash] === hash;
    const isMet = (road.weight(route, service) ?? 0) > 0 || (service === names.canary && road.added(route) > 0);
    if (selects && isMet) throw new Error(`${replicaSet.metadata.name} lost its pods while ${service} had weight`);
  }
}

/** A Service's selector never moves while it has weight and the other one could carry it. */
function expectSwitchLaw(road: Road, before: World, service: Service | undefined): void {
  const earlier = service === undefined ? undefined : get<Service>(before, 'Service', service.metadata.name);
  const [from, to] = [earlier?.spec.selector?.[labels.podTemplateHash], service?.spec.selector?.[labels.podTemplateHash]];
  if (service === undefined || from === undefined || to === undefined || from === to) return;
  const { name } = service.metadata;
  if (name !== names.canary) return;
  const weight = road.weight(get(before, road.kind, road.name), 'canary') ?? 0;
  demand(weight === 0, `weight of ${name} when its selector moved: ${weight}`);
}

function demand(isSo: boolean, law: string): void {
  if (!isSo) throw new Error(`a law is broken: ${law}`);
}
