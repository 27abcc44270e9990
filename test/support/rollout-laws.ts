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
  readonly canaryWeight: number | undefined;
  /** Names of the header and mirror routes. */
  readonly managed: string;
  readonly selectors: string;
  readonly nowMs: number;
  readonly stable: string | undefined;
}

export interface Limits {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  /** With a router: names of the Services. */
  readonly routed?: { readonly canary: string; readonly stable: string };
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
    if (limits.routed === undefined && now.total > Math.max(before.total, replicas + limits.maxSurge)) fail('pods above surge');
    if (limits.routed === undefined && now.available < Math.min(before.available, replicas - limits.maxUnavailable))
      fail('available pods below the limit');
    if (before.stable !== undefined && now.stable === undefined) fail('no stable any more');
    if (now.stable !== undefined && !hashes(world).has(now.stable)) fail('stable ReplicaSet deleted');
    if (limits.routed === undefined) return;
    routedLaws(world, limits.routed, { before, now, fail });
    if (now.canaryWeight !== before.canaryWeight && before.canaryWeight !== undefined) weightWrittenIn = world.pass;
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

function routedLaws(
  world: ToyWorld,
  services: { readonly canary: string; readonly stable: string },
  { before, now, fail }: { readonly before: Moment; readonly now: Moment; readonly fail: (law: string) => never },
): void {
  const routes = world.liveRoutes;
  if (routes === undefined) return;
  const others = routes.additional.reduce((sum, { weight }) => sum + weight, 0);
  if (routes.canaryWeight + routes.stableWeight + others !== routes.maxWeight) fail('weights do not sum up');
  for (const { service } of routes.additional) {
    if (!world.experiments.services.has(service)) fail(`weight to ${service}, which is gone`);
  }
  const sides = [
    { weight: routes.canaryWeight, hash: selected(world, services.canary), ready: endpoints(world, services.canary) },
    { weight: routes.stableWeight, hash: selected(world, services.stable), ready: endpoints(world, services.stable) },
  ];
  if (now.canaryWeight !== before.canaryWeight) {
    const somebody = sides.some((side) => side.ready > 0);
    if (somebody && sides.some((side) => side.weight > 0 && side.ready === 0)) fail('weight to a backend without a ready endpoint');
  }
  const [canary, stable_] = sides;
  if (now.managed !== before.managed) {
    const from = before.managed.split(' ').filter(Boolean);
    const to = now.managed.split(' ').filter(Boolean);
    if (to.some((name) => !from.includes(name)) && canary?.ready === 0 && (stable_?.ready ?? 0) > 0)
      fail('a managed route to a canary without a ready endpoint');
    if (
      from.some((name) => !to.includes(name)) &&
      (canary?.ready ?? 0) > 0 &&
      stable_?.ready === 0 &&
      routes.canaryWeight === before.canaryWeight
    )
      fail('a managed route is taken from the only one that answers');
  }
  if (
    now.managed !== '' &&
    now.selectors !== before.selectors &&
    selectorOf(now, services.canary) !== selectorOf(before, services.canary)
  )
    fail('the canary Service is switched under a managed route');
  for (const [name, size] of now.sizes) {
    if (size > 0 || (before.sizes.get(name) ?? 0) === 0 || world.rollout.spec.replicas === 0) continue;
    const served = sides.find((side) => side.hash !== undefined && name === `shop-${side.hash}`);
    if (served !== undefined && (served.weight > 0 || (served === canary && now.managed !== '')))
      fail(`pods of ${name} go while traffic is sent to them`);
    if (world.nowMs < world.routesAcceptedAtMs) fail(`pods of ${name} go before the routes are confirmed`);
  }
  const stable = now.stable === undefined ? undefined : now.sizes.get(`shop-${now.stable}`);
  const was = before.stable === undefined ? undefined : before.sizes.get(`shop-${before.stable}`);
  if (stable !== undefined && was !== undefined && stable < was && stable < (world.rollout.spec.replicas ?? 1))
    fail('stable is not whole');
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
    canaryWeight: world.liveRoutes?.canaryWeight,
    managed: managedOf(world),
    selectors: [...world.services.keys()].map((name) => `${name}=${selected(world, name) ?? ''}`).join(' '),
    nowMs: world.nowMs,
    stable: world.status.stableRS,
  };
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
