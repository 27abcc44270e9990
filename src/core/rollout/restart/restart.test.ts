/** A restart, as the world shows it: whose pods go, when, and what the status says. */
import { describe, expect, it } from 'vitest';
import { lawsFor } from '../../../../test/support/rollout-laws.ts';
import { templateOf } from '../../../../test/support/shop-template.ts';
import { openTill } from '../../../../test/support/toy-till.ts';
import { type ToyOptions, ToyWorld } from '../../../../test/support/toy-world.ts';
import { conditionReasons, conditionTypes } from '../../../api/reasons.ts';
import type { CanaryStrategy, RolloutSpec } from '../../../api/rollout.ts';
import { timestamp } from '../situation.ts';

function open(spec: Partial<RolloutSpec> = {}, canary: CanaryStrategy = {}, options: ToyOptions = {}): ToyWorld {
  const strategy = { canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }], ...canary } };
  const world = new ToyWorld(
    { replicas: 4, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy, ...spec },
    { podLatencyMs: () => 2_000, ...options },
  );
  world.settle(20_000);
  return world;
}

function restart(world: ToyWorld, inMs = 0): string {
  const restartAt = timestamp(world.nowMs + inMs);
  world.change({ restartAt });
  return restartAt;
}

const names = (world: ToyWorld): readonly string[] => [...world.pods.values()].flat().map(({ name }) => name);
const shown = ({ status }: ToyWorld): string => `${status.phase}: ${status.message}`;

describe('a restart', () => {
  it('replaces every pod once, one at a time, and says when it is done', () => {
    const world = open();
    const before = names(world);
    const restartAt = restart(world);
    world.settle(1_000);
    expect(shown(world)).toBe('Progressing: rollout is restarting');
    for (let second = 0; second < 30; second += 1) {
      world.settle(1_000);
      expect(world.readyPods([...world.replicaSets.keys()][0] ?? '').length).toBeGreaterThanOrEqual(3);
    }
    expect(world.podWork.evicted.toSorted()).toEqual([...before].sort());
    expect(world.status).toMatchObject({ phase: 'Healthy', restartedAt: restartAt });
    const { writes } = world;
    world.settle(60_000);
    expect(world.writes).toBe(writes);
  });

  it('takes as many at a time as may be unavailable', () => {
    const world = open({}, { maxUnavailable: 3 });
    restart(world);
    world.settle(1_000);
    expect(world.podWork.evicted).toHaveLength(3);
    const till = openTill({}, { replicas: 8 });
    restart(till);
    till.settle(0);
    expect(till.podWork.evicted).toHaveLength(2);
  });

  it('waits for its time, and holds nothing up until then', () => {
    const world = open();
    const restartAt = restart(world, 3_600_000);
    world.settle(60_000);
    expect([shown(world), world.podWork.evicted, world.status.restartedAt]).toEqual(['Healthy: ', [], undefined]);
    world.settle(3_700_000, 5_000);
    expect([world.podWork.evicted.length, world.status.restartedAt]).toEqual([4, restartAt]);
  });

  it.each([
    ['a pause', (world: ToyWorld) => world.change({ paused: true }), 'Paused: manually paused'],
    ['an abort', (world: ToyWorld) => world.command({ abort: true }), 'Degraded: RolloutAborted'],
  ] as const)('goes on through %s, on both sides', (_, act, phase) => {
    const world = open({}, { trafficRouting: undefined });
    world.image('v2');
    world.settle(20_000);
    act(world);
    world.settle(20_000);
    const before = names(world);
    restart(world);
    world.settle(90_000);
    expect(world.podWork.evicted.toSorted()).toEqual([...before].sort());
    expect(shown(world)).toMatch(phase);
    expect(world.status.restartedAt).toBe(world.rollout.spec.restartAt);
  });

  it('waits while a budget says no, says so, and tries again by itself', () => {
    const world = open();
    restart(world);
    world.podWork.mayEvict = false;
    world.settle(10_000);
    expect(shown(world)).toBe('Progressing: rollout is restarting: a budget');
    const { writes } = world;
    const asked = world.podWork.refused;
    world.settle(120_000);
    expect(world.writes).toBe(writes);
    expect(world.podWork.refused - asked).toBeLessThanOrEqual(5);
    world.podWork.mayEvict = true;
    world.settle(90_000);
    expect(shown(world)).toBe('Healthy: ');
  });

  it('takes nobody while a ReplicaSet counts pods that are on their way out', () => {
    const world = open({}, {}, { endingMs: 5_000, watch: lawsFor({ maxSurge: 1, maxUnavailable: 0 }) });
    world.change({ replicas: 2 });
    restart(world);
    world.settle(4_000);
    expect([world.podWork.evicted, shown(world)]).toEqual([[], 'Progressing: rollout is restarting']);
    world.settle(90_000);
    expect([world.podWork.evicted.length, shown(world)]).toEqual([2, 'Healthy: ']);
  });

  it('counts nobody as there whom it has just taken, when the update goes back', () => {
    const world = open(
      { replicas: 3 },
      { steps: [{ setWeight: 1 }, { pause: {} }] },
      { endingMs: 900, podLatencyMs: () => 0, watch: lawsFor({ maxSurge: 1, maxUnavailable: 0 }) },
    );
    world.image('v2');
    world.change({ replicas: 1 });
    restart(world);
    world.settle(0);
    world.image('v1');
    world.settle(90_000);
    expect([world.sizes(), shown(world)]).toEqual([{ v1: 1, v2: 0 }, 'Healthy: ']);
  });

  it('loses nothing when the process ends in the middle', () => {
    const world = open();
    const before = names(world);
    restart(world);
    for (let second = 0; second < 40; second += 1) {
      world.settle(1_000);
      world.podWork.forget();
    }
    world.settle(20_000);
    expect(world.podWork.evicted.toSorted()).toEqual([...before].sort());
    expect(world.status.restartedAt).toBe(world.rollout.spec.restartAt);
  });

  it('begins the progress deadline anew', () => {
    const world = open({ progressDeadlineSeconds: 60 }, { steps: [{ setWeight: 50 }] }, { podLatencyMs: latency });
    world.image('v2');
    world.settle(70_000);
    expect(shown(world)).toMatch('Degraded: ProgressDeadlineExceeded');
    restart(world);
    world.settle(1_000);
    const progressing = () => world.status.conditions?.find(({ type }) => type === conditionTypes.progressing);
    expect(progressing()).toMatchObject({ status: 'True', reason: conditionReasons.replicaSetUpdated });
    world.settle(200_000);
    expect(shown(world)).toMatch('Degraded: ProgressDeadlineExceeded');
  });

  it('is over at once where there are no pods, and for those that are young enough', () => {
    const world = open({ replicas: 0 });
    const restartAt = restart(world);
    world.settle(1_000);
    expect(world.status.restartedAt).toBe(restartAt);
    const late = open({ restartAt: '2025-01-01T00:00:00Z' });
    expect([late.podWork.evicted, late.status.restartedAt, shown(late)]).toEqual([[], '2025-01-01T00:00:00Z', 'Healthy: ']);
  });
});

/** Pods of the second version never start. */
function latency(_: string, nth: number): number {
  return nth > 4 ? Number.POSITIVE_INFINITY : 0;
}
