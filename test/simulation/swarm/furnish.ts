/**
 * What the second edition of plans draws beside the first: the rest of the API, and people and parts of Kubernetes that get in the way. Every
 * piece is drawn from a stream of its own, so that a new one changes nothing of the others.
 */
import type { Random } from '../../../src/simulation/random.ts';
import type { Action, Plan, PlannedExperiment, PlannedRollout, Step } from './plan.ts';

export function furnished(plan: Plan, random: Random): Plan {
  const rollouts = plan.rollouts.map((planned) => furnishedRollout(planned, random.split(planned.name)));
  const experiments = random.chance(0.25) ? [drawExperiment(random.split('experiment'))] : [];
  const isCalm = plan.network.refused === 0 && plan.network.watchDelayMs === 20;
  const history = plan.history.flatMap((happening, index) => {
    const stream = random.split(`history ${index}`);
    if (!stream.chance(0.5)) return [happening];
    const afterMs = stream.pick([0, 40, 300, 2000, 10_000, 40_000]);
    return [happening, { afterMs, action: drawMore(stream, { rollouts, experiments, isCalm }) }];
  });
  const isCrowded = random.split('processes').chance(0.1);
  return {
    ...plan,
    edition: 2,
    rollouts,
    experiments,
    history,
    processes: isCrowded ? 3 : plan.processes,
    network: { ...plan.network, expired: isCalm ? 0 : random.split('network').pick([0, 0.02, 0.1]) },
  };
}

function furnishedRollout(planned: PlannedRollout, random: Random): PlannedRollout {
  const chance = (name: string, probability: number): boolean => random.split(name).chance(probability);
  const pick = <T>(name: string, from: readonly T[]): T => random.split(name).pick(from);
  const scaleDown = chance('workload', 0.2) ? pick('scale down', ['never', 'onsuccess', 'progressively'] as const) : undefined;
  const affinity = {
    antiAffinity: chance('hard', 0.5)
      ? { requiredDuringSchedulingIgnoredDuringExecution: {} }
      : { preferredDuringSchedulingIgnoredDuringExecution: { weight: 1 } },
  };
  const whole = {
    ...planned,
    // A template that belongs to another object is not put back.
    undo: planned.undo && scaleDown === undefined,
    scaleDown,
    port: 80,
    autoscaled: chance('autoscaled', 0.15),
    roles: chance('roles', 0.3),
    extras: chance('affinity', 0.1) ? affinity : {},
    fields: {
      ...planned.fields,
      ...(chance('window', 0.2) && { rollbackWindow: { revisions: pick('revisions', [1, 2, 3]) } }),
    },
  };
  return { ...whole, strategy: furnishedStrategy(planned, random) };
}

function furnishedStrategy({ strategy }: PlannedRollout, random: Random): PlannedRollout['strategy'] {
  const chance = (name: string, probability: number): boolean => random.split(name).chance(probability);
  if (strategy.kind === 'blueGreen') return strategy;
  const threshold = random.split('progress').pick([
    { type: 'Percent', value: 50 },
    { type: 'Percent', value: 0 },
    { type: 'Pods', value: 1 },
    { type: 'Pods', value: 4 },
  ]);
  const extra = { ...(chance('threshold', 0.15) && { replicaProgressThreshold: threshold }) };
  if (strategy.kind === 'basic') return { ...strategy, extra, steps: moreSteps(strategy.steps, random, 'no weight') };
  const isNginx = chance('nginx', 0.3);
  const isDynamic = chance('dynamic', 0.25);
  const { scaleDownDelaySeconds: _, ...kept } = strategy.extra as { scaleDownDelaySeconds?: number };
  const steps = strategy.steps.filter((step) => !isNginx || !('setHeaderRoute' in step));
  return {
    ...strategy,
    router: isNginx ? 'nginx' : 'gateway',
    pingPong: !isNginx && chance('ping pong', 0.2),
    maxWeight: random.split('most').pick([100, 100, 100, 250]),
    steps: moreSteps(steps, random, isNginx ? 'no weight' : 'weight'),
    extra: { ...extra, ...(isDynamic ? { ...kept, dynamicStableScale: true } : strategy.extra) },
  };
}

/** Steps of experiments and Jobs among the others. */
function moreSteps(steps: readonly Step[], random: Random, weights: 'weight' | 'no weight'): readonly Step[] {
  let weight = 0;
  return steps.flatMap((step, index) => {
    weight = 'setWeight' in step ? Number(step.setWeight) : weight;
    const stream = random.split(`step ${index}`);
    if (stream.chance(0.1)) return [step, { analysis: { templates: [{ templateName: 'smoke' }] } }];
    if (!stream.chance(0.15)) return [step];
    return [step, { experiment: experimentStep(stream, weights === 'weight' ? 100 - weight : 0) }];
  });
}

function experimentStep(random: Random, left: number): object {
  const templates = ['canary', 'stable'].filter((_, index) => index === 0 || random.chance(0.5));
  const share = Math.min(10, Math.floor(left / 2));
  const isWeighted = left > 0 && random.chance(0.4);
  return {
    duration: random.pick(['5s', '30s']),
    templates: templates.map((specRef) => ({
      name: specRef,
      specRef,
      replicas: random.integer(0, 2),
      ...(isWeighted && { weight: share }),
      ...(random.chance(0.2) && { service: {} }),
    })),
    ...(random.chance(0.3) && {
      analyses: [{ name: 'errors', templateName: 'errors', requiredForCompletion: random.chance(0.5) }],
    }),
    ...(random.chance(0.3) && { scaleDownDelaySeconds: random.pick([0, 5]) }),
  };
}

function drawExperiment(random: Random): PlannedExperiment {
  return {
    name: 'trial',
    templates: ['left', 'right'].slice(0, random.integer(1, 2)).map((name) => ({ name, replicas: random.integer(0, 3) })),
    fields: {
      ...(random.chance(0.7) && { duration: random.pick(['1s', '20s', '2m']) }),
      ...(random.chance(0.4) && {
        analyses: [{ name: 'one', templateName: random.pick(['errors', 'smoke']), requiredForCompletion: random.chance(0.5) }],
      }),
      ...(random.chance(0.5) && { scaleDownDelaySeconds: random.pick([0, 3]) }),
      progressDeadlineSeconds: random.pick([20, 600]),
    },
  };
}

interface About {
  readonly rollouts: readonly PlannedRollout[];
  readonly experiments: readonly PlannedExperiment[];
  readonly isCalm: boolean;
}

function drawMore(random: Random, { rollouts, experiments, isCalm }: About): Action {
  const { name: rollout } = random.pick(rollouts);
  const people: readonly (() => Action)[] = [
    () => ({ do: 'restart', rollout, inMs: random.pick([0, 0, 20_000]) }),
    () => ({ do: 'restart', rollout, inMs: 0 }),
    () => ({ do: 'image', rollout, tag: random.pick(['v1', 'v2', 'v3', 'v4']) }),
    () => ({ do: 'jobs', code: random.pick([0, 1]) }),
    () => ({ do: 'load', percent: random.pick([10, 50, 90, 200]) }),
    () => ({ do: 'template', there: random.chance(0.5) }),
    () => ({ do: 'steps', rollout, keep: random.integer(0, 4) }),
    () => ({ do: random.pick(['scale-set', 'delete-set'] as const), rollout, nth: random.integer(0, 3) }),
    () => ({ do: random.pick(['stray-pod', 'unlabel-pod'] as const), rollout, nth: random.integer(0, 9) }),
    () => ({ do: random.pick(['free-services', 'delete-route'] as const), rollout }),
    ...experiments.map(
      ({ name }) =>
        () =>
          ({ do: random.pick(['experiment', 'terminate', 'retry-experiment'] as const), name }) as const,
    ),
  ];
  const faults: readonly (() => Action)[] = [
    () => ({ do: 'lease', how: random.pick(['delete', 'steal'] as const) }),
    () => ({ do: 'jump', ms: random.pick([-3_600_000, -20_000, 90_000]) }),
    () => ({ do: 'kill', afterWrites: random.integer(0, 20) }),
  ];
  return random.pick(isCalm || random.chance(0.8) ? people : faults)();
}
