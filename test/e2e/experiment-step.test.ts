/** Experiments as steps of a canary behind a gateway, with shares of the traffic of their own. */
import { expect, onTestFinished, test } from 'vitest';
import { type MetricsDouble, startMetricsDouble } from '../support/metrics-double.ts';
import { command, openShop, untilAborted, untilHealthy, untilPausedAt } from '../support/routed-stage.ts';
import { template } from '../support/shop.ts';
import type { WatchedNamespace } from '../support/watched-namespace.ts';

const experiment = {
  scaleDownDelaySeconds: 0,
  templates: [
    { name: 'baseline', specRef: 'stable', weight: 10 },
    { name: 'candidate', specRef: 'canary', weight: 5 },
  ],
  analyses: [
    {
      name: 'rate',
      templateName: 'rate',
      requiredForCompletion: true,
      args: [{ name: 'hash', value: '{{templates.candidate.podTemplateHash}}' }],
    },
  ],
};

/** The first version is there; an update to v2 has come to its experiment, which cannot decide yet. */
async function atExperiment() {
  const metrics: MetricsDouble = await startMetricsDouble();
  onTestFinished(() => metrics.stop());
  metrics.answer = [0.5];
  const containers = [{ name: 'shop', image: 'shop:v1', ports: [{ name: 'http', containerPort: 8080 }] }];
  const spec = { template: { metadata: { labels: { app: 'shop' } }, spec: { containers } } };
  const stage = await openShop({ replicas: 2, steps: [{ setWeight: 20 }, { pause: {} }], spec });
  const { view, kubectl } = stage;
  const metric = { interval: '1s', failureCondition: 'result[0] < 0.1', inconclusiveLimit: 1000, consecutiveSuccessLimit: 1 };
  await view.apply(template('rate', metrics.url, metric, { args: [{ name: 'hash' }] }));
  const steps = [{ setWeight: 20 }, { experiment }, { pause: {} }];
  await kubectl.mergePatch('rollout/shop', { spec: { strategy: { canary: { steps } } } });
  await kubectl.setImage('shop', 'shop:v2');
  await view.until('both templates have their share', () => {
    const { additional, verified } = view.status().canary?.weights ?? {};
    return backends(view).length === 4 && additional?.length === 2 && verified === true;
  });
  return { ...stage, metrics, name: view.status().canary?.currentExperiment ?? '' };
}

const backends = (view: WatchedNamespace): readonly string[] =>
  (view.route().spec?.rules?.[0]?.backendRefs ?? []).map(({ name, port, weight }) => `${name}:${port} ${weight}`);
const whole = ['stable:80 100', 'canary:80 0'];

test('an experiment of a step gets its share of the traffic from stable, and gives it back before it goes', {
  timeout: 180_000,
}, async () => {
  const { view, metrics, name } = await atExperiment();
  const hash = view.status().currentPodHash;
  expect(name).toBe(`shop-${hash}-2-1`);
  expect(backends(view)).toEqual(['stable:80 65', 'canary:80 20', `${name}-baseline:8080 10`, `${name}-candidate:8080 5`]);
  expect([view.readyEndpoints(`${name}-baseline`), view.readyEndpoints(`${name}-candidate`)]).toEqual([1, 1]);
  expect(view.status().canary?.weights?.additional?.map(({ serviceName, weight }) => [serviceName, weight])).toEqual([
    [`${name}-baseline`, 10],
    [`${name}-candidate`, 5],
  ]);
  await view.until('its run is there', () => view.runs.get(view.name, `${name}-rate`) !== undefined);
  metrics.answer = [1];
  await untilPausedAt(view, 2, 20);
  await view.until('its share is back', () => backends(view).join() === ['stable:80 80', 'canary:80 20'].join());
  await view.until('its pods and Services are gone', () => view.services.get(view.name, `${name}-baseline`) === undefined);
  expect(view.route().spec?.rules).toHaveLength(1);
  await command(view, 'promote');
  await untilHealthy(view, 'shop:v2');
  await view.until('the route is as its user wrote it', () => backends(view).join() === whole.join());
  await view.untilTold(`Normal ExperimentCreated: Created Experiment '${name}'`);
  await view.untilTold('Normal RolloutStepCompleted: Rollout step 2/3 completed (experiment)');
});

test('an experiment that fails takes the update back, and another try gets another one', { timeout: 180_000 }, async () => {
  const { view, metrics, name, kubectl, controller } = await atExperiment();
  metrics.answer = [0];
  await untilAborted(view);
  expect(view.status().message).toMatch(
    new RegExp(
      `^RolloutAborted: Rollout aborted update to revision 2: Experiment phase error/failed: AnalysisRun '${name}-rate' Failed`,
    ),
  );
  await view.until('users are on stable alone', () => backends(view).join() === whole.join());
  metrics.answer = [0.5];
  await command(view, 'retry');
  await view.until('another experiment has its share', () => view.status().canary?.weights?.additional?.length === 2);
  expect(view.status().canary?.currentExperiment).toBe(`${name}-1`);
  await kubectl.run(['delete', 'rollout/shop', '--timeout=20s']);
  await view.until('the route is given back', () => backends(view).join() === whole.join());
  expect((await controller.log()).split('\n').filter((line) => / ERROR /.test(line))).toEqual([]);
});
