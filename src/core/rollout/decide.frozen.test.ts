/** A spec that cannot be obeyed in the middle of an update: what was under way keeps its place, its pods can be scaled, nothing begins. */
import { describe, expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import type { CanaryStrategy } from '../../api/rollout.ts';

const canary: CanaryStrategy = { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }] };

/** v2 waits at its pause. */
function paused(): ToyWorld {
  const selector = { matchLabels: { app: 'shop' } };
  const world = new ToyWorld({ replicas: 2, selector, template: templateOf('v1'), strategy: { canary } });
  world.settle(10_000);
  world.image('v2');
  world.settle(5_000);
  expect(world.status).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
  return world;
}

const blueGreen = { blueGreen: { activeService: 'shop' } };

describe('an invalid spec', () => {
  it('loses no place in the steps: once repaired, the pause goes on', () => {
    const world = paused();
    world.change({ strategy: blueGreen });
    world.settle(5_000);
    expect(world.status).toMatchObject({ phase: 'Degraded', currentStepIndex: 1 });
    world.change({ strategy: { canary } });
    world.settle(5_000);
    expect(world.status).toMatchObject({ phase: 'Paused', message: 'CanaryPauseStep', currentStepIndex: 1 });
    expect(Object.values(world.sizes())).toEqual([1, 1]);
  });

  it('lets both sides be scaled though it names no canary', () => {
    const world = paused();
    world.change({ strategy: blueGreen, replicas: 4 });
    world.settle(10_000);
    expect(Object.values(world.sizes())).toEqual([2, 2]);
  });

  it('takes nobody away by bounds that it no longer names', () => {
    let latency = 0;
    const selector = { matchLabels: { app: 'shop' } };
    const rolling = { canary: { maxSurge: 1, maxUnavailable: 0 } };
    const world = new ToyWorld(
      { replicas: 4, selector, template: templateOf('v1'), strategy: rolling },
      { podLatencyMs: () => latency },
    );
    world.settle(10_000);
    latency = Number.POSITIVE_INFINITY;
    world.image('v2');
    world.settle(5_000);
    world.change({ strategy: blueGreen });
    world.settle(10_000);
    expect(world.sizes()).toEqual({ v1: 4, v2: 1 });
  });

  it('gives no pods and takes none for other steps that it has', () => {
    const world = paused();
    world.change({ replicas: 10 });
    world.settle(10_000);
    const before = world.sizes();
    expect(before).toEqual({ v1: 5, v2: 5 });
    for (const setWeight of [10, 90]) {
      world.change({ strategy: { canary: { ...canary, steps: [{ setWeight }, { setWeight }, { pause: { duration: 'long' } }] } } });
      world.settle(10_000);
      expect([world.status.phase, world.sizes()]).toEqual(['Degraded', before]);
    }
  });

  it('is not promoted in full: neither pods nor steps move', () => {
    const world = paused();
    world.change({ strategy: blueGreen });
    world.settle(5_000);
    world.command({ promoteFull: true });
    world.settle(10_000);
    expect(Object.values(world.sizes())).toEqual([1, 1]);
    expect(world.status.stableRS).not.toBe(world.status.currentPodHash);
  });
});

describe('an invalid spec that no longer says by what routes a canary is served', () => {
  it('takes no pods away from it, not even for an abort, until it is repaired', () => {
    const trafficRouting = { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } };
    const steps = [{ setWeight: 20 }, { pause: {} }];
    const routed = {
      canary: { canaryService: 'canary', stableService: 'stable', trafficRouting, steps, abortScaleDownDelaySeconds: 1 },
    };
    const spec = { replicas: 10, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy: routed };
    const world = new ToyWorld(spec, { services: ['canary', 'stable'] });
    world.settle(10_000);
    world.image('v2');
    world.settle(5_000);
    expect(world.sizes()).toEqual({ v1: 10, v2: 2 });
    world.change({ strategy: blueGreen });
    world.settle(5_000);
    world.command({ abort: true });
    world.settle(60_000);
    expect([world.sizes(), world.liveRoutes?.canaryWeight]).toEqual([{ v1: 10, v2: 2 }, 20]);
    world.change({ strategy: routed });
    world.settle(60_000);
    expect([world.sizes().v2 ?? 0, world.liveRoutes?.canaryWeight, world.status.phase]).toEqual([0, 0, 'Degraded']);
  });
});

describe('an invalid spec in the middle of a routed update', () => {
  const trafficRouting = { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } };
  const routed: CanaryStrategy = {
    canaryService: 'canary',
    stableService: 'stable',
    trafficRouting,
    steps: [{ setWeight: 20 }, { pause: {} }],
    scaleDownDelaySeconds: 60,
    abortScaleDownDelaySeconds: 1,
  };
  const { trafficRouting: _routing, ...unrouted } = routed;
  const { stableService: _stable, ...withoutStable } = routed;
  const { canaryService: _canary, ...withoutCanary } = routed;
  const { strategy: _strategy, ...spec } = {
    replicas: 10,
    selector: { matchLabels: { app: 'shop' } },
    template: templateOf('v1'),
    strategy: {},
  };

  it.each([
    ['has lost its routes', unrouted],
    ['has lost its stable Service', withoutStable],
    ['has lost its canary Service', withoutCanary],
  ])('that %s takes no pods from where weights rest', (_name, broken) => {
    const world = new ToyWorld({ ...spec, strategy: { canary: routed } }, { services: ['canary', 'stable'] });
    world.settle(10_000);
    world.image('v2');
    world.settle(5_000);
    world.change({ strategy: { canary: broken } });
    world.settle(5_000);
    expect([world.status.message?.slice(0, 11), world.sizes(), world.liveRoutes?.canaryWeight]).toEqual([
      'InvalidSpec',
      { v1: 10, v2: 2 },
      20,
    ]);
    world.command({ abort: true });
    world.settle(60_000);
    expect([world.sizes(), world.liveRoutes?.canaryWeight]).toEqual([{ v1: 10, v2: 2 }, 20]);
    world.change({ strategy: { canary: routed } });
    world.settle(60_000);
    expect([world.sizes(), world.liveRoutes?.canaryWeight]).toEqual([{ v1: 10, v2: 0 }, 0]);
  });

  it('moves no weight, whatever its steps say now', () => {
    const world = new ToyWorld({ ...spec, replicas: 1, strategy: { canary: routed } }, { services: ['canary', 'stable'] });
    world.settle(10_000);
    world.image('v2');
    world.settle(5_000);
    expect(world.liveRoutes?.canaryWeight).toBe(20);
    world.change({ strategy: { canary: { ...routed, steps: [{ setWeight: 60 }, { pause: { duration: 'long' } }] } } });
    world.settle(5_000);
    expect([world.status.phase, world.liveRoutes?.canaryWeight]).toEqual(['Degraded', 20]);
    world.change({ strategy: { canary: { ...routed, steps: [], maxUnavailable: 'none' } } });
    world.settle(5_000);
    expect([world.status.phase, world.liveRoutes?.canaryWeight]).toEqual(['Degraded', 20]);
  });

  it.each([
    ['a maxTrafficWeight of 0', 0, [20, 80, 100]],
    ['a negative maxTrafficWeight', -1, [20, 80, 100]],
    ['another maxTrafficWeight', 1_000, [200, 800, 1_000]],
  ])('keeps pods and the share of the traffic with %s', (_name, maxTrafficWeight, weights) => {
    const world = new ToyWorld({ ...spec, strategy: { canary: routed } }, { services: ['canary', 'stable'] });
    world.settle(10_000);
    world.image('v2');
    world.settle(5_000);
    const steps = [{ setWeight: 20 }, { pause: {} }, { setWeight: -1 }];
    world.change({ strategy: { canary: { ...routed, steps, trafficRouting: { ...trafficRouting, maxTrafficWeight } } } });
    world.settle(10_000);
    expect([world.status.message?.slice(0, 11), world.sizes()]).toEqual(['InvalidSpec', { v1: 10, v2: 2 }]);
    const { canaryWeight, stableWeight, maxWeight } = world.liveRoutes ?? {};
    expect([canaryWeight, stableWeight, maxWeight]).toEqual(weights);
  });

  it('takes no pods of the version that an undo left while weight rests on it, and scales the other', () => {
    let latency = 0;
    const world = new ToyWorld(
      { ...spec, strategy: { canary: routed } },
      { services: ['canary', 'stable'], routeLatencyMs: () => latency },
    );
    world.settle(10_000);
    world.image('v2');
    world.settle(5_000);
    latency = 60_000;
    world.image('v1');
    world.settle(2_000);
    world.change({ strategy: { canary: unrouted }, replicas: 12 });
    world.settle(5_000);
    expect(world.sizes()).toEqual({ v1: 12, v2: 2 });
  });
});

describe('an invalid spec with many problems', () => {
  it('is told of in a message that events can carry', () => {
    const world = paused();
    world.change({ strategy: { canary: { steps: Array.from({ length: 30 }, () => ({ setWeight: 101 })) } } });
    world.settle(5_000);
    expect(world.status.message).toMatch(/steps\[9\]\.setWeight: must be from 0 to 100, got 101; and 20 more$/);
    expect(world.told().filter((line) => line.length > 1_024)).toEqual([]);
  });
});

describe('an invalid limit', () => {
  it('throws nothing away', () => {
    const selector = { matchLabels: { app: 'shop' } };
    const world = new ToyWorld({ replicas: 1, selector, template: templateOf('v1'), strategy: { canary: {} } });
    for (const tag of ['v2', 'v3', 'v4']) {
      world.settle(10_000);
      world.image(tag);
    }
    world.settle(10_000);
    world.change({ revisionHistoryLimit: -1 });
    world.settle(10_000);
    expect([world.status.phase, world.sizes()]).toEqual(['Degraded', { v1: 0, v2: 0, v3: 0, v4: 1 }]);
    world.change({ revisionHistoryLimit: 1 });
    world.settle(10_000);
    expect([world.status.phase, world.sizes()]).toEqual(['Healthy', { v3: 0, v4: 1 }]);
  });
});

describe('an invalid spec whose canary was deleted by hand', () => {
  it('lets stable be made whole by an abort', () => {
    const world = paused();
    world.change({ strategy: blueGreen });
    world.settle(5_000);
    world.replicaSets.delete(`shop-${world.status.currentPodHash}`);
    world.settle(5_000);
    world.command({ abort: true });
    world.settle(10_000);
    expect(world.sizes()).toEqual({ v1: 2 });
  });
});

describe('an invalid number of replicas', () => {
  it('takes no pods away', () => {
    const world = paused();
    world.change({ replicas: -1 });
    world.settle(10_000);
    expect([world.status.phase, Object.values(world.sizes())]).toEqual(['Degraded', [1, 1]]);
    world.command({ abort: true });
    world.settle(10_000);
    expect(Object.values(world.sizes())).toEqual([2, 0]);
  });
});

describe('commands within one second', () => {
  it('tell each try of its own', () => {
    const world = paused();
    const before = world.told().length;
    world.command({ abort: true });
    world.settle(0);
    world.command({ abort: false });
    world.settle(0);
    expect(world.told(before).filter((event) => event.includes('RolloutPaused'))).toHaveLength(1);
  });
});
