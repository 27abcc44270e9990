/** Random lives of an Experiment: impatient users, slow pods, verdicts at any time, crashes; then quiet, and everything must have ended as it says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExperimentSpec } from '../../src/api/experiment.ts';
import { experimentTemplate, goodTemplate, ToyExperiment } from '../support/toy-experiment.ts';

type Act = (world: ToyExperiment) => void;
const named = (name: string, act: Act): Act => Object.assign(act, { toString: () => name });

const side = (tag: string, replicas = 1) => experimentTemplate('side', tag, { replicas, service: {} });
const change = (spec: Partial<ExperimentSpec>): Act => named(JSON.stringify(spec).slice(0, 90), (world) => world.change(spec));

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, 700, 5000, 40_000).map((ms) => named(`wait ${ms}`, (world) => world.settle(ms))) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom('Running', 'Successful', 'Failed', 'Error', 'Inconclusive' as const),
        fc.constantFrom('', 'first', 'second'),
      )
      .map(([phase, analysis]) => named(`${analysis} ${phase}`, (world) => world.verdict(phase, analysis))),
  },
  {
    weight: 3,
    arbitrary: fc.nat(8).map((after) =>
      named(`crash ${after}`, (world) => {
        world.crashAfter = after;
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      change({ terminate: true }),
      change({ templates: [side('v1', 3)] }),
      change({ templates: [side('v2')] }),
      change({ templates: [side('v1'), experimentTemplate('other', 'v1')] }),
      change({ templates: [] }),
      change({ templates: [side('v1')], duration: '10s' }),
      change({ analyses: [] }),
      named('retry', (world) => world.retry()),
      named('lose pods', (world) => world.losePods('exp-side', 3000)),
      named('templates of analyses gone', (world) => {
        world.templates = [];
      }),
      named('templates of analyses there', (world) => {
        world.templates = [goodTemplate];
      }),
      named('in use', (world) => {
        world.inUse = true;
      }),
      named('not in use', (world) => {
        world.inUse = false;
      }),
    ),
  },
);

const life = fc.record({
  duration: fc.constantFrom<string | undefined>(undefined, '0s', '20s'),
  required: fc.boolean(),
  delay: fc.constantFrom(0, 5),
  podMs: fc.constantFrom(0, 900, 4000),
  acts: fc.array(act, { maxLength: 14 }),
});

function play({
  duration,
  required,
  delay,
  podMs,
  acts,
}: typeof life extends fc.Arbitrary<infer Life> ? Life : never): ToyExperiment {
  const world = new ToyExperiment(
    {
      templates: [side('v1')],
      analyses: [
        { name: 'first', templateName: 'good', requiredForCompletion: required },
        { name: 'second', templateName: 'good' },
      ],
      scaleDownDelaySeconds: delay,
      ...(duration === undefined ? {} : { duration }),
    },
    { templates: [goodTemplate], podLatencyMs: () => podMs },
  );
  world.settle(2000);
  for (const one of acts) {
    one(world);
    world.settle();
  }
  world.crashAfter = undefined;
  return world;
}

describe('an experiment, whatever becomes of it', () => {
  it('ends when a person says so, as its runs say, and leaves nothing behind', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(life, (one) => {
        const world = play(one);
        world.inUse = false;
        world.templates = [goodTemplate];
        world.change({ templates: [side('v1')], terminate: true });
        world.settle(60_000);
        const log = world.log.join('\n');
        const { phase, templateStatuses = [], analysisRuns = [], conditions = [] } = world.status;
        expect(['Successful', 'Failed', 'Error', 'Inconclusive'], log).toContain(phase);
        expect(conditions.find(({ type }) => type === 'Completed')?.status, log).toBe('True');
        expect(
          templateStatuses.every(({ status }) => status !== 'Progressing' && status !== 'Running'),
          log,
        ).toBe(true);
        if (phase === 'Successful')
          expect(
            analysisRuns.every((run) => run.phase === 'Successful'),
            log,
          ).toBe(true);
        expect(
          Object.values(world.sizes()).every((size) => size === 0),
          log,
        ).toBe(true);
        expect(world.services.size, log).toBe(0);
        expect(
          [...world.runs.values()].every((run) => run.status?.completedAt !== undefined),
          log,
        ).toBe(true);
        const { writes } = world;
        world.settle(60_000);
        expect(world.writes, log).toBe(writes);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps what routes may lead to, and can always be tried again', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(life, (one) => {
        const world = play(one);
        world.inUse = false;
        world.templates = [goodTemplate];
        const { terminate: _, duration: __, ...spec } = world.experiment.spec;
        world.experiment = { ...world.experiment, spec: { ...spec, templates: [side('v1')] } };
        world.retry();
        world.settle(10_000);
        expect(
          world.status.templateStatuses?.map(({ status }) => status),
          world.log.join('\n'),
        ).toEqual(['Running']);
        world.inUse = true;
        world.change({ terminate: true });
        world.settle(60_000);
        expect(world.services.size, world.log.join('\n')).toBe(1);
        expect(
          Object.values(world.sizes()).filter((size) => size > 0),
          world.log.join('\n'),
        ).toEqual([1]);
      }),
      { numRuns: 200 },
    );
  });
});
