/** What is added to pods and when they are restarted, in random lives: all of it comes right, no version is made twice, nothing is written for ever. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blueGreenScenario, playBlueGreen } from '../support/blue-green-scenarios.ts';
import { expectItEndsWell, expectItRests, expectPodsAreAsWanted } from '../support/rollout-laws.ts';
import { type Case, dressingAction, play, scenario, worn } from '../support/rollout-scenarios.ts';

const runs = 100;
const timeoutMs = 120_000;

const dressed = (routed: boolean): fc.Arbitrary<Case> =>
  fc
    .tuple(scenario(routed), worn, fc.array(dressingAction, { maxLength: 14 }))
    .map(([one, first, actions]) => ({ ...one, actions, worn: first }));

describe.each([false, true])('pods of a canary, routed: %s', (routed) => {
  it(
    'end up as their roles want them, restarted once',
    () => {
      fc.assert(
        fc.property(dressed(routed), (one) => {
          const world = play(one);
          expectItEndsWell(world);
          world.settle(120_000);
          expectPodsAreAsWanted(world);
          expect(new Set(world.podWork.evicted).size).toBe(world.podWork.evicted.length);
          expectItRests(world);
        }),
        { numRuns: runs },
      );
    },
    timeoutMs,
  );
});

it(
  'pods of blue-green end up as their roles want them, restarted once',
  () => {
    fc.assert(
      fc.property(blueGreenScenario, (one) => {
        const world = playBlueGreen(one);
        expectItEndsWell(world);
        world.settle(120_000);
        expectPodsAreAsWanted(world);
        expect(new Set(world.podWork.evicted).size).toBe(world.podWork.evicted.length);
        expectItRests(world);
      }),
      { numRuns: runs },
    );
  },
  timeoutMs,
);
