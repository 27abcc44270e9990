/** A crash after any single write of an experiment changes nothing of the outcome, and everything that happened is told, once. */
import { describe, expect, it } from 'vitest';
import type { ExperimentSpec } from '../../src/api/experiment.ts';
import { experimentTemplate, goodTemplate, ToyExperiment } from '../support/toy-experiment.ts';

const spec: ExperimentSpec = {
  templates: [
    experimentTemplate('baseline', 'v1', { service: {} }),
    experimentTemplate('canary', 'v2', { replicas: 2, service: { name: 'next' } }),
  ],
  analyses: [
    { name: 'errors', templateName: 'good', requiredForCompletion: true },
    { name: 'latency', templateName: 'good' },
  ],
  duration: '40s',
};

/** The words of a story: each plays one act and lets everything settle. */
const acts = {
  good: (world: ToyExperiment) => world.verdict('Successful', 'errors'),
  bad: (world: ToyExperiment) => world.verdict('Failed', 'errors', 'too many'),
  unclear: (world: ToyExperiment) => world.verdict('Inconclusive', 'errors'),
  terminate: (world: ToyExperiment) => world.change({ terminate: true }),
  retry: (world: ToyExperiment) => world.retry(),
  edit: (world: ToyExperiment) => world.change({ templates: [experimentTemplate('baseline', 'v3')] }),
  wait: (world: ToyExperiment) => world.settle(60_000),
} as const;

const stories: Readonly<Record<string, readonly (keyof typeof acts)[]>> = {
  'ended well': ['good', 'wait'],
  failed: ['bad', 'wait'],
  'inconclusive behind its duration': ['wait', 'unclear'],
  terminated: ['terminate', 'wait'],
  'tried again': ['bad', 'wait', 'retry', 'good'],
  'edited under way': ['edit', 'good'],
};

function tell(story: readonly (keyof typeof acts)[], crashAfter: number | undefined): ToyExperiment {
  const world = new ToyExperiment(spec, { templates: [goodTemplate], podLatencyMs: () => 700 });
  world.crashAfter = crashAfter;
  world.settle(5000);
  world.verdict('Running');
  world.settle(5000);
  for (const act of story) {
    acts[act](world);
    world.settle(5000);
  }
  world.settle(60_000);
  return world;
}

/** Without times. */
function outcome({ status, replicaSets, services, runs }: ToyExperiment): unknown {
  const { phase, message, templateStatuses, analysisRuns, conditions } = status;
  return {
    phase,
    message,
    templates: templateStatuses?.map(({ lastTransitionTime: _, ...rest }) => rest),
    analysisRuns,
    conditions: conditions?.map((one) => `${one.type}=${one.status} ${one.reason} ${one.message}`),
    sizes: [...replicaSets.values()].map(({ metadata, spec: { replicas } }) => `${metadata.name} ${replicas}`).sort(),
    services: [...services.keys()].sort(),
    runs: [...runs.values()].map((run) => `${run.metadata.name} ${run.status?.phase} ${run.spec.terminate}`).sort(),
  };
}

describe('a crash after any write of an experiment', () => {
  for (const [name, story] of Object.entries(stories)) {
    it(name, { timeout: 60_000 }, () => {
      const calm = tell(story, undefined);
      expect(calm.writes).toBeGreaterThan(10);
      for (let after = 0; after <= calm.writes; after += 1) {
        const crashed = tell(story, after);
        expect(outcome(crashed), crashed.log.join('\n')).toEqual(outcome(calm));
        expect(crashed.told().toSorted(), crashed.log.join('\n')).toEqual(calm.told().toSorted());
      }
    });
  }

  it('leaves nothing running whatever the story was', () => {
    for (const story of Object.values(stories)) {
      const world = tell(story, undefined);
      expect(
        Object.values(world.sizes()).every((size) => size === 0),
        world.log.join('\n'),
      ).toBe(true);
      expect(world.services.size).toBe(0);
      expect([...world.runs.values()].every((run) => run.status?.phase !== 'Running')).toBe(true);
    }
  });
});
