/** Random lives of a blue-green Rollout. What users do in them is what they do to a canary; what must hold is the laws' matter. */
import fc from 'fast-check';
import type { BlueGreenStrategy, CanaryStrategy } from '../../src/api/rollout.ts';
import { blueGreenLaws, servedLaws } from './blue-green-laws.ts';
import { type Action, act, action, antiAffinity, good, metadata } from './rollout-scenarios.ts';
import { templateOf } from './shop-template.ts';
import { ToyWorld } from './toy-world.ts';

export interface BlueGreenCase {
  readonly replicas: number;
  readonly strategy: Omit<BlueGreenStrategy, 'activeService'>;
  readonly podMs: number;
  readonly endingMs: number;
  readonly window: number;
  readonly actions: readonly Action[];
  /** After so many actions the strategy becomes a canary, and after as many more blue-green again; 0 for never. */
  readonly changesEvery?: number;
}

const analysis = { templates: [{ templateName: 'good' }] };

export const blueGreenScenario: fc.Arbitrary<BlueGreenCase> = fc.record({
  replicas: fc.integer({ min: 1, max: 6 }),
  strategy: fc.record(
    {
      previewService: fc.constant('preview'),
      previewReplicaCount: fc.integer({ min: 0, max: 4 }),
      autoPromotionEnabled: fc.boolean(),
      autoPromotionSeconds: fc.constantFrom(0, 4),
      prePromotionAnalysis: fc.constant(analysis),
      postPromotionAnalysis: fc.constant(analysis),
      scaleDownDelaySeconds: fc.constantFrom(0, 6, 30),
      abortScaleDownDelaySeconds: fc.constantFrom(6, 30),
      activeMetadata: metadata,
      previewMetadata: metadata,
      antiAffinity,
    },
    { requiredKeys: [] },
  ),
  podMs: fc.constantFrom(0, 400, 2500),
  endingMs: fc.constantFrom(0, 40, 900),
  window: fc.constantFrom(0, 0, 1, 3),
  actions: fc.array(action, { maxLength: 14 }),
});

export const changingScenario: fc.Arbitrary<BlueGreenCase> = fc
  .tuple(blueGreenScenario, fc.integer({ min: 1, max: 5 }))
  .map(([one, changesEvery]) => ({ ...one, changesEvery }));

const canary: CanaryStrategy = {
  stableService: 'active',
  canaryService: 'preview',
  maxSurge: 1,
  maxUnavailable: 0,
  steps: [{ setWeight: 40 }, { pause: { duration: 3 } }, { analysis }, { setWeight: 70 }, { pause: {} }],
};

/** Lets a Rollout begin and then everything happen in turn. */
export function playBlueGreen(one: BlueGreenCase): ToyWorld {
  const { scaleDownDelaySeconds = 30, abortScaleDownDelaySeconds = 30 } = one.strategy;
  const blueGreen = { activeService: 'active', ...one.strategy };
  const { changesEvery = 0 } = one;
  let nth = 0;
  const world = new ToyWorld(
    {
      replicas: one.replicas,
      selector: { matchLabels: { app: 'shop' } },
      template: templateOf('v1'),
      strategy: { blueGreen },
      analysis: { successfulRunHistoryLimit: 2, unsuccessfulRunHistoryLimit: 2 },
      revisionHistoryLimit: 1,
      rollbackWindow: { revisions: one.window },
    },
    {
      services: ['active', 'preview'],
      templates: [good],
      endingMs: one.endingMs,
      podLatencyMs: () => {
        nth += 1;
        return one.podMs * (1 + (nth % 3));
      },
      // A canary between has laws of its own; users are served whatever the strategy.
      watch:
        changesEvery > 0
          ? servedLaws('active')
          : blueGreenLaws({ delayMs: 1000 * Math.min(scaleDownDelaySeconds, abortScaleDownDelaySeconds) }),
    },
  );
  world.settle(20_000);
  for (const [index, next] of one.actions.entries()) {
    const isCanary = changesEvery > 0 && Math.floor(index / changesEvery) % 2 === 1;
    if (changesEvery > 0 && index % changesEvery === 0) world.change({ strategy: isCanary ? { canary } : { blueGreen } });
    act(world, next);
  }
  world.crashAfter = undefined;
  return world;
}
