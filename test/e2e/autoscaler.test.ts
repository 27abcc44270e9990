/** A real HorizontalPodAutoscaler and `kubectl scale`, through the scale subresource, in the middle of updates of both strategies. */
import { expect, test } from 'vitest';
import { type Stage, setStage, shop } from '../support/rollout-stage.ts';

const hash = 'rollouts-pod-template-hash';

/** Without metrics an autoscaler still keeps its bounds. */
function autoscaler(minReplicas: number, maxReplicas: number): object {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'shop' },
      minReplicas,
      maxReplicas,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
    },
  };
}

interface Scale {
  readonly spec: { readonly replicas: number };
  readonly status: { readonly replicas: number; readonly selector: string };
}

/** What an autoscaler reads. */
async function scaleOf({ kubectl, namespace }: Stage): Promise<Scale> {
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/shop/scale`;
  return JSON.parse(await kubectl.run(['get', '--raw', path])) as Scale;
}

const sizes = ({ record }: Stage): readonly number[] => record.replicaSets('shop').map(({ spec }) => spec.replicas ?? 1);

async function untilSizes(stage: Stage, wanted: readonly number[]): Promise<void> {
  await stage.record.until(`sizes ${wanted.join()}`, () => sizes(stage).join() === wanted.join(), 45_000);
}

async function untilCounted(stage: Stage, pods: number): Promise<void> {
  await stage.record.untilStatus('shop', `${pods} pods are counted`, (status) => status.HPAReplicas === pods, 45_000);
}

test('a canary in the middle of its steps', { timeout: 150_000 }, async () => {
  const stage = await setStage();
  const { kubectl, record } = stage;
  await kubectl.apply(shop());
  await record.untilPhase('shop', 'Healthy');
  await kubectl.setImage('shop', 'shop:2.0.0');
  await record.untilPhase('shop', 'Paused');
  await kubectl.apply(autoscaler(4, 6));
  await untilSizes(stage, [2, 2]);
  await untilCounted(stage, 4);
  expect(await scaleOf(stage)).toMatchObject({ spec: { replicas: 4 }, status: { replicas: 4, selector: 'app=shop' } });
  await kubectl.apply(autoscaler(1, 3));
  await record.until('three are wanted', () => record.rollout('shop')?.spec.replicas === 3, 45_000);
  // 2 and 2 is nearer to the half than 2 and 1, and one more than is wanted; an autoscaler counts what it has asked for.
  await untilCounted(stage, 3);
  await kubectl.run(['delete', 'hpa/shop']);
  const paused = await record.untilPhase('shop', 'Paused');
  expect(paused.status?.currentStepIndex).toBe(1);
  await kubectl.run(['scale', 'rollout/shop', '--replicas=2']);
  await untilCounted(stage, 2);
  await kubectl.command('promote', 'shop');
  await record.untilPhase('shop', 'Healthy');
  await untilSizes(stage, [0, 2]);
  for (const { object } of record.versions('rollouts')) {
    const { HPAReplicas = 0, observedGeneration } = object.status ?? {};
    if (observedGeneration === String(object.metadata.generation))
      expect(HPAReplicas, `version ${object.metadata.resourceVersion}`).toBeLessThanOrEqual(object.spec.replicas ?? 1);
  }
});

test('blue-green beside its preview', { timeout: 150_000 }, async () => {
  const stage = await setStage();
  const { kubectl, record } = stage;
  const service = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: 'shop' }, ports: [{ port: 80 }] },
  });
  const blueGreen = { activeService: 'active', previewService: 'preview', autoPromotionEnabled: false };
  await kubectl.apply(service('active'), service('preview'), shop({ spec: { strategy: { blueGreen } } }));
  const { status } = await record.untilPhase('shop', 'Healthy');
  await kubectl.setImage('shop', 'shop:2.0.0');
  await record.untilPhase('shop', 'Paused');
  const selector = `app=shop,${hash}=${status?.stableRS}`;
  expect(await scaleOf(stage)).toMatchObject({ spec: { replicas: 2 }, status: { replicas: 2, selector } });
  await kubectl.apply(autoscaler(3, 6));
  await untilSizes(stage, [3, 3]);
  await untilCounted(stage, 3);
  expect(await scaleOf(stage)).toMatchObject({ spec: { replicas: 3 }, status: { replicas: 3, selector } });
  await kubectl.run(['delete', 'hpa/shop']);
  await kubectl.command('promote', 'shop');
  const promoted = await record.untilPhase('shop', 'Healthy');
  expect(promoted.status?.stableRS).toBe(promoted.status?.currentPodHash);
  // The old pods stay a while and are no longer counted.
  expect(sizes(stage)).toEqual([3, 3]);
  expect(await scaleOf(stage)).toMatchObject({
    status: { replicas: 3, selector: `app=shop,${hash}=${promoted.status?.stableRS}` },
  });
});
