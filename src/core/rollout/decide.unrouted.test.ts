/** A routed update whose spec comes to name no routes: by mistake, or because pods shall carry the traffic from now on. */
import { expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import type { CanaryStrategy } from '../../api/rollout.ts';

const base: CanaryStrategy = { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 20 }, { pause: {} }] };
const services = { canaryService: 'canary', stableService: 'stable' };
const routedBy = (routing: object): CanaryStrategy => ({
  ...base,
  ...services,
  trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': routing } },
});

/** v2 has a fifth of the traffic. */
function updating(): ToyWorld {
  const spec = { replicas: 10, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1') };
  const world = new ToyWorld(
    { ...spec, strategy: { canary: routedBy({ httpRoute: 'shop' }) } },
    { services: ['canary', 'stable'] },
  );
  world.settle(10_000);
  world.image('v2');
  world.settle(5_000);
  expect([world.status.phase, world.sizes(), world.liveRoutes?.canaryWeight]).toEqual(['Paused', { v1: 10, v2: 2 }, 20]);
  return world;
}

it('a configuration that names no route keeps everything, and says so', () => {
  const world = updating();
  world.change({ strategy: { canary: routedBy({}) } });
  world.settle(60_000);
  expect([world.status.phase, world.sizes(), world.liveRoutes?.canaryWeight]).toEqual(['Degraded', { v1: 10, v2: 2 }, 20]);
  expect(world.status.message).toMatch(/^InvalidSpec: .*names no route; set httpRoute/);
});

it('an abort is carried out all the same, and takes the pods with it', () => {
  const world = updating();
  world.change({ strategy: { canary: routedBy({}) } });
  world.settle(5_000);
  world.command({ abort: true });
  world.settle(5_000);
  expect([world.sizes(), world.liveRoutes?.canaryWeight]).toEqual([{ v1: 10, v2: 2 }, 0]);
  world.settle(60_000);
  expect([world.status.phase, world.sizes()]).toEqual(['Degraded', { v1: 10, v2: 0 }]);
  expect(world.status.message).toMatch(/^InvalidSpec: .*names no route/);
  const paused = world.status.conditions?.find(({ type }) => type === 'Paused');
  expect(paused?.message).toMatch(/^Rollout is aborted: all traffic is on revision 1; /);
});

it('without trafficRouting pods carry on, and an abort takes them away', () => {
  const world = updating();
  world.change({ strategy: { canary: base } });
  world.settle(20_000);
  expect([world.status.phase, world.sizes(), world.status.canary?.weights]).toEqual(['Paused', { v1: 8, v2: 2 }, undefined]);
  world.command({ abort: true });
  world.settle(20_000);
  expect(world.sizes()).toEqual({ v1: 10, v2: 0 });
  expect([world.status.phase, world.status.message]).toEqual(['Degraded', 'RolloutAborted: Rollout aborted update to revision 2']);
});
