/**
 * The promises of a Rollout as checks on a toy world, told of every write: what no prefix of what Rampart does may ever do. A law
 * compares the moment before a write with the moment after it, since pods die and users scale without asking.
 */
import { expect } from 'vitest';
import { annotations, labels } from '../../src/api/names.ts';
import { tagOf } from './shop-template.ts';
import type { ToyWorld } from './toy-world.ts';
import type { Watch } from './watch.ts';

interface Moment {
  readonly total: number;
  readonly available: number;
  readonly sizes: ReadonlyMap<string, number>;
  /** Service -> its weight, as text. */
  readonly weights: string;
  /** Names of the header and mirror routes. */
  readonly managed: string;
  readonly selectors: string;
  readonly nowMs: number;
  readonly stable: string | undefined;
}

export interface Limits {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  readonly routed?: boolean;
}

/** A new watcher for one world; throws where a law is broken. */
export function lawsFor(limits: Limits): Watch {
  let old: Moment | undefined;
  let weightWrittenIn = -1;
  let switchedIn = -1;
  const after = (world: ToyWorld, cause: string): void => {
    const before = old;
    if (before === undefined) return;
    const now = momentOf(world);
    const fail = (law: string): never => {
      throw new Error(`${law}\nby: ${cause}\nbefore ${text(before)}\nafter ${text(now)}\n${world.log.join('\n')}`);
    };
    const replicas = world.rollout.spec.replicas ?? 1;
    if (limits.routed !== true && now.total > Math.max(before.total, replicas + limits.maxSurge)) fail('pods above surge');
    if (limits.routed !== true && now.available < Math.min(before.available, replicas - limits.maxUnavailable))
      fail('available pods below the limit');
    if (before.stable !== undefined && now.stable === undefined) fail('no stable any more');
    if (now.stable !== undefined && !hashes(world).has(now.stable)) fail('stable ReplicaSet deleted');
    if (limits.routed !== true) return;
    routedLaws(world, { before, now, fail });
    stableLaws(world, { before, now, fail });
    if (now.weights !== before.weights && before.weights !== '') weightWrittenIn = world.pass;
    if (now.selectors !== before.selectors) switchedIn = world.pass;
    if (weightWrittenIn === switchedIn && weightWrittenIn >= 0) fail('a switch and a weight in one pass');
  };
  return {
    before(world) {
      old = momentOf(world);
    },
    after,
  };
}

interface Change {
  readonly before: Moment;
  readonly now: Moment;
  readonly fail: (law: string) => never;
}

function routedLaws(world: ToyWorld, { before, now, fail }: Change): void {
  const routes = world.liveRoutes;
  if (routes === undefined) return;
  const others = routes.additional.reduce((sum, { weight }) => sum + weight, 0);
  if (routes.canaryWeight + routes.stableWeight + others !== routes.maxWeight) fail('weights do not sum up');
  for (const { service } of routes.additional) {
    if (!world.experiments.services.has(service)) fail(`weight to ${service}, which is gone`);
  }
  const side = (service: string, weight: number) => ({
    weight,
    hash: selected(world, service),
    ready: endpoints(world, service),
  });
  const canary = side(routes.canaryService, routes.canaryWeight);
  const stable = side(routes.stableService, routes.stableWeight);
  const sides = [canary, stable];
  if (now.weights !== before.weights) {
    const somebody = sides.some((one) => one.ready > 0);
    if (somebody && sides.some((one) => one.weight > 0 && one.ready === 0)) fail('weight to a backend without a ready endpoint');
  }
  if (now.managed !== before.managed) {
    const from = before.managed.split(' ').filter(Boolean);
    const to = now.managed.split(' ').filter(Boolean);
    if (to.some((name) => !from.includes(name)) && canary.ready === 0 && stable.ready > 0)
      fail('a managed route to a canary without a ready endpoint');
    // A canary with all the weight answers whoever a rule sent to it.
    const isOthersToo = now.weights === before.weights && canary.weight < routes.maxWeight;
    if (from.some((name) => !to.includes(name)) && canary.ready > 0 && stable.ready === 0 && isOthersToo)
      fail('a managed route is taken from the only one that answers');
  }
  for (const { service, weight } of weightsOf(world)) {
    if (selectorOf(now, service) === selectorOf(before, service)) continue;
    if (service === routes.canaryService && now.managed !== '') fail('the canary Service is switched under a managed route');
    const from = selectorOf(before, service)?.split('=')[1] ?? '';
    // From a version that nobody answers for, whoever comes next is better.
    if (weight > 0 && from !== '' && world.readyPods(`shop-${from}`).length > 0)
      fail(`${service} is switched while weight rests on it`);
  }
  for (const [name, size] of now.sizes) {
    if (size > 0 || (before.sizes.get(name) ?? 0) === 0 || world.rollout.spec.replicas === 0) continue;
    const served = sides.find(({ hash }) => hash !== undefined && name === `shop-${hash}`);
    if (served !== undefined && (served.weight > 0 || (served === canary && now.managed !== '')))
      fail(`pods of ${name} go while traffic is sent to them`);
    if (world.nowMs < world.routesAcceptedAtMs) fail(`pods of ${name} go before the routes are confirmed`);
  }
}

/** Stable stays whole; where it may shrink, it has pods for what it gets, and gets no more than they carry. */
function stableLaws(world: ToyWorld, { before, now, fail }: Change): void {
  const { spec, status = {}, metadata } = world.rollout;
  const { liveRoutes: routes } = world;
  const { replicas = 1, strategy } = spec;
  const isDynamic = strategy?.canary?.dynamicStableScale === true;
  const size = (moment: Moment): number => moment.sizes.get(`shop-${moment.stable}`) ?? 0;
  if (now.stable === undefined || routes === undefined) return;
  const weights = weightsOf(world).map((one) => ({ ...one, hash: selected(world, one.service) }));
  const weight = weights.reduce((sum, one) => sum + (one.hash === now.stable ? one.weight : 0), 0);
  if (size(now) < size(before) && size(now) < replicas && now.stable === before.stable) {
    if (!isDynamic || strategy?.canary?.trafficRouting === undefined) fail('stable is not whole');
    if (size(now) < Math.ceil((replicas * weight) / routes.maxWeight)) fail('stable has fewer pods than its weight needs');
    if (world.nowMs < world.routesAcceptedAtMs) fail('stable shrinks before the routes are confirmed');
  }
  if (now.weights === before.weights || before.weights === '') return;
  const others = weights.filter(({ hash }) => hash !== now.stable);
  const was = others.reduce((sum, { service }) => sum + weightIn(before, service), 0);
  const is = others.reduce((sum, one) => sum + one.weight, 0);
  const isObserved = status.observedGeneration === String(metadata.generation);
  if (is > was && status.abort === true && status.abortedAt !== undefined && status.promoteFull !== true && isObserved)
    fail('an abort raises the weight of the canary');
  const answers = others.some(({ service }) => endpoints(world, service) > 0);
  if (!isDynamic || strategy?.canary?.replicaProgressThreshold !== undefined || is >= was || !answers) return;
  const carried = Math.floor((weight * replicas) / routes.maxWeight);
  if (world.readyPods(`shop-${now.stable}`).length < carried) fail('stable gets more weight than its pods carry');
}

function momentOf(world: ToyWorld): Moment {
  const sizes = new Map<string, number>();
  let available = 0;
  for (const [name, replicaSet] of world.replicaSets) {
    const size = replicaSet.spec.replicas ?? 1;
    sizes.set(name, size);
    available += Math.min(size, world.readyPods(name).length);
  }
  return {
    total: [...sizes.values()].reduce((sum, size) => sum + size, 0),
    available,
    sizes,
    weights: weightsOf(world)
      .map(({ service, weight }) => `${service}=${weight}`)
      .join(' '),
    managed: managedOf(world),
    selectors: [...world.services.keys()].map((name) => `${name}=${selected(world, name) ?? ''}`).join(' '),
    nowMs: world.nowMs,
    stable: world.status.stableRS,
  };
}

function weightsOf({ liveRoutes: routes }: ToyWorld): readonly { readonly service: string; readonly weight: number }[] {
  if (routes === undefined) return [];
  const sides = [
    { service: routes.canaryService, weight: routes.canaryWeight },
    // What experiments have is stable's, and comes back to it.
    { service: routes.stableService, weight: routes.maxWeight - routes.canaryWeight },
  ];
  return sides.sort((a, b) => (a.service < b.service ? -1 : 1));
}

function weightIn({ weights }: Moment, service: string): number {
  return Number(
    weights
      .split(' ')
      .find((one) => one.startsWith(`${service}=`))
      ?.split('=')[1] ?? 0,
  );
}

function managedOf({ liveRoutes }: ToyWorld): string {
  return (liveRoutes?.managedRoutes ?? []).map(({ name }) => name).join(' ');
}

function selectorOf({ selectors }: Moment, service: string): string | undefined {
  return selectors.split(' ').find((one) => one.startsWith(`${service}=`));
}

function hashes(world: ToyWorld): ReadonlySet<string | undefined> {
  return new Set([...world.replicaSets.values()].map((one) => one.metadata.labels?.[labels.podTemplateHash]));
}

function selected(world: ToyWorld, service: string): string | undefined {
  return world.services.get(service)?.spec.selector?.[labels.podTemplateHash];
}

function endpoints(world: ToyWorld, service: string): number {
  return (world.endpointSlices.get(service) ?? []).reduce((sum, slice) => sum + (slice.endpoints?.length ?? 0), 0);
}

function text(moment: Moment | undefined): string {
  return moment === undefined ? 'nothing' : JSON.stringify({ ...moment, sizes: Object.fromEntries(moment.sizes) });
}

/** Where people hold nothing back any more, the newest version becomes the stable one. */
export function expectItEndsWell(world: ToyWorld): void {
  world.change({ paused: false });
  world.command({ abort: false });
  world.settle(5_000);
  if (world.status.currentPodHash !== world.status.stableRS) world.command({ promoteFull: true });
  world.settle(120_000);
  expect(world.status, world.log.join('\n')).toMatchObject({ phase: 'Healthy', message: '' });
  expect(world.status.stableRS).toBe(world.status.currentPodHash);
  expect(world.status.conditions?.map(({ type, status }) => `${type}=${status}`)).toContain('Healthy=True');
}

/** Pods are as their ReplicaSets have them, whatever was put on and taken off; none is older than the last restart. */
export function expectPodsAreAsWanted(world: ToyWorld): void {
  const { restartAt, strategy } = world.rollout.spec;
  expect(world.status.restartedAt, world.log.join('\n')).toBe(restartAt);
  const tags = [...world.replicaSets.values()].map(tagOf);
  expect(new Set(tags).size, `a version was made twice: ${tags}\n${world.log.join('\n')}`).toBe(tags.length);
  for (const [name, { metadata, spec }] of world.replicaSets) {
    expect(metadata.annotations?.[annotations.podsToChange]).toBeUndefined();
    const ofStable = strategy?.canary?.stableMetadata ?? strategy?.blueGreen?.activeMetadata ?? {};
    const worn = name === `shop-${world.status.stableRS}` ? ofStable : {};
    expect(JSON.parse(metadata.annotations?.[annotations.ephemeralMetadata] ?? '{}'), world.log.join('\n')).toEqual(worn);
    expect(spec.template.metadata).toMatchObject(worn);
    expect(JSON.stringify(spec.template.spec ?? {})).not.toContain('podAntiAffinity');
    for (const pod of world.pods.get(name) ?? []) {
      expect(pod.metadata.labels, world.log.join('\n')).toEqual(spec.template.metadata?.labels);
      expect(pod.metadata.annotations ?? {}).toEqual(spec.template.metadata?.annotations ?? {});
      expect(pod.bornMs).toBeGreaterThanOrEqual(Date.parse(restartAt ?? '1970-01-01T00:00:00Z'));
    }
  }
}

/** A settled world is not written to. */
export function expectItRests(world: ToyWorld): void {
  const { writes } = world;
  world.settle(60_000);
  expect(world.writes, world.log.join('\n')).toBe(writes);
}
