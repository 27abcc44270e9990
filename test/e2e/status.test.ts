/** What a user reads: columns, description, conditions to wait for, and the sentences of specs that cannot be carried out. */
import { expect, test } from 'vitest';
import { setStage, shop } from '../support/rollout-stage.ts';
import { command, openShop, setImage, untilAborted, untilPausedAt } from '../support/routed-stage.ts';

test('kubectl wait right after kubectl apply never passes on the old state', async () => {
  const { kubectl, record } = await setStage();
  const wait = (condition: string) => kubectl.run(['wait', 'rollout/shop', `--for=condition=${condition}`, '--timeout=20s']);
  await kubectl.apply(shop());
  await Promise.all(['Available', 'Healthy', 'Completed'].map(wait));
  expect(record.rollout('shop')?.status).toMatchObject({ phase: 'Healthy', availableReplicas: 2 });

  for (const round of [2, 3]) {
    await kubectl.apply(shop({ image: `shop:${round}.0.0` }));
    await wait('Paused');
    expect(record.rollout('shop')?.status).toMatchObject({
      phase: 'Paused',
      updatedReplicas: 1,
      observedGeneration: String(round),
    });
    await kubectl.command('promote', 'shop');
    await Promise.all([wait('Healthy'), wait('Completed')]);
    expect(record.rollout('shop')?.status).toMatchObject({ phase: 'Healthy', updatedReplicas: 2 });
  }

  const wide = { maxSurge: 1, maxUnavailable: 0 };
  await kubectl.apply(shop({ image: 'shop:4.0.0', canary: wide }));
  await Promise.all(['Progressing', 'Available', 'Healthy', 'Completed'].map(wait));
  const { status } = record.rollout('shop') ?? {};
  expect(status?.stableRS).toBe(status?.currentPodHash);
  expect(record.replicaSets('shop').at(-1)?.spec).toMatchObject({
    replicas: 2,
    template: { spec: { containers: [{ image: 'shop:4.0.0' }] } },
  });
});

test('kubectl get and describe tell where an update is', async () => {
  const { kubectl, record } = await setStage();
  await kubectl.apply(shop({ replicas: 3 }));
  await record.untilPhase('shop', 'Healthy');
  await kubectl.setImage('shop', 'shop:2.0.0');
  await record.untilPhase('shop', 'Paused');
  const rows = (await kubectl.run(['get', 'ro']))
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/\s+/));
  expect(rows[0]).toEqual(['NAME', 'DESIRED', 'CURRENT', 'UP-TO-DATE', 'AVAILABLE', 'AGE']);
  expect(rows[1]?.slice(0, 5)).toEqual(['shop', '3', '4', '2', '4']);
  await record.untilTold('shop', 'CanaryPauseStep');
  const text = await kubectl.run(['describe', 'rollout', 'shop']);
  for (const line of [
    /Phase:\s+Paused/,
    /Message:\s+CanaryPauseStep/,
    /Current Step Index:\s+1/,
    /Normal\s+RolloutPaused\s+\d+s\s+rollouts-controller\s+Rollout is paused/,
  ])
    expect(text).toMatch(line);
  expect(await kubectl.run(['get', 'rollout', 'shop', '-o', 'jsonpath={.status.selector}'])).toBe('app=shop');
  const scale = JSON.parse(await kubectl.run(['get', 'rollout', 'shop', '--subresource=scale', '-o', 'json'])) as unknown;
  expect(scale).toMatchObject({ spec: { replicas: 3 }, status: { replicas: 3, selector: 'app=shop' } });
});

const fromTheWorld = `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: api-rollout }
spec:
  replicas: 10
  strategy:
    canary:
      steps:
      - setWeight: 10
      - pause: { duration: 5m }
      - analysis: { templates: [ { templateName: success-rate } ] }
      - setWeight: 50
      - pause: { duration: 10m }
      - analysis: { templates: [ { templateName: success-rate } ] }
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: { name: success-rate }
spec:
  metrics:
  - name: success-rate
    successCondition: result[0] >= 0.99
    provider:
      prometheus:
        address: http://prometheus.invalid:9090
        query: |
          sum(rate(http_requests_total{status=~"2.."}[5m]))
          /
          sum(rate(http_requests_total[5m]))
`;

test('the manifest from the world says what is missing, and runs as soon as it is there', async () => {
  const { kubectl, record } = await setStage();
  await kubectl.apply(fromTheWorld);
  const invalid = await record.untilPhase('api-rollout', 'Degraded');
  expect(invalid.status?.message).toMatch(/^InvalidSpec: The Rollout "api-rollout" is invalid: spec\.selector: is required/);
  expect(invalid.status?.message).toContain('spec.template: is required');
  expect(invalid.status?.conditions?.map(({ type, status }) => `${type}=${status}`)).toContain('InvalidSpec=True');
  expect(record.present('replicasets')).toEqual([]);
  await record.untilTold('api-rollout', 'Warning InvalidSpec');
  await kubectl.run(['wait', 'rollout/api-rollout', '--for=condition=InvalidSpec', '--timeout=5s']);

  const template = { metadata: { labels: { app: 'api' } }, spec: { containers: [{ name: 'api', image: 'api:1.0.0' }] } };
  await kubectl.mergePatch('rollout/api-rollout', { spec: { selector: { matchLabels: { app: 'api' } }, template } });
  const healthy = await record.untilPhase('api-rollout', 'Healthy');
  expect(healthy.status?.availableReplicas).toBe(10);
  expect(healthy.status?.conditions?.some(({ type }) => type === 'InvalidSpec')).toBe(false);
});

const basic = { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }] };
const unsupported: Readonly<Record<string, object>> = {
  'plugin step': { strategy: { canary: { steps: [{ plugin: { name: 'a' } }] } } },
  'router istio': { strategy: { canary: { trafficRouting: { istio: { virtualService: { name: 'shop' } } } } } },
};

test('what is not supported gets a sentence each, in the middle of an update nothing of it is obeyed, and it can be scaled and aborted', async () => {
  const { kubectl, record } = await setStage();
  const names = Object.keys(unsupported).map((_, index) => `shop-${index}`);
  await kubectl.apply(...names.map((name) => shop({ name, canary: basic })));
  for (const name of names) await record.untilPhase(name, 'Healthy');
  for (const name of names) await kubectl.setImage(name, 'shop:2.0.0');
  for (const name of names) await record.untilPhase(name, 'Paused');

  for (const [index, [what, spec]] of Object.entries(unsupported).entries()) {
    const name = `shop-${index}`;
    const template = { spec: { containers: [{ name: 'web', image: 'shop:3.0.0' }] } };
    await kubectl.mergePatch(`rollout/${name}`, { spec: { template, ...spec } });
    const invalid = await record.untilPhase(name, 'Degraded');
    expect(invalid.status?.message).toContain(`${what} is not supported by this version of Rampart`);
  }
  for (const name of names) {
    expect(record.replicaSets(name).map(({ spec }) => spec.replicas)).toEqual([1, 1]);
    await kubectl.run(['scale', `rollout/${name}`, '--replicas=4']);
    await record.untilStatus(name, 'four pods', ({ availableReplicas }) => availableReplicas === 4);
    expect(record.replicaSets(name).map(({ spec }) => spec.replicas)).toEqual([2, 2]);
    await kubectl.command('abort', name);
    await record.until(
      `${name} is back on stable`,
      () =>
        record
          .replicaSets(name)
          .map(({ spec }) => spec.replicas)
          .join() === '4,0',
    );
  }
}, 120_000);

test('a strategy that cannot be obeyed takes no route, Service or pod away in the middle of an update', async () => {
  const { view, kubectl } = await openShop();
  await setImage(view, 'shop:v2');
  await untilPausedAt(view, 1, 20);
  const { canary } = view.rollout().spec.strategy ?? {};
  const hash = view.status().currentPodHash;
  const selected = () => view.services.get(view.name, 'canary')?.spec.selector?.['rollouts-pod-template-hash'];
  await kubectl.mergePatch('rollout/shop', {
    spec: { strategy: { canary: null, blueGreen: { activeService: 'stable', autoPromotionSeconds: -1 } } },
  });
  await view.until('it is refused', () => view.status().message?.includes('autoPromotionSeconds: must not be negative') === true);
  await command(view, 'abort');
  await view.until('the abort is seen', () => view.status().abortedAt !== undefined);
  expect([selected(), view.weight(), view.podsOf('shop:v2') > 0]).toEqual([hash, 20, true]);
  await kubectl.mergePatch('rollout/shop', { spec: { strategy: { canary, blueGreen: null } } });
  await untilAborted(view);
  await view.until('the canary is gone', () => view.podsOf('shop:v2') === 0);
});
