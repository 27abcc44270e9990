/** Experiments by themselves, as people use them with kubectl: pods side by side, measured, and gone afterwards. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Experiment } from '../../src/api/experiment.ts';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import { createNamespace, deleteNamespace } from '../support/cluster.ts';
import { startController } from '../support/controller.ts';
import type { Kubectl } from '../support/kubectl.ts';
import { type MetricsDouble, startMetricsDouble } from '../support/metrics-double.ts';
import { template } from '../support/shop.ts';
import { type WatchedNamespace, watchNamespace } from '../support/watched-namespace.ts';

const stage = async () => {
  const namespace = await createNamespace();
  onTestFinished(async () => await deleteNamespace(namespace));
  const view = await watchNamespace(namespace);
  const metrics = await startMetricsDouble();
  onTestFinished(() => metrics.stop());
  return { namespace, view, metrics, kubectl: await view.kubectl(), controller: await startController({ namespace }) };
};

const pods = (app: string, image: string) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 8080, name: 'http' }, { containerPort: 9090 }] }] },
});

/** Whatever differs is in `spec`. */
function experiment(name: string, spec: object = {}): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Experiment',
    metadata: { name },
    spec: {
      templates: [
        { name: 'baseline', replicas: 2, selector: { matchLabels: { app: name } }, template: pods(name, 'shop:v1'), service: {} },
        {
          name: 'canary',
          selector: { matchLabels: { app: name } },
          template: pods(name, 'shop:v2'),
          service: { name: `${name}-next` },
        },
      ],
      analyses: [
        {
          name: 'rate',
          templateName: 'rate',
          requiredForCompletion: true,
          args: [{ name: 'hash', value: '{{templates.canary.podTemplateHash}}' }],
        },
      ],
      scaleDownDelaySeconds: 1,
      ...spec,
    },
  } as KubeObject;
}

const rate = ({ url }: MetricsDouble) => template('rate', url, {}, { args: [{ name: 'hash' }] });

const size = (view: WatchedNamespace, name: string) => view.replicaSets.get(view.name, name)?.spec.replicas;

async function read(kubectl: Kubectl, name: string): Promise<Experiment> {
  return JSON.parse(await kubectl.run(['get', 'experiment', name, '-o', 'json'])) as Experiment;
}

describe('an experiment', { timeout: 120_000 }, () => {
  test('runs its templates side by side behind Services of their own, measures them, and cleans up', async () => {
    const { view, kubectl, metrics, namespace } = await stage();
    metrics.answer = [1];
    const args = [{ name: 'hash', value: '{{templates.canary.podTemplateHash}}' }];
    const analyses = [{ name: 'rate', templateName: 'rate', args }];
    await view.apply(
      template('rate', metrics.url, { interval: '1s' }, { args: [{ name: 'hash' }] }),
      experiment('compare', { analyses }),
    );
    await kubectl.run(['wait', 'experiment/compare', '--for=condition=Running', '--timeout=60s']);
    const { status } = await read(kubectl, 'compare');
    const hashes = status?.templateStatuses?.map((one) => one.podTemplateHash) ?? [];
    expect(new Set(hashes).size).toBe(2);
    expect(
      status?.templateStatuses?.map(({ status: word, serviceName, availableReplicas }) => [word, serviceName, availableReplicas]),
    ).toEqual([
      ['Running', 'compare-baseline', 2],
      ['Running', 'compare-next', 1],
    ]);
    await view.until(
      'the Services lead to the pods of their own template',
      () => [view.readyEndpoints('compare-baseline'), view.readyEndpoints('compare-next')].join() === '2,1',
    );
    expect(view.services.get(namespace, 'compare-next')?.spec.ports?.map(({ name, port }) => [name, port])).toEqual([
      ['http', 8080],
      ['tcp-9090', 9090],
    ]);
    await view.until('the run is there', () => view.runs.get(namespace, 'compare-rate') !== undefined);
    expect(view.runs.get(namespace, 'compare-rate')?.spec.args).toEqual([{ name: 'hash', value: hashes[1] }]);
    await view.untilTold('AnalysisRunRunning', 'compare', 'Experiment');
    await kubectl.mergePatch('experiment/compare', { spec: { terminate: true } });
    await kubectl.run(['wait', 'experiment/compare', '--for=jsonpath={.status.phase}=Successful', '--timeout=60s']);
    await view.until(
      'pods and Services are gone',
      () =>
        size(view, 'compare-baseline') === 0 &&
        size(view, 'compare-canary') === 0 &&
        view.services.get(namespace, 'compare-next') === undefined,
    );
    await view.untilTold('ExperimentSuccessful', 'compare', 'Experiment');
    expect(view.events('compare', 'Experiment').map((event) => event.split(':')[0])).toEqual([
      'Normal ExperimentPending',
      'Normal TemplateProgressing',
      'Normal TemplateProgressing',
      'Normal TemplateRunning',
      'Normal TemplateRunning',
      'Normal ExperimentRunning',
      'Normal AnalysisRunRunning',
      'Normal TemplateSuccessful',
      'Normal TemplateSuccessful',
      'Normal AnalysisRunSuccessful',
      'Normal ExperimentSuccessful',
    ]);
    const table = await kubectl.run(['get', 'exp']);
    expect(table).toMatch(/compare +Successful/);
    await kubectl.run(['delete', 'experiment/compare', '--timeout=20s']);
    await view.until('what it owned is gone with it', () => view.replicaSets.get(namespace, 'compare-canary') === undefined);
  });

  test('fails with its analysis, and is tried again by taking its status away', async () => {
    const { view, kubectl, metrics } = await stage();
    metrics.answer = [0];
    await view.apply(rate(metrics), experiment('again'));
    await kubectl.run(['wait', 'experiment/again', '--for=jsonpath={.status.phase}=Failed', '--timeout=60s']);
    expect((await read(kubectl, 'again')).status?.message).toMatch(
      /^AnalysisRun 'again-rate' Failed: Metric "success-rate" assessed Failed/,
    );
    await view.until('its pods are gone', () => size(view, 'again-baseline') === 0);
    metrics.answer = [1];
    await kubectl.mergePatch('experiment/again', { status: null });
    await kubectl.run(['wait', 'experiment/again', '--for=jsonpath={.status.phase}=Successful', '--timeout=60s']);
    expect((await read(kubectl, 'again')).status?.analysisRuns?.[0]?.analysisRun).toBe('again-rate.1');
  });

  test('goes on where a killed controller left it, and ends when a person says so', async () => {
    const { view, kubectl, metrics, namespace, controller } = await stage();
    const lasting = experiment('lasting', { analyses: [], duration: '1h' });
    await view.apply(rate(metrics), lasting);
    await kubectl.run(['wait', 'experiment/lasting', '--for=condition=Running', '--timeout=60s']);
    const { status } = await read(kubectl, 'lasting');
    await controller.kill();
    await kubectl.mergePatch('experiment/lasting', { spec: { terminate: true } });
    await startController({ namespace });
    await kubectl.run(['wait', 'experiment/lasting', '--for=jsonpath={.status.phase}=Successful', '--timeout=60s']);
    const ended = (await read(kubectl, 'lasting')).status;
    expect([ended?.availableAt, ended?.message]).toEqual([status?.availableAt, 'Experiment was terminated']);
    await view.until('its pods are gone', () => size(view, 'lasting-baseline') === 0 && size(view, 'lasting-canary') === 0);
  });

  test('that cannot be obeyed says what to change, and goes on within moments when it is changed', async () => {
    const { view, kubectl, metrics, namespace } = await stage();
    metrics.answer = [1];
    const images = { templates: [{ name: 'a', selector: { matchLabels: { app: 'b' } }, template: pods('a', 'shop:v1') }] };
    await view.apply(experiment('wrong', images), experiment('early'));
    await kubectl.run(['wait', 'experiment/wrong', 'experiment/early', '--for=condition=InvalidSpec', '--timeout=60s']);
    const message = async (name: string) => (await read(kubectl, name)).status?.message;
    expect(await message('wrong')).toContain('spec.templates[0].template.metadata.labels: must match spec.templates[0].selector');
    expect(await message('early')).toContain("spec.analyses[0].templateName: AnalysisTemplate 'rate' not found");
    expect(view.replicaSets.list(namespace)).toEqual([]);
    await view.apply(rate(metrics));
    await kubectl.run(['wait', 'experiment/early', '--for=jsonpath={.status.phase}=Successful', '--timeout=60s']);
    await expect(kubectl.mergePatch('experiment/wrong', { spec: { scaleDownDelaySeconds: -1 } })).rejects.toThrow(
      /scaleDownDelaySeconds.*greater than or equal to 0/,
    );
  });
});
