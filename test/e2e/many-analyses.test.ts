/** Many AnalysisRuns at once, most of them asking a Prometheus that answers nobody: those that ask another one do not notice. */
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import type { AnalysisRun } from '../../src/api/analysis-run.ts';
import { createNamespace, deleteNamespace } from '../support/cluster.ts';
import { startController } from '../support/controller.ts';
import { Kubectl } from '../support/kubectl.ts';
import { startPrometheusEndpoint } from '../support/prometheus-endpoint.ts';

const hanging = 150;
const quick = 30;

const runOf = (name: string, address: string) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisRun',
  metadata: { name, labels: { asks: name.split('-')[0] } },
  spec: {
    metrics: [
      {
        name: 'm',
        count: 3,
        interval: '1s',
        successCondition: 'result[0] == 1',
        provider: { prometheus: { address, query: 'up', timeout: 600 } },
      },
    ],
  },
});

test('who asks a server that answers is not kept waiting by those who ask one that does not', { timeout: 180_000 }, async () => {
  const namespace = await createNamespace();
  onTestFinished(async () => await deleteNamespace(namespace));
  const silent = await startPrometheusEndpoint(() => undefined);
  onTestFinished(() => silent.stop());
  const answering = await startPrometheusEndpoint(() => [1]);
  onTestFinished(() => answering.stop());
  const kubectl = await Kubectl.open(namespace);
  const controller = await startController({ namespace });
  const figure = async (series: string): Promise<number> => {
    const text = await (await fetch(`${controller.metricsUrl}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${series} `));
    return Number(line?.split(' ').at(-1) ?? Number.NaN);
  };
  const create = (runs: readonly object[]) => kubectl.run(['create', '-f', '-'], runs.map((run) => stringify(run)).join('---\n'));
  await create(Array.from({ length: hanging }, (_, index) => runOf(`silent-${index}`, silent.address)));
  await expect.poll(() => figure('rampart_measurements_waiting{kind="all"}'), { timeout: 60_000 }).toBe(hanging - 100);
  await create(Array.from({ length: quick }, (_, index) => runOf(`quick-${index}`, answering.address)));
  await kubectl.run(['wait', 'analysisrun', '-l', 'asks=quick', '--for=jsonpath={.status.phase}=Successful', '--timeout=120s']);
  expect(await figure('rampart_measurements_in_flight{kind="all"}')).toBe(100);
  expect(await figure('rampart_analysis_runs_in_flight{phase="Running"}')).toBe(hanging);
  const { items } = JSON.parse(await kubectl.run(['get', 'analysisrun', '-l', 'asks=silent', '-o', 'json'])) as {
    items: AnalysisRun[];
  };
  expect(new Set(items.map(({ status }) => status?.phase))).toEqual(new Set(['Running']));
  expect(answering.queries).toHaveLength(quick * 3);
});
