/** What pods wear through the life of a Rollout, as the world shows it. */
import { describe, expect, it } from 'vitest';
import { tagOf, templateOf } from '../../../../test/support/shop-template.ts';
import { openTill } from '../../../../test/support/toy-till.ts';
import { ToyWorld } from '../../../../test/support/toy-world.ts';
import { labels } from '../../../api/names.ts';
import type { CanaryStrategy } from '../../../api/rollout.ts';

const worn = { canaryMetadata: { labels: { role: 'canary' } }, stableMetadata: { labels: { role: 'stable' } } };

function open(canary: CanaryStrategy = {}): ToyWorld {
  const strategy = { canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }], ...worn, ...canary } };
  const world = new ToyWorld({
    replicas: 2,
    selector: { matchLabels: { app: 'shop' } },
    template: templateOf('v1'),
    strategy,
  });
  world.settle(5_000);
  return world;
}

/** tag -> what its pods say they are, each once */
function roles(world: ToyWorld): Readonly<Record<string, readonly (string | undefined)[]>> {
  const sets = [...world.replicaSets.values()].map((one) => {
    const pods = world.pods.get(one.metadata.name) ?? [];
    return [tagOf(one), [...new Set(pods.map(({ metadata }) => metadata.labels?.role))]] as const;
  });
  return Object.fromEntries(sets);
}

describe('metadata of a canary', () => {
  it('is stable on a first version, and on both sides what they are', () => {
    const world = open();
    expect(roles(world)).toEqual({ v1: ['stable'] });
    world.image('v2');
    world.settle(5_000);
    expect(roles(world)).toEqual({ v1: ['stable'], v2: ['canary'] });
  });

  it('changes hands with the promotion, on living pods', () => {
    const world = open();
    world.image('v2');
    world.settle(5_000);
    world.command({ promoteFull: true });
    world.settle(20_000);
    expect(roles(world)).toEqual({ v1: [], v2: ['stable'] });
    const [old] = [...world.replicaSets.values()].filter((one) => tagOf(one) === 'v1');
    expect(old?.spec.template.metadata?.labels?.role).toBeUndefined();
  });

  it('stays as it is through an abort; an undo makes no new version', () => {
    const world = open();
    world.image('v2');
    world.settle(5_000);
    world.command({ abort: true });
    world.settle(20_000);
    expect(roles(world).v1).toEqual(['stable']);
    const [stable] = [...world.replicaSets.values()].filter((one) => tagOf(one) === 'v1');
    const { [labels.podTemplateHash]: _, ...copied } = stable?.spec.template.metadata?.labels ?? {};
    expect(copied.role).toBe('stable');
    world.change({ template: { ...stable?.spec.template, metadata: { labels: copied } } });
    world.settle(20_000);
    expect(world.replicaSets.size).toBe(2);
    expect(world.status).toMatchObject({ phase: 'Healthy', currentPodHash: world.status.stableRS });
    expect(world.podWork.evicted).toEqual([]);
  });

  it('goes when the spec says nothing of it any more, though the process ends before the pods are told', () => {
    const world = open();
    world.change({ strategy: { canary: { maxSurge: 1, maxUnavailable: 0 } } });
    world.reconcile();
    world.podWork.forget();
    expect(roles(world)).toEqual({ v1: ['stable'] });
    world.settle(5_000);
    expect(roles(world)).toEqual({ v1: [undefined] });
    const { writes } = world;
    world.settle(60_000);
    expect(world.writes).toBe(writes);
  });

  it('costs a Rollout that has none no write', () => {
    const world = open({ canaryMetadata: undefined, stableMetadata: undefined });
    world.image('v2');
    world.settle(5_000);
    world.command({ promoteFull: true });
    world.settle(20_000);
    expect(world.log.filter((line) => line.includes('dress'))).toEqual([]);
  });
});

it('metadata of blue-green follows the Services', () => {
  const world = openTill({
    autoPromotionEnabled: false,
    activeMetadata: { labels: { role: 'active' } },
    previewMetadata: { labels: { role: 'preview' } },
  });
  expect(roles(world)).toEqual({ v1: ['active'] });
  world.image('v2');
  world.settle(5_000);
  expect(roles(world)).toEqual({ v1: ['active'], v2: ['preview'] });
  world.command({ pauseConditions: null });
  world.settle(5_000);
  expect(roles(world)).toEqual({ v1: [undefined], v2: ['active'] });
});

it('anti-affinity is there as long as there are two versions', () => {
  const world = open({ antiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } });
  const terms = (tag: string): string =>
    JSON.stringify([...world.replicaSets.values()].filter((one) => tagOf(one) === tag)[0]?.spec.template.spec?.affinity ?? null);
  expect(terms('v1')).toBe('null');
  world.image('v2');
  world.settle(5_000);
  expect(terms('v1')).toBe('null');
  expect(terms('v2')).toContain(`"values":["${world.status.stableRS}"]`);
  world.image('v3');
  world.settle(20_000);
  expect([terms('v2'), terms('v3')]).toEqual(['null', expect.stringContaining(`"values":["${world.status.stableRS}"]`)]);
  world.command({ promoteFull: true });
  world.settle(20_000);
  expect([terms('v1'), terms('v2'), terms('v3')]).toEqual(['null', 'null', 'null']);
});
