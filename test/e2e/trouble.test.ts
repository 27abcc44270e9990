/** What can be wrong around a Rollout: pods that fit nowhere, quotas, names that are taken, too many old versions. */
import { describe, expect, test } from 'vitest';
import { type Stage, setStage, shop } from '../support/rollout-stage.ts';

const wide = { maxSurge: 1, maxUnavailable: 0 };
const nowhere = { nodeSelector: { zone: 'none' }, containers: [{ name: 'web', image: 'shop:2.0.0' }] };

function progressing({ record }: Stage): string {
  const found = record.rollout('shop')?.status?.conditions?.find(({ type }) => type === 'Progressing');
  return `${found?.status} ${found?.reason}`;
}

function sizes({ record }: Pick<Stage, 'record'>): string {
  return record
    .replicaSets('shop')
    .map(({ spec }) => spec.replicas)
    .join();
}

describe('pods that fit nowhere', () => {
  test('pass the deadline, which is told, and are overcome by a better version', async () => {
    const stage = await setStage();
    const { kubectl, record } = stage;
    await kubectl.apply(shop({ canary: wide, spec: { progressDeadlineSeconds: 2 } }));
    await record.untilPhase('shop', 'Healthy');
    await kubectl.mergePatch('rollout/shop', { spec: { template: { spec: nowhere } } });
    const stuck = await record.untilPhase('shop', 'Degraded');
    const [, current] = record.replicaSets('shop');
    expect(stuck.status?.message).toBe(
      `ProgressDeadlineExceeded: ReplicaSet "${current?.metadata.name}" has timed out progressing.`,
    );
    expect(progressing(stage)).toBe('False ProgressDeadlineExceeded');
    expect(stuck.status?.abort).toBeUndefined();
    expect(sizes(stage)).toBe('2,1');
    await record.untilTold('shop', 'Warning ProgressDeadlineExceeded');
    await kubectl.mergePatch('rollout/shop', { spec: { template: { spec: { nodeSelector: null } } } });
    await record.untilPhase('shop', 'Healthy');
    expect(progressing(stage)).toBe('True NewReplicaSetAvailable');
    expect(record.events('shop').filter((event) => event.includes('Warning'))).toHaveLength(1);
  });

  test('are taken back by themselves where the user wants that', async () => {
    const stage = await setStage();
    const { kubectl, record } = stage;
    await kubectl.apply(shop({ canary: wide, spec: { progressDeadlineSeconds: 2, progressDeadlineAbort: true } }));
    await record.untilPhase('shop', 'Healthy');
    await kubectl.mergePatch('rollout/shop', { spec: { template: { spec: nowhere } } });
    const aborted = await record.untilPhase('shop', 'Degraded');
    expect(aborted.status?.message).toMatch(
      /^RolloutAborted: Rollout aborted update to revision 2: ReplicaSet "shop-.*" has timed out progressing\.$/,
    );
    await record.until('the canary is gone', () => sizes(stage) === '2,0');
  });

  test('leave a mark on a Rollout that undoes failures, and its stable template is in the spec again', async () => {
    const stage = await setStage();
    const { kubectl, record } = stage;
    const annotations = { 'rampart.dev/on-failure': 'undo' };
    await kubectl.apply(shop({ canary: wide, spec: { progressDeadlineSeconds: 2 }, annotations }));
    const before = await record.untilPhase('shop', 'Healthy');
    await kubectl.mergePatch('rollout/shop', { spec: { template: { spec: nowhere } } });
    const undone = await record.untilStatus('shop', 'undone', ({ phase, currentPodHash, replicas }, { metadata }) => {
      return phase === 'Degraded' && currentPodHash === before.status?.stableRS && replicas === 2 && metadata.generation === 3;
    });
    expect(undone.spec.template?.spec).toMatchObject({ containers: [{ image: 'shop:1.0.0' }] });
    expect(undone.spec.template?.spec).not.toHaveProperty('nodeSelector');
    const failure = JSON.parse(undone.metadata.annotations?.['rampart.dev/last-failure'] ?? '') as object;
    expect(failure).toMatchObject({ revision: 2, reason: expect.stringContaining('has timed out progressing') });
    await record.untilTold('shop', 'The template of the stable revision was put back after revision 2 failed');
    await kubectl.mergePatch('rollout/shop', { spec: { template: { spec: nowhere } } });
    const again = await record.untilStatus(
      'shop',
      'refused',
      ({ message }) => message?.includes('this template failed at') === true,
    );
    expect(again.status?.phase).toBe('Degraded');
    expect(
      record.replicaSets('shop').find(({ metadata }) => metadata.name.endsWith((failure as { hash: string }).hash))?.spec.replicas,
    ).toBe(0);
  });
});

describe('a quota', () => {
  const quota = (hard: object) => ({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'few' }, spec: { hard } });

  test('that forbids pods is in the status, and the update goes on when it is raised', async () => {
    const stage = await setStage();
    const { kubectl, record } = stage;
    await kubectl.apply(shop({ canary: wide }));
    await record.untilPhase('shop', 'Healthy');
    await kubectl.apply(quota({ pods: '2' }));
    await kubectl.run(['wait', 'resourcequota/few', '--for=jsonpath={.status.used.pods}=2', '--timeout=20s']);
    await kubectl.setImage('shop', 'shop:2.0.0');
    const failing = await record.untilStatus(
      'shop',
      'ReplicaFailure',
      ({ conditions }) => conditions?.some(({ type }) => type === 'ReplicaFailure') === true,
    );
    const failure = failing.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
    expect(failure).toMatchObject({
      status: 'True',
      reason: 'FailedCreate',
      message: expect.stringContaining('exceeded quota: few'),
    });
    expect(failing.status?.availableReplicas).toBe(2);
    await kubectl.apply(quota({ pods: '10' }));
    const healthy = await record.untilPhase('shop', 'Healthy', 40_000);
    expect(healthy.status?.conditions?.some(({ type }) => type === 'ReplicaFailure')).toBe(false);
  });

  test('that forbids ReplicaSets is in the status and told, and the update goes on when it is raised', async () => {
    const stage = await setStage();
    const { kubectl, record } = stage;
    await kubectl.apply(shop({ canary: wide }));
    await record.untilPhase('shop', 'Healthy');
    const key = 'count/replicasets.apps';
    await kubectl.apply(quota({ [key]: '1' }));
    await kubectl.run(['wait', 'resourcequota/few', '--for=jsonpath={.status.used.count/replicasets\\.apps}=1', '--timeout=20s']);
    await kubectl.setImage('shop', 'shop:2.0.0');
    const failing = await record.untilStatus(
      'shop',
      'the refusal',
      ({ conditions }) => conditions?.some(({ reason }) => reason === 'ReplicaSetCreateError') === true,
    );
    const condition = failing.status?.conditions?.find(({ reason }) => reason === 'ReplicaSetCreateError');
    expect(condition).toMatchObject({
      type: 'Progressing',
      status: 'False',
      message: expect.stringContaining('exceeded quota: few'),
    });
    expect(failing.status?.availableReplicas).toBe(2);
    await record.untilTold('shop', 'Warning ReplicaSetCreateError');
    await kubectl.apply(quota({ [key]: '10' }));
    await record.untilPhase('shop', 'Healthy', 40_000);
    await record.untilTold('shop', 'completed update to revision 2');
    expect(record.events('shop').filter((event) => event.includes('ReplicaSetCreateError'))).toHaveLength(1);
    expect(
      record.events('shop').filter((event) => event.includes('(revision 2)') && event.includes('NewReplicaSetCreated')),
    ).toHaveLength(1);
  });
});

test('a foreign ReplicaSet under the name makes the hash move on, and nothing happens to it', async () => {
  const probe = await setStage();
  await probe.kubectl.apply(shop());
  const { status } = await probe.record.untilPhase('shop', 'Healthy');
  const name = `shop-${status?.stableRS}`;

  const { kubectl, record } = await setStage();
  const labels = { app: 'other' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'other', image: 'other:1.0.0' }] } };
  await kubectl.apply({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name },
    spec: { replicas: 1, selector: { matchLabels: labels }, template },
  });
  await kubectl.apply(shop());
  const healthy = await record.untilPhase('shop', 'Healthy');
  expect(healthy.status?.collisionCount).toBe(1);
  expect(healthy.status?.stableRS).not.toBe(status?.stableRS);
  const foreign = record.present('replicasets').find(({ metadata }) => metadata.name === name);
  expect(foreign?.metadata.ownerReferences).toBeUndefined();
  expect(foreign?.spec).toMatchObject({ replicas: 1, template: { spec: { containers: [{ image: 'other:1.0.0' }] } } });
  await kubectl.setImage('shop', 'shop:2.0.0');
  await record.untilPhase('shop', 'Paused');
  await kubectl.setImage('shop', 'shop:1.0.0');
  const back = await record.untilPhase('shop', 'Healthy');
  expect(back.status?.stableRS).toBe(healthy.status?.stableRS);
});

test('old ReplicaSets beyond the limit are deleted, the newest are kept', async () => {
  const { kubectl, record } = await setStage();
  await kubectl.apply(shop({ canary: { maxSurge: 2, maxUnavailable: 2 }, spec: { revisionHistoryLimit: 2 } }));
  await record.untilPhase('shop', 'Healthy');
  for (const version of [2, 3, 4, 5]) {
    await kubectl.setImage('shop', `shop:${version}.0.0`);
    await record.untilPhase('shop', 'Healthy');
  }
  await record.until('two old ones', () => record.replicaSets('shop').length === 3);
  expect(record.replicaSets('shop').map(({ metadata }) => metadata.annotations?.['rollout.argoproj.io/revision'])).toEqual([
    '3',
    '4',
    '5',
  ]);
});
