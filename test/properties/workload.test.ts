/** A Deployment hands over to a Rollout in any life of it: the capacity never sinks by what Rampart writes, and it ends well. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { scaleDownModes } from '../../src/api/validation/workload-ref.ts';
import { expectItEndsWell, expectItRests } from '../support/rollout-laws.ts';
import { type Action, act, action } from '../support/rollout-scenarios.ts';
import { tagOf, templateOf } from '../support/shop-template.ts';
import { ToyWorld } from '../support/toy-world.ts';

const kinds = action.filter((one) => one.do !== 'verdict');
/** Somebody else scales the Deployment, or it is restored from its manifest. */
type Outside = Action | { readonly do: 'deployment'; readonly replicas: number };

const life = fc.record({
  replicas: fc.integer({ min: 1, max: 5 }),
  had: fc.integer({ min: 0, max: 6 }),
  scaleDown: fc.constantFrom(...scaleDownModes),
  podMs: fc.constantFrom(0, 700, 4_000),
  actions: fc.array(
    fc.oneof(
      { weight: 8, arbitrary: kinds },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('deployment' as const), replicas: fc.integer({ min: 0, max: 6 }) }) },
    ),
    { maxLength: 12 },
  ) as fc.Arbitrary<Outside[]>,
});

/** Pods of the version in the spec that are available and asked for. */
function available(world: ToyWorld): number {
  const wanted = JSON.stringify(world.rollout.spec.template?.spec);
  const current = [...world.replicaSets.values()].find((one) => wanted.includes(`:${tagOf(one)}"`));
  return current === undefined ? 0 : Math.min(current.spec.replicas ?? 1, world.readyPods(current.metadata.name).length);
}

/** Told by two processes, its end once read differently. */
const changedInItsFirstDeployment = {
  replicas: 1,
  had: 0,
  scaleDown: 'never' as const,
  podMs: 700 as const,
  actions: [
    { do: 'crash', after: 0 },
    { do: 'image', tag: 'v3' },
    { do: 'wait', ms: 3000 },
    { do: 'crash', after: 0 },
  ] as Outside[],
};

it('at every prefix of every life', () => {
  fc.assert(
    fc.property(life, ({ replicas, had, scaleDown, podMs, actions }) => {
      let before = 0;
      const world = new ToyWorld(
        { replicas, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy: { canary: {} } },
        {
          podLatencyMs: (_, nth) => podMs * (1 + (nth % 3)),
          watch: {
            before: ({ workload }) => {
              before = workload?.replicas ?? 0;
            },
            after: (now, cause) => {
              const after = now.workload?.replicas ?? 0;
              if (after >= before) return;
              const isWhole = available(now) >= (now.rollout.spec.replicas ?? 1);
              const isKept = after + available(now) >= before;
              if (scaleDown === 'never' || !(isWhole || (scaleDown === 'progressively' && isKept)))
                throw new Error(`pods of the Deployment go too soon\nby: ${cause}\n${now.log.join('\n')}`);
            },
          },
        },
      );
      world.workload = { kind: 'Deployment', name: 'shop', uid: 'u', generation: 1, replicas: had, scaleDown };
      for (const one of actions) {
        if (one.do !== 'deployment') act(world, one);
        else if (world.workload !== undefined)
          world.workload = { ...world.workload, replicas: one.replicas, generation: (world.workload.generation ?? 0) + 1 };
      }
      world.crashAfter = undefined;
      const size = world.workload.replicas;
      if (world.rollout.spec.replicas === 0) world.change({ replicas: 1 });
      expectItEndsWell(world);
      expect(world.workload.replicas, world.log.join('\n')).toBe(scaleDown === 'never' ? size : 0);
      expect(world.status.workloadObservedGeneration).toBe(String(world.workload.generation));
      expectItRests(world);
    }),
    { numRuns: 150, examples: [[changedInItsFirstDeployment]] },
  );
}, 120_000);
