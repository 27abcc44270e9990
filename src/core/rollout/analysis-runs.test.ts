/** Which runs of an update stay: the one that a status speaks of, whatever the limits of history. */
import { describe, expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import type { AnalysisTemplate } from '../../api/analysis-template.ts';
import type { RolloutSpec } from '../../api/rollout.ts';
import { decide } from './decide.ts';

const template: AnalysisTemplate = {
  metadata: { name: 'good' },
  spec: {
    metrics: [
      { name: 'm', count: 1, successCondition: 'result == 1', provider: { prometheus: { address: 'http://p', query: 'x' } } },
    ],
  },
};

function measuring(spec: Partial<RolloutSpec>): ToyWorld {
  const steps = [{ setWeight: 50 }, { analysis: { templates: [{ templateName: 'good' }] } }, { pause: {} }];
  const world = new ToyWorld(
    {
      replicas: 2,
      selector: { matchLabels: { app: 'shop' } },
      template: templateOf('v1'),
      strategy: { canary: { maxSurge: 1, maxUnavailable: 0, steps } },
      ...spec,
    },
    { templates: [template] },
  );
  world.settle(10_000);
  world.image('v2');
  world.settle(5_000);
  return world;
}

describe('the run that failed', () => {
  it('stays while the abort that it caused is shown, though no failed run is to be kept', () => {
    const world = measuring({ analysis: { unsuccessfulRunHistoryLimit: 0 } });
    world.verdict('Failed');
    world.settle(10_000);
    const name = world.status.canary?.currentStepAnalysisRunStatus?.name ?? '';
    expect([world.status.phase, world.runs.get(name)?.status?.phase]).toEqual(['Degraded', 'Failed']);
    world.image('v1');
    world.settle(10_000);
    expect([world.status.phase, world.runs.size]).toEqual(['Healthy', 0]);
  });
});

describe('a name that a run of someone else has', () => {
  it('is passed over', () => {
    const world = measuring({});
    const [own] = [...world.runs.keys()];
    const foreign = new Set([`${own}`, `${own}.1`]);
    const observed = { ...world.observe(), analysisRuns: [], analysisRunNames: foreign };
    const created = decide(observed, world.nowMs).effects.flatMap((effect) =>
      effect.kind === 'create-analysis-run' ? [effect.run.metadata.name] : [],
    );
    expect(created).toEqual([`${own}.2`]);
  });
});

describe('a run that is made again', () => {
  it('has a name that none before it had, though those are thrown away', () => {
    const world = measuring({ analysis: { unsuccessfulRunHistoryLimit: 1 } });
    const names = new Set<string>();
    for (let round = 0; round < 4; round++) {
      for (const name of world.runs.keys()) names.add(name);
      world.verdict('Inconclusive');
      world.settle(5_000);
      world.command({ pauseConditions: null });
      world.settle(5_000);
    }
    expect(world.runs.size).toBeLessThan(4);
    const [first = ''] = names;
    expect([...names]).toEqual([first, `${first}.1`, `${first}.2`, `${first}.3`]);
  });
});

describe('an invalid spec', () => {
  const blueGreen = { blueGreen: { activeService: 'shop' } };

  it('that has lost its analysis lets the runs that are under way end the update', () => {
    const world = measuring({});
    world.verdict('Running');
    world.settle(5_000);
    world.change({ strategy: blueGreen });
    world.settle(5_000);
    const [run] = [...world.runs.values()];
    expect([world.status.phase, run?.spec.terminate]).toEqual(['Degraded', undefined]);
    expect(world.status.canary?.currentStepAnalysisRunStatus?.status).toBe('Running');
    world.verdict('Failed', 'too many errors');
    world.settle(10_000);
    expect([world.status.abort, world.sizes()]).toEqual([true, { v1: 2, v2: 0 }]);
  });

  it('ends runs that no longer matter but throws none away', () => {
    const world = measuring({});
    world.verdict('Successful');
    world.settle(5_000);
    world.change({ analysis: { successfulRunHistoryLimit: -1 } });
    world.settle(5_000);
    expect([world.status.phase, world.runs.size]).toEqual(['Degraded', 1]);
  });
});
