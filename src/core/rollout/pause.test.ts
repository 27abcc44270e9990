import { expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';

it('a timed pause that begins in the middle of a second does not end before its time', () => {
  const canary = { maxSurge: 1, maxUnavailable: 0, steps: [{ pause: { duration: 3 } }, { pause: {} }] };
  const world = new ToyWorld({
    replicas: 1,
    selector: { matchLabels: { app: 'shop' } },
    template: templateOf('v1'),
    strategy: { canary },
  });
  world.settle(10_700, 100);
  world.image('v2');
  world.settle(2_900, 100);
  expect(world.status.currentStepIndex).toBe(0);
  world.settle(1_100, 100);
  expect(world.status.currentStepIndex).toBe(1);
});
