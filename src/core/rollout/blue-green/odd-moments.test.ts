/** Blue-green where something is unusual: a spec that cannot be obeyed, another strategy, a first deployment, no pods. */
import { describe, expect, it } from 'vitest';
import { blueGreenLaws } from '../../../../test/support/blue-green-laws.ts';
import { good } from '../../../../test/support/rollout-scenarios.ts';
import { templateOf } from '../../../../test/support/shop-template.ts';
import { analysis, conditionOf, manual, openTill, selected, shown, updatedTill } from '../../../../test/support/toy-till.ts';
import { ToyWorld } from '../../../../test/support/toy-world.ts';
import type { RolloutStatus } from '../../../api/rollout.ts';
import { decide } from '../decide.ts';

describe('an invalid spec', () => {
  it('moves nothing forward, lets both sides be scaled, and lets an abort through', () => {
    const world = updatedTill({ ...manual, postPromotionAnalysis: analysis });
    world.command({ pauseConditions: null });
    world.settle(5_000);
    expect(selected(world).active).toBe('v2');
    const { blueGreen } = world.rollout.spec.strategy ?? {};
    world.change({ replicas: 3, strategy: { blueGreen: { activeService: 'active', ...blueGreen, previewReplicaCount: -1 } } });
    world.verdict('Successful');
    world.settle(5_000);
    expect([shown(world).slice(0, 21), world.sizes()]).toEqual(['Degraded: InvalidSpec', { v1: 3, v2: 3 }]);
    expect(world.status.stableRS).not.toBe(world.status.currentPodHash);
    world.command({ abort: true });
    world.settle(5_000);
    expect(selected(world).active).toBe('v1');
  });

  it('that names no Services any more takes no pods from users', () => {
    const world = updatedTill({ postPromotionAnalysis: analysis, abortScaleDownDelaySeconds: 1 });
    world.change({ strategy: {} });
    world.command({ abort: true });
    world.settle(60_000);
    expect([shown(world).slice(0, 21), world.sizes(), selected(world).active]).toEqual([
      'Degraded: InvalidSpec',
      { v1: 2, v2: 2 },
      'v2',
    ]);
  });

  it('whose active Service is gone takes no pods from it', () => {
    const world = updatedTill(manual);
    world.services.delete('active');
    world.settle(60_000);
    expect(shown(world)).toMatch(/^Degraded: InvalidSpec: .*spec\.strategy\.blueGreen\.activeService: Service "active" not found/);
    expect([world.sizes(), world.status.blueGreen?.activeSelector]).toEqual([{ v1: 2, v2: 2 }, world.status.stableRS]);
  });
});

describe('another strategy', () => {
  const canary = { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }] };

  it('changes nothing of what runs', () => {
    const world = openTill();
    const before = world.resized.length;
    world.change({ strategy: { canary } });
    world.settle(10_000);
    expect([world.status.phase, world.status.blueGreen, world.status.currentStepIndex]).toEqual(['Healthy', undefined, 2]);
    world.change({ strategy: { blueGreen: { activeService: 'active', previewService: 'preview' } } });
    world.settle(10_000);
    expect([world.status.phase, world.status.currentStepHash, world.resized.length]).toEqual(['Healthy', undefined, before]);
    expect(world.told().filter((line) => line.includes('RolloutUpdated'))).toHaveLength(1);
  });

  it('in the middle of an update begins it again: stable is made whole first', () => {
    const world = new ToyWorld(
      { replicas: 4, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy: { canary } },
      { services: ['active', 'preview'], podLatencyMs: () => 700 },
    );
    world.settle(10_000);
    world.image('v2');
    world.settle(10_000);
    expect(world.sizes()).toEqual({ v1: 2, v2: 2 });
    world.change({ strategy: { blueGreen: { activeService: 'active', previewService: 'preview', ...manual } } });
    world.settle(10_000);
    expect([shown(world), world.sizes(), selected(world)]).toEqual([
      'Paused: BlueGreenPause',
      { v1: 4, v2: 4 },
      { active: 'v1', preview: 'v2' },
    ]);
    world.change({ strategy: { canary } });
    world.settle(10_000);
    expect([world.status.message, world.sizes()]).toEqual(['CanaryPauseStep', { v1: 2, v2: 2 }]);
  });
});

describe('a first deployment', () => {
  it('sends users to it when it is whole, whatever the preview would be', () => {
    const world = new ToyWorld(
      {
        replicas: 3,
        selector: { matchLabels: { app: 'shop' } },
        template: templateOf('v1'),
        strategy: { blueGreen: { activeService: 'active', previewReplicaCount: 1, ...manual, prePromotionAnalysis: analysis } },
      },
      { services: ['active', 'preview'], templates: [good], podLatencyMs: (_name, nth) => nth * 1000 },
    );
    world.settle(2_500);
    expect([world.sizes(), selected(world).active, conditionOf(world, 'Available')]).toEqual([{ v1: 3 }, undefined, 'False']);
    world.settle(10_000);
    expect([shown(world), selected(world).active, world.runs.size]).toEqual(['Healthy: ', 'v1', 0]);
  });

  it('that is aborted keeps its pods', () => {
    const world = new ToyWorld(
      {
        replicas: 2,
        selector: { matchLabels: { app: 'shop' } },
        template: templateOf('v1'),
        strategy: { blueGreen: { activeService: 'active' } },
      },
      { services: ['active'], podLatencyMs: () => 5_000 },
    );
    world.settle(1_000);
    world.command({ abort: true });
    world.settle(60_000);
    expect([world.status.phase, world.sizes(), selected(world).active]).toEqual(['Degraded', { v1: 2 }, undefined]);
  });
});

describe('no pods at all', () => {
  it('is a version like any other', () => {
    const world = updatedTill({}, { replicas: 0 });
    expect([world.status.phase, selected(world).active]).toEqual(['Healthy', 'v2']);
  });
});

describe('a switch that the API server refuses', () => {
  it('promotes nothing and is asked for again', () => {
    const world = updatedTill(manual);
    world.command({ pauseConditions: null });
    const [refused] = decide(world.observe(), world.nowMs).effects.filter(({ kind }) => kind === 'switch-service');
    if (refused === undefined) throw new Error('nothing to switch');
    world.failures.push({ effect: refused, message: 'forbidden' });
    world.settle(2_000);
    const { stableRS, currentPodHash, blueGreen } = world.status;
    expect([shown(world), selected(world).active, blueGreen?.activeSelector]).toEqual([
      'Progressing: active service cutover pending; Service active could not be switched: forbidden',
      'v1',
      stableRS,
    ]);
    expect([stableRS === currentPodHash, world.next.kind]).toEqual([false, 'requeue']);
    world.failures = [];
    world.settle(10_000);
    expect([world.status.phase, selected(world).active]).toEqual(['Healthy', 'v2']);
  });
});

describe('a status that the incumbent wrote', () => {
  it('behind the switch is gone on with: users stay where they are', () => {
    const world = updatedTill({ ...manual, postPromotionAnalysis: analysis });
    world.command({ pauseConditions: null });
    world.settle(5_000);
    const { scaleUpPreviewCheckPoint: _, ...incumbents } = world.status.blueGreen ?? {};
    world.command({ blueGreen: incumbents });
    world.settle(5_000);
    expect([shown(world), selected(world).active]).toEqual(['Progressing: waiting for analysis to complete', 'v2']);
    world.verdict('Successful');
    world.settle(5_000);
    expect(world.status.phase).toBe('Healthy');
    expect(world.told().filter((line) => line.includes("service 'active'"))).toHaveLength(2);
  });

  it('at rest changes nothing but the status', () => {
    const world = openTill();
    const { resized, services, replicaSets } = structuredClone({
      resized: world.resized,
      services: world.services,
      replicaSets: world.replicaSets,
    });
    const { stableRS, currentPodHash, blueGreen, replicas } = world.status;
    world.rollout = { ...world.rollout, status: { stableRS, currentPodHash, blueGreen, replicas } as RolloutStatus };
    world.settle(5_000);
    expect([world.status.phase, world.resized, world.services]).toEqual(['Healthy', resized, services]);
    expect(world.replicaSets).toEqual(replicaSets);
  });
});

describe('a preview that is wanted again as it goes', () => {
  it('is switched to when its new pods are there, not while the old ones are still counted', () => {
    const watch = blueGreenLaws({ delayMs: 1_000 });
    const options = { watch, endingMs: 900, podLatencyMs: () => 2_000 };
    const world = updatedTill({ ...manual, abortScaleDownDelaySeconds: 1 }, {}, options);
    world.command({ abort: true });
    while (world.sizes().v2 !== 0) world.settle(100, 100);
    world.command({ promoteFull: true });
    world.settle(100, 100);
    expect([selected(world).active, world.sizes()]).toEqual(['v1', { v1: 2, v2: 0 }]);
    world.settle(10_000, 100);
    expect([selected(world).active, world.status.phase]).toEqual(['v2', 'Healthy']);
  });
});

describe('an update that does not get on', () => {
  it('is aborted where progressDeadlineAbort says so', () => {
    const late = { podLatencyMs: (_name: string, nth: number) => (nth > 3 ? Number.POSITIVE_INFINITY : 0) };
    const world = updatedTill({}, { progressDeadlineSeconds: 60, progressDeadlineAbort: true }, late);
    world.settle(70_000);
    expect(shown(world)).toMatch(/^Degraded: RolloutAborted: Rollout aborted update to revision 2: ReplicaSet ".*" has timed out/);
    world.settle(40_000);
    expect([world.sizes(), selected(world).active]).toEqual([{ v1: 2, v2: 0 }, 'v1']);
  });
});
