import { describe, expect, it } from 'vitest';
import { lawsFor } from '../../../test/support/rollout-laws.ts';
import { templateOf } from '../../../test/support/shop-template.ts';
import { routing, weight } from '../../../test/support/toy-routes.ts';
import { type ToyOptions, ToyWorld } from '../../../test/support/toy-world.ts';
import type { CanaryStrategy } from '../../api/rollout.ts';

const steps = [20, 60, 100].flatMap((setWeight) => [{ setWeight }, { pause: {} }]);

/** v2 stands at its first pause. */
function updating(canary: CanaryStrategy = {}, options: ToyOptions = {}): ToyWorld {
  const world = new ToyWorld(
    {
      replicas: 10,
      selector: { matchLabels: { app: 'shop' } },
      template: templateOf('v1'),
      strategy: { canary: { ...routing, dynamicStableScale: true, steps, ...canary } },
    },
    { services: ['canary', 'stable'], watch: lawsFor({ maxSurge: 0, maxUnavailable: 0, routed: true }), ...options },
  );
  world.settle(10_000);
  world.image('v2');
  world.settle(5_000);
  return world;
}

function promoted(world: ToyWorld, times = 1): ToyWorld {
  for (let time = 0; time < times; time += 1) {
    world.command({ pauseConditions: null });
    world.settle(5_000);
  }
  return world;
}

const seen = (world: ToyWorld) => [weight(world), world.sizes()];
/** Weights of the canary that were written since. */
const walk = (world: ToyWorld, since: number) =>
  world.log.slice(since).flatMap((line) => / routes canary (\d+)/.exec(line)?.[1] ?? []);

describe('dynamicStableScale', () => {
  it('takes as many pods from stable as its traffic lets, and no sooner', () => {
    const world = updating();
    expect(seen(world)).toEqual([20, { v1: 8, v2: 2 }]);
    promoted(world);
    expect([...seen(world), world.status.phase]).toEqual([60, { v1: 4, v2: 6 }, 'Paused']);
    promoted(world);
    expect([...seen(world), world.status.phase]).toEqual([100, { v1: 0, v2: 10 }, 'Paused']);
    promoted(world);
    expect([...seen(world), world.status.phase]).toEqual([0, { v1: 0, v2: 10 }, 'Healthy']);
  });

  it('keeps a pod of stable where nginx carries the traffic: it answers for nobody without one', () => {
    const world = promoted(updating({ trafficRouting: { nginx: { stableIngress: 'shop' } } }), 2);
    expect([...seen(world), world.status.phase]).toEqual([100, { v1: 1, v2: 10 }, 'Paused']);
    promoted(world);
    world.settle(60_000);
    expect([...seen(world), world.status.phase]).toEqual([0, { v1: 0, v2: 10 }, 'Healthy']);
  });

  it('keeps stable while the gateway has not confirmed the weight', () => {
    let latency = 0;
    const world = updating({}, { routeLatencyMs: () => latency });
    latency = 60_000;
    promoted(world);
    expect(seen(world)).toEqual([60, { v1: 8, v2: 6 }]);
    world.settle(60_000);
    expect(seen(world)).toEqual([60, { v1: 4, v2: 6 }]);
  });

  it('brings the pods of stable back before a smaller weight of the canary', () => {
    const back = [{ setWeight: 80 }, { pause: {} }, { setWeight: 30 }, { pause: {} }];
    let latency = 0;
    const world = updating({ steps: back }, { podLatencyMs: () => latency });
    expect(seen(world)).toEqual([80, { v1: 2, v2: 8 }]);
    latency = 7_000;
    promoted(world);
    expect(seen(world)).toEqual([80, { v1: 7, v2: 8 }]);
    world.settle(10_000);
    expect([...seen(world), world.status.phase]).toEqual([30, { v1: 7, v2: 3 }, 'Paused']);
  });

  it('has at least minPodsPerReplicaSet pods of a stable that has any', () => {
    expect(seen(promoted(updating({ minPodsPerReplicaSet: 6 })))).toEqual([60, { v1: 6, v2: 6 }]);
  });

  it('follows spec.replicas', () => {
    const world = promoted(updating());
    world.change({ replicas: 20 });
    world.settle(10_000);
    expect(seen(world)).toEqual([60, { v1: 8, v2: 12 }]);
    world.change({ replicas: 5 });
    world.settle(10_000);
    expect(seen(world)).toEqual([60, { v1: 2, v2: 3 }]);
  });

  it('asks for no pods of stable because a canary pod is lost', () => {
    const world = promoted(updating());
    const [name, pods] = [...world.pods].find(([key]) => key.endsWith(world.status.currentPodHash ?? '-')) ?? ['', []];
    world.pods.set(
      name,
      pods.map((pod, i) => (i > 0 ? pod : { ...pod, readyAtMs: world.nowMs + 30_000 })),
    );
    world.settle(10_000);
    expect(seen(world)).toEqual([60, { v1: 4, v2: 6 }]);
  });
});

/** Each new pod takes three seconds more than the one before. */
function oneByOne(isOn: () => boolean): () => number {
  let nth = 0;
  return () => {
    if (!isOn()) return 0;
    nth += 1;
    return nth * 3_000;
  };
}

describe('an abort with dynamicStableScale', () => {
  it.each([[undefined], [1]])('moves weight back as the pods of stable come, with abortScaleDownDelaySeconds %s', (delay) => {
    let slow = false;
    const abortScaleDownDelaySeconds = delay === undefined ? {} : { abortScaleDownDelaySeconds: delay };
    const world = promoted(updating(abortScaleDownDelaySeconds, { podLatencyMs: oneByOne(() => slow) }));
    slow = true;
    const mark = world.log.length;
    world.command({ abort: true });
    world.settle(4_000);
    expect(seen(world)).toEqual([50, { v1: 10, v2: delay === undefined ? 5 : 6 }]);
    expect(world.status.message).toMatch(/^RolloutAborted: .*; canary pods are kept until all traffic is back on stable/);
    world.settle(60_000);
    expect(walk(world, mark)).toEqual(['50', '40', '30', '20', '10', '0']);
    expect([...seen(world), world.status.phase]).toEqual([0, { v1: 10, v2: 0 }, 'Degraded']);
  });

  it('keeps the canary whole until its deadline where the delay is given', () => {
    const world = promoted(updating({ abortScaleDownDelaySeconds: 30 }));
    world.command({ abort: true });
    world.settle(20_000);
    expect(seen(world)).toEqual([0, { v1: 10, v2: 6 }]);
    world.settle(20_000);
    expect(seen(world)).toEqual([0, { v1: 10, v2: 0 }]);
  });

  it('moves all of it at once where nobody answers behind the canary', () => {
    let slow = false;
    const world = promoted(updating({}, { podLatencyMs: oneByOne(() => slow) }));
    slow = true;
    world.restartPods('v2', 600_000);
    world.command({ abort: true });
    world.settle(1_000);
    expect(weight(world)).toBe(0);
  });

  it('from a stable without pods waits for the first of them', () => {
    let slow = false;
    const world = promoted(updating({}, { podLatencyMs: oneByOne(() => slow) }), 2);
    expect(seen(world)).toEqual([100, { v1: 0, v2: 10 }]);
    slow = true;
    world.command({ abort: true });
    world.settle(1_000);
    expect(seen(world)).toEqual([100, { v1: 10, v2: 10 }]);
    world.settle(2_000);
    expect(weight(world)).toBe(90);
    world.settle(60_000);
    expect(seen(world)).toEqual([0, { v1: 10, v2: 0 }]);
  });

  it('goes on forward from where it stands when somebody retries', () => {
    const world = promoted(updating());
    world.command({ abort: true });
    world.settle(60_000);
    world.command({ abort: false });
    world.settle(10_000);
    expect([...seen(world), world.status.phase]).toEqual([20, { v1: 8, v2: 2 }, 'Paused']);
  });
});

describe('other ways out with dynamicStableScale', () => {
  const slowly = () => {
    const slow = { isOn: false, latency: () => 0 };
    slow.latency = oneByOne(() => slow.isOn);
    return slow;
  };

  it('an undo leaves weight with the version before, which the status names, until stable carries it', () => {
    const slow = slowly();
    const world = promoted(updating({}, { podLatencyMs: slow.latency }));
    const before = world.status.currentPodHash;
    slow.isOn = true;
    world.image('v1');
    world.settle(7_000);
    expect(seen(world)).toEqual([40, { v1: 10, v2: 6 }]);
    expect(world.status.canary?.weights?.canary).toMatchObject({ weight: 40, podTemplateHash: before });
    world.settle(60_000);
    expect([...seen(world), world.status.phase]).toEqual([0, { v1: 10, v2: 0 }, 'Healthy']);
  });

  it('a newer version begins when the weight of the one before is back on stable', () => {
    const slow = slowly();
    const world = promoted(updating({}, { podLatencyMs: slow.latency }));
    slow.isOn = true;
    const mark = world.log.length;
    world.image('v3');
    world.settle(120_000);
    expect(walk(world, mark)).toEqual(['50', '40', '30', '20', '10', '0', '20']);
    expect([...seen(world), world.status.phase]).toEqual([20, { v1: 8, v2: 0, v3: 2 }, 'Paused']);
  });

  it('a promotion in full gives the canary as much as its pods carry', () => {
    const slow = slowly();
    const world = updating({}, { podLatencyMs: slow.latency });
    slow.isOn = true;
    const mark = world.log.length;
    world.command({ promoteFull: true });
    world.settle(7_000);
    expect(seen(world)).toEqual([40, { v1: 6, v2: 10 }]);
    world.settle(60_000);
    expect(walk(world, mark)).toEqual(['30', '40', '50', '60', '70', '80', '90', '100', '0']);
    expect([...seen(world), world.status.phase]).toEqual([0, { v1: 0, v2: 10 }, 'Healthy']);
  });

  it('a spec that is invalid takes no pods from stable and lets an abort bring them back', () => {
    const world = promoted(updating());
    world.change({ strategy: { canary: { ...world.rollout.spec.strategy?.canary, minPodsPerReplicaSet: -1 } } });
    world.settle(5_000);
    expect([...seen(world), world.status.message?.slice(0, 11)]).toEqual([60, { v1: 4, v2: 6 }, 'InvalidSpec']);
    world.command({ abort: true });
    world.settle(30_000);
    expect(seen(world)).toEqual([0, { v1: 10, v2: 0 }]);
  });
});
