import { describe, expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import type { ReplicaSet } from '../../api/kubernetes.ts';
import type { RolloutSpec } from '../../api/rollout.ts';
import { decide } from './decide.ts';
import type { Effect } from './decision.ts';
import { lookUpField } from './field-reference.ts';

const spec: RolloutSpec = {
  replicas: 2,
  selector: { matchLabels: { app: 'shop' } },
  template: templateOf('v1'),
  strategy: { canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }] } },
  revisionHistoryLimit: 2,
};
const kinds = (effects: readonly Effect[]) => effects.map(({ kind }) => kind);

describe('which ReplicaSet is the current one', () => {
  it('creates it with owner, selector, labels and the annotations of the Rollout', () => {
    const world = new ToyWorld(spec, {}, { team: 'a', 'kubectl.kubernetes.io/last-applied-configuration': '{}' });
    const [create] = decide(world.observe(), world.nowMs).effects;
    if (create?.kind !== 'create-replica-set') throw new Error('nothing created');
    const { metadata, spec: made } = create.replicaSet;
    const hash = metadata.labels?.['rollouts-pod-template-hash'] ?? '';
    expect(metadata.name).toBe(`shop-${hash}`);
    expect(metadata.annotations).toEqual({
      team: 'a',
      'rampart.dev/scalings': expect.stringMatching(/^1\/0\/0-2\/[\d.]+$/),
      'rollout.argoproj.io/revision': '1',
      'rollout.argoproj.io/desired-replicas': '2',
    });
    expect(metadata.ownerReferences?.[0]).toMatchObject({ kind: 'Rollout', uid: 'u-shop', controller: true });
    expect(made.selector.matchLabels).toEqual({ app: 'shop', 'rollouts-pod-template-hash': hash });
    expect(made.template.metadata?.labels).toEqual({ app: 'shop', 'rollouts-pod-template-hash': hash });
  });

  it('takes over what another controller left, by meaning, without touching a pod', () => {
    const world = new ToyWorld(spec);
    world.settle(5_000);
    const [known] = [...world.replicaSets.values()] as [ReplicaSet];
    const labels = { ...known.metadata.labels, 'rollouts-pod-template-hash': 'otherhash' };
    const other: ReplicaSet = {
      ...known,
      metadata: { ...known.metadata, name: 'shop-otherhash', labels },
      spec: { ...known.spec, template: { ...known.spec.template, metadata: { labels } } },
    };
    world.replicaSets.clear();
    world.replicaSets.set('shop-otherhash', other);
    world.pods.set('shop-otherhash', world.pods.get(known.metadata.name) ?? []);
    world.command({ currentPodHash: 'otherhash', stableRS: 'otherhash' });
    const mark = world.log.length;
    world.settle(60_000);
    expect(world.log.slice(mark)).toEqual([expect.stringMatching(/ status Healthy/)]);
    expect(world.status).toMatchObject({ phase: 'Healthy', currentPodHash: 'otherhash' });
  });

  it('writes nothing to what the incumbent left settled, with the fields that its CRD does not know gone', () => {
    const world = new ToyWorld(spec);
    world.settle(5_000);
    const conditions = world.status.conditions?.map(({ observedGeneration: _, ...one }) => one);
    world.command({ conditions, duration: null });
    const { writes } = world;
    world.settle(60_000);
    expect(world.writes, world.log.join('\n')).toBe(writes);
  });

  it('moves on to another name where a stranger has taken it', () => {
    const world = new ToyWorld(spec);
    const observed = world.observe();
    const first = decide(observed, world.nowMs);
    const name = `shop-${first.status.currentPodHash}`;
    const stranger: ReplicaSet = { metadata: { name }, spec: { selector: {}, template: templateOf('x') } };
    const second = decide({ ...observed, foreignReplicaSets: new Map([[name, stranger]]) }, world.nowMs);
    expect(second.status.collisionCount).toBe(1);
    expect(second.status.currentPodHash).not.toBe(first.status.currentPodHash);
  });

  it('keeps as many old ReplicaSets as revisionHistoryLimit says, the newest', () => {
    const world = new ToyWorld({ ...spec, strategy: { canary: { maxSurge: 1, maxUnavailable: 0 } } });
    for (const tag of ['v2', 'v3', 'v4', 'v5']) {
      world.settle(10_000);
      world.image(tag);
    }
    world.settle(10_000);
    expect(Object.keys(world.sizes()).sort()).toEqual(['v3', 'v4', 'v5']);
  });

  it('writes the default size where the user left it out', () => {
    const { replicas: _, ...rest } = spec;
    const world = new ToyWorld(rest);
    world.settle(5_000);
    expect(world.rollout.spec.replicas).toBe(1);
    expect(world.status.phase).toBe('Healthy');
  });

  it('patches minReadySeconds without a new revision', () => {
    const world = new ToyWorld(spec);
    world.settle(5_000);
    world.change({ minReadySeconds: 7 });
    expect(decide(world.observe(), world.nowMs).effects).toMatchObject([{ kind: 'patch-replica-set', minReadySeconds: 7 }]);
  });
});

describe('what cannot be obeyed', () => {
  it('says of a manifest without selector and template exactly that, and touches nothing', () => {
    const world = new ToyWorld({ replicas: 10, strategy: { canary: { steps: [{ setWeight: 10 }] } } });
    world.settle(5_000);
    expect(world.replicaSets.size).toBe(0);
    expect(world.writes).toBe(1);
    expect(world.status.phase).toBe('Degraded');
    expect(world.status.message).toMatch(/^InvalidSpec: The Rollout "shop" is invalid: .*spec\.selector.*spec\.template/);
    expect(world.told().filter((line) => line.startsWith('Warning InvalidSpec'))).toHaveLength(1);
    world.change({ selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1') });
    world.settle(5_000);
    expect(world.status).toMatchObject({ phase: 'Healthy' });
    expect(world.status.conditions?.some(({ type }) => type === 'InvalidSpec')).toBe(false);
  });

  it('tells why a ReplicaSet could not be made, waits, and tries again', () => {
    const world = new ToyWorld(spec);
    const observed = world.observe();
    const [effect] = decide(observed, world.nowMs).effects as [Effect];
    const failed = decide({ ...observed, failures: [{ effect, message: 'exceeded quota: pods' }] }, world.nowMs);
    expect(kinds(failed.effects)).not.toContain('create-replica-set');
    expect(failed.status.conditions?.find(({ type }) => type === 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ReplicaSetCreateError',
      message: 'exceeded quota: pods',
    });
    const told = failed.announcements.map(({ reason }) => reason);
    expect(told).toContain('ReplicaSetCreateError');
    expect(told).not.toContain('NewReplicaSetCreated');
    expect(told).not.toContain('ScalingReplicaSet');
    expect(failed.next).toEqual({ kind: 'requeue', afterMs: 5000 });
  });

  it('refuses a Service that another Rollout manages, and one that is not there', () => {
    const world = new ToyWorld({ ...spec, strategy: { canary: { canaryService: 'a', stableService: 'b' } } }, { services: ['a'] });
    const service = world.services.get('a');
    if (service === undefined) throw new Error('no Service');
    const owned = { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'other' };
    world.services.set('a', { ...service, metadata: { ...service.metadata, annotations: owned } });
    const { status } = decide({ ...world.observe(), otherRollouts: new Set(['other']) }, world.nowMs);
    expect(status.message).toContain('spec.strategy.canary.canaryService: Service "a" is managed by another Rollout');
    expect(status.message).toContain('spec.strategy.canary.stableService: Service "b" not found');
  });

  it('refuses a Service that selects what its pods do not carry, the hash aside', () => {
    const world = new ToyWorld({ ...spec, strategy: { canary: { canaryService: 'a' } } }, { services: ['a'] });
    const service = world.services.get('a');
    if (service === undefined) throw new Error('no Service');
    const selecting = (selector: Readonly<Record<string, string>>): string | undefined => {
      world.services.set('a', { ...service, spec: { ...service.spec, selector } });
      return decide(world.observe(), world.nowMs).status.message;
    };
    expect(selecting({ app: 'shop', 'rollouts-pod-template-hash': 'abc' })).not.toContain('InvalidSpec');
    expect(selecting({ app: 'shop', tier: 'web' })).toContain(
      'spec.strategy.canary.canaryService: Service "a" selects tier=web, which spec.template does not label its pods with',
    );
  });
});

describe('lookUpField', () => {
  const object = { metadata: { labels: { 'a.b/region': 'eu' } }, spec: { list: [{ image: 'x:1' }], replicas: 3 } };
  it.each([
    ["metadata.labels['a.b/region']", 'eu'],
    ['spec.list[0].image', 'x:1'],
    ['spec.replicas', '3'],
    ['spec.list', undefined],
    ['spec.list[1].image', undefined],
    ['spec..x', undefined],
    ['', undefined],
    ['constructor', undefined],
  ])('%s', (path, value) => {
    expect(lookUpField(object, path)).toBe(value);
  });
});
