/**
 * An autoscaler and a Rollout in the middle of an update come to rest: what the scale subresource tells never makes the autoscaler chase
 * the pods that the update itself adds. The autoscaler is modelled after Kubernetes' own: bounds, a tolerance of a tenth, no patience.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CanaryStrategy, RolloutSpec } from '../../src/api/rollout.ts';
import { templateOf } from '../support/shop-template.ts';
import { ToyWorld } from '../support/toy-world.ts';

type Strategy = NonNullable<RolloutSpec['strategy']>;

const tolerance = 0.1;
const most = 60;

/** `external`: an average per pod that is counted; `resource`: a utilization of the pods that the selector finds. */
type Metric = 'external' | 'resource';

/** What it asks for next, when the load needs so many pods. */
function wanted(world: ToyWorld, metric: Metric, load: number): number {
  const now = world.rollout.spec.replicas ?? 1;
  const counted = metric === 'external' ? (world.status.HPAReplicas ?? 0) : selectedPods(world);
  if (counted === 0) return now;
  const isNear = Math.abs(1 - load / counted) <= tolerance;
  const asked = isNear ? (metric === 'external' ? counted : now) : Math.ceil(load - 1e-9);
  return Math.min(most, Math.max(1, Math.min(asked, Math.max(2 * now, 4))));
}

/** Pods that run and carry the labels and the hash that the status names. */
function selectedPods(world: ToyWorld): number {
  const hash = /rollouts-pod-template-hash=(\w+)/.exec(world.status.selector ?? '')?.[1];
  const names = [...world.replicaSets.keys()].filter((name) => hash === undefined || name === `shop-${hash}`);
  return names.reduce((sum, name) => sum + world.readyPods(name).length, 0);
}

const routing: CanaryStrategy = {
  canaryService: 'canary',
  stableService: 'stable',
  trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } },
};
const canary = (weight: number, more: CanaryStrategy): Strategy => ({
  canary: { ...more, steps: [{ setWeight: weight }, { pause: {} }] },
});

const scenario = fc.record({
  replicas: fc.integer({ min: 1, max: 20 }),
  load: fc.double({ min: 0.5, max: 40, noNaN: true }),
  metric: fc.constantFrom('external' as const, 'resource' as const),
  podMs: fc.constantFrom(0, 3_000),
  strategy: fc.oneof(
    fc.integer({ min: 1, max: 99 }).map((weight) => canary(weight, routing)),
    fc.integer({ min: 1, max: 99 }).map((weight) => canary(weight, { maxSurge: '25%', maxUnavailable: 0 })),
    fc.constant<Strategy>({ blueGreen: { activeService: 'stable', previewService: 'canary', autoPromotionEnabled: false } }),
  ),
});

it('comes to rest at what the load needs, at any weight', () => {
  fc.assert(
    fc.property(scenario, ({ replicas, load, metric, podMs, strategy }) => {
      const world = new ToyWorld(
        { replicas, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy },
        { services: ['canary', 'stable'], podLatencyMs: () => podMs },
      );
      world.settle(15_000);
      world.image('v2');
      world.settle(15_000);
      const asked: number[] = [];
      for (let round = 0; round < 14; round += 1) {
        const next = wanted(world, metric, load);
        asked.push(next);
        if (next !== world.rollout.spec.replicas) world.change({ replicas: next });
        world.settle(15_000);
        expect(world.status.HPAReplicas).toBeLessThanOrEqual(next);
      }
      expect(new Set(asked.slice(-6)).size, asked.join()).toBe(1);
      expect(asked.at(-1), asked.join()).toBeLessThanOrEqual(Math.max(1, Math.ceil(load / (1 - tolerance))));
      expect(world.status.currentStepIndex ?? 1).toBe(1);
      expect(world.status.phase).toBe('Paused');
    }),
    { numRuns: 120 },
  );
}, 120_000);
