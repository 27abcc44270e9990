/** Taking over what is there: ReplicaSets of the incumbent's and those that a deleted Rollout left behind keep their pods. */
import { expect, test } from 'vitest';
import identity from '../fixtures/identity/pod-template-hash.json' with { type: 'json' };
import { startController } from '../support/controller.ts';
import type { NamespaceRecord } from '../support/namespace-record.ts';
import { type Stage, setQuietStage, setStage, shop } from '../support/rollout-stage.ts';

const hashLabel = 'rollouts-pod-template-hash';
const plain = identity.vectors.find(({ name }) => name === 'plain') ?? identity.vectors[0];

interface Left {
  readonly name: string;
  readonly hash: string;
  readonly revision: number;
  readonly replicas: number;
  readonly template: { readonly metadata: { readonly labels: Readonly<Record<string, string>> }; readonly spec: object };
}

/** A ReplicaSet as the incumbent makes it. */
function replicaSet({ name, hash, revision, replicas, template }: Left, uid: string): object {
  const labels = { ...template.metadata.labels, [hashLabel]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      labels,
      annotations: { 'rollout.argoproj.io/revision': String(revision), 'rollout.argoproj.io/desired-replicas': '2' },
      ownerReferences: [
        { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: { replicas, selector: { matchLabels: labels }, template: { ...template, metadata: { ...template.metadata, labels } } },
  };
}

/** The status of a Rollout at rest as the incumbent writes it. */
function settledStatus(hash: string, stepHash: string, app: string): object {
  const time = '2026-01-01T00:00:00Z';
  const condition = (type: string, reason: string, message: string) => ({
    type,
    reason,
    message,
    status: 'True',
    lastUpdateTime: time,
    lastTransitionTime: time,
  });
  return {
    HPAReplicas: 2,
    availableReplicas: 2,
    blueGreen: {},
    canary: {},
    conditions: [
      condition('Available', 'AvailableReason', 'Rollout has minimum availability'),
      condition('Healthy', 'RolloutHealthy', 'Rollout is healthy'),
      condition('Completed', 'RolloutCompleted', 'RolloutCompleted'),
      condition('Progressing', 'NewReplicaSetAvailable', `ReplicaSet "shop-${hash}" has successfully progressed.`),
    ],
    currentPodHash: hash,
    currentStepHash: stepHash,
    currentStepIndex: 2,
    observedGeneration: '1',
    phase: 'Healthy',
    readyReplicas: 2,
    replicas: 2,
    selector: `app=${app}`,
    stableRS: hash,
    updatedReplicas: 2,
  };
}

function podNames(record: NamespaceRecord): readonly string[] {
  return record
    .present('pods')
    .map(({ metadata }) => metadata.name)
    .sort();
}

async function takenOver(
  { kubectl, record, namespace }: Omit<Stage, 'controller'>,
  left: Omit<Left, 'name' | 'revision' | 'replicas'>,
) {
  const { hash, template } = left;
  const app = template.metadata.labels.app ?? '';
  await kubectl.apply(shop({ spec: { selector: { matchLabels: { app } }, template } }));
  const uid = record.rollout('shop')?.metadata.uid ?? '';
  await kubectl.mergePatch('rollout/shop', { metadata: { annotations: { 'rollout.argoproj.io/revision': '3' } } });
  await kubectl.apply(replicaSet({ ...left, name: 'shop', revision: 3, replicas: 2 }, uid));
  const older = { ...template, spec: { containers: [{ name: 'web', image: 'shop:0.9.0' }] } };
  await kubectl.apply(replicaSet({ name: 'shop', hash: '5d9c8f7b6d', template: older, revision: 2, replicas: 0 }, uid));
  await kubectl.mergePatch('rollout/shop', { status: settledStatus(hash, '757f5f97b', app) }, 'status');
  await kubectl.run(['wait', `replicaset/shop-${hash}`, '--for=jsonpath={.status.availableReplicas}=2', '--timeout=20s']);
  await record.until('two pods', () => podNames(record).length === 2);
  const pods = podNames(record);
  const mark = record.mark();
  await startController({ namespace });
  await record.untilStatus('shop', 'Healthy and known', ({ phase, conditions }) => {
    return phase === 'Healthy' && conditions?.every(({ status }) => status === 'True') === true;
  });
  // Another version is begun only to see that nothing came before it.
  await kubectl.command('pause', 'shop');
  await record.untilStatus('shop', 'seen', ({ phase }) => phase === 'Paused');
  expect(podNames(record)).toEqual(pods);
  const changed = record.versions('replicasets', mark).map(({ object }) => [object.metadata.name, object.spec.replicas]);
  expect(changed).toEqual([]);
  expect(record.rollout('shop')?.status).toMatchObject({ currentPodHash: hash, stableRS: hash });
  expect(record.events('shop').filter((event) => /RolloutUpdated|ScalingReplicaSet|NewReplicaSet/.test(event))).toEqual([]);
  expect(record.rollout('shop')?.metadata.annotations?.['rollout.argoproj.io/revision']).toBe('3');
}

test('a fleet of the incumbent keeps its ReplicaSets, by their hash', async () => {
  const stage = await setQuietStage();
  if (plain === undefined) throw new Error('no vector');
  await takenOver(stage, plain as unknown as Left);
});

test('a ReplicaSet with another hash is kept when its template means the same', async () => {
  const stage = await setQuietStage();
  const template = {
    metadata: { labels: { app: 'shop' } },
    spec: { containers: [{ name: 'web', image: 'shop:1.0.0', resources: { limits: { cpu: '1000m' } } }] },
  };
  await takenOver(stage, { hash: '5f7d8c9b4', template });
  await stage.kubectl.command('resume', 'shop');
  await stage.kubectl.setImage('shop', 'shop:2.0.0');
  await stage.record.untilPhase('shop', 'Paused');
  expect(stage.record.replicaSets('shop').map(({ spec }) => spec.replicas)).toEqual([0, 1, 1]);
});

test('a Rollout that is deleted without its pods and made again takes them over', async () => {
  const { kubectl, record } = await setStage();
  await kubectl.apply(shop());
  await record.untilPhase('shop', 'Healthy');
  await kubectl.setImage('shop', 'shop:2.0.0');
  await record.untilPhase('shop', 'Paused');
  await kubectl.command('promoteFull', 'shop');
  await record.untilPhase('shop', 'Healthy');
  await record.until('two pods', () => podNames(record).length === 2);
  const pods = podNames(record);
  const mark = record.mark();
  await kubectl.run(['delete', 'rollout/shop', '--cascade=orphan']);
  await record.until('nobody owns them', () =>
    record.present('replicasets').every(({ metadata }) => metadata.ownerReferences === undefined),
  );
  expect(podNames(record)).toEqual(pods);
  await kubectl.apply(shop({ image: 'shop:2.0.0' }));
  const again = await record.untilPhase('shop', 'Healthy');
  expect(again.status?.stableRS).toBe(again.status?.currentPodHash);
  await record.until('all are owned again', () => record.replicaSets('shop').length === 2);
  expect(podNames(record)).toEqual(pods);
  const made = record.versions('pods', mark).filter(({ type }) => type === 'ADDED');
  expect(made).toEqual([]);
  expect(again.metadata.annotations?.['rollout.argoproj.io/revision']).toBe('2');
});
