/** Blue-green decisions in a toy world: each moment of an update with what it does to Services, pods and status. */
import { describe, expect, it } from 'vitest';
import { analysis, conditionOf, manual, openTill, selected, shown, updatedTill } from '../../../../test/support/toy-till.ts';
import type { ToyWorld } from '../../../../test/support/toy-world.ts';
import { labels } from '../../../api/names.ts';

const pausedMessage = ({ status }: ToyWorld) => status.conditions?.find(({ type }) => type === 'Paused')?.message;

describe('before the switch', () => {
  it('says what it waits for, and how it goes on', () => {
    const world = updatedTill(manual);
    expect(shown(world)).toBe('Paused: BlueGreenPause');
    expect(pausedMessage(world)).toBe(
      'Rollout is paused: goes on with the promotion of revision 2 when someone promotes it: kubectl argo rollouts promote shop',
    );
    expect([conditionOf(world, 'Available'), conditionOf(world, 'Healthy'), conditionOf(world, 'Completed')]).toEqual([
      'True',
      'False',
      'False',
    ]);
    expect(world.status.selector).toBe(`app=shop,${labels.podTemplateHash}=${world.status.stableRS}`);
  });

  it('waits for autoPromotionSeconds and asks to be woken then', () => {
    const world = updatedTill({ autoPromotionSeconds: 60 });
    expect([shown(world), selected(world).active]).toEqual(['Paused: BlueGreenPause', 'v1']);
    expect(pausedMessage(world)).toMatch(/goes on with the promotion of revision 2 at 2026-01-01T00:01:\d\dZ$/);
    const { next } = world;
    expect(next.kind === 'requeue' && next.afterMs > 50_000 && next.afterMs <= 60_000).toBe(true);
    world.settle(60_000);
    expect([world.status.phase, selected(world).active]).toEqual(['Healthy', 'v2']);
  });

  it('goes on at once when the spec no longer asks for the pause', () => {
    const world = updatedTill(manual);
    world.change({ strategy: { blueGreen: { activeService: 'active', previewService: 'preview' } } });
    world.settle(5_000);
    expect([world.status.phase, selected(world).active]).toEqual(['Healthy', 'v2']);
  });

  it('keeps the preview small until it is promoted, and no larger than the Rollout', () => {
    const world = updatedTill({ ...manual, previewReplicaCount: 1 }, { replicas: 4 });
    expect(world.sizes()).toEqual({ v1: 4, v2: 1 });
    world.command({ pauseConditions: null });
    world.settle(5_000);
    expect([world.sizes(), selected(world).active]).toEqual([{ v1: 4, v2: 4 }, 'v2']);
    expect(updatedTill({ ...manual, previewReplicaCount: 9 }).sizes()).toEqual({ v1: 2, v2: 2 });
  });

  it('remembers a promotion while pods have still to come', () => {
    let latencyMs = 0;
    const world = updatedTill({ ...manual, previewReplicaCount: 1 }, {}, { podLatencyMs: () => latencyMs });
    latencyMs = 20_000;
    world.command({ pauseConditions: null });
    world.settle(5_000);
    expect(world.status.blueGreen?.scaleUpPreviewCheckPoint).toBe(true);
    expect([shown(world), selected(world).active]).toEqual(['Progressing: updated replicas are still becoming available', 'v1']);
    world.settle(20_000);
    expect([world.status.phase, selected(world).active]).toEqual(['Healthy', 'v2']);
    expect(world.status.blueGreen?.scaleUpPreviewCheckPoint).toBeUndefined();
  });

  it('never sends users to a version that is not whole', () => {
    const world = updatedTill({}, {}, { podLatencyMs: (_name, nth) => (nth === 4 ? Number.POSITIVE_INFINITY : 0) });
    world.settle(60_000);
    expect([world.sizes(), selected(world).active]).toEqual([{ v1: 2, v2: 2 }, 'v1']);
    world.settle(600_000);
    expect(shown(world)).toMatch(/^Degraded: ProgressDeadlineExceeded: /);
  });

  it('is held back by spec.paused, while the preview comes', () => {
    const world = openTill({}, { paused: true });
    world.image('v2');
    world.settle(10_000);
    expect([shown(world), world.sizes(), selected(world)]).toEqual([
      'Paused: manually paused',
      { v1: 2, v2: 2 },
      { active: 'v1', preview: 'v2' },
    ]);
    world.change({ paused: false });
    world.settle(5_000);
    expect(selected(world).active).toBe('v2');
  });

  it('is undone by the stable template: nothing is promoted and the preview follows', () => {
    const world = updatedTill(manual);
    world.image('v1');
    world.settle(5_000);
    expect([world.status.phase, world.sizes(), selected(world)]).toEqual([
      'Healthy',
      { v1: 2, v2: 0 },
      { active: 'v1', preview: 'v1' },
    ]);
    expect(world.status.duration?.completionStatus).toBe('RolledBack');
  });

  it('is superseded by another version, whose preview takes the place', () => {
    const world = updatedTill(manual);
    world.image('v3');
    world.settle(5_000);
    expect([shown(world), world.sizes(), selected(world)]).toEqual([
      'Paused: BlueGreenPause',
      { v1: 2, v2: 0, v3: 2 },
      { active: 'v1', preview: 'v3' },
    ]);
  });
});

describe('the analysis before promotion', () => {
  it('begins when the preview is whole and comes before the pause', () => {
    const world = updatedTill({ ...manual, prePromotionAnalysis: analysis, previewReplicaCount: 1 });
    expect([...world.runs.keys()]).toEqual([`shop-${world.status.currentPodHash}-2-pre`]);
    expect([shown(world), world.status.pauseConditions]).toEqual(['Progressing: active service cutover pending', undefined]);
    world.settle(700_000);
    expect(world.status.phase).toBe('Progressing');
    world.verdict('Successful');
    world.settle(5_000);
    expect(shown(world)).toBe('Paused: BlueGreenPause');
  });

  it('that failed aborts: users never left, and the preview goes after its delay', () => {
    const world = updatedTill({ prePromotionAnalysis: analysis });
    world.verdict('Failed', 'too many errors');
    world.settle(5_000);
    expect(shown(world)).toBe(
      'Degraded: RolloutAborted: Rollout aborted update to revision 2: Blue/green pre-promotion analysis phase error/failed: too many errors',
    );
    expect([world.sizes(), selected(world).active]).toEqual([{ v1: 2, v2: 2 }, 'v1']);
    expect(world.status.blueGreen?.prePromotionAnalysisRunStatus?.status).toBe('Failed');
    world.settle(35_000);
    expect(world.sizes()).toEqual({ v1: 2, v2: 0 });
    world.command({ abort: false });
    world.settle(5_000);
    expect([...world.runs.keys()].at(-1)).toBe(`shop-${world.status.currentPodHash}-2-pre.1`);
  });

  it('that could not decide leaves it to a person, who promotes past it and past the pause', () => {
    const world = updatedTill({ ...manual, prePromotionAnalysis: analysis });
    world.verdict('Inconclusive');
    world.settle(5_000);
    expect(shown(world)).toBe('Paused: InconclusiveAnalysisRun');
    world.command({ pauseConditions: null });
    world.settle(5_000);
    expect([world.status.phase, selected(world).active, world.runs.size]).toEqual(['Healthy', 'v2', 1]);
  });

  it('is ended by a full promotion', () => {
    const world = updatedTill({ ...manual, prePromotionAnalysis: analysis, postPromotionAnalysis: analysis });
    world.command({ promoteFull: true });
    world.settle(5_000);
    expect([world.status.phase, selected(world).active]).toEqual(['Healthy', 'v2']);
    expect([...world.runs.values()].map(({ spec }) => spec.terminate)).toEqual([true]);
    expect(world.told().at(-1)).toMatch(/: Full promotion requested$/);
  });
});

describe('behind the switch', () => {
  const measured = { postPromotionAnalysis: analysis };

  it('the version before is stable, and whole, until the new one has proven itself', () => {
    const world = updatedTill({ ...measured, scaleDownDelaySeconds: 5 });
    expect([shown(world), selected(world).active]).toEqual(['Progressing: waiting for analysis to complete', 'v2']);
    expect([...world.runs.keys()]).toEqual([`shop-${world.status.currentPodHash}-2-post`]);
    world.settle(60_000);
    expect([world.sizes(), world.status.stableRS === world.status.currentPodHash]).toEqual([{ v1: 2, v2: 2 }, false]);
    world.verdict('Successful');
    world.settle(20_000);
    expect([world.status.phase, world.sizes()]).toEqual(['Healthy', { v1: 0, v2: 2 }]);
    expect(world.told().filter((line) => /RolloutCompleted|PostPromotion/.test(line))).toEqual([
      expect.stringMatching(/Initial deploy$/),
      expect.stringMatching(/^Normal AnalysisRunSuccessful: PostPromotion Analysis Run 'shop-\w+-2-post'/),
      expect.stringMatching(/Completed blue-green update$/),
    ]);
  });

  it.each([
    ['its analysis fails', (world: ToyWorld) => world.verdict('Failed', 'too many errors')],
    ['a person aborts', (world: ToyWorld) => world.command({ abort: true })],
  ])('users go back when %s, and the pods they leave stay for the delay', (_name, act) => {
    const world = updatedTill(measured);
    act(world);
    world.settle(5_000);
    expect([world.status.phase, selected(world), world.sizes()]).toEqual([
      'Degraded',
      { active: 'v1', preview: 'v2' },
      { v1: 2, v2: 2 },
    ]);
    world.settle(35_000);
    expect(world.sizes()).toEqual({ v1: 2, v2: 0 });
  });

  it('users go back to a stable version that lacks a pod, but not to one without any', () => {
    const world = updatedTill(measured);
    world.restartPods('v1', 10_000);
    world.command({ abort: true });
    world.settle(2_000);
    expect(selected(world).active).toBe('v2');
    expect(shown(world)).toMatch(/; the active Service goes back as soon as a pod of the stable version is available$/);
    world.settle(15_000);
    expect(selected(world).active).toBe('v1');
  });

  it('users go back when another version supersedes the one that is measured', () => {
    const world = updatedTill({ ...measured, ...manual });
    world.command({ pauseConditions: null });
    world.settle(5_000);
    expect(selected(world).active).toBe('v2');
    world.image('v3');
    world.settle(5_000);
    expect([selected(world), world.sizes()]).toEqual([
      { active: 'v1', preview: 'v3' },
      { v1: 2, v2: 2, v3: 2 },
    ]);
    world.settle(35_000);
    expect([shown(world), world.sizes()]).toEqual(['Paused: BlueGreenPause', { v1: 2, v2: 0, v3: 2 }]);
  });

  it('a retry before users are back keeps the pods that they reach', () => {
    const world = updatedTill({ ...measured, ...manual, previewReplicaCount: 1 });
    world.command({ pauseConditions: null });
    world.settle(5_000);
    world.restartPods('v1', 20_000);
    world.command({ abort: true });
    world.settle(1_000);
    world.command({ abort: false });
    world.settle(5_000);
    expect([selected(world).active, world.sizes().v2]).toEqual(['v2', 2]);
    world.settle(30_000);
    expect([shown(world), selected(world).active, world.sizes()]).toEqual(['Paused: BlueGreenPause', 'v1', { v1: 2, v2: 1 }]);
  });

  it('an analysis that could not decide is promoted past', () => {
    const world = updatedTill(measured);
    world.verdict('Inconclusive');
    world.settle(5_000);
    expect([shown(world), selected(world).active]).toEqual(['Paused: InconclusiveAnalysisRun', 'v2']);
    world.command({ pauseConditions: null });
    world.settle(5_000);
    expect([world.status.phase, world.runs.size]).toEqual(['Healthy', 1]);
  });
});

describe('the pods of the version before', () => {
  it('stay for scaleDownDelaySeconds, and not at all when it is 0', () => {
    const world = updatedTill({ scaleDownDelaySeconds: 60 });
    expect([world.status.phase, world.sizes()]).toEqual(['Healthy', { v1: 2, v2: 2 }]);
    world.settle(50_000);
    expect(world.sizes()).toEqual({ v1: 2, v2: 2 });
    world.settle(20_000);
    expect(world.sizes()).toEqual({ v1: 0, v2: 2 });
    expect(updatedTill({ scaleDownDelaySeconds: 0 }).sizes()).toEqual({ v1: 0, v2: 2 });
  });

  it('stay for as many versions as scaleDownDelayRevisionLimit says, the newest', () => {
    const world = updatedTill({ scaleDownDelaySeconds: 600, scaleDownDelayRevisionLimit: 1 });
    expect(world.sizes()).toEqual({ v1: 2, v2: 2 });
    world.image('v3');
    world.settle(5_000);
    expect(world.sizes()).toEqual({ v1: 0, v2: 2, v3: 2 });
  });

  it('let users go back without analysis and pause', () => {
    const world = updatedTill({ ...manual, prePromotionAnalysis: analysis, scaleDownDelaySeconds: 60 });
    world.verdict('Successful');
    world.settle(2_000);
    world.command({ pauseConditions: null });
    world.settle(5_000);
    expect(selected(world).active).toBe('v2');
    world.image('v1');
    world.settle(5_000);
    expect([world.status.phase, selected(world), world.runs.size]).toEqual(['Healthy', { active: 'v1', preview: 'v1' }, 1]);
    expect(world.status.duration?.completionStatus).toBe('FastRolledBack');
    expect(world.told().at(-1)).toMatch(/: Fast rollback$/);
  });

  it('of a version that was aborted prove nothing', () => {
    const world = updatedTill({ ...manual, abortScaleDownDelaySeconds: 600 });
    world.command({ abort: true });
    world.settle(5_000);
    world.image('v3');
    world.settle(5_000);
    world.image('v2');
    world.settle(5_000);
    expect([shown(world), selected(world).active]).toEqual(['Paused: BlueGreenPause', 'v1']);
  });

  it('of an aborted one stay for ever when abortScaleDownDelaySeconds is 0', () => {
    const world = updatedTill({ ...manual, abortScaleDownDelaySeconds: 0 });
    world.command({ abort: true });
    world.settle(3_600_000, 60_000);
    expect(world.sizes()).toEqual({ v1: 2, v2: 2 });
  });
});
