import { describe, expect, it } from 'vitest';
import { lawsFor } from '../../../test/support/rollout-laws.ts';
import { tagOf, templateOf } from '../../../test/support/shop-template.ts';
import { shopService } from '../../../test/support/toy-objects.ts';
import { routing } from '../../../test/support/toy-routes.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import { labels } from '../../api/names.ts';
import type { CanaryStrategy } from '../../api/rollout.ts';

const { trafficRouting } = routing;
const pingPong = { pingService: 'ping', pongService: 'pong' };
const steps = [{ setWeight: 20 }, { pause: {} }];
const ofTurns: CanaryStrategy = { trafficRouting, pingPong, steps };
const ofRoles: CanaryStrategy = { ...routing, steps };

function opened(canary: CanaryStrategy = ofTurns): ToyWorld {
  const world = new ToyWorld(
    { replicas: 5, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy: { canary } },
    { services: ['ping', 'pong', 'canary', 'stable'], watch: lawsFor({ maxSurge: 0, maxUnavailable: 0, routed: true }) },
  );
  world.settle(10_000);
  return world;
}

function released(world: ToyWorld, tag: string): ToyWorld {
  world.image(tag);
  world.settle(5_000);
  world.command({ pauseConditions: null });
  world.settle(5_000);
  expect(world.status.phase).toBe('Healthy');
  return world;
}

/** Service -> tag of the version that it selects, and its weight. */
function seen(world: ToyWorld): Readonly<Record<string, string>> {
  const { canaryService, canaryWeight, stableService, stableWeight } = world.liveRoutes ?? {};
  const of = (service: string | undefined, weight: number | undefined): [string, string] => {
    const hash = world.services.get(service ?? '')?.spec.selector?.[labels.podTemplateHash];
    const member = [...world.replicaSets.values()].find((one) => one.metadata.labels?.[labels.podTemplateHash] === hash);
    return [service ?? '', `${member === undefined ? 'nobody' : tagOf(member)} ${weight}`];
  };
  return Object.fromEntries([of(stableService, stableWeight), of(canaryService, canaryWeight)]);
}

const turn = ({ status }: ToyWorld) => status.canary?.stablePingPong;

describe('pingPong', () => {
  it('begins with ping as the stable Service', () => {
    const world = opened();
    expect([turn(world), seen(world)]).toEqual(['ping', { ping: 'v1 100', pong: 'v1 0' }]);
  });

  it('turns at each promotion, and no selector moves under traffic', () => {
    const world = opened();
    world.image('v2');
    world.settle(5_000);
    expect([turn(world), seen(world)]).toEqual(['ping', { ping: 'v1 80', pong: 'v2 20' }]);
    const mark = world.log.length;
    world.command({ pauseConditions: null });
    world.settle(60_000);
    expect([turn(world), seen(world), world.sizes()]).toEqual(['pong', { pong: 'v2 100', ping: 'v2 0' }, { v1: 0, v2: 5 }]);
    const switches = world.log.slice(mark).filter((line) => line.includes(' switch '));
    expect(switches).toEqual([expect.stringMatching(/ switch ping to /)]);
    released(world, 'v3');
    expect([turn(world), seen(world)]).toEqual(['ping', { ping: 'v3 100', pong: 'v3 0' }]);
  });

  it('is what it was after an abort and an undo', () => {
    const world = released(opened(), 'v2');
    world.image('v3');
    world.settle(5_000);
    expect(seen(world)).toEqual({ pong: 'v2 80', ping: 'v3 20' });
    world.command({ abort: true });
    world.settle(60_000);
    expect([turn(world), seen(world), world.status.phase]).toEqual(['pong', { pong: 'v2 100', ping: 'v2 0' }, 'Degraded']);
    world.image('v2');
    world.settle(10_000);
    expect([turn(world), seen(world), world.status.phase]).toEqual(['pong', { pong: 'v2 100', ping: 'v2 0' }, 'Healthy']);
  });

  it('turns with a stable version that shrinks', () => {
    const world = released(opened({ ...ofTurns, dynamicStableScale: true }), 'v2');
    expect([turn(world), seen(world), world.sizes()]).toEqual(['pong', { pong: 'v2 100', ping: 'v2 0' }, { v1: 0, v2: 5 }]);
  });

  it('finds its place again after a crash at any write of a promotion', () => {
    for (let after = 0; after < 12; after += 1) {
      const world = opened();
      world.image('v2');
      world.settle(5_000);
      world.command({ pauseConditions: null });
      world.crashAfter = after;
      world.settle(20_000);
      world.crashAfter = undefined;
      expect([turn(world), seen(world), world.status.phase]).toEqual(['pong', { pong: 'v2 100', ping: 'v2 0' }, 'Healthy']);
    }
  });
});

/** As the reconciler leaves them: a new router, and Services that are no longer named given back. */
function changed(world: ToyWorld, canary: CanaryStrategy): ToyWorld {
  world.change({ strategy: { canary } });
  world.evidence = undefined;
  for (const name of canary.pingPong === undefined ? ['ping', 'pong'] : ['canary', 'stable']) {
    world.services.set(name, shopService(name));
  }
  world.settle(10_000);
  return world;
}

describe('a Rollout that changes to pingPong, or back', () => {
  it('at rest', () => {
    const world = opened(ofRoles);
    changed(world, ofTurns);
    expect([turn(world), seen(world), world.status.phase]).toEqual(['ping', { ping: 'v1 100', pong: 'v1 0' }, 'Healthy']);
    released(world, 'v2');
    changed(world, ofRoles);
    expect([turn(world), seen(world), world.status.phase]).toEqual([undefined, { stable: 'v2 100', canary: 'v2 0' }, 'Healthy']);
    expect(world.told().filter((line) => line.includes('RolloutUpdated'))).toHaveLength(2);
  });

  it('in the middle of an update, which goes on', () => {
    const world = opened(ofRoles);
    world.image('v2');
    world.settle(5_000);
    changed(world, ofTurns);
    expect([turn(world), seen(world), world.status.phase]).toEqual(['ping', { ping: 'v1 80', pong: 'v2 20' }, 'Paused']);
    world.command({ pauseConditions: null });
    world.settle(10_000);
    expect([turn(world), seen(world), world.status.phase]).toEqual(['pong', { pong: 'v2 100', ping: 'v2 0' }, 'Healthy']);
  });

  it('with the same Services, whose roles had turned', () => {
    const world = released(opened(), 'v2');
    world.change({ strategy: { canary: { ...ofRoles, stableService: 'ping', canaryService: 'pong' } } });
    world.settle(10_000);
    expect([turn(world), seen(world), world.status.phase]).toEqual([undefined, { ping: 'v2 100', pong: 'v2 0' }, 'Healthy']);
  });
});
