/** When an update that does not get on counts as stuck, and when nothing is expected to move. */
import { describe, expect, it } from 'vitest';
import { good } from '../../../test/support/rollout-scenarios.ts';
import { templateOf } from '../../../test/support/shop-template.ts';
import { routing } from '../../../test/support/toy-routes.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import type { CanaryStrategy, RolloutSpec } from '../../api/rollout.ts';

const analysis = { templates: [{ templateName: 'good' }] };

/** Pods of v2 take as long as `latency` says; v1 is stable. */
function updating(canary: CanaryStrategy, latency: (nth: number) => number, spec: Partial<RolloutSpec> = {}): ToyWorld {
  let nth = 0;
  const world = new ToyWorld(
    {
      replicas: 4,
      selector: { matchLabels: { app: 'shop' } },
      template: templateOf('v1'),
      strategy: { canary },
      progressDeadlineSeconds: 60,
      ...spec,
    },
    {
      services: canary.trafficRouting === undefined ? [] : ['canary', 'stable'],
      templates: [good],
      podLatencyMs: (name) => {
        if (name.endsWith(world?.status.stableRS ?? name)) return 0;
        nth += 1;
        return latency(nth);
      },
    },
  );
  world.settle(10_000);
  world.image('v2');
  world.settle(1_000);
  return world;
}

const never = () => Number.POSITIVE_INFINITY;
const progressing = ({ status }: ToyWorld) => status.conditions?.find(({ type }) => type === 'Progressing')?.reason;
const basic = (steps: CanaryStrategy['steps']): CanaryStrategy => ({ maxSurge: 1, maxUnavailable: 0, steps: steps ?? [] });

describe('the progress deadline', () => {
  it('passes for pods that never come, and stays passed until something moves', () => {
    const world = updating(basic([{ setWeight: 25 }, { pause: {} }]), (nth) => (nth === 1 ? 200_000 : 0));
    world.settle(50_000);
    expect(progressing(world)).toBe('ReplicaSetUpdated');
    world.settle(15_000);
    expect([progressing(world), world.status.phase]).toEqual(['ProgressDeadlineExceeded', 'Degraded']);
    world.settle(100_000);
    expect(progressing(world)).toBe('ProgressDeadlineExceeded');
    world.settle(60_000);
    expect([progressing(world), world.status.phase]).toEqual(['RolloutPaused', 'Paused']);
  });

  it('is measured anew for another version', () => {
    const world = updating(basic([{ setWeight: 25 }, { pause: {} }]), never);
    world.settle(65_000);
    expect(progressing(world)).toBe('ProgressDeadlineExceeded');
    world.image('v3');
    world.settle(50_000);
    expect([progressing(world), world.status.phase]).toEqual(['ReplicaSetUpdated', 'Progressing']);
    world.settle(20_000);
    expect(progressing(world)).toBe('ProgressDeadlineExceeded');
  });

  it.each<[string, CanaryStrategy]>([
    ['an analysis', basic([{ setWeight: 0 }, { analysis }])],
    ['a pause', basic([{ setWeight: 0 }, { pause: { duration: '20m' } }])],
    ['a pause for a person', basic([{ setWeight: 0 }, { pause: {} }])],
  ])('does not pass at a step that is %s', (_what, canary) => {
    const world = updating(canary, never, { progressDeadlineAbort: true });
    world.verdict('Running');
    world.settle(700_000);
    expect(world.status.abort).toBeUndefined();
    expect(progressing(world)).not.toBe('ProgressDeadlineExceeded');
  });

  it('does not pass while a person has paused, and begins anew behind the pause', () => {
    const world = updating(basic([{ setWeight: 25 }, { pause: {} }]), never);
    world.change({ paused: true });
    world.settle(300_000);
    expect(progressing(world)).toBe('RolloutPaused');
    world.change({ paused: false });
    world.settle(50_000);
    expect(progressing(world)).not.toBe('ProgressDeadlineExceeded');
    world.settle(20_000);
    expect(progressing(world)).toBe('ProgressDeadlineExceeded');
  });

  it('aborts once where progressDeadlineAbort says so', () => {
    const world = updating(basic([{ setWeight: 25 }, { pause: {} }]), never, { progressDeadlineAbort: true });
    world.settle(70_000);
    expect(world.status).toMatchObject({ phase: 'Degraded', abort: true });
    expect(world.told().filter((line) => line.includes('RolloutAborted'))).toHaveLength(1);
    world.settle(600_000);
    expect(world.sizes()).toEqual({ v1: 4, v2: 0 });
  });

  it('of a promoted version that loses a pod counts from the loss, and not while the version before waits for its end', () => {
    const canary = { ...routing, steps: [], scaleDownDelaySeconds: 300 };
    const world = updating(canary, () => 0);
    world.settle(30_000);
    expect([world.status.phase, world.sizes()]).toEqual(['Healthy', { v1: 4, v2: 4 }]);
    world.restartPods('v2', 10_000_000);
    world.settle(200_000);
    expect(progressing(world)).toBe('ReplicaSetNotAvailable');
    world.settle(200_000);
    expect([progressing(world), world.sizes()]).toEqual(['ProgressDeadlineExceeded', { v1: 0, v2: 4 }]);
    expect(world.status.abort).toBeUndefined();
  });
});
