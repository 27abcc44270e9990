/** A Deployment hands its place over to a Rollout that refers to it, is updated through it, and can take its place again. */
import { expect, test } from 'vitest';
import type { NamespaceRecord, RecordedPod } from '../support/namespace-record.ts';
import { setStage } from '../support/rollout-stage.ts';

const labels = { app: 'store' };
const container = (image: string) => ({ name: 'web', image, resources: { requests: { cpu: '10m' } } });

function deployment(name: string, image = 'store:1.0.0', replicas = 3): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container(image)] } },
    },
  };
}

function rollout(workloadRef: object, more: object = {}): object {
  const canary = { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }] };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'shop' },
    spec: { replicas: 3, workloadRef, strategy: { canary }, ...more },
  };
}

const reference = (name: string, scaleDown: string) => ({ apiVersion: 'apps/v1', kind: 'Deployment', name, scaleDown });

/** Waits for a status that speaks of what the Deployment is now. */
async function untilObserved(record: NamespaceRecord, generation: string, phase: string): Promise<void> {
  await record.untilStatus(
    'shop',
    `${phase} with generation ${generation} of the Deployment`,
    (status, { metadata }) =>
      status.phase === phase &&
      status.workloadObservedGeneration === generation &&
      metadata.annotations?.['rollout.argoproj.io/workload-generation'] === generation,
  );
}

const isReady = (status: RecordedPod['status']): boolean =>
  status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

/** The fewest pods of the app that were ready at any moment since the mark. */
function fewestReady(record: NamespaceRecord, mark: bigint): number {
  const ready = new Map<string, boolean>();
  let fewest = Number.POSITIVE_INFINITY;
  for (const { kind, type, object, at } of record.history()) {
    if (kind !== 'pods') continue;
    const isLeaving = type === 'DELETED' || object.metadata.deletionTimestamp !== undefined;
    ready.set(object.metadata.uid, isReady(object.status) && !isLeaving);
    if (at > mark) fewest = Math.min(fewest, [...ready.values()].filter(Boolean).length);
  }
  return fewest;
}

test('from the first pod to an undo through the Deployment', { timeout: 120_000 }, async () => {
  const { kubectl, record } = await setStage();
  await kubectl.apply(rollout(reference('store', 'progressively')));
  const waiting = await record.untilPhase('shop', 'Degraded');
  expect(waiting.status?.message).toBe(
    'InvalidSpec: The Rollout "shop" is invalid: spec.workloadRef.name: Deployment "store" not found; create it in the namespace of the Rollout',
  );
  expect(waiting.status?.conditions?.map(({ type }) => type)).toEqual(['InvalidSpec']);

  await kubectl.apply(deployment('store'));
  await record.untilPhase('shop', 'Healthy', 45_000);
  await kubectl.run(['wait', 'deployment/store', '--for=jsonpath={.spec.replicas}=0', '--timeout=30s']);
  await untilObserved(record, (await generationOf()).text, 'Healthy');

  const mark = record.mark();
  await kubectl.run(['set', 'image', 'deployment/store', 'web=store:2.0.0']);
  await untilObserved(record, (await generationOf()).text, 'Paused');
  await kubectl.command('promote', 'shop');
  await untilObserved(record, (await generationOf()).text, 'Healthy');
  await record.untilTold('shop', 'Completed all 2 canary steps', mark);
  expect(record.replicaSets('shop').map(({ spec }) => spec.replicas)).toEqual([0, 3]);

  await kubectl.run(['set', 'image', 'deployment/store', 'web=store:3.0.0']);
  await untilObserved(record, (await generationOf()).text, 'Paused');
  await kubectl.run(['rollout', 'undo', 'deployment/store']);
  await untilObserved(record, (await generationOf()).text, 'Healthy');
  await record.untilTold('shop', 'Rollback to stable ReplicaSets', mark);

  expect(fewestReady(record, mark)).toBeGreaterThanOrEqual(3);
  for (const { object } of record.versions('rollouts')) {
    expect(object.spec).not.toHaveProperty('template');
    expect(object.spec).not.toHaveProperty('selector');
  }
  expect(record.rollout('shop')?.status?.selector).toBe('app=store');
  expect((await kubectl.run(['get', 'deployment/store', '-o', 'jsonpath={.spec.replicas}'])).trim()).toBe('0');

  async function generationOf(): Promise<{ readonly text: string }> {
    const text = await kubectl.run(['get', 'deployment/store', '-o', 'jsonpath={.metadata.generation}']);
    return { text: text.trim() };
  }
});

test('a running Deployment keeps its capacity while it is replaced, and gets its pods back after an abort', {
  timeout: 120_000,
}, async () => {
  const { kubectl, record } = await setStage();
  // Pods wait at a gate, so that it is the test that says which of them begins.
  const gated = deployment('store') as { readonly spec: { readonly template: { readonly spec: object } } };
  Object.assign(gated.spec.template.spec, { schedulingGates: [{ name: 'test/wait' }] });
  const waiting = (owner: string) =>
    record
      .present('pods')
      .filter(
        ({ metadata, status }) => metadata.name.startsWith(owner) && metadata.deletionTimestamp === undefined && !isReady(status),
      );
  const open = async (owner: string, count: number): Promise<void> => {
    const found = await record.until(`${count} pods of ${owner} at the gate`, () => {
      const pods = waiting(owner);
      return pods.length >= count && pods.slice(0, count);
    });
    for (const { metadata } of found) {
      const patch = [{ op: 'remove', path: '/spec/schedulingGates' }];
      await kubectl.run(['patch', `pod/${metadata.name}`, '--type=json', '-p', JSON.stringify(patch)]);
    }
  };
  const size = (replicas: number) =>
    kubectl.run(['wait', 'deployment/store', `--for=jsonpath={.spec.replicas}=${replicas}`, '--timeout=30s']);
  await kubectl.apply(gated);
  await open('store-', 3);
  await kubectl.run(['wait', 'deployment/store', '--for=condition=Available', '--timeout=30s']);
  await record.until('all are ready', () => record.present('pods').filter(({ status }) => isReady(status)).length === 3);
  const mark = record.mark();
  await kubectl.apply(rollout(reference('store', 'progressively')));
  await open('shop-', 1);
  await size(2);
  await kubectl.command('abort', 'shop');
  const aborted = await record.untilPhase('shop', 'Degraded');
  expect(aborted.status?.message).toContain('Deployment store gets its 3 pods back');
  await size(3);
  await open('store-', 1);
  await kubectl.command('retry', 'shop');
  await open('shop-', 2);
  await record.untilPhase('shop', 'Healthy', 45_000);
  await size(0);
  expect(fewestReady(record, mark)).toBeGreaterThanOrEqual(3);
});

test('a PodTemplate and a ReplicaSet, and another referent in the middle of an update', { timeout: 120_000 }, async () => {
  const { kubectl, record } = await setStage();
  const podTemplate = (image: string) => ({
    apiVersion: 'v1',
    kind: 'PodTemplate',
    metadata: { name: 'pods' },
    template: { metadata: { labels }, spec: { containers: [container(image)] } },
  });
  const selector = { matchLabels: labels };
  await kubectl.apply(podTemplate('store:1.0.0'));
  await kubectl.apply(rollout({ apiVersion: 'v1', kind: 'PodTemplate', name: 'pods' }, { selector, replicas: 2 }));
  await record.untilPhase('shop', 'Healthy', 45_000);
  await kubectl.apply(podTemplate('store:2.0.0'));
  await record.untilPhase('shop', 'Paused');
  const set = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'frame' } };
  const template = { metadata: { labels }, spec: { containers: [container('store:1.0.0')] } };
  await kubectl.apply({ ...set, spec: { replicas: 0, selector, template } });
  // The same pods as the stable revision has: nothing to update, whoever describes them.
  await kubectl.mergePatch('rollout/shop', { spec: { workloadRef: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'frame' } } });
  await record.untilPhase('shop', 'Healthy');
  await record.untilTold('shop', 'Rollback to stable ReplicaSets');
  expect(record.replicaSets('shop').map(({ spec }) => spec.replicas)).toEqual([0, 2]);
  await kubectl.run(['delete', 'replicaset/frame']);
  const lost = await record.untilPhase('shop', 'Degraded');
  expect(lost.status?.message).toContain('ReplicaSet "frame" not found');
  // Scaling goes on meanwhile.
  await kubectl.run(['scale', 'rollout/shop', '--replicas=3']);
  await record.until('three pods', () => record.replicaSets('shop').some(({ spec }) => spec.replicas === 3));
});
