/**
 * What clients say and write, over random histories: explanations are whole and agree with the status, and promoting again and again gets
 * every update to its end.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PromoteMode, promotion } from '../../src/cli/writes/promote.ts';
import { explain } from '../../src/core/rollout/explain.ts';
import { type BlueGreenCase, blueGreenScenario, playBlueGreen } from '../support/blue-green-scenarios.ts';
import { play, scenario } from '../support/rollout-scenarios.ts';
import type { ToyWorld } from '../support/toy-world.ts';

const runs = 40;
const timeoutMs = 120_000;
const unacted = /has not acted on this yet/;

/** As the API server merges what `rampart promote` sends; false where there is nothing to promote. */
function promote(world: ToyWorld, mode: PromoteMode): boolean {
  const wanted = promotion(world.rollout, mode);
  if ('refused' in wanted) return false;
  for (const { subresource, patch } of wanted.writes) {
    const { status, spec } = patch.body as { readonly status?: Record<string, unknown>; readonly spec?: object };
    if (subresource === 'status') world.command(status ?? {});
    else world.change(spec ?? {});
  }
  return true;
}

/** Pods that die by themselves are for the laws of the controller. */
const canary = (routed: boolean) =>
  scenario(routed).map((one) => () => play({ ...one, actions: one.actions.filter(({ do: what }) => what !== 'kill') }));

const strategies = {
  'a canary': canary(false),
  'a routed canary': canary(true),
  'blue-green': blueGreenScenario.map((one: BlueGreenCase) => () => playBlueGreen(one)),
} satisfies Readonly<Record<string, fc.Arbitrary<() => ToyWorld>>>;

describe.each(Object.entries(strategies))('%s', (_, history) => {
  it(
    'is explained in whole sentences at any moment, and as its status has it when it rests',
    () => {
      fc.assert(
        fc.property(history, fc.nat(4_000), (played, ms) => {
          const world = played();
          world.settle(ms);
          for (const moment of ['under way', 'at rest']) {
            if (moment === 'at rest') world.settle(200_000);
            const { phase, sentences } = explain(world.observe(), world.nowMs);
            const text = sentences.join('\n');
            expect(sentences.length, moment).toBeGreaterThan(0);
            expect(
              sentences.every((sentence) => /^[A-Z].*\.$/s.test(sentence)),
              `${moment}: ${text}`,
            ).toBe(true);
            expect(text, moment).not.toMatch(/undefined|NaN|Invalid Date|\[object/);
            if (moment === 'under way') continue;
            expect(text).not.toMatch(unacted);
            expect(phase).toBe(world.status.phase);
            // Another program has not the router's word in its memory.
            expect(explain({ ...world.observe(), routes: undefined }, world.nowMs).sentences.join('\n')).not.toMatch(unacted);
          }
        }),
        { numRuns: runs },
      );
    },
    timeoutMs,
  );

  it(
    'that people promote again and again ends Healthy',
    () => {
      fc.assert(
        fc.property(history, fc.constantFrom<PromoteMode>('plain', 'full'), (played, mode) => {
          const world = played();
          world.settle(60_000);
          world.change({ paused: false });
          world.command({ abort: false });
          world.settle(60_000);
          const steps = world.rollout.spec.strategy?.canary?.steps ?? [];
          for (let left = 2 * steps.length + 4; left > 0 && world.status.phase !== 'Healthy'; left -= 1) {
            const before = world.status.currentStepIndex ?? 0;
            const wasPaused = (world.status.pauseConditions ?? []).length > 0;
            // A person cannot decide in the place of an analysis of blue-green.
            if (world.rollout.spec.strategy?.blueGreen !== undefined) world.verdict('Successful');
            const promoted = promote(world, mode);
            world.settle(1);
            const after = world.status.currentStepIndex ?? 0;
            if (mode === 'plain' && promoted && wasPaused && steps[before]?.pause !== undefined)
              expect(after).toBeGreaterThan(before);
            world.settle(90_000);
          }
          expect(world.status.phase, `${world.status.message}\n${world.log.slice(-30).join('\n')}`).toBe('Healthy');
        }),
        { numRuns: runs },
      );
    },
    timeoutMs,
  );
});
