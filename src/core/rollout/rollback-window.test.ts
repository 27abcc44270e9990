import { describe, expect, it } from 'vitest';
import { good } from '../../../test/support/rollout-scenarios.ts';
import { templateOf } from '../../../test/support/shop-template.ts';
import { routing, weight } from '../../../test/support/toy-routes.ts';
import { analysis, manual, openTill, selected } from '../../../test/support/toy-till.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import { annotations } from '../../api/names.ts';
import type { CanaryStrategy } from '../../api/rollout.ts';
import { announcementsFromStatus } from './announcements-from-status.ts';

const steps = [{ setWeight: 20 }, { pause: {} }, { analysis }];
const basic: CanaryStrategy = { maxSurge: 1, maxUnavailable: 0, steps, analysis };
const routed: CanaryStrategy = { ...routing, steps, analysis };

/** v1, v2, ... were stable one after the other; the last one is. */
function released(tags: readonly string[], revisions: number, canary: CanaryStrategy = basic): ToyWorld {
  const world = new ToyWorld(
    {
      replicas: 5,
      selector: { matchLabels: { app: 'shop' } },
      template: templateOf(tags[0] ?? ''),
      strategy: { canary },
      rollbackWindow: { revisions },
    },
    { services: canary.trafficRouting === undefined ? [] : ['canary', 'stable'], templates: [good], podLatencyMs: () => 700 },
  );
  world.settle(10_000);
  for (const tag of tags.slice(1)) {
    world.image(tag);
    world.settle(5_000);
    world.command({ promoteFull: true });
    world.settle(60_000);
    expect(world.status.phase).toBe('Healthy');
  }
  return world;
}

const birthday = '2026-01-01T00:00:00Z';

/** As after a restore: all made in one second. */
function bornAtOnce(world: ToyWorld): ToyWorld {
  for (const [name, one] of world.replicaSets)
    world.replicaSets.set(name, { ...one, metadata: { ...one.metadata, creationTimestamp: birthday } });
  return world;
}

describe('a rollback within the window', () => {
  it.each([
    ['v2', 1, true],
    ['v1', 1, false],
    ['v1', 2, true],
    ['v2', 0, false],
  ])('from v3 to %s with a window of %i: %s', (tag, revisions, isFast) => {
    const world = bornAtOnce(released(['v1', 'v2', 'v3'], revisions));
    const runs = world.runs.size;
    world.image(tag);
    world.settle(60_000);
    expect([world.status.phase, world.runs.size - runs]).toEqual(isFast ? ['Healthy', 0] : ['Paused', 1]);
  });

  it.each([
    ['basic', basic],
    ['routed', routed],
  ])('is told as one, %s', (_name, canary) => {
    const world = released(['v1', 'v2'], 1, canary);
    const mark = world.events.length;
    world.image('v1');
    world.settle(60_000);
    const lines = world.told(mark).filter((line) => !/Scaling|TrafficWeight|SwitchService/.test(line));
    expect(lines).toEqual([
      'Normal RolloutUpdated: Rollout updated to revision 3',
      expect.stringMatching(/^Normal RolloutNotCompleted: /),
      'Normal SkipSteps: Rollback within window',
      expect.stringMatching(/^Normal RolloutCompleted: .*: Rollback within window$/),
    ]);
    expect(world.status).toMatchObject({ phase: 'Healthy', currentStepIndex: 3, duration: { completionStatus: 'FastRolledBack' } });
    const { stored } = announcementsFromStatus(world.observe(), world.nowMs - 55_000);
    for (const one of stored) world.announce(one);
    expect(world.told(mark).filter((line) => /SkipSteps|Completed|StepCompleted/.test(line))).toHaveLength(3);
    expect(weight(world) ?? 0).toBe(0);
  });

  it('moves pods within the bounds, and weight when they are there', () => {
    const world = released(['v1', 'v2'], 1, routed);
    const mark = world.log.length;
    world.image('v1');
    world.settle(60_000);
    expect(world.log.slice(mark).flatMap((line) => / routes canary (\d+)/.exec(line)?.[1] ?? [])).toEqual(['100', '0']);
  });

  it('is not one towards a newer version, though it was there before', () => {
    const world = released(['v1', 'v2', 'v1'], 5);
    world.image('v2');
    world.settle(20_000);
    expect(world.status).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
  });

  it('takes back an abort of the version that it leaves, and can be aborted itself', () => {
    const world = released(['v1', 'v2'], 1, routed);
    world.image('v3');
    world.settle(5_000);
    world.command({ abort: true });
    world.settle(5_000);
    expect(world.status.phase).toBe('Degraded');
    world.image('v1');
    world.settle(500);
    expect(world.status).toMatchObject({ phase: 'Progressing', currentStepIndex: 3 });
    world.command({ abort: true });
    world.settle(60_000);
    expect([world.status.phase, world.sizes(), weight(world)]).toEqual(['Degraded', { v1: 0, v2: 5, v3: 0 }, 0]);
    world.command({ abort: false });
    world.settle(60_000);
    expect([world.status.phase, world.sizes()]).toEqual(['Healthy', { v1: 5, v2: 0, v3: 0 }]);
  });

  it('stays what it was when the window changes under way', () => {
    const world = released(['v1', 'v2'], 1, routed);
    world.image('v1');
    world.settle(0);
    const made = [...world.replicaSets.values()].find(({ metadata }) => metadata.annotations?.[annotations.rollbackWithinWindow]);
    expect(made?.metadata.annotations?.[annotations.rollbackWithinWindow]).toBe('3');
    world.change({ rollbackWindow: { revisions: 0 } });
    world.settle(60_000);
    expect(world.status.phase).toBe('Healthy');
  });

  it('crashes at any write and is told the same', () => {
    for (let after = 0; after < 14; after += 1) {
      const world = released(['v1', 'v2'], 1, routed);
      const mark = world.events.length;
      world.image('v1');
      world.crashAfter = after;
      world.settle(60_000);
      expect(world.status.phase).toBe('Healthy');
      const lines = world.told(mark).filter((line) => /SkipSteps|StepCompleted|RolloutCompleted/.test(line));
      expect(lines, `${after}`).toEqual([
        'Normal SkipSteps: Rollback within window',
        expect.stringMatching(/RolloutCompleted: .*: Rollback within window$/),
      ]);
    }
  });
});

describe('blue-green', () => {
  it('goes back within the window without pause and analysis, whether the pods are still there or not', () => {
    const world = openTill(
      { ...manual, prePromotionAnalysis: analysis, scaleDownDelaySeconds: 5 },
      { rollbackWindow: { revisions: 1 } },
    );
    world.image('v2');
    world.settle(5_000);
    world.command({ promoteFull: true });
    world.settle(60_000);
    expect(world.sizes()).toEqual({ v1: 0, v2: 2 });
    const runs = world.runs.size;
    const mark = world.events.length;
    world.image('v1');
    world.settle(10_000);
    expect([selected(world).active, world.status.phase, world.runs.size]).toEqual(['v1', 'Healthy', runs]);
    expect(world.told(mark)).toContainEqual(expect.stringMatching(/RolloutCompleted: .*: Rollback within window$/));
    expect(world.told(mark)).toContain('Normal SkipSteps: Rollback within window');
  });
});
