import { describe, expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { type ToyOptions, ToyWorld } from '../../../test/support/toy-world.ts';
import type { CanaryStrategy } from '../../api/rollout.ts';

const routing = {
  canaryService: 'canary',
  stableService: 'stable',
  trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } },
};

function stableWorld(canary: CanaryStrategy, options: ToyOptions = {}): ToyWorld {
  const world = new ToyWorld(
    {
      replicas: 10,
      selector: { matchLabels: { app: 'shop' } },
      template: templateOf('v1'),
      strategy: { canary: { ...routing, ...canary } },
    },
    { services: ['canary', 'stable'], ...options },
  );
  world.settle(10_000);
  return world;
}

function updating(canary: CanaryStrategy, options: ToyOptions = {}): ToyWorld {
  const world = stableWorld(canary, options);
  world.image('v2');
  world.settle(5_000);
  return world;
}

const weight = (world: ToyWorld): number | undefined => world.liveRoutes?.canaryWeight;
const selects = (world: ToyWorld, service: string): string | undefined =>
  world.services.get(service)?.spec.selector?.['rollouts-pod-template-hash'];

describe('a canary with routes', () => {
  it('goes by weights with stable whole beside it, and switches Services only while they carry nothing', () => {
    const world = updating({ steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 50 }, { pause: {} }] });
    expect([weight(world), world.sizes()]).toEqual([20, { v1: 10, v2: 2 }]);
    expect(world.status.canary?.weights).toEqual({
      canary: { weight: 20, serviceName: 'canary', podTemplateHash: world.status.currentPodHash },
      stable: { weight: 80, serviceName: 'stable', podTemplateHash: world.status.stableRS },
      verified: true,
    });
    world.command({ pauseConditions: null });
    world.settle(5_000);
    expect([weight(world), world.sizes()]).toEqual([50, { v1: 10, v2: 5 }]);
    const mark = world.events.length;
    world.command({ pauseConditions: null });
    world.settle(5_000);
    expect([weight(world), world.sizes(), world.status.phase]).toEqual([0, { v1: 10, v2: 10 }, 'Healthy']);
    expect(selects(world, 'stable')).toBe(world.status.stableRS);
    expect(world.told(mark)).toEqual([
      'Normal RolloutStepCompleted: Rollout step 4/4 completed (pause)',
      expect.stringMatching(/ScalingReplicaSet: Scaled up ReplicaSet .* from 5 to 10$/),
      'Normal TrafficWeightUpdated: Traffic weight updated from 50 to 100',
      expect.stringMatching(/RolloutCompleted: .*: Completed all 4 canary steps$/),
      expect.stringMatching(/SwitchService: Switched selector for service 'stable' from/),
      'Normal TrafficWeightUpdated: Traffic weight updated from 100 to 0',
    ]);
    world.settle(40_000);
    expect(world.sizes()).toEqual({ v1: 0, v2: 10 });
    expect(world.status).toMatchObject({ phase: 'Healthy', replicas: 10 });
  });

  it('takes over Services that still lead to a first version which was given up', () => {
    const canary = { ...routing, steps: [{ setWeight: 20 }, { pause: {} }] };
    const spec = { replicas: 3, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy: { canary } };
    const world = new ToyWorld(spec, { services: ['canary', 'stable'], podLatencyMs: () => 3000 });
    world.settle(500);
    // As a former Rollout of the name has left them.
    const hash = world.status.currentPodHash ?? '';
    for (const [name, service] of world.services)
      world.services.set(name, { ...service, spec: { ...service.spec, selector: { 'rollouts-pod-template-hash': hash } } });
    world.command({ abort: true });
    world.settle(10_000);
    world.image('v2');
    world.command({ abort: false });
    world.settle(60_000);
    expect([world.status.phase, world.sizes()]).toEqual(['Healthy', { v1: 0, v2: 3 }]);
    expect([selects(world, 'stable'), selects(world, 'canary')]).toEqual([world.status.stableRS, world.status.stableRS]);
  });

  it('keeps the old version for scaleDownDelaySeconds', () => {
    const world = updating({ steps: [], scaleDownDelaySeconds: 300 });
    world.settle(200_000);
    expect(world.sizes()).toEqual({ v1: 10, v2: 10 });
    world.settle(120_000);
    expect(world.sizes()).toEqual({ v1: 0, v2: 10 });
  });

  it.each<[number, Readonly<Record<string, number>>]>([
    [0, { v1: 0, v2: 0, v3: 0, v4: 10 }],
    [1, { v1: 0, v2: 0, v3: 10, v4: 10 }],
    [2, { v1: 0, v2: 10, v3: 10, v4: 10 }],
    [9, { v1: 10, v2: 10, v3: 10, v4: 10 }],
  ])('keeps the newest of the old versions, as many as scaleDownDelayRevisionLimit says: %i', (limit, sizes) => {
    const world = updating({ steps: [], scaleDownDelaySeconds: 300, scaleDownDelayRevisionLimit: limit });
    for (const tag of ['v3', 'v4']) {
      world.image(tag);
      world.settle(5_000);
    }
    expect([world.sizes(), world.status.phase]).toEqual([sizes, 'Healthy']);
    world.settle(320_000);
    expect(world.sizes()).toEqual({ v1: 0, v2: 0, v3: 0, v4: 10 });
  });

  it('looks again at the moment when nobody will have told that the weight was taken', () => {
    let latency = 0;
    const world = stableWorld(
      { steps: [{ setWeight: 20 }, { pause: {} }] },
      { routeLatencyMs: () => latency, hasSilentRoutes: true },
    );
    latency = 1_300;
    world.image('v2');
    world.settle();
    expect(weight(world)).toBe(20);
    expect(world.next).toEqual({ kind: 'requeue', afterMs: 1_300 });
    expect(world.status.currentStepIndex).toBe(0);
    world.settle(1_300);
    expect(world.status).toMatchObject({ currentStepIndex: 1, phase: 'Paused' });
  });

  it('moves on only when the gateway has accepted the weight', () => {
    let latency = 0;
    const world = stableWorld({ steps: [{ setWeight: 20 }, { pause: {} }] }, { routeLatencyMs: () => latency });
    latency = 60_000;
    world.image('v2');
    world.settle(30_000);
    expect(world.status).toMatchObject({ phase: 'Progressing', currentStepIndex: 0 });
    expect(world.status.message).toBe('more replicas need to be updated: the gateway has not accepted route shop yet');
    world.settle(60_000);
    expect(world.status).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
  });

  it('aborts: weight first, then the canary Service, pods after the delay', () => {
    const world = updating({ steps: [{ setWeight: 20 }, { pause: {} }] });
    world.command({ abort: true });
    const mark = world.log.length;
    world.settle(10_000);
    expect(world.log.slice(mark).map((line) => line.split(' ').slice(2, 4).join(' '))).toEqual([
      'routes canary',
      'status Degraded:',
      'switch canary',
      expect.stringMatching(/^patch shop-/),
      'status Degraded:',
    ]);
    expect([weight(world), world.sizes()]).toEqual([0, { v1: 10, v2: 2 }]);
    world.settle(30_000);
    expect(world.sizes()).toEqual({ v1: 10, v2: 0 });
    expect(world.status).toMatchObject({ phase: 'Degraded', message: 'RolloutAborted: Rollout aborted update to revision 2' });
  });

  it('keeps the canary for ever with abortScaleDownDelaySeconds 0', () => {
    const world = updating({ steps: [{ setWeight: 20 }, { pause: {} }], abortScaleDownDelaySeconds: 0 });
    world.command({ abort: true });
    world.settle(300_000);
    expect([weight(world), world.sizes()]).toEqual([0, { v1: 10, v2: 2 }]);
  });

  it('keeps the canary pods of an abort that the gateway does not confirm, and says so', () => {
    let latency = 0;
    const world = updating({ steps: [{ setWeight: 20 }, { pause: {} }] }, { routeLatencyMs: () => latency });
    latency = 1_000_000;
    world.command({ abort: true });
    world.settle(120_000);
    expect([weight(world), world.sizes()]).toEqual([0, { v1: 10, v2: 2 }]);
    expect(world.status.message).toMatch(
      /^RolloutAborted: .*; canary pods are kept until all traffic is back on stable: the gateway/,
    );
  });

  it('takes all weight back with a single ready stable pod', () => {
    const world = updating({ steps: [{ setWeight: 50 }, { pause: {} }] });
    const stable = [...world.pods.entries()].find(([name]) => name.endsWith(world.status.stableRS ?? '-'));
    const [name, pods] = stable ?? ['', []];
    world.pods.set(
      name,
      pods.map((pod, i) => (i === 0 ? pod : { ...pod, readyAtMs: Number.POSITIVE_INFINITY })),
    );
    world.command({ abort: true });
    world.settle(1_000);
    expect(weight(world)).toBe(0);
  });

  it('moves no weight to a canary that has no ready pod, and takes it back when it loses them', () => {
    const world = updating({ steps: [{ setWeight: 20 }, { pause: {} }] });
    world.restartPods('v2', 60_000);
    world.settle(5_000);
    expect(weight(world)).toBe(0);
    world.settle(60_000);
    expect(weight(world)).toBe(20);
  });

  it('follows setCanaryScale and minPodsPerReplicaSet', () => {
    const world = updating({
      minPodsPerReplicaSet: 3,
      steps: [
        { setCanaryScale: { replicas: 4 } },
        { pause: {} },
        { setWeight: 10 },
        { setCanaryScale: { matchTrafficWeight: true } },
        { pause: {} },
      ],
    });
    expect([weight(world), world.sizes()]).toEqual([0, { v1: 10, v2: 4 }]);
    world.command({ pauseConditions: null });
    world.settle(5_000);
    expect([weight(world), world.sizes()]).toEqual([10, { v1: 10, v2: 3 }]);
  });

  it('keeps the weight that was reached while the pods of a later step come or a pod is lost', () => {
    let latency = 0;
    const steps = [
      { setWeight: 20 },
      { pause: {} },
      { setCanaryScale: { weight: 50 } },
      { pause: {} },
      { setWeight: 50 },
      { pause: {} },
    ];
    const world = updating({ steps }, { podLatencyMs: () => latency });
    latency = 20_000;
    world.command({ pauseConditions: null });
    world.settle(5_000);
    expect([weight(world), world.sizes()]).toEqual([20, { v1: 10, v2: 5 }]);
    world.change({ replicas: 12 });
    world.settle(5_000);
    expect([weight(world), world.sizes()]).toEqual([20, { v1: 12, v2: 6 }]);
    world.settle(60_000);
    world.command({ pauseConditions: null });
    world.settle(5_000);
    expect([weight(world), world.status.phase]).toEqual([50, 'Paused']);
    world.change({ replicas: 14 });
    world.settle(5_000);
    expect([weight(world), world.sizes().v2]).toEqual([50, 7]);
  });

  it('knows the pods of a long name, which Kubernetes cuts short', () => {
    const world = updating(
      { steps: [{ setWeight: 20 }, { pause: {} }] },
      { name: 'a-shop-that-sells-everything-to-everybody-at-any-time' },
    );
    expect([weight(world), world.status.phase]).toEqual([20, 'Paused']);
  });

  it('lets v3 take over from v2: weight back to stable before v2 goes', () => {
    const world = updating({ steps: [{ setWeight: 20 }, { pause: {} }] });
    world.image('v3');
    world.settle(10_000);
    expect([weight(world), world.sizes()]).toEqual([20, { v1: 10, v2: 0, v3: 2 }]);
    expect(
      world
        .told()
        .filter((line) => line.includes('TrafficWeightUpdated'))
        .map((line) => line.split('updated ')[1]),
    ).toEqual(['from 0 to 20', 'from 20 to 0', 'from 0 to 20']);
  });

  it('leaves no pods of a superseded version behind where nobody is wanted any more', () => {
    const world = updating({ steps: [], scaleDownDelaySeconds: 1 }, { routeLatencyMs: () => 1_000 });
    world.change({ replicas: 1 });
    world.settle(60_000);
    world.image('v3');
    world.settle(0);
    world.change({ template: templateOf('v4'), replicas: 0 });
    world.settle(120_000);
    expect([world.sizes(), world.status.phase]).toEqual([{ v1: 0, v2: 0, v3: 0, v4: 0 }, 'Healthy']);
  });

  it('stores that a weight was reached before the next one, though nobody waits between them', () => {
    const world = updating({
      steps: [{ setWeight: 1 }, { pause: { duration: '0s' } }],
      replicaProgressThreshold: { type: 'Percent', value: 50 },
      minPodsPerReplicaSet: 5,
    });
    world.settle(60_000);
    const weights = world.log.flatMap((line) => / routes canary (\d+)/.exec(line)?.[1] ?? []);
    expect(weights).toEqual(['0', '1', '100', '0']);
    expect(world.resized.filter((one) => one.startsWith('down') && !one.endsWith(' 0'))).toEqual([]);
  });

  it('reads the routes again after a restart without writing', () => {
    const world = updating({ steps: [{ setWeight: 20 }, { pause: {} }] });
    world.settle(30_000);
    const { writes } = world;
    world.evidence = undefined;
    world.settle(30_000);
    expect(world.writes).toBe(writes);
  });
});

describe('a basic canary with Services', () => {
  it('never leaves the stable Service without pods', () => {
    let empty = 0;
    const watch = {
      before: () => undefined,
      after: (world: ToyWorld) => {
        const pods = (world.endpointSlices.get('stable') ?? []).flatMap((slice) => slice.endpoints ?? []);
        if (world.status.stableRS !== undefined && pods.length === 0) empty += 1;
      },
    };
    const world = new ToyWorld(
      {
        replicas: 3,
        selector: { matchLabels: { app: 'shop' } },
        template: templateOf('v1'),
        strategy: {
          canary: { canaryService: 'canary', stableService: 'stable', maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 30 }] },
        },
      },
      { services: ['canary', 'stable'], watch, podLatencyMs: () => 700 },
    );
    world.settle(10_000);
    world.image('v2');
    world.settle(60_000);
    expect(world.status).toMatchObject({ phase: 'Healthy' });
    expect(world.sizes()).toEqual({ v1: 0, v2: 3 });
    expect(selects(world, 'stable')).toBe(world.status.stableRS);
    expect(empty).toBe(0);
  });
});
