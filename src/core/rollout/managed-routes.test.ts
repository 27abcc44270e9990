import { describe, expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { type ToyOptions, ToyWorld } from '../../../test/support/toy-world.ts';
import type { CanaryStep } from '../../api/rollout.ts';
import { managedRoutesAt } from './managed-routes.ts';

const trafficRouting = {
  plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } },
  managedRoutes: [{ name: 'beta' }, { name: 'shadow' }, { name: 'late' }],
};
const match = [{ headerName: 'x-canary', headerValue: { exact: 'yes' } }];
const beta: CanaryStep = { setHeaderRoute: { name: 'beta', match } };
const shadow: CanaryStep = { setMirrorRoute: { name: 'shadow', match: [{ path: { prefix: '/' } }], percentage: 5 } };
const late: CanaryStep = { setHeaderRoute: { name: 'late', match } };
const onePod: CanaryStep = { setCanaryScale: { replicas: 1 } };
const pause: CanaryStep = { pause: {} };

describe('what the steps have added', () => {
  const steps = [late, shadow, beta, { setHeaderRoute: { name: 'late' } }, { setMirrorRoute: { name: 'shadow', match: [] } }];
  it.each([
    [0, ['late']],
    [1, ['shadow', 'late']],
    [2, ['beta', 'shadow', 'late']],
    [3, ['beta', 'shadow']],
    [4, ['beta']],
    [9, ['beta']],
  ])('up to step %i: %j', (index, names) => {
    expect(managedRoutesAt({ steps, trafficRouting }, index).map(({ name }) => name)).toEqual(names);
  });

  it('a step says again what its route is', () => {
    const again: CanaryStep = { setHeaderRoute: { name: 'beta', match: [{ headerName: 'x', headerValue: { regex: 'y' } }] } };
    expect(managedRoutesAt({ steps: [beta, again], trafficRouting }, 1)).toEqual([
      { kind: 'header', name: 'beta', match: [{ headerName: 'x', headerValue: { regex: 'y' } }] },
    ]);
  });
});

function updating(steps: readonly CanaryStep[], options: ToyOptions = {}): ToyWorld {
  const canary = { canaryService: 'canary', stableService: 'stable', trafficRouting, steps: [...steps] };
  const world = new ToyWorld(
    { replicas: 4, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy: { canary } },
    { services: ['canary', 'stable'], ...options },
  );
  world.settle(10_000);
  expect(managed(world)).toEqual([]);
  world.image('v2');
  world.settle(5_000);
  return world;
}

const managed = (world: ToyWorld): readonly string[] => (world.liveRoutes?.managedRoutes ?? []).map(({ name }) => name);
const routeWrites = (world: ToyWorld, mark = 0): readonly string[] =>
  world.log.slice(mark).flatMap((line) => / routes canary (.*)$/.exec(line)?.[1] ?? []);

describe('a canary with header and mirror routes', () => {
  it('adds them step by step, and each is done when the gateway has them', () => {
    let latency = 0;
    const world = updating([onePod, beta, shadow, pause, { setWeight: 50 }, pause], { routeLatencyMs: () => latency });
    expect([managed(world), world.liveRoutes?.canaryWeight, world.sizes()]).toEqual([['beta', 'shadow'], 0, { v1: 4, v2: 1 }]);
    expect(world.status).toMatchObject({ phase: 'Paused', currentStepIndex: 3 });
    expect(world.told(0)).toContain('Normal RolloutStepCompleted: Rollout step 2/6 completed (setHeaderRoute)');
    latency = 60_000;
    world.image('v3');
    world.settle(100_000);
    expect(world.status).toMatchObject({ phase: 'Progressing', currentStepIndex: 1 });
    world.settle(200_000);
    expect(world.status).toMatchObject({ phase: 'Paused', currentStepIndex: 3 });
  });

  it('waits for a pod that answers', () => {
    const world = updating([beta, { setWeight: 25 }, pause], { podLatencyMs: (_, nth) => (nth > 4 ? 20_000 : 0) });
    expect([managed(world), world.status.currentStepIndex]).toEqual([[], 1]);
    world.settle(40_000);
    expect([managed(world), world.liveRoutes?.canaryWeight]).toEqual([['beta'], 25]);
    expect(routeWrites(world).at(-1)).toBe('25 beta');
  });

  it('takes them off with the weight, in one write: promotion', () => {
    const world = updating([{ setWeight: 25 }, beta, pause]);
    const mark = world.log.length;
    world.command({ pauseConditions: null });
    world.settle(40_000);
    expect(routeWrites(world, mark)).toEqual(['100 beta', '0']);
    expect(world.status).toMatchObject({ phase: 'Healthy' });
  });

  it.each<[string, (world: ToyWorld) => void]>([
    ['abort', (world) => world.command({ abort: true })],
    ['rollback', (world) => world.image('v1')],
    ['another version', (world) => world.image('v3')],
  ])('takes them off with the weight, in one write: %s', (_, act) => {
    const world = updating([{ setWeight: 25 }, beta, pause]);
    const mark = world.log.length;
    act(world);
    world.settle(1_000);
    expect(routeWrites(world, mark)[0]).toBe('0');
  });

  it('takes them off at full promotion', () => {
    const world = updating([onePod, beta, pause]);
    world.command({ promoteFull: true });
    world.settle(60_000);
    expect([managed(world), world.status.phase]).toEqual([[], 'Healthy']);
  });

  it('takes them off before the pods of a step without pods go', () => {
    const world = updating([{ setWeight: 25 }, beta, pause, { setWeight: 0 }, pause]);
    const mark = world.log.length;
    world.command({ pauseConditions: null });
    world.settle(60_000);
    const lines = world.log.slice(mark);
    const at = (form: RegExp) => lines.findIndex((line) => form.test(line));
    expect(routeWrites(world, mark)).toEqual(['0']);
    expect(at(/ routes canary 0$/)).toBeLessThan(at(/ patch shop-/));
    expect(world.sizes()).toEqual({ v1: 4, v2: 0 });
  });

  it('takes them off while no pod of the canary is there, and puts them back', () => {
    const world = updating([onePod, beta, pause]);
    world.restartPods('v2', 20_000);
    world.settle(1_000);
    expect(managed(world)).toEqual([]);
    world.settle(40_000);
    expect([managed(world), world.status.phase]).toEqual([['beta'], 'Paused']);
  });

  it('a new process writes nothing', () => {
    const world = updating([onePod, beta, pause]);
    const mark = world.writes;
    world.evidence = undefined;
    world.settle(5_000);
    expect([world.writes - mark, managed(world)]).toEqual([0, ['beta']]);
  });

  it('keeps them while the spec is invalid, and takes them off at an abort', () => {
    const world = updating([onePod, beta, pause]);
    for (const evidence of [world.evidence, undefined]) {
      world.evidence = evidence;
      world.change({ replicas: -1 });
      world.settle(5_000);
      expect([managed(world), world.status.message?.slice(0, 11)]).toEqual([['beta'], 'InvalidSpec']);
    }
    world.command({ abort: true });
    world.settle(5_000);
    expect(managed(world)).toEqual([]);
  });
});
