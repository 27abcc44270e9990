/** AnalysisRuns on a real API server: applied with kubectl, carried to their end by the controller, with its answers over real HTTP. */
import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import type { AnalysisRun } from '../../src/api/analysis-run.ts';
import { AddressPolicy } from '../../src/providers/metrics/http/address-policy.ts';
import type { MetricProvider } from '../../src/providers/metrics/metric-provider.ts';
import { PrometheusProvider } from '../../src/providers/metrics/prometheus/prometheus-provider.ts';
import { WebProvider } from '../../src/providers/metrics/web/web-provider.ts';
import type { OpenedCluster } from '../../tools/cluster/access.ts';
import type { Prometheus } from '../../tools/cluster/contract.ts';
import { startPrometheus } from '../../tools/cluster/prometheus/prometheus.ts';
import { type RunningController, startAnalysisRunController } from '../support/analysis-run-controller.ts';
import { sharedCluster, useNamespace } from '../support/cluster.ts';
import { type PrometheusEndpoint, type QueryAnswer, startPrometheusEndpoint } from '../support/prometheus-endpoint.ts';
import { type RecordedServer, startRecordedServer } from '../support/recorded-http-server.ts';

const execute = promisify(execFile);
const soon = { timeout: 30_000, interval: 50 };

/** What the controller may do in these tests: everything but read Secrets. */
const role = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: controller, namespace: NAMESPACE }
rules:
- { apiGroups: [argoproj.io], resources: [analysisruns], verbs: [get, list, watch, patch, delete] }
- { apiGroups: [''], resources: [events], verbs: [create, get, patch] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: controller, namespace: NAMESPACE }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: controller }
subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: User, name: analysis-controller }]
`;

describe('an AnalysisRun on a real API server', () => {
  const namespace = useNamespace();
  let cluster: OpenedCluster;
  let controllers: RunningController[];
  let endpoint: PrometheusEndpoint;
  let answer: (query: string, index: number) => QueryAnswer;

  beforeAll(async () => {
    cluster = await sharedCluster();
  });
  beforeEach(async () => {
    controllers = [];
    answer = () => [1];
    endpoint = await startPrometheusEndpoint((query, index) => answer(query, index));
    await cluster.applyManifests(role.replaceAll('NAMESPACE', namespace.name));
  });
  afterEach(async () => {
    for (const controller of controllers) await controller.kill();
    await endpoint.stop();
  });

  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const path = await cluster.partPath('kubectl');
    const { stdout } = await execute(path, ['--kubeconfig', cluster.adminKubeconfig, '-n', namespace.name, ...args]);
    return stdout;
  };

  const start = async (): Promise<RunningController> => {
    const kubeconfig = await cluster.kubeconfigFor('analysis-controller', []);
    const providers = new Map<string, MetricProvider>([
      ['prometheus', new PrometheusProvider({ defaultAddress: endpoint.address })],
      ['web', new WebProvider({ policy: new AddressPolicy() })],
    ]);
    const controller = await startAnalysisRunController({ kubeconfig, namespace: namespace.name, providers });
    controllers.push(controller);
    return controller;
  };

  const apply = async (metric: object, spec: object = {}): Promise<void> => {
    const query = { prometheus: { address: endpoint.address, query: 'up' } };
    const file = join(cluster.runDir, `${namespace.name}.yaml`);
    await writeFile(
      file,
      stringify({
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AnalysisRun',
        metadata: { name: 'run' },
        spec: { metrics: [{ name: 'm', successCondition: 'result[0] >= 0.9', provider: query, ...metric }], ...spec },
      }),
    );
    await kubectl('apply', '-f', file);
  };

  const read = async (): Promise<AnalysisRun> =>
    JSON.parse(await kubectl('get', 'analysisrun', 'run', '-o', 'json')) as AnalysisRun;
  const ended = async (phase: string): Promise<NonNullable<AnalysisRun['status']>> => {
    await kubectl('wait', `--for=jsonpath={.status.phase}=${phase}`, 'analysisrun/run', '--timeout=60s');
    return (await read()).status ?? { phase: 'Pending' };
  };
  const events = async (): Promise<readonly string[]> => {
    const list = JSON.parse(await kubectl('get', 'events', '--sort-by=.metadata.resourceVersion', '-o', 'json')) as {
      items: { type: string; reason: string; message: string }[];
    };
    return list.items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  };

  it('succeeds where every measurement is good, and says so', async () => {
    await start();
    await apply({ count: 3, interval: '1s' });
    const status = await ended('Successful');
    expect(status.metricResults?.[0]).toMatchObject({ count: 3, successful: 3 });
    expect(status.metricResults?.[0]?.measurements?.map(({ value }) => value)).toEqual(['[1]', '[1]', '[1]']);
    await vi.waitFor(async () => {
      expect(await events()).toEqual([
        "Normal MetricSuccessful: Metric 'm' Completed. Result: Successful",
        'Normal AnalysisRunSuccessful: Analysis Completed. Result: Successful',
      ]);
    }, soon);
    expect(await kubectl('get', 'ar', 'run')).toMatch(/Successful/);
  });

  it.each<[string, QueryAnswer, string, RegExp]>([
    ['a bad value fails', [0.5], 'Failed', /^Metric "m" assessed Failed due to failed \(1\) > failureLimit \(0\)$/],
    ['no data is an Error', [], 'Error', /no data returned from the metric provider/],
    ['a server that refuses is an Error', { status: 503 }, 'Error', /consecutiveErrors \(1\) > consecutiveErrorLimit \(0\)/],
    ['NaN is not good', [Number.NaN], 'Failed', /failed \(1\)/],
  ])('%s', async (_, given, phase, message) => {
    answer = () => given;
    await start();
    await apply({ consecutiveErrorLimit: 0 });
    expect((await ended(phase)).message).toMatch(message);
  });

  it('no data is what the condition says where it speaks of it', async () => {
    answer = () => [];
    await start();
    await apply({ successCondition: 'len(result) == 0 || result[0] >= 0.9' });
    await ended('Successful');
  });

  it('a metrics outage in the middle is waited out, and counts for nothing', async () => {
    answer = (_, index) => (index === 1 ? { status: 500 } : [1]);
    await start();
    await apply({ count: 2, interval: '1s' });
    expect((await ended('Successful')).metricResults?.[0]).toMatchObject({ count: 2, successful: 2, error: 1 });
  });

  it('a provider that is not there ends it with a sentence', async () => {
    await start();
    await apply({ provider: { datadog: { query: 'avg:up{*}' } } });
    expect((await ended('Error')).message).toBe(
      "metric 'm' uses the provider datadog, which this version cannot ask; supported: prometheus, web",
    );
  });

  it('ends when someone terminates it with kubectl, also in the middle of a measurement', async () => {
    answer = () => undefined;
    await start();
    await apply({});
    await ended('Running');
    await kubectl('patch', 'analysisrun', 'run', '--type=merge', '-p', '{"spec":{"terminate":true}}');
    expect(await ended('Successful')).toMatchObject({ message: 'Run Terminated' });
  });

  it('survives that the controller is killed after every write', async () => {
    await apply({ count: 3, interval: '1s' });
    let seen = await read();
    let kills = 0;
    for (; seen.status?.phase !== 'Successful'; kills++) {
      const before = seen.metadata.resourceVersion;
      const controller = await start();
      await vi.waitFor(async () => {
        seen = await read();
        expect(seen.metadata.resourceVersion).not.toBe(before);
      }, soon);
      await controller.kill();
    }
    expect(kills).toBeGreaterThan(0);
    expect((await ended('Successful')).metricResults?.[0]).toMatchObject({ count: 3, successful: 3 });
    expect(endpoint.queries.length).toBeGreaterThanOrEqual(3);
  });

  it('reads a Secret once it may, says until then how to allow it, and shows it nowhere', async () => {
    await kubectl('create', 'secret', 'generic', 'login', '--from-literal=token=hunter2-very-secret');
    await start();
    const headers = [{ key: 'Authorization', value: 'Bearer {{args.token}}' }];
    await apply(
      { consecutiveErrorLimit: 10, provider: { prometheus: { address: endpoint.address, query: 'up', headers } } },
      { args: [{ name: 'token', valueFrom: { secretKeyRef: { name: 'login', key: 'token' } } }] },
    );
    let allow = '';
    await vi.waitFor(async () => {
      allow = /To allow it, and nothing else: (.*?)"$/.exec((await read()).status?.message ?? '')?.[1] ?? '';
      expect(allow).toMatch(/^kubectl .* && kubectl .*--user=analysis-controller$/);
    }, soon);
    for (const command of allow.split(' && ')) await kubectl(...command.split(' ').slice(1));
    await ended('Successful');
    expect(endpoint.authorizations).toEqual(['Bearer hunter2-very-secret']);
    const shown = `${JSON.stringify(await read())}${(await events()).join()}`;
    expect(shown).not.toContain('hunter2');
  });

  describe('measured over the web', () => {
    let server: RecordedServer;
    beforeEach(async () => {
      server = await startRecordedServer();
    });
    afterEach(async () => {
      await server.close();
    });
    const web = (more: object) => ({
      consecutiveErrorLimit: 0,
      provider: { web: { url: `${server.url}/{{args.path}}`, ...more } },
    });
    const args = [{ name: 'path', value: 'report' }];
    const whole = '{"checks":[{"name":"db","state":"up"}],"data":{"ok":true,"ratio":0.995}}';

    it.each<[string, string | undefined, string, string, string, RegExp]>([
      ['a good value', '{$.data.ratio}', 'result >= 0.99', 'Successful', '0.995', /^$/],
      ['a bad value', '{.data.ratio}', 'result > 0.999', 'Failed', '0.995', /failed \(1\) > failureLimit \(0\)/],
      ['text', '{.checks[?(@.name=="db")].state}', 'result == "up"', 'Successful', '"up"', /^$/],
      ['a list', '{.checks}', 'all(result, #.state == "up")', 'Successful', '[{"name":"db","state":"up"}]', /^$/],
      ['all of it', undefined, 'result.data.ok && result.data.ratio < 1', 'Successful', whole, /^$/],
      ['nothing', '{.data.gone}', 'result > 0', 'Error', '', /Could not find JSONPath in body: gone is not found/],
    ])('%s', async (_, jsonPath, successCondition, phase, value, message) => {
      server.reply = ({ path }) => (path === '/report' ? { body: whole } : { status: 404 });
      await start();
      await apply({ successCondition, ...web(jsonPath === undefined ? {} : { jsonPath }) }, { args });
      const status = await ended(phase);
      expect(status.message ?? '').toMatch(message);
      expect(status.metricResults?.[0]?.measurements?.[0]?.value ?? '').toBe(value);
    });

    it('posts a JSON body with a Secret in it, which nobody sees', async () => {
      await kubectl('create', 'secret', 'generic', 'login', '--from-literal=token=hunter2-very-secret');
      await kubectl('create', 'role', 'read-login', '--verb=get', '--resource=secrets', '--resource-name=login');
      await kubectl('create', 'rolebinding', 'read-login', '--role=read-login', '--user=analysis-controller');
      server.reply = ({ body }) => ({ body: `{"echo":${body}}` });
      await start();
      const token = { name: 'token', valueFrom: { secretKeyRef: { name: 'login', key: 'token' } } };
      await apply(
        { successCondition: 'result.echo.count == 3', ...web({ method: 'POST', jsonBody: { token: '{{args.token}}', count: 3 } }) },
        { args: [...args, token] },
      );
      await ended('Successful');
      expect(server.asked).toMatchObject([{ method: 'POST', path: '/report', body: '{"count":3,"token":"hunter2-very-secret"}' }]);
      expect(`${JSON.stringify(await read())}${(await events()).join()}`).not.toContain('hunter2');
    });

    it('is not asked at all where its answers hold what only machines may read', async () => {
      await start();
      await apply({ consecutiveErrorLimit: 0, provider: { web: { url: 'http://169.254.169.254/latest/meta-data/' } } });
      expect((await ended('Error')).message).toContain(
        'Rampart does not ask 169.254.169.254: it is link-local or a metadata service',
      );
    });
  });

  describe('measured by Prometheus itself', () => {
    let prometheus: Prometheus;
    beforeAll(async () => {
      const runDir = await mkdtemp(join(cluster.runDir, 'analysis-run-'));
      prometheus = await startPrometheus({ ...cluster, runDir }, { scrapeIntervalMs: 1000 });
    });
    afterAll(async () => {
      await prometheus.stop();
    });

    const minute = { start: 'now() - duration("1m")', end: 'now()', step: '20s' };
    it.each<[string, object, string, string, RegExp]>([
      ['a vector', { query: 'vector(1)' }, 'result[0] >= 0.9', 'Successful', /^$/],
      ['a bad vector', { query: 'vector(0.2)' }, 'result[0] >= 0.9', 'Failed', /failed \(1\) > failureLimit \(0\)/],
      ['a scalar', { query: 'scalar(vector(3))' }, 'result == 3.0', 'Successful', /^$/],
      ['a range', { query: 'vector(1)', rangeQuery: minute }, 'len(result) == 4 && all(result, # == 1)', 'Successful', /^$/],
      [
        'nothing',
        { query: 'sum(nowhere) / sum(nowhere)' },
        'result[0] >= 0.9',
        'Error',
        /no data returned from the metric provider/,
      ],
      ['zero by zero', { query: 'vector(0) / vector(0)' }, 'result[0] >= 0.9', 'Failed', /failed \(1\)/],
      ['zero by zero, asked about', { query: 'vector(0) / vector(0)' }, 'isNaN(result[0])', 'Successful', /^$/],
      ['no PromQL', { query: 'sum(' }, 'result[0] >= 0.9', 'Error', /bad_data: .*parse error/],
    ])('%s', async (_, query, successCondition, phase, message) => {
      await start();
      await apply({ successCondition, consecutiveErrorLimit: 0, provider: { prometheus: { address: prometheus.url, ...query } } });
      expect((await ended(phase)).message ?? '').toMatch(message);
    });
  });

  it('is measured as `kubectl argo rollouts create analysisrun` makes it: under a name of the server, its templates merged', async () => {
    await start();
    const provider = { prometheus: { address: endpoint.address, query: 'up{app="{{args.app}}"}' } };
    const file = join(cluster.runDir, `${namespace.name}-made.yaml`);
    const made = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisRun',
      metadata: { generateName: 'success-rate-' },
      spec: {
        args: [{ name: 'app', value: 'shop' }],
        metrics: [
          { name: 'rate', successCondition: 'result[0] == 1', provider },
          { name: 'tried', successCondition: 'result[0] == 2', provider },
        ],
        dryRun: [{ metricName: 'tr.*' }],
        measurementRetention: [{ metricName: '.*', limit: 3 }],
      },
    };
    await writeFile(file, stringify(made));
    const name = (await kubectl('create', '-f', file, '-o', 'name')).trim();
    await kubectl('wait', '--for=jsonpath={.status.phase}=Successful', name, '--timeout=60s');
    const { status } = JSON.parse(await kubectl('get', name, '-o', 'json')) as AnalysisRun;
    expect(status).toMatchObject({ runSummary: { count: 1, successful: 1 }, dryRunSummary: { count: 1, failed: 1 } });
    expect(endpoint.queries).toEqual(['up{app="shop"}', 'up{app="shop"}']);
  });

  it('is deleted when its time to live is over', async () => {
    await start();
    await apply({}, { ttlStrategy: { secondsAfterSuccess: 1 } });
    await vi.waitFor(async () => {
      expect(await kubectl('get', 'analysisrun', 'run', '--ignore-not-found')).toBe('');
    }, soon);
  });
});
