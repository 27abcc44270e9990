/** `status.duration` through the life of a Rollout in a toy world: when it begins, how it ends, and how long people took. */
import { expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { openTill, updatedTill } from '../../../test/support/toy-till.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import type { CanaryStep } from '../../api/rollout.ts';

const endless: readonly CanaryStep[] = [{ setWeight: 50 }, { pause: {} }];

function shop(steps: readonly CanaryStep[] = endless, podMs = 0): ToyWorld {
  const world = new ToyWorld(
    {
      replicas: 2,
      selector: { matchLabels: { app: 'shop' } },
      template: templateOf('v1'),
      strategy: { canary: { maxSurge: 1, maxUnavailable: 0, steps: [...steps] } },
    },
    { podLatencyMs: () => podMs },
  );
  world.settle(10_000);
  return world;
}

const seconds = (world: ToyWorld): number => {
  const { rolloutStartedAt = '', finishedAt = '' } = world.status.duration ?? {};
  return (Date.parse(finishedAt) - Date.parse(rolloutStartedAt)) / 1000;
};

it('begins with the first deployment and ends when all its pods are there', () => {
  const world = shop(endless, 3_000);
  expect(world.status.duration).toMatchObject({ completionStatus: 'Promoted' });
  expect(seconds(world)).toBe(3);
});

it('adds up every time that people took, and says at the end how it ended', () => {
  const world = shop([{ setWeight: 50 }, { pause: {} }, { pause: { duration: 30 } }, { pause: {} }]);
  world.image('v2');
  world.settle(20_000);
  expect(world.status.duration).toHaveProperty('manualPauseStartedAt');
  world.command({ pauseConditions: null });
  world.settle(10_000);
  expect(world.status.duration).toMatchObject({ totalManualPauseDurationSeconds: 20 });
  world.change({ paused: true });
  world.settle(5_000);
  world.change({ paused: false });
  world.settle(30_000);
  world.settle(10_000);
  world.command({ pauseConditions: null });
  world.settle(5_000);
  const { duration } = world.status;
  expect(duration).toMatchObject({ completionStatus: 'Promoted' });
  expect(duration).not.toHaveProperty('manualPauseStartedAt');
  const taken = duration?.totalManualPauseDurationSeconds ?? 0;
  expect(taken).toBeGreaterThanOrEqual(35);
  expect(taken).toBeLessThanOrEqual(50);
});

it('is not touched by scaling, before or after the end', () => {
  const world = shop();
  const before = world.status.duration;
  world.change({ replicas: 5 });
  world.settle(10_000);
  expect(world.status.duration).toEqual(before);
});

it('a promotion in full is fast', () => {
  const world = shop();
  world.image('v2');
  world.settle(5_000);
  world.command({ promoteFull: true });
  world.settle(10_000);
  expect(world.status.duration?.completionStatus).toBe('FastPromoted');
});

it('another version in the middle begins anew, and going back ends what was begun', () => {
  const world = shop();
  world.image('v2');
  world.settle(20_000);
  const first = world.status.duration?.rolloutStartedAt;
  world.image('v3');
  world.settle(20_000);
  const second = world.status.duration?.rolloutStartedAt;
  expect(second).not.toBe(first);
  expect(world.status.duration).not.toHaveProperty('totalManualPauseDurationSeconds');
  world.image('v1');
  world.settle(10_000);
  expect(world.status.duration).toMatchObject({ rolloutStartedAt: second, completionStatus: 'RolledBack' });
  expect(seconds(world)).toBeGreaterThanOrEqual(20);
  expect(world.status.duration?.totalManualPauseDurationSeconds).toBeGreaterThanOrEqual(15);
});

it('an abort ends it, a retry begins another, going back after an abort is a new one', () => {
  const world = shop();
  world.image('v2');
  world.settle(20_000);
  const first = world.status.duration?.rolloutStartedAt;
  world.command({ abort: true });
  world.settle(5_000);
  expect(world.status.duration).toMatchObject({ rolloutStartedAt: first, completionStatus: 'Aborted' });
  expect(world.status.duration?.totalManualPauseDurationSeconds).toBeGreaterThanOrEqual(15);
  world.command({ abort: false });
  world.settle(5_000);
  expect(world.status.duration?.rolloutStartedAt).not.toBe(first);
  expect(world.status.duration).not.toHaveProperty('finishedAt');
  world.command({ abort: true });
  world.settle(5_000);
  const aborted = world.status.duration?.rolloutStartedAt;
  world.image('v1');
  world.settle(10_000);
  expect(world.status.duration).toMatchObject({ completionStatus: 'RolledBack' });
  expect(world.status.duration?.rolloutStartedAt).not.toBe(aborted);
});

it('going back fast in blue-green says so', () => {
  const world = updatedTill({ scaleDownDelaySeconds: 60 });
  expect(world.status.duration?.completionStatus).toBe('Promoted');
  world.image('v1');
  world.settle(5_000);
  expect(world.status.duration?.completionStatus).toBe('FastRolledBack');
  expect(openTill().status.duration?.completionStatus).toBe('Promoted');
});
