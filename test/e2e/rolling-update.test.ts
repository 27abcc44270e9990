/** Canaries without steps: new pods replace old ones, and at no moment on the way are there more or fewer than the strategy allows. */
import { expect, test } from 'vitest';
import type { NamespaceRecord, Version } from '../support/namespace-record.ts';
import { setStage, shop } from '../support/rollout-stage.ts';

interface Extremes {
  readonly mostAsked: number;
  readonly fewestReady: number;
}

/** Over all states since the mark: pods that ReplicaSets asked for, and pods that were ready and not on their way out. */
function extremes(record: NamespaceRecord, mark: bigint): Extremes {
  /** ReplicaSet -> pods asked for */
  const sizes = new Map<string, number>();
  const ready = new Set<string>();
  let [mostAsked, fewestReady] = [0, Number.POSITIVE_INFINITY];
  for (const version of record.history()) {
    const { name } = version.object.metadata;
    if (version.kind === 'replicasets') sizes.set(name, version.type === 'DELETED' ? 0 : (version.object.spec.replicas ?? 1));
    if (version.kind === 'pods') {
      if (isReady(version)) ready.add(name);
      else ready.delete(name);
    }
    if (version.at <= mark) continue;
    mostAsked = Math.max(
      mostAsked,
      [...sizes.values()].reduce((sum, size) => sum + size, 0),
    );
    fewestReady = Math.min(fewestReady, ready.size);
  }
  return { mostAsked, fewestReady };
}

function isReady({ type, object }: Version<'pods'>): boolean {
  const ready = object.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
  return type !== 'DELETED' && ready && object.metadata.deletionTimestamp === undefined;
}

test.each([
  { maxSurge: 2, maxUnavailable: 1, most: 8, fewest: 5 },
  { maxSurge: '50%', maxUnavailable: 0, most: 9, fewest: 6 },
  { maxSurge: 0, maxUnavailable: '34%', most: 6, fewest: 4 },
])('replaces six pods within maxSurge $maxSurge and maxUnavailable $maxUnavailable', async ({ most, fewest, ...canary }) => {
  const { kubectl, record } = await setStage();
  await kubectl.apply(shop({ replicas: 6, canary, spec: { minReadySeconds: 1 } }));
  await record.untilPhase('shop', 'Healthy');
  const mark = record.mark();
  await kubectl.setImage('shop', 'shop:2.0.0');
  const healthy = await record.untilPhase('shop', 'Healthy', 40_000);
  expect(healthy.status?.stableRS).toBe(healthy.status?.currentPodHash);
  expect(record.replicaSets('shop').map(({ spec }) => spec.replicas)).toEqual([0, 6]);
  const { mostAsked, fewestReady } = extremes(record, mark);
  expect(mostAsked).toBeLessThanOrEqual(most);
  expect(mostAsked).toBeGreaterThan(6 - (canary.maxSurge === 0 ? 1 : 0));
  expect(fewestReady).toBeGreaterThanOrEqual(fewest);
});

test('a newer version takes over in the middle, and the number of pods changes as well', async () => {
  const { kubectl, record } = await setStage();
  await kubectl.apply(shop({ replicas: 6, canary: { maxSurge: 1, maxUnavailable: 1 }, spec: { minReadySeconds: 1 } }));
  await record.untilPhase('shop', 'Healthy');
  const mark = record.mark();
  await kubectl.setImage('shop', 'shop:2.0.0');
  await record.untilStatus('shop', 'two updated', ({ updatedReplicas = 0 }) => updatedReplicas >= 2);
  await kubectl.setImage('shop', 'shop:3.0.0');
  await record.until('three versions', () => record.replicaSets('shop').length === 3);
  await kubectl.run(['scale', 'rollout/shop', '--replicas=8']);
  await record.untilPhase('shop', 'Healthy', 40_000);
  expect(record.replicaSets('shop').map(({ spec }) => spec.replicas)).toEqual([0, 0, 8]);
  const { mostAsked, fewestReady } = extremes(record, mark);
  expect(mostAsked).toBeLessThanOrEqual(9);
  expect(fewestReady).toBeGreaterThanOrEqual(5);
});

test('an abort takes a rolling update back', async () => {
  const { kubectl, record } = await setStage();
  await kubectl.apply(shop({ replicas: 4, canary: { maxSurge: 1, maxUnavailable: 0 }, spec: { minReadySeconds: 1 } }));
  await record.untilPhase('shop', 'Healthy');
  const mark = record.mark();
  await kubectl.setImage('shop', 'shop:2.0.0');
  await record.untilStatus('shop', 'two updated', ({ updatedReplicas = 0 }) => updatedReplicas >= 2);
  await kubectl.command('abort', 'shop');
  await record.untilStatus('shop', 'aborted and whole', ({ phase, updatedReplicas, availableReplicas }) => {
    return phase === 'Degraded' && updatedReplicas === 0 && availableReplicas === 4;
  });
  expect(record.replicaSets('shop').map(({ spec }) => spec.replicas)).toEqual([4, 0]);
  const { mostAsked, fewestReady } = extremes(record, mark);
  expect(mostAsked).toBeLessThanOrEqual(5);
  expect(fewestReady).toBeGreaterThanOrEqual(4);
});
