/**
 * A fleet of Argo Rollouts in the middle of its updates changes hands, as docs/guides/from-argo-rollouts.md says: Rampart stands by while
 * the incumbent holds its lease, goes on where that left off, restarts nothing, and leaves a status from which the incumbent can go on.
 */
import { expect, test } from 'vitest';
import { podTemplateHash } from '../../src/core/rollout/identity/pod-template-hash.ts';
import { stepHash } from '../../src/core/rollout/identity/step-hash.ts';
import { startController } from '../support/controller.ts';
import type { NamespaceRecord } from '../support/namespace-record.ts';
import { startPrometheusEndpoint } from '../support/prometheus-endpoint.ts';
import { setQuietStage } from '../support/rollout-stage.ts';
import { template as analysisTemplate } from '../support/shop.ts';

const hashLabel = 'rollouts-pod-template-hash';
const managedBy = 'argo-rollouts.argoproj.io/managed-by-rollouts';
const lease = 'argo-rollouts-controller-lock';
const time = '2026-01-01T00:00:00Z';

const podTemplate = (app: string, version: number) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'web', image: `${app}:${version}`, resources: {} }] },
});
const hashOf = (app: string, version: number): string => podTemplateHash(podTemplate(app, version));
const canary = (...steps: readonly object[]) => ({ canary: { maxSurge: 1, maxUnavailable: 0, steps } });

interface Left {
  readonly name: string;
  readonly strategy: { readonly canary?: { readonly steps?: readonly object[] }; readonly blueGreen?: object };
  /** Pods of the first version, which is stable, and of the second. */
  readonly pods: readonly [number, number];
  readonly conditions: readonly string[];
  readonly status: object;
}

/** `Type=Status Reason: message`, as the recorded transcripts have them. */
function condition(text: string): object {
  const [, type, status, reason, message] = /^(\w+)=(\w+) (\w+): (.*)$/.exec(text) ?? [];
  return { type, status, reason, message, lastUpdateTime: time, lastTransitionTime: time };
}

const available = 'Available=True AvailableReason: Rollout has minimum availability';
const unhealthy = 'Healthy=False RolloutHealthy: Rollout is not healthy';
const incomplete = 'Completed=False RolloutCompleted: RolloutCompleted';
const paused = ['Paused=True RolloutPaused: Rollout is paused', 'Progressing=Unknown RolloutPaused: Rollout is paused'];

const analysis = { templates: [{ templateName: 'good' }] };
const fleet: readonly Left[] = [
  {
    name: 'web',
    strategy: canary({ setWeight: 50 }, { pause: {} }),
    pods: [1, 1],
    conditions: [available, unhealthy, incomplete, ...paused],
    status: {
      phase: 'Paused',
      message: 'CanaryPauseStep',
      currentStepIndex: 1,
      controllerPause: true,
      pauseConditions: [{ reason: 'CanaryPauseStep', startTime: time }],
    },
  },
  {
    name: 'till',
    strategy: { blueGreen: { activeService: 'till', previewService: 'till-preview', autoPromotionEnabled: false } },
    pods: [2, 2],
    conditions: [available, unhealthy, incomplete, ...paused],
    status: {
      phase: 'Paused',
      message: 'BlueGreenPause',
      controllerPause: true,
      pauseConditions: [{ reason: 'BlueGreenPause', startTime: time }],
      blueGreen: { activeSelector: hashOf('till', 1), previewSelector: hashOf('till', 2) },
      selector: `app=till,${hashLabel}=${hashOf('till', 1)}`,
    },
  },
  {
    name: 'cart',
    strategy: canary({ setWeight: 50 }, { pause: {} }),
    pods: [2, 0],
    conditions: [
      available,
      unhealthy,
      incomplete,
      'Paused=True RolloutPaused: Rollout is paused',
      'Progressing=False RolloutAborted: Rollout aborted update to revision 2',
    ],
    status: {
      phase: 'Degraded',
      message: 'RolloutAborted: Rollout aborted update to revision 2',
      currentStepIndex: 0,
      abort: true,
      abortedAt: time,
    },
  },
  {
    name: 'pay',
    strategy: canary({ setWeight: 50 }, { analysis }, { pause: {} }),
    pods: [1, 1],
    conditions: [
      available,
      unhealthy,
      incomplete,
      `Progressing=True ReplicaSetUpdated: ReplicaSet "pay-${hashOf('pay', 2)}" is progressing.`,
    ],
    status: {
      phase: 'Progressing',
      message: 'more replicas need to be updated',
      currentStepIndex: 1,
      canary: { currentStepAnalysisRunStatus: { name: `pay-${hashOf('pay', 2)}-2-1`, status: 'Running', message: '' } },
    },
  },
];

function rollout({ name, strategy }: Left): object {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, annotations: { 'rollout.argoproj.io/revision': '2' } },
    spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: podTemplate(name, 2), strategy },
  };
}

function statusOf({ name, strategy, pods, conditions, status }: Left): object {
  const [stable, updated] = pods;
  const isCanary = strategy.canary !== undefined;
  return {
    HPAReplicas: isCanary ? stable + updated : stable,
    availableReplicas: isCanary ? stable + updated : stable,
    readyReplicas: isCanary ? stable + updated : stable,
    replicas: stable + updated,
    updatedReplicas: updated,
    blueGreen: {},
    canary: {},
    conditions: conditions.map(condition),
    currentPodHash: hashOf(name, 2),
    ...(isCanary && { currentStepHash: stepHash(strategy.canary?.steps as never) }),
    observedGeneration: '1',
    selector: `app=${name}`,
    stableRS: hashOf(name, 1),
    ...status,
  };
}

function replicaSet({ name, pods }: Left, uid: string, version: 1 | 2): object {
  const made = podTemplate(name, version);
  const labels = { ...made.metadata.labels, [hashLabel]: hashOf(name, version) };
  const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name, uid, controller: true, blockOwnerDeletion: true };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hashOf(name, version)}`,
      labels,
      annotations: { 'rollout.argoproj.io/revision': String(version), 'rollout.argoproj.io/desired-replicas': '2' },
      ownerReferences: [owner],
    },
    spec: { replicas: pods[version - 1], selector: { matchLabels: labels }, template: { ...made, metadata: { labels } } },
  };
}

function service(name: string, version: 1 | 2): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, annotations: { [managedBy]: 'till' } },
    spec: { selector: { app: 'till', [hashLabel]: hashOf('till', version) }, ports: [{ port: 80 }] },
  };
}

/** The run of `pay` as the incumbent makes it. */
function analysisRun(uid: string, address: string): object {
  const { spec } = analysisTemplate('good', address) as unknown as { readonly spec: object };
  const owner = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    name: 'pay',
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: {
      name: `pay-${hashOf('pay', 2)}-2-1`,
      labels: { app: 'pay', [hashLabel]: hashOf('pay', 2), 'rollout-type': 'Step', 'step-index': '1' },
      annotations: { 'rollout.argoproj.io/revision': '2' },
      ownerReferences: [owner],
    },
    spec,
    status: { phase: 'Running', startedAt: new Date().toISOString().replace(/\.\d+/, '') },
  };
}

function held(by: string): object {
  const renewTime = new Date().toISOString().replace('Z', '000Z');
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: lease },
    spec: { holderIdentity: by, leaseDurationSeconds: 60, acquireTime: renewTime, renewTime, leaseTransitions: 0 },
  };
}

const podsOf = (record: NamespaceRecord): readonly string[] =>
  record
    .present('pods')
    .map(({ metadata }) => metadata.name)
    .sort();

async function looks(metricsUrl: string): Promise<number> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text();
  return Number(/^rollout_reconcile_count(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1] ?? 0);
}

test('a fleet in the middle of its updates is taken over, goes on, and is handed back', { timeout: 180_000 }, async () => {
  const { kubectl, record, namespace } = await setQuietStage();
  const prometheus = await startPrometheusEndpoint(() => [1]);
  await kubectl.apply(
    analysisTemplate('good', prometheus.address),
    service('till', 1),
    service('till-preview', 2),
    ...fleet.map(rollout),
    held('argo-rollouts-7c5f'),
  );
  const uid = (name: string): string => record.rollout(name)?.metadata.uid ?? '';
  await kubectl.apply(...fleet.flatMap((one) => [replicaSet(one, uid(one.name), 1), replicaSet(one, uid(one.name), 2)]));
  await kubectl.apply(analysisRun(uid('pay'), prometheus.address));
  for (const one of fleet) await kubectl.mergePatch(`rollout/${one.name}`, { status: statusOf(one) }, 'status');
  const count = fleet.reduce((sum, { pods }) => sum + pods[0] + pods[1], 0);
  await record.until('all pods are ready', () => {
    const ready = record.present('replicasets').reduce((sum, { status }) => sum + (status?.availableReplicas ?? 0), 0);
    return ready === count && podsOf(record).length === count;
  });
  const pods = podsOf(record);
  const mark = record.mark();

  const standby = await startController({ namespace, identity: 'rampart-0', mayStandBy: true });
  expect(await (await fetch(`${standby.healthUrl}/readyz`)).text()).toContain('standing by: argo-rollouts-7c5f holds the lease');
  expect(await looks(standby.metricsUrl)).toBe(0);
  expect([record.versions('rollouts', mark), record.versions('replicasets', mark)]).toEqual([[], []]);

  // The incumbent is scaled to nothing, and gives its lease up.
  await kubectl.mergePatch(`lease/${lease}`, { spec: { holderIdentity: '', leaseDurationSeconds: 1 } });
  await expect.poll(() => looks(standby.metricsUrl), { timeout: 45_000 }).toBeGreaterThanOrEqual(fleet.length);
  await record.untilStatus('pay', 'behind its analysis', ({ currentStepIndex }) => currentStepIndex === 2);
  expect(podsOf(record)).toEqual(pods);
  const resized = record.versions('replicasets', mark).map(({ object }) => [object.metadata.name, object.spec.replicas]);
  const before = fleet.flatMap(({ name, pods: [stable, updated] }) => [
    [`${name}-${hashOf(name, 1)}`, stable],
    [`${name}-${hashOf(name, 2)}`, updated],
  ]);
  for (const one of resized) expect(before).toContainEqual(one);
  await record.until('its run is seen', () => record.present('analysisruns').length > 0);
  expect(record.present('analysisruns')).toHaveLength(1);
  for (const { name, status } of fleet.slice(0, 3)) {
    const now = record.rollout(name)?.status;
    const { phase, message } = status as { readonly phase: string; readonly message: string };
    expect(now, name).toMatchObject({ phase, message, stableRS: hashOf(name, 1), currentPodHash: hashOf(name, 2) });
    expect(record.events(name, mark), name).toEqual([]);
  }

  await kubectl.command('promote', 'web');
  await kubectl.command('promote', 'till');
  await kubectl.command('retry', 'cart');
  await kubectl.command('promote', 'pay');
  for (const name of ['web', 'till', 'pay']) {
    const { status } = await record.untilPhase(name, 'Healthy', 45_000);
    expect(status?.stableRS, name).toBe(hashOf(name, 2));
  }
  const retried = await record.untilStatus(
    'cart',
    'paused with two pods',
    ({ phase, replicas, availableReplicas }) => phase === 'Paused' && replicas === 2 && availableReplicas === 2,
    45_000,
  );

  // What the incumbent reads when it goes on from here.
  expect(await standby.stop()).toBe(0);
  const spec = await kubectl.run(['get', `lease/${lease}`, '-o', 'jsonpath={.spec.holderIdentity}']);
  expect(spec).toBe('');
  expect(retried.status).toMatchObject({
    phase: 'Paused',
    message: 'CanaryPauseStep',
    controllerPause: true,
    pauseConditions: [{ reason: 'CanaryPauseStep' }],
    currentStepIndex: 1,
    currentStepHash: stepHash([{ setWeight: 50 }, { pause: {} }] as never),
    currentPodHash: hashOf('cart', 2),
    stableRS: hashOf('cart', 1),
    observedGeneration: '1',
    selector: 'app=cart',
    replicas: 2,
    updatedReplicas: 1,
    readyReplicas: 2,
    availableReplicas: 2,
  });
  expect(retried.status).not.toHaveProperty('abort');
  expect(retried.status).not.toHaveProperty('abortedAt');
  for (const [index, { metadata, spec }] of record.replicaSets('cart').entries()) {
    expect(metadata.name).toBe(`cart-${hashOf('cart', index + 1)}`);
    expect(metadata.annotations).toMatchObject({
      'rollout.argoproj.io/revision': String(index + 1),
      'rollout.argoproj.io/desired-replicas': '2',
    });
    expect(spec.selector.matchLabels).toEqual({ app: 'cart', [hashLabel]: hashOf('cart', index + 1) });
  }
});
