/** A crash after any single write changes nothing of the outcome, and what the stored world remembers is told, once. */
import { describe, expect, it } from 'vitest';
import type { AnalysisTemplate } from '../../src/api/analysis-template.ts';
import type { CanaryStrategy, RolloutSpec } from '../../src/api/rollout.ts';
import { portedTemplateOf as templateOf } from '../support/shop-template.ts';
import { ToyWorld } from '../support/toy-world.ts';

const template: AnalysisTemplate = {
  metadata: { name: 'good' },
  spec: {
    metrics: [
      { name: 'm', count: 1, successCondition: 'result == 1', provider: { prometheus: { address: 'http://p', query: 'x' } } },
    ],
  },
};
const steps = [{ setWeight: 25 }, { pause: {} }, { analysis: { templates: [{ templateName: 'good' }] } }, { setWeight: 50 }];
const basic: CanaryStrategy = { maxSurge: 1, maxUnavailable: 0, steps };
const routed: CanaryStrategy = {
  steps,
  canaryService: 'canary',
  stableService: 'stable',
  trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } },
};

const experiment = { templates: [{ name: 'side', specRef: 'stable' as const, weight: 5 }], duration: '5m' };
const withExperiment = {
  ...routed,
  steps: [{ setWeight: 25 }, { experiment }, { pause: {} }],
};

const analysis = { templates: [{ templateName: 'good' }] };
const blueGreen = {
  activeService: 'stable',
  previewService: 'canary',
  previewReplicaCount: 1,
  autoPromotionEnabled: false,
  prePromotionAnalysis: analysis,
  postPromotionAnalysis: analysis,
};

/** The words of a story: each plays one act and lets everything settle. */
const acts = {
  v2: (world: ToyWorld) => world.change({ template: templateOf('v2') }),
  v1: (world: ToyWorld) => world.change({ template: templateOf('v1') }),
  promote: (world: ToyWorld) => world.command({ pauseConditions: null }),
  good: (world: ToyWorld) => world.verdict('Successful'),
  bad: (world: ToyWorld) => world.verdict('Failed', 'too many errors'),
  proven: (world: ToyWorld) => world.experiments.verdict('Successful'),
  refuted: (world: ToyWorld) => world.experiments.verdict('Failed', 'worse'),
  unclear: (world: ToyWorld) => world.experiments.verdict('Inconclusive'),
  abort: (world: ToyWorld) => world.command({ abort: true }),
  retry: (world: ToyWorld) => world.command({ abort: false }),
} as const;
type Act = keyof typeof acts;

const canaryStories: Readonly<Record<string, readonly Act[]>> = {
  promoted: ['v2', 'promote', 'good'],
  'taken back': ['v2', 'promote', 'bad'],
  'aborted and tried again': ['v2', 'abort', 'retry', 'promote', 'good'],
  undone: ['v2', 'v1'],
};

const experimentStories: Readonly<Record<string, readonly Act[]>> = {
  promoted: ['v2', 'proven', 'promote'],
  'taken back': ['v2', 'refuted'],
  'inconclusive and promoted': ['v2', 'unclear', 'promote', 'promote'],
  'aborted and tried again': ['v2', 'abort', 'retry', 'proven', 'promote'],
  undone: ['v2', 'v1'],
};

const blueGreenStories: Readonly<Record<string, readonly Act[]>> = {
  promoted: ['v2', 'good', 'promote', 'good'],
  'kept from users': ['v2', 'bad'],
  'taken back': ['v2', 'good', 'promote', 'bad'],
  'aborted and tried again': ['v2', 'good', 'abort', 'retry', 'good', 'promote', 'good'],
  undone: ['v2', 'good', 'v1'],
  'undone behind the switch': ['v2', 'good', 'promote', 'v1'],
  'gone back fast': ['v2', 'good', 'promote', 'good', 'v1'],
};

function tell(
  strategy: NonNullable<RolloutSpec['strategy']>,
  story: readonly Act[],
  crashAfter: number | undefined,
  annotations: Record<string, string>,
): ToyWorld {
  const world = new ToyWorld(
    { replicas: 4, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy },
    {
      services: strategy.canary !== undefined && strategy.canary.trafficRouting === undefined ? [] : ['canary', 'stable'],
      templates: [template],
      podLatencyMs: () => 700,
      routeLatencyMs: () => 300,
    },
    annotations,
  );
  world.crashAfter = crashAfter;
  world.settle(20_000);
  for (const act of story) {
    acts[act](world);
    world.settle(20_000);
  }
  world.settle(60_000);
  return world;
}

/** Without times, and without the names of runs, of which a crash may make another. */
function outcome({ rollout, status, liveRoutes, ...world }: ToyWorld): unknown {
  const { phase, message, currentStepIndex, stableRS, currentPodHash, abort } = status;
  const conditions = status.conditions?.map((one) => `${one.type}=${one.status} ${one.reason} ${one.message}`);
  const replicaSets = [...world.replicaSets.values()].map(({ metadata, spec }) => `${metadata.name} ${spec.replicas}`).sort();
  const services = [...world.services.values()].map(({ spec }) => spec.selector);
  const { template: pods } = rollout.spec;
  const experiments = [...world.experiments.all.values()].map((one) => `${one.metadata.name} ${one.status?.phase}`).sort();
  return {
    experiments,
    phase,
    message,
    currentStepIndex,
    stableRS,
    currentPodHash,
    abort,
    conditions,
    replicaSets,
    services,
    pods,
    liveRoutes,
  };
}

/** Told from what is stored, by whoever comes after a crash. */
const remembered = new Set([
  'RolloutAddedToInformer',
  'RolloutUpdated',
  'NewReplicaSetCreated',
  'RolloutNotCompleted',
  'SkipSteps',
  'RolloutStepCompleted',
  'ExperimentCreated',
  'RolloutPaused',
  'RolloutAborted',
  'RolloutCompleted',
]);

function events(world: ToyWorld): readonly string[] {
  return world
    .told()
    .filter((line) => remembered.has(line.split(' ')[1]?.replace(':', '') ?? '') && !line.includes('put back'))
    .sort();
}

/** As `resized` has what was done. */
function toldScalings(world: ToyWorld): readonly string[] {
  return world.told().flatMap((line) => {
    const [, way, name, from, to] = /Scaled (up|down) ReplicaSet (\S+) \(revision \d+\) from (\d+) to (\d+)/.exec(line) ?? [];
    return way === undefined ? [] : [`${way} ${name} ${from} ${to}`];
  });
}

describe.each([
  { name: 'basic', strategy: { canary: basic }, stories: canaryStories },
  { name: 'routed', strategy: { canary: routed }, stories: canaryStories },
  { name: 'with an experiment', strategy: { canary: withExperiment }, stories: experimentStories },
  { name: 'blue-green', strategy: { blueGreen }, stories: blueGreenStories },
])('a crash after any write, $name', ({ strategy, stories }) => {
  for (const [name, story] of Object.entries(stories)) {
    for (const annotations of stories === experimentStories ? [{}] : [{}, { 'rampart.dev/on-failure': 'undo' }]) {
      it(`${name} ${JSON.stringify(annotations)}`, { timeout: 60_000 }, () => {
        const calm = tell(strategy, story, undefined, annotations);
        expect(calm.writes).toBeGreaterThan(10);
        for (let after = 0; after <= calm.writes; after += 1) {
          const crashed = tell(strategy, story, after, annotations);
          expect(outcome({ ...crashed, status: crashed.status } as ToyWorld), crashed.log.join('\n')).toEqual(
            outcome({ ...calm, status: calm.status } as ToyWorld),
          );
          expect(events(crashed), crashed.log.join('\n')).toEqual(events(calm));
          // A new process may change sizes that the calm one did not: each change is told, once.
          expect(toldScalings(crashed).toSorted(), crashed.log.join('\n')).toEqual(crashed.resized.toSorted());
        }
      });
    }
  }
});
