/** A Deployment hands its place over to a Rollout that refers to it: in a toy world, with a crash before any write. */
import { describe, expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { type ToyOptions, ToyWorld } from '../../../test/support/toy-world.ts';
import type { ScaleDownMode } from '../../api/validation/workload-ref.ts';

const never = Number.POSITIVE_INFINITY;

function handOver(scaleDown: ScaleDownMode, options: ToyOptions = {}, { replicas = 3, had = 3 } = {}): ToyWorld {
  const world = new ToyWorld(
    { replicas, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy: { canary: {} } },
    options,
  );
  world.workload = { kind: 'Deployment', name: 'shop', uid: 'u-deployment', generation: 7, replicas: had, scaleDown };
  return world;
}

const record = (world: ToyWorld) => world.rollout.metadata.annotations?.['rampart.dev/replaced-workload'];
const oneByOne = (_: string, nth: number): number => nth * 10_000;

describe('the generation of the referent', () => {
  it('is in an annotation and in the status, and goes with the reference', () => {
    const world = handOver('never');
    world.settle(5_000);
    expect(world.rollout.metadata.annotations?.['rollout.argoproj.io/workload-generation']).toBe('7');
    expect(world.status.workloadObservedGeneration).toBe('7');
    expect([...world.replicaSets.values()][0]?.metadata.annotations).not.toHaveProperty('rollout.argoproj.io/workload-generation');
    world.workload = undefined;
    world.settle(5_000);
    expect(world.rollout.metadata.annotations).not.toHaveProperty('rollout.argoproj.io/workload-generation');
    expect(world.status).not.toHaveProperty('workloadObservedGeneration');
  });
});

it('a template beside the reference is the only thing that the status speaks of', () => {
  const world = handOver('never');
  const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' };
  world.change({ workloadRef });
  world.workload = undefined;
  world.settle(5_000);
  expect(world.status.conditions).toMatchObject([
    {
      type: 'InvalidSpec',
      message: 'The Rollout "shop" is invalid: spec.template: template must be empty for workload reference rollout',
    },
  ]);
  expect([world.status.phase, world.replicaSets.size]).toEqual(['Degraded', 0]);
});

describe('scaleDown', () => {
  it('never leaves the Deployment alone', () => {
    const world = handOver('never');
    world.settle(60_000);
    expect([world.status.phase, world.workload?.replicas]).toEqual(['Healthy', 3]);
  });

  it('onsuccess takes its pods when the Rollout is healthy, of whatever revision', () => {
    const world = handOver('onsuccess', { podLatencyMs: (name, nth) => (nth <= 3 && name !== '' ? never : 0) });
    world.settle(60_000);
    expect(world.workload?.replicas).toBe(3);
    world.image('v2');
    world.settle(60_000);
    expect([world.status.phase, world.workload?.replicas, record(world)]).toEqual(['Healthy', 0, undefined]);
  });

  it('onsuccess takes them again when somebody brings them back', () => {
    const world = handOver('onsuccess');
    world.settle(10_000);
    if (world.workload !== undefined) world.workload = { ...world.workload, replicas: 5, generation: 20 };
    world.settle(10_000);
    expect([world.workload?.replicas, world.status.workloadObservedGeneration]).toEqual([0, '21']);
  });

  it.each([
    { replicas: 3, had: 3, sizes: [3, 2, 1, 0] },
    // The Deployment is larger: what it had stays until the Rollout is whole.
    { replicas: 2, had: 4, sizes: [4, 3, 0] },
    // The Rollout is larger: the Deployment is never made larger.
    { replicas: 4, had: 2, sizes: [2, 1, 0] },
  ])('progressively takes one for each that is available: $had to $replicas', ({ replicas, had, sizes }) => {
    const seen: number[] = [];
    const world = handOver('progressively', { podLatencyMs: oneByOne }, { replicas, had });
    for (let second = 0; second < 60; second += 1) {
      world.settle(1_000);
      const size = world.workload?.replicas ?? -1;
      if (seen.at(-1) !== size) seen.push(size);
      const available = [...world.replicaSets.keys()].reduce((sum, name) => sum + world.readyPods(name).length, 0);
      expect(size + available).toBeGreaterThanOrEqual(Math.min(had, replicas));
    }
    expect(seen).toEqual(sizes);
    expect([world.status.phase, record(world)]).toEqual(['Healthy', undefined]);
  });

  it('progressively keeps it at nothing through later updates', () => {
    const world = handOver('progressively');
    world.settle(10_000);
    world.image('v2');
    world.settle(30_000);
    world.change({ replicas: 5 });
    world.settle(30_000);
    expect([world.status.phase, world.workload?.replicas]).toEqual(['Healthy', 0]);
    expect(world.log.filter((line) => line.includes('scale shop'))).toHaveLength(1);
  });

  it('gives the pods back when the very first revision is aborted, and takes them again at a retry', () => {
    const world = handOver('progressively', { podLatencyMs: (_, nth) => (nth === 1 ? 0 : 50_000) });
    world.settle(5_000);
    expect([world.workload?.replicas, record(world)]).toEqual([2, '{"name":"shop","replicas":3}']);
    world.command({ abort: true });
    world.settle(5_000);
    expect([world.workload?.replicas, record(world)]).toEqual([3, undefined]);
    expect(world.status.message).toContain('; Deployment shop gets its 3 pods back');
    // What people do with it afterwards is theirs.
    if (world.workload !== undefined) world.workload = { ...world.workload, replicas: 1, generation: 30 };
    world.settle(5_000);
    expect(world.workload?.replicas).toBe(1);
    if (world.workload !== undefined) world.workload = { ...world.workload, replicas: 3, generation: 31 };
    world.command({ abort: false });
    world.settle(60_000);
    expect([world.status.phase, world.workload?.replicas]).toEqual(['Healthy', 0]);
  });

  it('gives a Rollout that says no number as many pods as it had', () => {
    const world = handOver('progressively');
    world.rollout = { ...world.rollout, spec: { ...world.rollout.spec, replicas: undefined } };
    world.settle(20_000);
    expect([world.rollout.spec.replicas, world.sizes(), world.workload?.replicas]).toEqual([3, { v1: 3 }, 0]);
  });

  it('another referent in the middle is not mistaken for the first', () => {
    const world = handOver('progressively', { podLatencyMs: (_, nth) => (nth === 1 ? 0 : 50_000) });
    world.settle(5_000);
    world.workload = { kind: 'Deployment', name: 'other', uid: 'u-other', generation: 1, replicas: 1, scaleDown: 'progressively' };
    world.settle(1_000);
    world.command({ abort: true });
    world.settle(5_000);
    expect(world.workload?.replicas).toBe(1);
  });
});

it.each(['onsuccess', 'progressively'] as const)('%s: whichever write is the last before a crash, nothing is lost', (mode) => {
  for (let writes = 0; writes < 30; writes += 1) {
    const world = handOver(mode, { podLatencyMs: (_, nth) => (nth === 1 ? 0 : 20_000) });
    world.crashAfter = writes;
    world.settle(5_000);
    world.command({ abort: true });
    world.settle(5_000);
    expect(world.workload?.replicas, `after ${writes} writes`).toBe(3);
    world.command({ abort: false });
    world.settle(60_000);
    expect([world.status.phase, world.workload?.replicas], `after ${writes} writes`).toEqual(['Healthy', 0]);
    expect(world.reconcile(), `after ${writes} writes`).toBe(false);
  }
});
