/** An abort is stored before its pods move, and both are told as one story. */
import { expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import { beforePods } from './abort-first.ts';
import type { Effect } from './decision.ts';

const steps = [{ setWeight: 50 }, { pause: {} }];
const spec = {
  replicas: 2,
  selector: { matchLabels: { app: 'shop' } },
  template: templateOf('v1'),
  strategy: { canary: { maxSurge: 1, maxUnavailable: 0, steps } },
};

function paused(): ToyWorld {
  const world = new ToyWorld(spec);
  world.settle(20_000);
  world.image('v2');
  world.settle(20_000);
  expect(world.status.phase).toBe('Paused');
  return world;
}

it('stores the abort in a pass that moves no pod, and moves them in the next', () => {
  const world = paused();
  const sizes = () => [...world.replicaSets.values()].map((one) => one.spec.replicas);
  const before = [sizes(), world.writes, world.events.length] as const;
  world.command({ abort: true });
  world.reconcile();
  expect(world.status).toMatchObject({ abort: true, abortedAt: expect.any(String), phase: 'Degraded' });
  expect([sizes(), world.writes - before[1]]).toEqual([before[0], 1]);
  expect([world.events.length, world.next]).toEqual([before[2], { kind: 'requeue', afterMs: 0 }]);
  world.reconcile();
  expect(sizes()).not.toEqual(before[0]);
});

it('tells of the sizes before the abort, as if they had been one pass', () => {
  const world = paused();
  const before = world.events.length;
  world.command({ abort: true });
  world.settle(20_000);
  expect(world.events.slice(before).map(({ reason, message }) => `${reason} ${message.replaceAll(/shop-\w+/g, 'RS')}`)).toEqual([
    expect.stringMatching(/^ScalingReplicaSet Scaled up ReplicaSet RS .*from 1 to 2$/),
    expect.stringMatching(/^RolloutAborted /),
    expect.stringMatching(/^ScalingReplicaSet Scaled down ReplicaSet RS .*from 1 to 0$/),
  ]);
});

it('loses nothing where a person retries between the two', () => {
  const world = paused();
  const before = world.events.length;
  world.command({ abort: true });
  world.reconcile();
  world.command({ abort: null });
  world.settle(20_000);
  expect(world.status.phase).toBe('Paused');
  expect(world.events[before]?.reason).toBe('RolloutAborted');
});

const resized: Effect = { kind: 'patch-replica-set', name: 'shop-1', uid: 'u', replicas: 2 };
const noted: Effect = { kind: 'patch-replica-set', name: 'shop-2', uid: 'u', annotations: { a: 'b' } };
const ended: Effect = { kind: 'terminate-analysis-run', name: 'shop-1-2' };
const patched: Effect = { kind: 'patch-rollout', annotations: { a: 'b' } };

it.each([
  ['what comes before the first change of size is done', true, [noted, resized, ended], [noted]],
  ['nothing is left where no size changes', true, [noted, ended], [noted, ended]],
  ['nothing is left where something behind it cannot wait', true, [noted, resized, patched], [noted, resized, patched]],
  ['nothing is left by other passes', false, [noted, resized, ended], [noted, resized, ended]],
] as const)('%s', (_, abortedNow, effects, done) => {
  expect(beforePods(effects, { abortedNow })).toEqual(done);
});
