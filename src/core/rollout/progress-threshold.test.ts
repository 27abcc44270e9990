import { describe, expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { routing, weight } from '../../../test/support/toy-routes.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import type { CanaryStrategy } from '../../api/rollout.ts';
import { enoughOf } from './progress-threshold.ts';

describe('enough pods of those that are wanted', () => {
  it.each([
    ['Percent', 100, 7, 7],
    ['Percent', 90, 10, 9],
    ['Percent', 90, 5, 5],
    ['Percent', 50, 5, 3],
    ['Percent', 1, 10, 1],
    ['Percent', 0, 10, 1],
    ['Percent', 50, 0, 0],
    ['Pods', 3, 5, 3],
    ['Pods', 8, 5, 5],
    ['Pods', 0, 5, 1],
    ['Pods', 3, 0, 0],
  ])('%s %i of %i is %i', (type, value, pods, enough) => {
    expect(enoughOf({ canary: { replicaProgressThreshold: { type, value } } }, pods)).toBe(enough);
  });

  it('is all of them without a threshold', () => {
    expect(enoughOf({ canary: {} }, 5)).toBe(5);
  });
});

/** Of every ten pods of v2 one never starts. */
function limping(canary: CanaryStrategy, services: readonly string[] = []): ToyWorld {
  let young = false;
  let nth = 0;
  const world = new ToyWorld(
    { replicas: 10, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy: { canary } },
    {
      services,
      podLatencyMs: () => {
        if (young) nth += 1;
        return nth % 10 === 1 ? Number.POSITIVE_INFINITY : 0;
      },
    },
  );
  world.settle(5_000);
  young = true;
  world.image('v2');
  world.settle(10_000);
  return world;
}

const steps = [{ setWeight: 50 }, { pause: {} }, { setWeight: 80 }, { pause: {} }];

describe('a canary one pod of which never starts', () => {
  it('stays at its first step without a threshold, with pods alone and with a router', () => {
    const basic = limping({ maxSurge: 5, maxUnavailable: 0, steps });
    expect([basic.status.phase, basic.status.currentStepIndex]).toEqual(['Progressing', 0]);
    const routed = limping({ ...routing, steps }, ['canary', 'stable']);
    expect([routed.status.currentStepIndex, weight(routed)]).toEqual([0, 0]);
  });

  it.each([
    ['Percent', 80],
    ['Pods', 4],
  ])('goes on with a threshold of %s %i, but is not promoted', (type, value) => {
    const threshold = { replicaProgressThreshold: { type, value } };
    const basic = limping({ maxSurge: 5, maxUnavailable: 1, steps, ...threshold });
    expect([basic.status.phase, basic.status.currentStepIndex, basic.sizes()]).toEqual(['Paused', 1, { v1: 5, v2: 5 }]);
    const routed = limping({ ...routing, steps, ...threshold }, ['canary', 'stable']);
    expect([routed.status.phase, weight(routed), routed.sizes()]).toEqual(['Paused', 50, { v1: 10, v2: 5 }]);
    routed.command({ pauseConditions: null });
    routed.settle(10_000);
    expect([routed.status.phase, weight(routed), routed.sizes()]).toEqual(['Paused', 80, { v1: 10, v2: 8 }]);
    routed.command({ pauseConditions: null });
    routed.settle(10_000);
    expect(routed.status.stableRS).not.toBe(routed.status.currentPodHash);
    expect([weight(routed), routed.sizes()]).toEqual([100, { v1: 10, v2: 10 }]);
  });

  it('is not reached below the threshold', () => {
    const world = limping({ ...routing, steps, replicaProgressThreshold: { type: 'Percent', value: 81 } }, ['canary', 'stable']);
    expect([world.status.currentStepIndex, weight(world)]).toEqual([0, 0]);
  });
});
