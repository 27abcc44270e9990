/** Random lives of a Rollout: strategies, impatient users, slow pods, late gateways, crashes. What must hold in them is the laws' matter. */
import fc from 'fast-check';
import type { AnalysisTemplate } from '../../src/api/analysis-template.ts';
import { labels as names } from '../../src/api/names.ts';
import type { CanaryStep, CanaryStrategy, RolloutSpec } from '../../src/api/rollout.ts';
import { timestamp } from '../../src/core/rollout/situation.ts';
import { lawsFor } from './rollout-laws.ts';
import { portedTemplateOf, tagOf, templateOf } from './shop-template.ts';
import { type ToyOptions, ToyWorld } from './toy-world.ts';

export const good: AnalysisTemplate = {
  metadata: { name: 'good' },
  spec: {
    metrics: [
      { name: 'm', count: 1, successCondition: 'result == 1', provider: { prometheus: { address: 'http://p', query: 'x' } } },
    ],
  },
};

export interface Case {
  readonly replicas: number;
  /** maxSurge, maxUnavailable */
  readonly bounds: readonly number[];
  readonly steps: readonly CanaryStep[];
  readonly routed: boolean;
  readonly services: boolean;
  readonly podMs: number;
  /** How long ReplicaSets count pods on their way out. */
  readonly endingMs?: number;
  readonly routeMs: number;
  /** Nobody says when routes were accepted. */
  readonly silent?: boolean;
  readonly actions: readonly Action[];
  /** `rollbackWindow.revisions` */
  readonly window?: number;
  /** More of the strategy. */
  readonly options?: Partial<CanaryStrategy>;
  /** What is added to pods from the beginning. */
  readonly worn?: Worn;
  /** Where an experiment stands among the steps, and its share of the traffic. */
  readonly experiment?: { readonly at: number; readonly weight?: number };
}

export type Worn = Pick<CanaryStrategy, 'canaryMetadata' | 'stableMetadata' | 'antiAffinity'>;

export type Action =
  | { readonly do: 'image'; readonly tag: string }
  | { readonly do: 'abort' | 'retry' | 'promote' | 'full' | 'pause' | 'unpause' | 'restart-process' | 'ping-pong' }
  | { readonly do: 'scale'; readonly replicas: number }
  | { readonly do: 'restart' }
  /** As the plugin does it: the template of the ReplicaSet, with all that was added to it but the hash. */
  | { readonly do: 'undo'; readonly tag: string }
  | { readonly do: 'wear'; readonly worn: Worn }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'crash'; readonly after: number }
  | { readonly do: 'kill'; readonly tag: string }
  | { readonly do: 'verdict'; readonly phase: 'Running' | 'Successful' | 'Failed' | 'Inconclusive' };

const tag = fc.constantFrom('v1', 'v2', 'v3');
export const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('image' as const), tag }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('abort', 'retry', 'promote', 'full', 'pause', 'unpause', 'restart-process', 'ping-pong' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('scale' as const), replicas: fc.integer({ min: 0, max: 8 }) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 500, 1500, 3000, 8000, 40_000) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('crash' as const), after: fc.integer({ min: 0, max: 8 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const), tag }) },
  { weight: 2, arbitrary: fc.constant({ do: 'restart' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('undo' as const), tag }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('verdict' as const),
      phase: fc.constantFrom('Running', 'Successful', 'Failed', 'Inconclusive' as const),
    }),
  },
);

export const metadata = fc.constantFrom<Worn['canaryMetadata']>(
  { labels: { role: 'a' } },
  { labels: { role: 'b', track: 'x' }, annotations: { note: 'b' } },
  { annotations: { note: 'c' } },
);
export const antiAffinity = fc.constantFrom<Worn['antiAffinity']>(
  { requiredDuringSchedulingIgnoredDuringExecution: {} },
  { preferredDuringSchedulingIgnoredDuringExecution: { weight: 7 } },
);
export const worn: fc.Arbitrary<Worn> = fc.record(
  {
    canaryMetadata: metadata,
    stableMetadata: metadata,
    antiAffinity,
  },
  { requiredKeys: [] },
);
export const dressingAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: action },
  { weight: 1, arbitrary: worn.map((one) => ({ do: 'wear' as const, worn: one })) },
);

const step: fc.Arbitrary<CanaryStep> = fc.oneof(
  fc.integer({ min: 0, max: 100 }).map((setWeight) => ({ setWeight })),
  fc.constantFrom<CanaryStep>({ pause: {} }, { pause: { duration: 3 } }, { pause: { duration: '0s' } }),
  fc.constant<CanaryStep>({ analysis: { templates: [{ templateName: 'good' }] } }),
);

const managedNames = ['beta', 'shadow'];
const headers = [{ headerName: 'x-canary', headerValue: { exact: 'yes' } }];
/** Every third takes its route off again. */
const managedStep: fc.Arbitrary<CanaryStep> = fc.tuple(fc.constantFrom(...managedNames), fc.nat(2)).map(([name, kind]) => {
  if (kind === 0) return { setHeaderRoute: { name } };
  if (name === 'shadow') return { setMirrorRoute: { name, match: [{ path: { prefix: '/' } }], percentage: 10 } };
  return { setHeaderRoute: { name, match: headers } };
});

const someOf = (fields: { readonly [K in keyof CanaryStrategy]: fc.Arbitrary<CanaryStrategy[K]> }) =>
  fc.record(fields as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: [] }) as fc.Arbitrary<Partial<CanaryStrategy>>;

const replicaProgressThreshold = fc.constantFrom(
  { type: 'Percent', value: 50 },
  { type: 'Percent', value: 90 },
  { type: 'Pods', value: 2 },
);
const pingPong = { pingService: 'stable', pongService: 'canary' };
const options = someOf({ replicaProgressThreshold });
const routedOptions = someOf({
  replicaProgressThreshold,
  scaleDownDelaySeconds: fc.constantFrom(0, 5, 60),
  dynamicStableScale: fc.boolean(),
  pingPong: fc.constant(pingPong),
  abortScaleDownDelaySeconds: fc.constantFrom(1, 60),
  scaleDownDelayRevisionLimit: fc.nat(2),
  minPodsPerReplicaSet: fc.integer({ min: 1, max: 3 }),
}).map((all) => (all.dynamicStableScale === true ? { ...all, scaleDownDelaySeconds: undefined } : all));

export const scenario = (routed: boolean): fc.Arbitrary<Case> =>
  fc.record({
    replicas: fc.integer({ min: 1, max: 6 }),
    bounds: fc.constantFrom([1, 0], [0, 1], [2, 0], [3, 1], [0, 2], [1, 1]),
    steps: fc.array(
      routed
        ? fc.oneof(
            { weight: 5, arbitrary: step },
            { weight: 1, arbitrary: fc.integer({ min: 0, max: 6 }).map((replicas) => ({ setCanaryScale: { replicas } })) },
            { weight: 2, arbitrary: managedStep },
          )
        : step,
      { maxLength: 5 },
    ),
    routed: fc.constant(routed),
    services: fc.boolean(),
    podMs: fc.constantFrom(0, 400, 2500),
    endingMs: fc.constantFrom(0, 40, 900),
    routeMs: fc.constantFrom(0, 700, 3000),
    silent: fc.boolean(),
    actions: fc.array(action, { maxLength: 14 }),
    options: routed ? routedOptions : options,
    window: fc.constantFrom(0, 0, 1, 3),
  });

const routing = {
  plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } },
  managedRoutes: managedNames.map((name) => ({ name })),
};

type Times = Pick<ToyOptions, 'passMs' | 'startMs'>;

/** A share fits beside what the canary has. */
function stepsOf({ steps, experiment, routed }: Case): CanaryStep[] {
  if (experiment === undefined) return [...steps];
  const before = steps.slice(0, experiment.at);
  const left = before.reduce((rest, { setWeight }) => (setWeight === undefined ? rest : 100 - setWeight), 100);
  const { weight = 0 } = experiment;
  const template = { name: 'side', specRef: 'stable' as const, ...(routed && weight > 0 && weight <= left ? { weight } : {}) };
  return [...before, { experiment: { templates: [template], duration: '5m' } }, ...steps.slice(experiment.at)];
}

function worldOf(one: Case, times: Times): ToyWorld {
  const [maxSurge = 1, maxUnavailable = 0] = one.bounds;
  const services = one.routed || one.services;
  const canary: CanaryStrategy = {
    maxSurge,
    maxUnavailable,
    steps: stepsOf(one),
    ...(services ? { canaryService: 'canary', stableService: 'stable' } : {}),
    ...(one.routed ? { trafficRouting: routing } : {}),
    ...one.options,
    ...one.worn,
  };
  const spec: RolloutSpec = {
    replicas: one.replicas,
    selector: { matchLabels: { app: 'shop' } },
    template: one.experiment === undefined ? templateOf('v1') : portedTemplateOf('v1'),
    strategy: { canary },
    analysis: { successfulRunHistoryLimit: 2, unsuccessfulRunHistoryLimit: 2 },
    revisionHistoryLimit: 1,
    rollbackWindow: { revisions: one.window ?? 0 },
  };
  let nth = 0;
  return new ToyWorld(spec, {
    services: services ? ['canary', 'stable'] : [],
    templates: [good],
    podLatencyMs: () => {
      nth += 1;
      return one.podMs * (1 + (nth % 3));
    },
    routeLatencyMs: () => one.routeMs,
    endingMs: one.endingMs ?? 0,
    hasSilentRoutes: one.silent === true,
    ...times,
    watch: lawsFor({
      maxSurge,
      maxUnavailable,
      routed: one.routed,
    }),
  });
}

/** From two Services with fixed roles to two that take turns, and back. */
function turnPingPong(world: ToyWorld): void {
  const { canary } = world.rollout.spec.strategy ?? {};
  if (canary?.trafficRouting === undefined) return;
  world.change({ strategy: { canary: { ...canary, pingPong: canary.pingPong === undefined ? pingPong : undefined } } });
}

export function act(world: ToyWorld, one: Action): void {
  switch (one.do) {
    case 'image':
      world.image(one.tag);
      break;
    case 'abort':
      world.command({ abort: true });
      break;
    case 'retry':
      world.command({ abort: false });
      break;
    case 'promote': {
      const index = world.status.currentStepIndex ?? 0;
      const paused = (world.status.pauseConditions ?? []).length > 0;
      world.command(paused ? { pauseConditions: null } : { pauseConditions: null, currentStepIndex: index + 1 });
      break;
    }
    case 'full':
      if (world.status.currentPodHash !== world.status.stableRS) world.command({ promoteFull: true });
      break;
    case 'pause':
      world.change({ paused: true });
      break;
    case 'unpause':
      world.change({ paused: false });
      break;
    case 'restart-process':
      world.evidence = undefined;
      break;
    case 'ping-pong':
      turnPingPong(world);
      break;
    case 'scale':
      world.change({ replicas: one.replicas });
      break;
    case 'restart':
      world.change({ restartAt: timestamp(world.nowMs) });
      break;
    case 'undo': {
      const template = [...world.replicaSets.values()].find((replicaSet) => tagOf(replicaSet) === one.tag)?.spec.template;
      const { [names.podTemplateHash]: _, ...labels } = template?.metadata?.labels ?? {};
      if (template !== undefined) world.change({ template: { ...template, metadata: { ...template.metadata, labels } } });
      break;
    }
    case 'wear': {
      const { canaryMetadata: _, stableMetadata: __, antiAffinity: ___, ...canary } = world.rollout.spec.strategy?.canary ?? {};
      world.change({ strategy: { canary: { ...canary, ...one.worn } } });
      break;
    }
    case 'wait':
      world.settle(one.ms);
      break;
    case 'crash':
      world.crashAfter = one.after;
      world.settle(0);
      break;
    case 'kill':
      world.restartPods(one.tag, 1000);
      break;
    case 'verdict':
      world.verdict(one.phase);
      if (one.phase !== 'Running') world.experiments.verdict(one.phase);
      break;
  }
}

/** Lets a Rollout begin and then everything happen in turn. */
export function play(one: Case, times: Times = {}): ToyWorld {
  const world = worldOf(one, times);
  world.settle(20_000);
  for (const next of one.actions) act(world, next);
  world.crashAfter = undefined;
  return world;
}
