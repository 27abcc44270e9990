/** Promotions as the plugin writes them, over runs that cannot decide, pauses and both at once: each goes on from where it was made, exactly once. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CanaryStep } from '../../src/api/rollout.ts';
import { good } from '../support/rollout-scenarios.ts';
import { templateOf } from '../support/shop-template.ts';
import { judgedRun } from '../support/toy-objects.ts';
import { ToyWorld } from '../support/toy-world.ts';

const analysis = { templates: [{ templateName: 'good' }] };
const step: fc.Arbitrary<CanaryStep> = fc.oneof(
  fc.constantFrom<CanaryStep>({ setWeight: 25 }, { setWeight: 50 }, { pause: {} }),
  fc.constant<CanaryStep>({ analysis }),
  fc.constant<CanaryStep>({ analysis }),
);
const verdict = fc.constantFrom('Successful' as const, 'Inconclusive' as const, 'Inconclusive' as const, 'Running' as const);

const isHealthy = (world: ToyWorld): boolean => world.status.phase === 'Healthy';

/** `kubectl argo rollouts promote`, by what it reads. */
function promote(world: ToyWorld): void {
  const { pauseConditions = [], controllerPause, currentStepIndex = 0, canary } = world.status;
  const isUndecided = canary?.currentStepAnalysisRunStatus?.status === 'Inconclusive';
  if (isUndecided && pauseConditions.length > 0 && controllerPause === true)
    world.command({ pauseConditions: null, controllerPause: false, currentStepIndex: currentStepIndex + 1 });
  else if (pauseConditions.length > 0) world.command({ pauseConditions: null });
  else world.command({ pauseConditions: null, currentStepIndex: currentStepIndex + 1 });
  if (world.rollout.spec.paused === true) world.change({ paused: false });
}

it('a promotion goes on from where it was made, once, and enough of them end the update', () => {
  const drawn = fc.record({
    steps: fc.array(step, { minLength: 1, maxLength: 6 }),
    background: fc.boolean(),
    verdicts: fc.array(verdict, { minLength: 1, maxLength: 12 }),
    pausedAt: fc.nat(8),
  });
  fc.assert(
    fc.property(drawn, ({ steps, background, verdicts, pausedAt }) => {
      const canary = { maxSurge: 1, maxUnavailable: 0, steps, ...(background && { analysis }) };
      const spec = { replicas: 4, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy: { canary } };
      const world = new ToyWorld(spec, { templates: [good] });
      world.settle(60_000);
      world.image('v2');
      world.settle(10_000);
      let given = 0;
      for (let round = 0; !isHealthy(world); round++) {
        expect(round, JSON.stringify(world.status)).toBeLessThan(3 * steps.length + 20);
        if (round === pausedAt) world.change({ paused: true });
        for (const [name, run] of world.runs) {
          const phase = verdicts[given++ % verdicts.length] ?? 'Successful';
          world.runs.set(name, judgedRun(run, world.nowMs, round > 2 * steps.length + 10 ? 'Successful' : phase, undefined));
        }
        world.settle(10_000);
        if (isHealthy(world)) break;
        const { pauseConditions = [], currentStepIndex = 0 } = world.status;
        const wasPaused = pauseConditions.length > 0;
        const isPauseStep = steps[currentStepIndex]?.pause !== undefined;
        promote(world);
        world.settle(10_000);
        const after = world.status;
        if (isHealthy(world)) break;
        // No run has said anything since: nothing is undecided any more.
        expect(after.pauseConditions?.map(({ reason }) => reason) ?? []).not.toContain('InconclusiveAnalysisRun');
        const moved = (after.currentStepIndex ?? 0) - currentStepIndex;
        if (!wasPaused || isPauseStep) expect(moved, 'steps passed').toBeGreaterThanOrEqual(1);
        // What follows it may be done at once, but no pause and no analysis is skipped on the way.
        const passed = steps.slice(currentStepIndex + 1, after.currentStepIndex);
        expect(passed.filter(({ setWeight }) => setWeight === undefined)).toEqual([]);
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);
