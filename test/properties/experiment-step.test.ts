/** The laws of a Rollout hold with an experiment among its steps, and no experiment outlives what it is for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectItEndsWell, expectItRests } from '../support/rollout-laws.ts';
import { type Case, play, scenario } from '../support/rollout-scenarios.ts';
import type { ToyWorld } from '../support/toy-world.ts';

const runs = 60;
const timeoutMs = 120_000;

const withExperiment = (routed: boolean): fc.Arbitrary<Case> =>
  fc
    .tuple(scenario(routed), fc.record({ at: fc.nat(4), weight: fc.constantFrom(0, 5, 30) }))
    // What evictions may take from an update is a matter of its own.
    .map(([one, experiment]) => ({ ...one, actions: one.actions.filter((act) => act.do !== 'restart'), experiment }));

function expectNoneIsLeft(world: ToyWorld): void {
  const open = [...world.experiments.all.values()].filter(({ status }) => (status?.phase ?? 'Running') === 'Running');
  expect(open, world.log.join('\n')).toEqual([]);
  expect(world.experiments.services.size, world.log.join('\n')).toBe(0);
  expect(world.liveRoutes?.additional ?? []).toEqual([]);
  expect(world.status.canary?.currentExperiment).toBeUndefined();
}

describe.each([false, true])('a canary with an experiment, routed: %s', (routed) => {
  it('comes back to stable by an abort from every state, and every prefix is safe', { timeout: timeoutMs }, () => {
    fc.assert(
      fc.property(withExperiment(routed), (one) => {
        const world = play(one);
        world.settle(30_000);
        world.change({ paused: false });
        world.command({ abort: true, abortedAt: null });
        world.settle(120_000);
        expect(world.liveRoutes?.canaryWeight ?? 0).toBe(0);
        expectNoneIsLeft(world);
        expectItRests(world);
      }),
      { numRuns: runs },
    );
  });

  it('ends well when people let it, and leaves nothing behind', { timeout: timeoutMs }, () => {
    fc.assert(
      fc.property(withExperiment(routed), (one) => {
        const world = play(one);
        expectItEndsWell(world);
        expectNoneIsLeft(world);
        expectItRests(world);
      }),
      { numRuns: runs },
    );
  });
});
