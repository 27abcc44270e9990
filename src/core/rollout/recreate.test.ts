/** Recreate as a canary without steps: the old pods are gone before a new one is asked for. */
import { expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';

it('never runs two versions at once, as far as ReplicaSets count', () => {
  const world = new ToyWorld(
    {
      replicas: 3,
      selector: { matchLabels: { app: 'shop' } },
      template: templateOf('v1'),
      strategy: { canary: { maxSurge: 0, maxUnavailable: '100%' } },
    },
    {
      endingMs: 4_000,
      watch: {
        before: () => undefined,
        after: ({ replicaSets, log }) => {
          const alive = [...replicaSets.values()].filter(({ spec, status }) => (spec.replicas ?? 1) + (status?.replicas ?? 0) > 0);
          const raised = alive.filter(({ spec }) => (spec.replicas ?? 1) > 0);
          if (raised.length > 0 && alive.length > 1) throw new Error(log.join('\n'));
        },
      },
    },
  );
  world.settle(10_000);
  world.image('v2');
  world.settle(30_000);
  expect([world.status.phase, world.sizes()]).toEqual(['Healthy', { v1: 0, v2: 3 }]);
});

it.each([1, 2, 5])('waits for nothing that a Service selects: %i pods', (replicas) => {
  const canary = { maxSurge: 0, maxUnavailable: '100%', canaryService: 'canary', stableService: 'stable' };
  const world = new ToyWorld(
    { replicas, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy: { canary } },
    { services: ['canary', 'stable'], podLatencyMs: () => 2_000 },
  );
  world.settle(10_000);
  world.image('v2');
  world.settle(30_000);
  expect([world.status.phase, world.sizes()]).toEqual(['Healthy', { v1: 0, v2: replicas }]);
  for (const name of ['canary', 'stable']) {
    expect(world.services.get(name)?.spec.selector?.['rollouts-pod-template-hash']).toBe(world.status.stableRS);
  }
});
