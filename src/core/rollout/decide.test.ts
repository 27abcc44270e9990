import { describe, expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { type ToyOptions, ToyWorld } from '../../../test/support/toy-world.ts';
import type { AnalysisTemplate } from '../../api/analysis-template.ts';
import type { CanaryStrategy, RolloutSpec } from '../../api/rollout.ts';
import { announcementsFromStatus } from './announcements-from-status.ts';
import { decide } from './decide.ts';

const template: AnalysisTemplate = {
  metadata: { name: 'good' },
  spec: {
    metrics: [
      { name: 'm', count: 1, successCondition: 'result == 1', provider: { prometheus: { address: 'http://p', query: 'x' } } },
    ],
  },
};

function specOf(canary: CanaryStrategy, replicas = 2): RolloutSpec {
  return { replicas, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy: { canary } };
}

/** A world in which v1 is stable and v2 has begun, with pods that are ready at once. */
function updating(canary: CanaryStrategy, { replicas = 2, options = {}, annotations }: Start = {}): ToyWorld {
  const world = new ToyWorld(
    specOf({ maxSurge: 1, maxUnavailable: 0, ...canary }, replicas),
    { templates: [template], ...options },
    annotations,
  );
  world.settle(10_000);
  world.image('v2');
  world.settle(2_000);
  return world;
}

interface Start {
  readonly replicas?: number;
  readonly options?: ToyOptions;
  readonly annotations?: Record<string, string>;
}

const conditions = (world: ToyWorld): readonly string[] =>
  (world.status.conditions ?? []).map((one) => `${one.type}=${one.status} ${one.reason}`);
const analysis = { analysis: { templates: [{ templateName: 'good' }] } };

describe('write budgets with pods that are ready at once', () => {
  it('creates with at most 5 writes and updates with at most 11', () => {
    const steps = [{ setWeight: 50 }, { pause: { duration: 5 } }];
    const world = new ToyWorld(specOf({ maxSurge: 1, maxUnavailable: 0, steps }));
    world.settle(10_000);
    expect(world.status.phase).toBe('Healthy');
    expect(world.writes, world.log.join('\n')).toBeLessThanOrEqual(5);
    const { writes } = world;
    world.image('v2');
    world.settle(30_000);
    expect(world.status).toMatchObject({ phase: 'Healthy', currentStepIndex: 2 });
    expect(world.writes - writes, world.log.join('\n')).toBeLessThanOrEqual(11);
  });

  it('keeps to them with pods that start one after the other within a second', () => {
    const world = new ToyWorld(specOf({ maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: { duration: 5 } }] }), {
      podLatencyMs: (_name, nth) => 300 + 200 * (nth % 3),
    });
    world.settle(10_000, 100);
    expect(world.writes, world.log.join('\n')).toBeLessThanOrEqual(5);
    const { writes } = world;
    world.image('v2');
    world.settle(30_000, 100);
    expect(world.writes - writes, world.log.join('\n')).toBeLessThanOrEqual(11);
  });
});

describe('steps', () => {
  it('waits out a timed pause and asks to be woken at its end', () => {
    const world = updating({ steps: [{ setWeight: 50 }, { pause: { duration: 60 } }, { setWeight: 100 }] });
    expect(world.status).toMatchObject({ phase: 'Paused', message: 'CanaryPauseStep', currentStepIndex: 1 });
    world.settle(2_000);
    const { next } = decide(world.observe(), world.nowMs);
    expect(next.kind === 'requeue' && next.afterMs >= 55_000 && next.afterMs <= 60_000).toBe(true);
    world.settle(59_000);
    expect(world.status).toMatchObject({ phase: 'Healthy', currentStepIndex: 3 });
  });

  it('passes several steps that are done at once in one write', () => {
    const world = updating({ steps: [{ setWeight: 0 }, { pause: { duration: 0 } }, { setWeight: 0 }, { pause: {} }] });
    expect(world.status).toMatchObject({ currentStepIndex: 3, phase: 'Paused' });
  });

  it('skips to where a client puts the index', () => {
    const world = updating({ steps: [analysis, { setWeight: 50 }, { pause: {} }] });
    expect(world.runs.size).toBe(1);
    world.command({ currentStepIndex: 1, pauseConditions: null });
    world.settle(1000);
    expect(world.status).toMatchObject({ currentStepIndex: 2, phase: 'Paused' });
    expect([...world.runs.values()][0]?.spec.terminate).toBe(true);
  });

  it('treats an index out of range as the nearest one', () => {
    const world = updating({ steps: [{ setWeight: 50 }, { pause: {} }] });
    world.command({ currentStepIndex: 99, pauseConditions: null, controllerPause: null });
    world.settle(10_000);
    expect(world.status).toMatchObject({ phase: 'Healthy', currentStepIndex: 2 });
  });

  it('starts again when the steps change, without a new revision', () => {
    const world = updating({ steps: [{ setWeight: 50 }, { pause: {} }] });
    world.change({ strategy: { canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ pause: {} }, { setWeight: 50 }] } } });
    world.settle(1000);
    expect(world.status).toMatchObject({ currentStepIndex: 0, phase: 'Paused' });
    expect(world.sizes()).toEqual({ v1: 2, v2: 0 });
    expect(world.told().filter((line) => line.includes('RolloutUpdated'))).toHaveLength(2);
  });

  it('rolls without steps as far as surge and availability allow', () => {
    const world = updating(
      { maxSurge: 1 },
      { replicas: 4, options: { podLatencyMs: (name) => (name.includes('c778') ? 0 : 5000) } },
    );
    expect(world.sizes()).toEqual({ v1: 4, v2: 1 });
    world.settle(60_000);
    expect(world.status).toMatchObject({ phase: 'Healthy' });
    expect(world.told()).toContainEqual(expect.stringMatching(/Completed all 0 canary steps/));
  });

  it('goes from v2 to v3 in the middle with v1 still stable', () => {
    const world = updating({ steps: [{ setWeight: 50 }, { pause: {} }] });
    const stable = world.status.stableRS;
    world.image('v3');
    world.settle(10_000);
    expect(world.status).toMatchObject({ phase: 'Paused', currentStepIndex: 1, stableRS: stable });
    expect(world.sizes()).toEqual({ v1: 1, v2: 0, v3: 1 });
  });
});

describe('commands', () => {
  const steps = [{ setWeight: 50 }, { pause: {} }, { setWeight: 75 }, { pause: {} }];

  it('promotes in full past all pauses', () => {
    const world = updating({ steps });
    world.command({ promoteFull: true });
    world.settle(10_000);
    expect(world.status).toMatchObject({ phase: 'Healthy', currentStepIndex: 4 });
    expect(world.status.promoteFull).toBeUndefined();
    expect(world.told().at(-1)).toMatch(/RolloutCompleted: .*: Full promotion requested$/);
  });

  it('lets a new abort win over promoteFull, and a promoteFull after an abort begin again', () => {
    const world = updating({ steps });
    world.command({ promoteFull: true, abort: true });
    world.settle(10_000);
    expect(world.status).toMatchObject({ phase: 'Degraded', abort: true });
    expect(world.status.promoteFull).toBeUndefined();
    world.command({ promoteFull: true });
    world.settle(10_000);
    expect(world.status).toMatchObject({ phase: 'Healthy' });
    expect(world.sizes()).toEqual({ v1: 0, v2: 2 });
  });

  it('drops an abort of what is fully promoted', () => {
    const world = new ToyWorld(specOf({ steps }));
    world.settle(10_000);
    world.command({ abort: true });
    world.settle(10_000);
    expect(world.status).toMatchObject({ phase: 'Healthy' });
    expect(world.status.abort).toBeUndefined();
  });

  it('stops an aborted first deployment, keeps its pods and says that there is nothing to return to', () => {
    const world = new ToyWorld(specOf({ steps }), { podLatencyMs: () => Number.POSITIVE_INFINITY });
    world.settle(1000);
    world.command({ abort: true });
    world.settle(5000);
    expect(world.status.phase).toBe('Degraded');
    expect(world.status.message).toMatch(
      /^RolloutAborted: Rollout aborted update to revision 1: there is no stable revision to return to/,
    );
    expect(world.sizes()).toEqual({ v1: 2 });
    world.image('v2');
    world.settle(1000);
    expect(world.status.phase).toBe('Progressing');
  });

  it('freezes steps while spec.paused, but scales and undoes', () => {
    const world = updating({ steps: [{ setWeight: 50 }, { pause: {} }, { setWeight: 100 }] });
    world.change({ paused: true });
    world.command({ pauseConditions: null });
    world.settle(5000);
    expect(world.status).toMatchObject({ phase: 'Paused', message: 'manually paused', currentStepIndex: 1, controllerPause: true });
    world.change({ replicas: 4 });
    world.settle(5000);
    expect(world.sizes()).toEqual({ v1: 2, v2: 2 });
    world.change({ paused: false });
    world.settle(10_000);
    expect(world.status).toMatchObject({ phase: 'Healthy' });
    expect(world.sizes()).toEqual({ v1: 0, v2: 4 });
  });

  it('starts no pods for a step while spec.paused', () => {
    const world = new ToyWorld(specOf({ maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }] }));
    world.settle(5000);
    world.change({ paused: true, template: templateOf('v2') });
    world.settle(5000);
    expect(world.sizes()).toEqual({ v1: 2, v2: 0 });
    world.image('v1');
    world.settle(5000);
    expect(world.status.currentPodHash).toBe(world.status.stableRS);
  });

  it('undoes to the stable revision: skipped steps, a new number, no RolloutCompleted', () => {
    const world = updating({ steps });
    const mark = world.events.length;
    world.image('v1');
    world.settle(10_000);
    expect(world.status).toMatchObject({ phase: 'Healthy', currentStepIndex: 4 });
    expect(world.sizes()).toEqual({ v1: 2, v2: 0 });
    expect(world.told(mark)).toContain('Normal SkipSteps: Rollback to stable ReplicaSets');
    expect(world.told(mark)).toContain('Normal RolloutUpdated: Rollout updated to revision 3');
    expect(world.told(mark).some((line) => line.includes('RolloutCompleted'))).toBe(false);
    expect(world.rollout.metadata.annotations).toMatchObject({ 'rollout.argoproj.io/revision': '3' });
  });

  it('consumes a resume exactly once', () => {
    const world = updating({ steps: [{ pause: {} }, { pause: {} }] });
    world.command({ pauseConditions: null });
    world.settle(5000);
    expect(world.status).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
  });
});

describe('analysis', () => {
  it('creates a run under its name, waits for it and goes on when it succeeds', () => {
    const world = updating({ steps: [{ setWeight: 50 }, analysis] });
    const [run] = [...world.runs.values()];
    expect(run?.metadata).toMatchObject({
      name: `shop-${world.status.currentPodHash}-2-1`,
      labels: { 'rollout-type': 'Step', 'step-index': '1', 'rollouts-pod-template-hash': world.status.currentPodHash },
      annotations: { 'rollout.argoproj.io/revision': '2' },
    });
    world.verdict('Running');
    world.settle(1000);
    expect(world.status.canary?.currentStepAnalysisRunStatus).toEqual({ name: run?.metadata.name, status: 'Running' });
    expect(world.told().at(-1)).toBe(
      `Normal AnalysisRunRunning: Step Analysis Run '${run?.metadata.name}' Status New: 'Running' Previous: 'NoPreviousStatus'`,
    );
    world.verdict('Successful');
    world.settle(10_000);
    expect(world.status).toMatchObject({ phase: 'Healthy', currentStepIndex: 2 });
    const told = world.told();
    const ended = told.indexOf(
      `Normal AnalysisRunSuccessful: Step Analysis Run '${run?.metadata.name}' Status New: 'Successful' Previous: 'Running'`,
    );
    expect(told[ended + 1]).toBe('Normal RolloutStepCompleted: Rollout step 2/2 completed (analysis)');
  });

  it('aborts when it fails, with the reason, and a retry makes a new run', () => {
    const world = updating({ steps: [{ setWeight: 50 }, analysis] });
    world.verdict('Failed', 'Metric "m" assessed Failed due to failed (1) > failureLimit (0)');
    world.settle(10_000);
    expect(world.status).toMatchObject({
      phase: 'Degraded',
      message:
        'RolloutAborted: Rollout aborted update to revision 2: Step-based analysis phase error/failed: Metric "m" assessed Failed due to failed (1) > failureLimit (0)',
      currentStepIndex: 0,
    });
    expect(world.sizes()).toEqual({ v1: 2, v2: 0 });
    world.command({ abort: false });
    world.settle(5000);
    expect([...world.runs.keys()]).toEqual([
      `shop-${world.status.currentPodHash}-2-1`,
      `shop-${world.status.currentPodHash}-2-1.1`,
    ]);
  });

  it('leaves an inconclusive run to a person: clearing the pause measures again, promoting goes on', () => {
    const world = updating({ steps: [{ setWeight: 50 }, analysis, { pause: {} }] });
    world.verdict('Inconclusive');
    world.settle(2000);
    expect(world.status).toMatchObject({ phase: 'Paused', message: 'InconclusiveAnalysisRun', currentStepIndex: 1 });
    world.command({ pauseConditions: null });
    world.settle(2000);
    expect(world.runs.size).toBe(2);
    world.verdict('Inconclusive');
    world.settle(2000);
    world.command({ pauseConditions: null, controllerPause: false, currentStepIndex: 2 });
    world.settle(2000);
    expect(world.status).toMatchObject({ phase: 'Paused', message: 'CanaryPauseStep', currentStepIndex: 2 });
  });

  it('runs the background analysis from its starting step to the end of the steps', () => {
    const background = { templates: [{ templateName: 'good' }], startingStep: 1 };
    const world = updating({ analysis: background, steps: [{ pause: {} }, { setWeight: 50 }, { pause: {} }] });
    expect(world.runs.size).toBe(0);
    world.command({ pauseConditions: null });
    world.settle(3000);
    const [name] = [...world.runs.keys()];
    expect(name).toBe(`shop-${world.status.currentPodHash}-2`);
    world.verdict('Running');
    world.command({ pauseConditions: null });
    world.settle(10_000);
    expect(world.status.phase).toBe('Healthy');
    expect(world.runs.get(name ?? '')?.spec.terminate).toBe(true);
  });

  it('says what is missing while a template does not exist, and still aborts', () => {
    const world = updating({ steps: [{ setWeight: 50 }, { pause: {} }, { analysis: { templates: [{ templateName: 'good' }] } }] });
    (world.options as { templates?: unknown }).templates = [];
    world.settle(2000);
    expect(world.status.message).toBe(
      'InvalidSpec: The Rollout "shop" is invalid: spec.strategy.canary.steps[2].analysis.templates[0].templateName: AnalysisTemplate \'good\' not found',
    );
    world.change({ replicas: 4 });
    world.settle(5000);
    expect(world.sizes()).toEqual({ v1: 2, v2: 2 });
    world.command({ abort: true });
    world.settle(5000);
    expect(world.sizes()).toEqual({ v1: 4, v2: 0 });
    expect(conditions(world)).toContain('Progressing=False RolloutAborted');
  });
});

describe('settled states and restarts', () => {
  it('decides the same status again, to the last field', () => {
    const world = updating({ steps: [{ setWeight: 50 }, { pause: {} }] });
    world.settle(60_000);
    const again = decide(world.observe(), world.nowMs);
    expect(again.effects).toEqual([]);
    expect(again.announcements).toEqual([]);
    expect(again.status).toEqual(world.status);
  });

  it('tells after a crash what was stored and not told, under the same identities', () => {
    const world = updating({ steps: [{ setWeight: 50 }, { pause: {} }] });
    const known = new Map(world.events.map((one) => [one.identity, one.message]));
    const { stored, ahead } = announcementsFromStatus(world.observe(), world.nowMs);
    expect(stored.length).toBeGreaterThanOrEqual(4);
    expect(ahead).toEqual([]);
    for (const { identity, message } of stored) expect(known.get(identity), identity).toBe(message);
    world.command({ pauseConditions: null });
    world.settle(10_000);
    const reasons = announcementsFromStatus(world.observe(), world.nowMs).stored.map(({ reason }) => reason);
    expect(reasons).toContain('RolloutCompleted');
    expect(announcementsFromStatus(world.observe(), world.nowMs + 600_000)).toEqual({ stored: [], ahead: [] });
  });

  it('gives every condition the generation that it speaks of', () => {
    const world = updating({ steps: [{ setWeight: 50 }, { pause: {} }] });
    const generation = world.rollout.metadata.generation;
    expect(world.status.observedGeneration).toBe(String(generation));
    for (const one of world.status.conditions ?? []) expect(one.observedGeneration).toBe(generation);
  });
});
