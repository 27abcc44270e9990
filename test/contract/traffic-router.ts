/** What every TrafficRouter promises, run by each implementation against a world of its own: a route object and a data plane. */
import { expect, test } from 'vitest';
import type { DesiredRoutes, ManagedRoute, RouteEvidence } from '../../src/core/rollout/routes.ts';
import type { RouteReleaser, TrafficRouter } from '../../src/providers/traffic/traffic-router.ts';

export interface TrafficWorld {
  readonly stableService: string;
  readonly canaryService: string;
  /** The largest weight this kind of router deals in. */
  readonly maxWeight: number;
  /** A word of evidence sentences: the route's name. */
  readonly routeName: string;
  /** Key of the Rollout whose routers these are. */
  readonly rollout: string;
  /** A router as a freshly started process has it. */
  newRouter(): TrafficRouter;
  /** The same of a Rollout that has come to name another route, which is not there. */
  newRouterElsewhere(): TrafficRouter;
  newReleaser(): RouteReleaser;
  /** A tool takes off what its user did not write into the annotations. */
  stripMarks(): Promise<void>;
  /** The weights that the live route object carries for the two Services. */
  liveWeights(): Promise<{ readonly stable: number; readonly canary: number }>;
  /**
   * Everything a user can see of what sends requests their way, weights included, bookkeeping excluded: the user's route, and an object of the
   * router's own beside it as long as that sends any.
   */
  liveObject(): Promise<unknown>;
  /** Counts writes to these objects by whoever: another with each. */
  version(): Promise<string>;
  /** Someone else sets the weights. */
  overwriteWeights(weights: { readonly stable: number; readonly canary: number }): Promise<void>;
  /** A user changes something in the route that is none of the router's business. */
  editElsewhere(): Promise<void>;
  /** The router's cache shows the object as it was before the next `thaw`. */
  freezeCache(): Promise<void>;
  thawCache(): Promise<void>;
  /** Keeps the data plane from accepting anything until `resumeDataPlane`. */
  pauseDataPlane(): Promise<void>;
  /** Settles when the data plane has taken what the live object says and the router's cache shows it. */
  resumeDataPlane(): Promise<void>;
  removeRoute(): Promise<void>;
  end(): Promise<void>;
}

/** The same for a kind of router that carries header routes. */
export interface HeaderWorld extends TrafficWorld {
  /** Names of the managed routes that the live object carries, in their order. */
  liveManaged(): Promise<readonly string[]>;
  /** A user changes what the route says of all traffic of the two Services. */
  editSource(): Promise<void>;
  /** Someone else makes a managed route catch other requests. */
  breakManaged(): Promise<void>;
}

const never = new AbortController().signal;

const beta: ManagedRoute = { kind: 'header', name: 'beta', match: [{ headerName: 'x-canary', headerValue: { exact: 'yes' } }] };
const staff: ManagedRoute = { kind: 'header', name: 'staff', match: [{ headerName: 'x-staff', headerValue: { prefix: 'a.' } }] };

function desire(world: TrafficWorld, canaryWeight: number, managedRoutes: readonly ManagedRoute[] = []): DesiredRoutes {
  const { stableService, canaryService, maxWeight } = world;
  const stableWeight = maxWeight - canaryWeight;
  return { stableService, canaryService, canaryWeight, stableWeight, maxWeight, additional: [], managedRoutes };
}

/** Converges and lets the data plane follow. */
async function settle(
  world: TrafficWorld,
  router: TrafficRouter,
  canaryWeight: number,
  managed: readonly ManagedRoute[] = [],
): Promise<RouteEvidence> {
  await router.converge(desire(world, canaryWeight, managed), never);
  await world.resumeDataPlane();
  return router.converge(desire(world, canaryWeight, managed), never);
}

type InWorld<World extends TrafficWorld> = (promise: string, run: (world: World) => Promise<void>) => void;

function worlds<World extends TrafficWorld>(name: string, makeWorld: () => Promise<World>): InWorld<World> {
  return (promise, run) =>
    test(`${name}: ${promise}`, async () => {
      const world = await makeWorld();
      try {
        await run(world);
      } finally {
        await world.end();
      }
    });
}

/** For a kind of router that carries header routes as well. */
export function describeHeaderRouter(name: string, makeWorld: () => Promise<HeaderWorld>): void {
  describeWeights(worlds(name, makeWorld));
  describeHeaders(worlds(name, makeWorld));
}

/** For a kind of router that carries weights alone. */
export function describeWeightRouter(name: string, makeWorld: () => Promise<TrafficWorld>): void {
  const inWorld = worlds(name, makeWorld);
  describeWeights(inWorld);

  inWorld('what it cannot carry is refused in words, nothing is written for it, and weights go on', async (world) => {
    const router = world.newRouter();
    await settle(world, router, 30);
    const version = await world.version();
    for (const refused of [
      desire(world, 40, [beta]),
      { ...desire(world, 40), additional: [{ service: 'experiment', weight: 5 }] },
    ]) {
      expect(await router.converge(refused, never)).toMatchObject({
        state: 'failed',
        liveCanaryWeight: 30,
        message: expect.stringContaining('does not carry'),
      });
      expect(router.stillConfirms(refused)).toBe(false);
    }
    expect(await world.version()).toBe(version);
    expect(await settle(world, router, 0)).toMatchObject({ state: 'confirmed', liveCanaryWeight: 0 });
  });
}

function describeWeights(inWorld: InWorld<TrafficWorld>): void {
  inWorld('a good route has no problems', async (world) => {
    expect(world.newRouter().problems(world)).toEqual([]);
  });

  inWorld('weights are written, and confirmed only when the data plane has accepted them', async (world) => {
    const router = world.newRouter();
    await world.pauseDataPlane();
    const written = await router.converge(desire(world, 30), never);
    expect(written).toMatchObject({ state: 'pending', liveCanaryWeight: 30, reasserted: false, desired: { canaryWeight: 30 } });
    expect(written.message).toContain(world.routeName);
    expect(await world.liveWeights()).toEqual({ stable: world.maxWeight - 30, canary: 30 });
    await world.resumeDataPlane();
    const taken = await router.converge(desire(world, 30), never);
    expect(taken).toEqual({ desired: desire(world, 30), state: 'confirmed', message: '', liveCanaryWeight: 30, reasserted: false });
  });

  inWorld('says from its cache whether what it has confirmed is so still', async (world) => {
    const router = world.newRouter();
    expect((await settle(world, router, 30)).state).toBe('confirmed');
    expect(router.stillConfirms(desire(world, 30))).toBe(true);
    expect(router.stillConfirms(desire(world, 40))).toBe(false);
    await world.overwriteWeights({ stable: world.maxWeight - 50, canary: 50 });
    await world.resumeDataPlane();
    expect(router.stillConfirms(desire(world, 30))).toBe(false);
    await settle(world, router, 30);
    expect(router.stillConfirms(desire(world, 30))).toBe(true);
    await world.removeRoute();
    expect(router.stillConfirms(desire(world, 30))).toBe(false);
  });

  inWorld('a second pass writes nothing, nor does the first pass of a new process', async (world) => {
    const router = world.newRouter();
    await settle(world, router, 20);
    const version = await world.version();
    expect(await router.converge(desire(world, 20), never)).toMatchObject({ state: 'confirmed', reasserted: false });
    expect(await world.newRouter().converge(desire(world, 20), never)).toMatchObject({ state: 'confirmed', reasserted: false });
    expect(await world.version()).toBe(version);
  });

  inWorld('weights that someone else changed are written again, said once', async (world) => {
    const router = world.newRouter();
    await settle(world, router, 10);
    await world.overwriteWeights({ stable: 50, canary: 50 });
    expect(await router.converge(desire(world, 10), never)).toMatchObject({ reasserted: true, liveCanaryWeight: 10 });
    expect(await world.liveWeights()).toEqual({ stable: world.maxWeight - 10, canary: 10 });
    await world.resumeDataPlane();
    expect(await router.converge(desire(world, 10), never)).toMatchObject({ state: 'confirmed', reasserted: false });
  });

  inWorld('a new step is not a re-assertion', async (world) => {
    const router = world.newRouter();
    await settle(world, router, 10);
    expect(await router.converge(desire(world, 60), never)).toMatchObject({ reasserted: false, liveCanaryWeight: 60 });
  });

  inWorld('release gives the route back as the user wrote it', async (world) => {
    const before = await world.liveObject();
    const router = world.newRouter();
    await settle(world, router, 40);
    expect(await world.liveObject()).not.toEqual(before);
    await router.release(never);
    expect(await world.liveObject()).toEqual(before);
    const version = await world.version();
    await router.release(never);
    expect(await world.version()).toBe(version);
  });

  inWorld('what another router goes on with is left as it is, the rest is given back', async (world) => {
    const before = await world.liveObject();
    const router = world.newRouter();
    await settle(world, router, 40);
    const [heir, version] = [world.newRouter(), await world.version()];
    await router.release(never, heir.steers());
    expect(await heir.converge(desire(world, 40), never)).toMatchObject({ state: 'confirmed', liveCanaryWeight: 40 });
    expect(await world.version()).toBe(version);
    await heir.release(never, world.newRouterElsewhere().steers());
    expect(await world.liveObject()).toEqual(before);
  });

  inWorld('a process that never converged can release', async (world) => {
    const before = await world.liveObject();
    await settle(world, world.newRouter(), 40);
    await world.newRouter().release(never);
    expect(await world.liveObject()).toEqual(before);
  });

  inWorld('a route whose Rollout is gone is given back by what is written on it alone', async (world) => {
    const before = await world.liveObject();
    await settle(world, world.newRouter(), 40);
    const releaser = world.newReleaser();
    expect([...releaser.rollouts()]).toEqual([world.rollout]);
    expect(releaser.has(world.rollout)).toBe(true);
    await releaser.release('elsewhere/shop', never);
    expect(await world.liveWeights()).toEqual({ stable: world.maxWeight - 40, canary: 40 });
    expect(await releaser.release(world.rollout, never)).toEqual([]);
    expect(await world.liveObject()).toEqual(before);
    await world.thawCache();
    expect(releaser.has(world.rollout)).toBe(false);
    const version = await world.version();
    await releaser.release(world.rollout, never);
    expect(await world.version()).toBe(version);
  });

  inWorld('a route without canary weight carries no mark', async (world) => {
    const before = await world.liveObject();
    const router = world.newRouter();
    await settle(world, router, 40);
    await settle(world, router, 0);
    expect(await world.liveObject()).toEqual(before);
  });

  inWorld('a mark that a tool takes off is not fought over, and comes back with the next weight', async (world) => {
    const router = world.newRouter();
    await settle(world, router, 40);
    await world.stripMarks();
    const version = await world.version();
    for (const again of [router, world.newRouter()]) {
      expect(await again.converge(desire(world, 40), never)).toMatchObject({ state: 'confirmed', reasserted: false });
    }
    expect(await world.version()).toBe(version);
    expect(world.newReleaser().has(world.rollout)).toBe(false);
    await settle(world, router, 50);
    expect(world.newReleaser().has(world.rollout)).toBe(true);
  });

  inWorld('what a former configuration of the Rollout left in a route is given back', async (world) => {
    const before = await world.liveObject();
    await settle(world, world.newRouter(), 40);
    expect(await world.newRouterElsewhere().converge(desire(world, 20), never)).toMatchObject({ state: 'failed' });
    expect(await world.liveObject()).toEqual(before);
  });

  inWorld('a user’s edits meanwhile are kept, even those that the cache has not shown', async (world) => {
    const router = world.newRouter();
    await settle(world, router, 10);
    await world.freezeCache();
    await world.editElsewhere();
    const edited = await world.liveObject();
    await router.converge(desire(world, 50), never);
    expect(await world.liveWeights()).toEqual({ stable: world.maxWeight - 50, canary: 50 });
    await world.thawCache();
    await router.converge(desire(world, 10), never);
    expect(await world.liveObject()).toEqual(edited);
  });

  inWorld('a stale cache never undoes what this process wrote', async (world) => {
    const router = world.newRouter();
    await settle(world, router, 10);
    await world.freezeCache();
    await router.converge(desire(world, 50), never);
    const version = await world.version();
    expect(await router.converge(desire(world, 50), never)).toMatchObject({ reasserted: false, liveCanaryWeight: 50 });
    expect(await world.version()).toBe(version);
    await world.thawCache();
  });

  inWorld('nor is a stale cache taken for what is there when it happens to show what is wanted', async (world) => {
    const router = world.newRouter();
    await settle(world, router, 10);
    await world.freezeCache();
    await router.converge(desire(world, 50), never);
    expect(router.stillConfirms(desire(world, 10))).toBe(false);
    expect(await router.converge(desire(world, 10), never)).toMatchObject({ liveCanaryWeight: 10 });
    expect(await world.liveWeights()).toEqual({ stable: world.maxWeight - 10, canary: 10 });
    await world.thawCache();
  });

  inWorld('a route that is gone is said by name, not thrown', async (world) => {
    const router = world.newRouter();
    await settle(world, router, 10);
    await world.removeRoute();
    const evidence = await router.converge(desire(world, 20), never);
    expect(evidence).toMatchObject({ state: 'failed', liveCanaryWeight: 0 });
    expect(evidence.message).toContain(world.routeName);
    expect(router.problems(world).map(({ message }) => message)).toEqual([expect.stringContaining(world.routeName)]);
    await router.release(never);
  });
}

function describeHeaders(inWorld: InWorld<HeaderWorld>): void {
  inWorld('header routes come and go with the weight, in the order asked for', async (world) => {
    const before = await world.liveObject();
    const router = world.newRouter();
    expect(await settle(world, router, 30, [staff, beta])).toMatchObject({ state: 'confirmed', liveCanaryWeight: 30 });
    expect(await world.liveManaged()).toEqual(['staff', 'beta']);
    expect(await world.liveWeights()).toEqual({ stable: world.maxWeight - 30, canary: 30 });
    expect(router.stillConfirms(desire(world, 30, [staff, beta]))).toBe(true);
    expect(router.stillConfirms(desire(world, 30, [beta]))).toBe(false);
    await settle(world, router, 30, [beta]);
    expect(await world.liveManaged()).toEqual(['beta']);
    await settle(world, router, 0);
    expect(await world.liveObject()).toEqual(before);
  });

  inWorld('a second pass with header routes writes nothing, nor does the first pass of a new process', async (world) => {
    const router = world.newRouter();
    await settle(world, router, 20, [beta, staff]);
    const version = await world.version();
    for (const again of [router, world.newRouter()]) {
      const evidence = await again.converge(desire(world, 20, [beta, staff]), never);
      expect(evidence).toMatchObject({ state: 'confirmed', reasserted: false });
    }
    expect(await world.version()).toBe(version);
  });

  inWorld('a header route without weight is given back by what is written on the route alone', async (world) => {
    const before = await world.liveObject();
    await settle(world, world.newRouter(), 0, [beta]);
    const releaser = world.newReleaser();
    expect(releaser.has(world.rollout)).toBe(true);
    expect(await releaser.release(world.rollout, never)).toEqual([]);
    expect(await world.liveObject()).toEqual(before);
  });

  inWorld('a process that never wrote a header route releases it', async (world) => {
    const before = await world.liveObject();
    await settle(world, world.newRouter(), 10, [beta]);
    await world.stripMarks();
    await world.newRouter().release(never);
    expect(await world.liveObject()).toEqual(before);
  });

  inWorld('a header route that someone else changed is written again, said once', async (world) => {
    const router = world.newRouter();
    await settle(world, router, 10, [beta]);
    const written = await world.liveObject();
    await world.breakManaged();
    expect(router.stillConfirms(desire(world, 10, [beta]))).toBe(false);
    expect(await router.converge(desire(world, 10, [beta]), never)).toMatchObject({ reasserted: true });
    expect(await world.liveObject()).toEqual(written);
    await world.resumeDataPlane();
    expect(await router.converge(desire(world, 10, [beta]), never)).toMatchObject({ state: 'confirmed', reasserted: false });
  });

  inWorld('a header route follows edits of the user, which stay', async (world) => {
    const router = world.newRouter();
    await settle(world, router, 10, [beta]);
    await settle(world, router, 0);
    await world.editSource();
    const edited = await world.liveObject();
    await settle(world, router, 10, [beta]);
    const wanted = await world.liveObject();
    await settle(world, router, 0);
    expect(await world.liveObject()).toEqual(edited);
    await settle(world, router, 10, [beta]);
    await world.editSource();
    expect(await router.converge(desire(world, 10, [beta]), never)).toMatchObject({ reasserted: false });
    expect(await world.liveObject()).toEqual(wanted);
  });
}
