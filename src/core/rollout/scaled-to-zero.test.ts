/** A routed update that is scaled to nothing: nobody is to be served any more, so nobody's pods stay for those who would be sent to them. */
import { describe, expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import type { CanaryStep, CanaryStrategy } from '../../api/rollout.ts';

const scale: CanaryStep = { setCanaryScale: { replicas: 1 } };
const header: CanaryStep = { setHeaderRoute: { name: 'beta', match: [{ headerName: 'x-canary', headerValue: { exact: 'yes' } }] } };

/** v2 stands at the pause behind these steps, and then there are to be no pods. */
function scaledToZero(canary: CanaryStrategy, before = (_: ToyWorld): void => {}): ToyWorld {
  const world = new ToyWorld(
    {
      replicas: 2,
      selector: { matchLabels: { app: 'shop' } },
      template: templateOf('v1'),
      strategy: {
        canary: {
          canaryService: 'canary',
          stableService: 'stable',
          trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } }, managedRoutes: [{ name: 'beta' }] },
          ...canary,
          steps: [...(canary.steps ?? []), { pause: {} }],
        },
      },
    },
    { services: ['canary', 'stable'] },
  );
  world.settle(10_000);
  world.image('v2');
  world.settle(10_000);
  expect(world.status.phase).toBe('Paused');
  before(world);
  world.change({ replicas: 0 });
  world.settle(10_000);
  return world;
}

const sent = ({ liveRoutes }: ToyWorld) => [liveRoutes?.canaryWeight, liveRoutes?.managedRoutes];

const places: readonly (readonly [string, CanaryStep[]])[] = [
  ['a header route', [scale, header]],
  ['a share of the traffic', [scale, { setWeight: 50 }]],
  ['a share of the traffic and pods that follow it', [{ setWeight: 50 }]],
  ['all of the traffic', [{ setWeight: 100 }]],
  ['both', [scale, { setWeight: 50 }, header]],
];
const cases = [false, true].flatMap((isDynamic) => places.map(([place, steps]) => [place, isDynamic, steps] as const));

describe.each(cases)('scaled to nothing with %s, dynamicStableScale: %s', (_, dynamicStableScale, steps) => {
  it('an abort leaves no pods and no routes', () => {
    const world = scaledToZero({ steps, dynamicStableScale });
    world.command({ abort: true });
    world.settle(90_000);
    expect([world.sizes(), sent(world), world.status.phase]).toEqual([{ v1: 0, v2: 0 }, [0, []], 'Degraded']);
  });

  it('a newer version takes the place', () => {
    const world = scaledToZero({ steps, dynamicStableScale });
    world.image('v3');
    world.settle(90_000);
    expect(world.sizes()).toMatchObject({ v1: 0, v2: 0 });
    world.command({ promoteFull: true });
    world.settle(90_000);
    expect([world.sizes(), world.status.phase]).toEqual([{ v1: 0, v2: 0, v3: 0 }, 'Healthy']);
    expect(world.status.stableRS).toBe(world.status.currentPodHash);
  });
});

it.each([50, 100])('pods go that follow the traffic, also when stable was down: %i %', (setWeight) => {
  const world = scaledToZero({ steps: [{ setWeight }] }, (one) => one.restartPods('v1', Number.POSITIVE_INFINITY));
  expect([world.sizes(), sent(world)]).toEqual([{ v1: 0, v2: 0 }, [0, []]]);
});
