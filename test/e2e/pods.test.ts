/** What is done to living pods on a real API server: metadata of their role, anti-affinity, and restarts under the budgets of users. */
import { describe, expect, test } from 'vitest';
import { startController } from '../support/controller.ts';
import type { NamespaceRecord } from '../support/namespace-record.ts';
import { setStage, shop } from '../support/rollout-stage.ts';

const hashLabel = 'rollouts-pod-template-hash';
const basic = { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }] };
const worn = {
  canaryMetadata: { labels: { role: 'canary' }, annotations: { note: 'new' } },
  stableMetadata: { labels: { role: 'stable' } },
};

/** `<image>=<role>` of the pods that are there and stay, each once. */
function roles(record: NamespaceRecord): readonly string[] {
  const living = record.present('pods').filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const images = new Map(
    record.replicaSets('shop').map(({ metadata, spec }) => {
      const [container] = (spec.template.spec?.containers ?? []) as readonly { readonly image: string }[];
      return [metadata.labels?.[hashLabel], container?.image] as const;
    }),
  );
  return [
    ...new Set(living.map(({ metadata }) => `${images.get(metadata.labels?.[hashLabel])}=${metadata.labels?.role}`)),
  ].toSorted();
}

async function untilRoles(record: NamespaceRecord, ...expected: readonly string[]): Promise<void> {
  await record.until(`pods are ${expected}`, () => roles(record).join() === expected.join());
}

const living = (record: NamespaceRecord) =>
  record.present('pods').filter(({ metadata }) => metadata.deletionTimestamp === undefined);

/** Every pod that ever was. */
const everyPod = (record: NamespaceRecord): number =>
  new Set(record.versions('pods').map(({ object }) => object.metadata.uid)).size;

describe('metadata of a role', () => {
  test('is worn by living pods, changes hands, survives a killed controller, and goes with the spec', {
    timeout: 120_000,
  }, async () => {
    const { namespace, kubectl, record, controller } = await setStage();
    await kubectl.apply(shop({ canary: { ...basic, ...worn } }));
    await record.untilPhase('shop', 'Healthy');
    await untilRoles(record, 'shop:1.0.0=stable');
    await kubectl.setImage('shop', 'shop:2.0.0');
    await record.untilPhase('shop', 'Paused');
    await untilRoles(record, 'shop:1.0.0=stable', 'shop:2.0.0=canary');
    await kubectl.command('promote', 'shop');
    await record.untilPhase('shop', 'Healthy');
    await untilRoles(record, 'shop:2.0.0=stable');
    expect(everyPod(record)).toBe(4);
    for (const { metadata } of living(record)) expect(metadata.annotations?.note).toBeUndefined();

    await controller.kill();
    await kubectl.mergePatch('rollout/shop', { spec: { strategy: { canary: { canaryMetadata: null, stableMetadata: null } } } });
    await startController({ namespace });
    await untilRoles(record, 'shop:2.0.0=undefined');
    await record.until('nothing is left to do', () =>
      record.replicaSets('shop').every(({ metadata }) => metadata.annotations?.['rampart.dev/pods-to-change'] === undefined),
    );
    expect(everyPod(record)).toBe(4);
    expect(record.replicaSets('shop')).toHaveLength(2);
  });

  test('copied into the spec by an undo makes no new version', async () => {
    const { kubectl, record } = await setStage();
    const antiAffinity = { preferredDuringSchedulingIgnoredDuringExecution: { weight: 10 } };
    await kubectl.apply(shop({ canary: { ...basic, ...worn, antiAffinity } }));
    await record.untilPhase('shop', 'Healthy');
    await kubectl.setImage('shop', 'shop:2.0.0');
    const paused = await record.untilPhase('shop', 'Paused');
    const [first, second] = record.replicaSets('shop').map(({ metadata }) => metadata.labels?.[hashLabel]);
    const term = { key: hashLabel, operator: 'In', values: [first] };
    expect(JSON.stringify(record.replicaSets('shop')[1]?.spec.template.spec?.affinity)).toContain(JSON.stringify(term));
    for (const [nth, hash] of [first, second].entries()) {
      const replicaSet = record.replicaSets('shop').find(({ metadata }) => metadata.labels?.[hashLabel] === hash);
      if (nth === 0) expect(replicaSet?.spec.template.metadata?.labels?.role).toBe('stable');
      await kubectl.undo('shop', replicaSet?.metadata.name ?? '');
      await record.untilPhase('shop', nth === 0 ? 'Healthy' : 'Paused');
      expect(record.rollout('shop')?.status?.currentPodHash).toBe(hash);
    }
    expect(paused.status?.stableRS).toBe(first);
    expect(record.replicaSets('shop')).toHaveLength(2);
    await kubectl.command('promoteFull', 'shop');
    await record.untilPhase('shop', 'Healthy');
    await untilRoles(record, 'shop:2.0.0=stable');
    await record.until('the term is gone', () =>
      record.replicaSets('shop').every(({ spec }) => spec.template.spec?.affinity === undefined),
    );
  });
});

describe('a restart', () => {
  test('evicts every pod once, under the budget, through a killed controller', { timeout: 120_000 }, async () => {
    const { namespace, kubectl, record, controller } = await setStage();
    const budget = {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'shop' },
      spec: { maxUnavailable: 0, selector: { matchLabels: { app: 'shop' } } },
    };
    await kubectl.apply(budget, shop({ replicas: 3, canary: { maxSurge: 1, maxUnavailable: 1 } }));
    await record.untilPhase('shop', 'Healthy');
    const before = living(record).map(({ metadata }) => metadata.uid);
    await kubectl.run(['wait', 'pdb/shop', '--for=jsonpath={.status.expectedPods}=3', '--timeout=20s']);
    const newest = Math.max(...living(record).map(({ metadata }) => Date.parse(metadata.creationTimestamp)));
    const restartAt = new Date(newest + 1000).toISOString().replace('.000Z', 'Z');
    await kubectl.mergePatch('rollout/shop', { spec: { restartAt } });
    const blocked = await record.untilStatus('shop', 'the budget is named', ({ message = '' }) =>
      message.startsWith('rollout is restarting: 3 pods are left, and a PodDisruptionBudget keeps pod shop-'),
    );
    expect(blocked.status?.phase).toBe('Progressing');
    expect(living(record).map(({ metadata }) => metadata.uid)).toEqual(before);
    await controller.kill();
    await kubectl.mergePatch('pdb/shop', { spec: { maxUnavailable: 1 } });
    await kubectl.run(['wait', 'pdb/shop', '--for=jsonpath={.status.disruptionsAllowed}=1', '--timeout=20s']);
    const again = await startController({ namespace });
    await record.until('one pod is gone', () => everyPod(record) > 3);
    await again.kill();
    await startController({ namespace });
    const done = await record.untilStatus('shop', 'it is done', ({ restartedAt }) => restartedAt === restartAt, 60_000);
    expect(done.status?.stableRS).toBe(done.status?.currentPodHash);
    await record.untilPhase('shop', 'Healthy');
    const after = living(record).map(({ metadata }) => metadata.uid);
    expect(after.filter((uid) => before.includes(uid))).toEqual([]);
    expect(everyPod(record)).toBe(6);
  });

  test('goes over both sides of an update that is paused', async () => {
    const { kubectl, record } = await setStage();
    await kubectl.apply(shop({ canary: basic }));
    await record.untilPhase('shop', 'Healthy');
    await kubectl.setImage('shop', 'shop:2.0.0');
    await record.untilPhase('shop', 'Paused');
    const before = living(record);
    const newest = Math.max(...before.map(({ metadata }) => Date.parse(metadata.creationTimestamp)));
    const restartAt = new Date(newest + 1000).toISOString();
    await kubectl.mergePatch('rollout/shop', { spec: { restartAt } });
    await record.untilStatus('shop', 'it is done', (status) => status.restartedAt === restartAt, 60_000);
    const after = living(record).map(({ metadata }) => metadata.uid);
    expect(before.filter(({ metadata }) => after.includes(metadata.uid))).toEqual([]);
    await record.untilPhase('shop', 'Paused');
  });
});
