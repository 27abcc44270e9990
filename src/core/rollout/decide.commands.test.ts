/** Commands at moments for which no button is made: what clients may write all the same. */
import { describe, expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import type { AnalysisTemplate } from '../../api/analysis-template.ts';
import type { CanaryStep, RolloutAnalysis } from '../../api/rollout.ts';
import { decide } from './decide.ts';

const template: AnalysisTemplate = {
  metadata: { name: 'good' },
  spec: {
    metrics: [
      { name: 'm', count: 1, successCondition: 'result == 1', provider: { prometheus: { address: 'http://p', query: 'x' } } },
    ],
  },
};
const analysis: CanaryStep = { analysis: { templates: [{ templateName: 'good' }] } };

function updating(steps: readonly CanaryStep[], podLatencyMs?: () => number, background?: RolloutAnalysis): ToyWorld {
  const world = new ToyWorld(
    {
      replicas: 4,
      selector: { matchLabels: { app: 'shop' } },
      template: templateOf('v1'),
      strategy: {
        canary: { maxSurge: 1, maxUnavailable: 0, steps: [...steps], ...(background && { analysis: background }) },
      },
    },
    { templates: [template], ...(podLatencyMs && { podLatencyMs }) },
  );
  world.settle(60_000);
  world.image('v2');
  world.settle(5_000);
  return world;
}

describe('an index that a client moves on while the update is paused', () => {
  it('leaves the pause behind where the next step is none', () => {
    let latency = 0;
    const world = updating([{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: {} }], () => latency);
    expect(world.status).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
    latency = 20_000;
    world.command({ currentStepIndex: 2 });
    world.settle(5_000);
    expect(world.status).toMatchObject({ phase: 'Progressing', currentStepIndex: 2 });
    expect(world.status.pauseConditions).toBeUndefined();
    world.settle(60_000);
    expect(world.status).toMatchObject({ phase: 'Paused', currentStepIndex: 3, pauseConditions: [{ reason: 'CanaryPauseStep' }] });
    expect(Date.parse(world.status.pauseConditions?.[0]?.startTime ?? '')).toBeGreaterThan(world.nowMs - 60_000);
  });

  it('leaves an inconclusive run behind', () => {
    const world = updating([{ setWeight: 25 }, analysis, { setWeight: 50 }, { pause: {} }]);
    world.verdict('Inconclusive');
    world.settle(5_000);
    expect(world.status).toMatchObject({ phase: 'Paused', message: 'InconclusiveAnalysisRun', currentStepIndex: 1 });
    world.command({ currentStepIndex: 2 });
    world.settle(5_000);
    expect(world.status).toMatchObject({ phase: 'Paused', message: 'CanaryPauseStep', currentStepIndex: 3 });
  });
});

describe('a promotion past runs that could not decide', () => {
  const background = { templates: [{ templateName: 'good' }] };
  /** As the plugin writes it where the run of the step is inconclusive. */
  const pastTheStep = (world: ToyWorld) =>
    world.command({ pauseConditions: null, controllerPause: false, currentStepIndex: (world.status.currentStepIndex ?? 0) + 1 });
  const paused = (world: ToyWorld) => `${world.status.phase} ${world.status.message ?? ''} ${world.status.currentStepIndex}`;

  it('goes from one analysis to the next, which measures for itself', () => {
    const world = updating([{ setWeight: 25 }, analysis, analysis, { pause: {} }]);
    world.verdict('Inconclusive');
    world.settle(5_000);
    pastTheStep(world);
    world.settle(5_000);
    expect(world.status).toMatchObject({ phase: 'Progressing', currentStepIndex: 2 });
    expect(world.status.pauseConditions).toBeUndefined();
    expect([...world.runs.keys()]).toEqual([1, 2].map((step) => `shop-${world.status.currentPodHash}-2-${step}`));
    world.verdict('Inconclusive');
    world.settle(5_000);
    expect(paused(world)).toBe('Paused InconclusiveAnalysisRun 2');
    pastTheStep(world);
    world.settle(5_000);
    expect(paused(world)).toBe('Paused CanaryPauseStep 3');
  });

  it('takes one command where the run of the step and the one beside the steps are both inconclusive', () => {
    const world = updating([{ setWeight: 25 }, analysis, { pause: {} }], undefined, background);
    world.verdict('Inconclusive');
    world.settle(5_000);
    expect(world.runs.size).toBe(2);
    expect(paused(world)).toBe('Paused InconclusiveAnalysisRun 1');
    pastTheStep(world);
    world.settle(5_000);
    expect(paused(world)).toBe('Paused CanaryPauseStep 2');
    const { name = '', status } = world.status.canary?.currentBackgroundAnalysisRunStatus ?? {};
    expect([name.endsWith('-2.1'), status]).toEqual([true, 'Pending']);
  });

  it('leaves a pause and an undecided background run together', () => {
    const world = updating([{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: {} }], undefined, background);
    world.verdict('Inconclusive');
    world.settle(5_000);
    expect(world.status.pauseConditions?.map(({ reason }) => reason)).toEqual(['CanaryPauseStep', 'InconclusiveAnalysisRun']);
    world.command({ pauseConditions: null });
    world.settle(5_000);
    expect(paused(world)).toBe('Paused CanaryPauseStep 3');
    expect(world.runs.size).toBe(2);
  });

  it('is not seen where a person had paused while the run became undecided', () => {
    const world = updating([{ setWeight: 25 }, analysis, { pause: {} }], undefined, background);
    world.change({ paused: true });
    world.settle(2_000);
    world.verdict('Inconclusive');
    world.settle(2_000);
    world.change({ paused: false });
    world.settle(5_000);
    expect(paused(world)).toBe('Paused InconclusiveAnalysisRun 1');
    expect(world.runs.size).toBe(2);
  });
});

describe('an abort that comes before anybody has seen the new version', () => {
  it.each(['image', 'steps'] as const)('is not lost: nothing of it is delivered (a change of the %s)', (what) => {
    const world = updating([{ setWeight: 25 }, { pause: {} }]);
    world.command({ promoteFull: true });
    world.settle(60_000);
    expect(world.sizes()).toEqual({ v1: 0, v2: 4 });
    world.image('v3');
    if (what === 'steps') {
      world.settle(10_000);
      world.change({ strategy: { canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }] } } });
    }
    world.command({ abort: true });
    world.settle(60_000);
    expect(world.status).toMatchObject({ phase: 'Degraded', abort: true, currentStepIndex: 0 });
    expect(world.status.abortedAt).toBeDefined();
    expect(world.sizes()).toEqual({ v1: 0, v2: 4, v3: 0 });
    expect(world.told().filter((line) => line.includes('RolloutAborted'))).toHaveLength(1);
    world.command({ abort: false });
    world.settle(60_000);
    expect(world.status).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
  });

  it('says nothing of the next version where it was acted on before', () => {
    const world = updating([{ setWeight: 25 }, { pause: {} }]);
    world.command({ abort: true });
    world.settle(60_000);
    world.image('v3');
    world.settle(60_000);
    expect(world.status).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
    expect(world.status.abort).not.toBe(true);
  });
});

describe('an abort while a superseded version still serves', () => {
  it('leads back to stable though the newest never starts and there is no room', () => {
    let newest = '';
    const world = new ToyWorld(
      {
        replicas: 2,
        selector: { matchLabels: { app: 'shop' } },
        template: templateOf('v1'),
        strategy: { canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }] } },
      },
      { podLatencyMs: (replicaSet) => (replicaSet === newest ? Number.POSITIVE_INFINITY : 0) },
    );
    world.settle(10_000);
    world.image('v2');
    world.settle(10_000);
    world.image('v3');
    newest = `shop-${decide(world.observe(), world.nowMs).status.currentPodHash}`;
    world.settle(10_000);
    expect(world.sizes()).toEqual({ v1: 1, v2: 1, v3: 1 });
    world.command({ abort: true });
    world.settle(30_000);
    expect([world.sizes(), world.status.phase]).toEqual([{ v1: 2, v2: 0, v3: 0 }, 'Degraded']);
  });
});

describe('a Rollout that is paused from the beginning', () => {
  it('has its first version as the stable one, so that an update is held back', () => {
    const world = new ToyWorld({
      replicas: 2,
      paused: true,
      selector: { matchLabels: { app: 'shop' } },
      template: templateOf('v1'),
      strategy: { canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }] } },
    });
    world.settle(10_000);
    expect(world.status).toMatchObject({ phase: 'Paused', message: 'manually paused', stableRS: world.status.currentPodHash });
    world.image('v2');
    world.settle(30_000);
    expect(world.sizes()).toEqual({ v1: 2, v2: 0 });
    world.change({ paused: false });
    world.settle(10_000);
    expect([world.status.message, world.sizes()]).toEqual(['CanaryPauseStep', { v1: 1, v2: 1 }]);
  });
});
