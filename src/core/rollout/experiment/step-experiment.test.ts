import { describe, expect, it } from 'vitest';
import { lawsFor } from '../../../../test/support/rollout-laws.ts';
import { portedTemplateOf } from '../../../../test/support/shop-template.ts';
import { goodTemplate } from '../../../../test/support/toy-experiment.ts';
import { routing } from '../../../../test/support/toy-routes.ts';
import { ToyWorld } from '../../../../test/support/toy-world.ts';
import { annotations, labels } from '../../../api/names.ts';
import type { CanaryStrategy, RolloutSpec } from '../../../api/rollout.ts';
import { decide } from '../decide.ts';

const experiment = {
  duration: '5m',
  templates: [
    { name: 'baseline', specRef: 'stable' as const },
    { name: 'candidate', specRef: 'canary' as const, replicas: 2, metadata: { labels: { side: 'new' } } },
  ],
  analyses: [
    {
      name: 'errors',
      templateName: 'good',
      requiredForCompletion: true,
      args: [{ name: 'hash', valueFrom: { podTemplateHashValue: 'Stable' as const } }],
    },
  ],
};

/** An update to v2 that stands at its experiment. */
function atExperiment(canary: Partial<CanaryStrategy> = {}, spec: Partial<RolloutSpec> = {}): ToyWorld {
  const strategy = { maxSurge: 1, maxUnavailable: 0, steps: [{ experiment }, { setWeight: 50 }, { pause: {} }], ...canary };
  const isRouted = strategy.trafficRouting !== undefined;
  const limits = { maxSurge: 1, maxUnavailable: 0, routed: isRouted };
  const world = new ToyWorld(
    {
      replicas: 4,
      selector: { matchLabels: { app: 'shop' } },
      template: portedTemplateOf('v1'),
      strategy: { canary: strategy },
      ...spec,
    },
    {
      templates: [goodTemplate],
      watch: lawsFor(limits),
      services: isRouted ? ['canary', 'stable'] : [],
      routeLatencyMs: () => 300,
    },
  );
  world.settle(5000);
  expect(world.status.phase).toBe('Healthy');
  world.change({ template: portedTemplateOf('v2') });
  world.settle(5000);
  return world;
}

const only = (world: ToyWorld) => [...world.experiments.all.values()].at(-1);

describe('the experiment of a step', () => {
  it('is made under its name, of the pods of both versions, and belongs to the Rollout', () => {
    const world = atExperiment();
    const { currentPodHash: hash, stableRS: stable } = world.status;
    expect([...world.experiments.all.keys()]).toEqual([`shop-${hash}-2-0`]);
    expect(world.status.canary?.currentExperiment).toBe(`shop-${hash}-2-0`);
    const made = only(world);
    expect(made?.metadata).toMatchObject({
      labels: { app: 'shop', [labels.podTemplateHash]: hash },
      annotations: { [annotations.revision]: '2' },
      ownerReferences: [{ kind: 'Rollout', name: 'shop', uid: 'u-shop', controller: true }],
    });
    expect(made?.spec.duration).toBe('5m');
    expect(made?.spec.analyses).toEqual([
      { name: 'errors', templateName: 'good', requiredForCompletion: true, args: [{ name: 'hash', value: stable }] },
    ]);
    const [baseline, candidate] = made?.spec.templates ?? [];
    expect(baseline).toEqual({ name: 'baseline', selector: { matchLabels: { app: 'shop' } }, template: portedTemplateOf('v1') });
    expect(candidate).toMatchObject({ replicas: 2, template: { metadata: { labels: { app: 'shop', side: 'new' } } } });
    expect(candidate?.template?.spec).toEqual(portedTemplateOf('v2').spec);
    expect(world.told()).toContain(`Normal ExperimentCreated: Created Experiment 'shop-${hash}-2-0'`);
  });

  it('is not made on a first deployment, nor while a person has paused', () => {
    const world = atExperiment({ steps: [{ pause: {} }, { experiment }] });
    expect(world.experiments.all.size).toBe(0);
    world.change({ paused: true });
    world.command({ pauseConditions: null, currentStepIndex: 1 });
    world.settle(5000);
    expect([world.status.currentStepIndex, world.experiments.all.size]).toEqual([1, 0]);
    world.change({ paused: false });
    world.settle(5000);
    expect(world.experiments.all.size).toBe(1);
  });

  it('completes the step when it ends well, however long that takes', () => {
    const world = atExperiment();
    world.settle(3_600_000, 60_000);
    expect(world.status).toMatchObject({ currentStepIndex: 0, phase: 'Progressing' });
    world.experiments.verdict('Successful');
    world.settle(5000);
    expect(world.status).toMatchObject({ currentStepIndex: 2, phase: 'Paused' });
    expect(world.status.canary?.currentExperiment).toBeUndefined();
    expect(world.told()).toContain('Normal RolloutStepCompleted: Rollout step 1/3 completed (experiment)');
    expect(world.sizes()).toEqual({ v1: 2, v2: 2 });
  });

  it.each(['Failed', 'Error'] as const)('that ends with %s ends the update', (phase) => {
    const world = atExperiment();
    world.experiments.verdict(phase, 'too many');
    world.settle(10_000);
    expect(world.status).toMatchObject({
      abort: true,
      phase: 'Degraded',
      message: 'RolloutAborted: Rollout aborted update to revision 2: Experiment phase error/failed: too many',
    });
    expect(world.sizes()).toEqual({ v1: 4, v2: 0 });
  });

  it('that cannot decide leaves it to a person, who goes on or goes back', () => {
    const world = atExperiment();
    world.experiments.verdict('Inconclusive');
    world.settle(5000);
    expect(world.status).toMatchObject({ phase: 'Paused', message: 'InconclusiveExperiment', controllerPause: true });
    expect(world.status.pauseConditions?.map(({ reason }) => reason)).toEqual(['InconclusiveExperiment']);
    const paused = world.status.conditions?.find(({ type }) => type === 'Paused');
    expect(paused?.message).toContain(
      'an experiment could not decide; goes on with setWeight: 50 by kubectl argo rollouts promote shop',
    );
    world.settle(60_000);
    expect(world.status.phase).toBe('Paused');
    world.command({ pauseConditions: null });
    world.settle(5000);
    expect(world.status).toMatchObject({ currentStepIndex: 2, message: 'CanaryPauseStep' });
    expect(world.experiments.all.size).toBe(1);
  });

  it.each([
    ['an abort', (world: ToyWorld) => world.command({ abort: true })],
    ['a newer version', (world: ToyWorld) => world.change({ template: portedTemplateOf('v3') })],
    ['the way back', (world: ToyWorld) => world.change({ template: portedTemplateOf('v1') })],
    ['a person who skips the step', (world: ToyWorld) => world.command({ currentStepIndex: 1 })],
    ['a full promotion', (world: ToyWorld) => world.command({ promoteFull: true })],
  ])('is ended by %s', (_, act) => {
    const world = atExperiment();
    const first = only(world)?.metadata.name ?? '';
    act(world);
    world.settle(5000);
    expect(world.experiments.all.get(first)?.spec.terminate).toBe(true);
    expect(world.status.canary?.currentExperiment).not.toBe(first);
  });

  it('is another one when the update is tried again', () => {
    const world = atExperiment();
    const first = only(world)?.metadata.name ?? '';
    world.experiments.verdict('Failed');
    world.settle(5000);
    world.command({ abort: false });
    world.settle(5000);
    expect([...world.experiments.all.keys()]).toEqual([first, `${first}-1`]);
    expect(world.status.canary?.currentExperiment).toBe(`${first}-1`);
    world.experiments.verdict('Successful');
    world.settle(5000);
    expect(world.status.currentStepIndex).toBe(2);
  });

  it('is not thrown away while it counts, and then kept up to the limits', () => {
    const world = atExperiment({}, { analysis: { successfulRunHistoryLimit: 0, unsuccessfulRunHistoryLimit: 1 } });
    world.experiments.verdict('Failed');
    world.settle(5000);
    world.command({ abort: false });
    world.settle(5000);
    world.experiments.verdict('Successful');
    world.settle(5000);
    expect([...world.experiments.all.values()].map(({ status }) => status?.phase)).toEqual(['Failed']);
  });

  it('gets no name that somebody else has', () => {
    const world = atExperiment();
    const observed = world.observe();
    const name = only(world)?.metadata.name ?? '';
    const { canary: _, ...status } = observed.rollout.status ?? {};
    const decision = decide(
      { ...observed, rollout: { ...observed.rollout, status }, experiments: [], experimentNames: new Set([name]) },
      world.nowMs,
    );
    expect(decision.status.canary?.currentExperiment).toBe(`${name}-1`);
  });

  it('that an invalid spec lost goes on, and its failure still counts', () => {
    const world = atExperiment();
    world.change({ strategy: { canary: { steps: [{ setWeight: -5 }] } } });
    world.settle(5000);
    expect(only(world)?.spec.terminate).toBeUndefined();
    world.experiments.verdict('Failed');
    world.settle(5000);
    expect(world.status.abort).toBe(true);
  });
});

describe('a share of the traffic', () => {
  const templates = experiment.templates.map((template) => ({ ...template, weight: 5 }));
  const steps = [{ setWeight: 20 }, { experiment: { ...experiment, templates } }, { setWeight: 50 }, { pause: {} }];
  const routes = ({ liveRoutes }: ToyWorld) => ({
    canary: liveRoutes?.canaryWeight,
    stable: liveRoutes?.stableWeight,
    others: liveRoutes?.additional.map(({ weight }) => weight),
  });

  it('is taken from stable while the experiment runs, and given back behind it', () => {
    const world = atExperiment({ ...routing, steps });
    expect(routes(world)).toEqual({ canary: 20, stable: 70, others: [5, 5] });
    const name = only(world)?.metadata.name;
    expect(world.liveRoutes?.additional[0]).toEqual({ service: `${name}-baseline`, weight: 5, ports: { 80: 80 } });
    expect(world.status.canary?.weights?.additional).toEqual([
      { weight: 5, serviceName: `${name}-baseline` },
      { weight: 5, serviceName: `${name}-candidate` },
    ]);
    expect(world.told()).toContain(
      `Normal TrafficWeightUpdated: Traffic weight updated from 20 to 20, ${name}-baseline 5, ${name}-candidate 5`,
    );
    world.experiments.verdict('Successful');
    world.settle(10_000);
    expect(routes(world)).toEqual({ canary: 50, stable: 50, others: [] });
    expect(world.status.canary?.weights?.additional).toBeUndefined();
    expect(world.experiments.services.size).toBe(0);
  });

  it.each([
    ['fails', (world: ToyWorld) => world.experiments.verdict('Failed')],
    ['is aborted', (world: ToyWorld) => world.command({ abort: true })],
  ])('goes back at once where it %s', (_, act) => {
    const world = atExperiment({ ...routing, steps });
    act(world);
    world.settle(10_000);
    expect(routes(world)).toEqual({ canary: 0, stable: 100, others: [] });
    expect(world.experiments.services.size).toBe(0);
  });

  it('is given to nobody who does not answer', () => {
    const world = atExperiment({ ...routing, steps });
    for (const service of world.experiments.endpointSlices.keys()) world.experiments.endpointSlices.set(service, []);
    world.command({});
    world.settle();
    world.reconcile();
    expect(routes(world)).toEqual({ canary: 20, stable: 80, others: [] });
  });
});
