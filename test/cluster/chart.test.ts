/** The chart on a real API server: every shape of it is taken, under the restricted standard; it comes, changes and goes without touching what users run. */
import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { createNamespace, deleteNamespace, sharedCluster } from '../support/cluster.ts';
import { startController } from '../support/controller.ts';
import { setQuietStage, shop } from '../support/rollout-stage.ts';

const chart = join(import.meta.dirname, '..', '..', 'charts', 'rampart');

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly template?: { readonly metadata: object; readonly spec: object } };
}

async function helm(namespace: string, ...args: readonly string[]): Promise<string> {
  const cluster = await sharedCluster();
  const at = ['--kubeconfig', cluster.adminKubeconfig, '--namespace', namespace];
  return (await promisify(execFile)(await cluster.partPath('helm'), [...at, ...args], { maxBuffer: 64 << 20 })).stdout;
}

async function kubectl(args: readonly string[], input = ''): Promise<{ readonly code: number | null; readonly text: string }> {
  const cluster = await sharedCluster();
  const child = spawn(await cluster.partPath('kubectl'), ['--kubeconfig', cluster.adminKubeconfig, ...args]);
  let text = '';
  child.stdout.on('data', (part: Buffer) => {
    text += part.toString();
  });
  child.stderr.on('data', (part: Buffer) => {
    text += part.toString();
  });
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, text };
}

/** What begins with a brace would be read as JSON alone. */
const documents = (objects: readonly object[]): string => objects.map((object) => `---\n${JSON.stringify(object)}\n`).join('');

/** Set values as `--set-json` takes them. */
const flags = (values: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries(values).flatMap(([path, value]) => ['--set-json', `${path}=${JSON.stringify(value)}`]);

async function rendered(namespace: string, values: Readonly<Record<string, unknown>>): Promise<readonly Manifest[]> {
  const text = await helm(namespace, 'template', namespace, chart, ...flags({ 'crds.install': false, ...values }));
  return parseAllDocuments(text).flatMap((document) => {
    const manifest = document.toJS() as Manifest | null;
    return manifest === null ? [] : [manifest];
  });
}

/** The kinds of the Prometheus operator, as far as a chart needs them. They stay with the cluster. */
const monitoring = ['ServiceMonitor', 'PrometheusRule'].map((kind) => {
  const plural = `${kind.toLowerCase()}s`;
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.monitoring.coreos.com` },
    spec: {
      group: 'monitoring.coreos.com',
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase() },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
});

/** A namespace that lets in only what satisfies the restricted standard. */
async function restrictedNamespace(): Promise<string> {
  const namespace = await createNamespace();
  onTestFinished(async () => await deleteNamespace(namespace));
  const labelled = await kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
  expect(labelled).toMatchObject({ code: 0 });
  return namespace;
}

const everything = {
  replicaCount: 2,
  instanceId: 'team-a',
  prometheusAddress: 'http://prometheus.monitoring:9090',
  'image.digest': `sha256:${'0'.repeat(64)}`,
  imagePullSecrets: [{ name: 'pull' }],
  'log.format': 'text',
  extraArgs: ['--qps=100'],
  extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }],
  'serviceAccount.annotations': { a: 'b' },
  analysisJobNamespace: 'default',
  'rbac.readAllSecrets': true,
  'rbac.runAllJobs': true,
  'rbac.nginx': true,
  podAnnotations: { a: 'b' },
  podLabels: { team: 'a' },
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  tolerations: [{ key: 'a', operator: 'Exists' }],
  affinity: { nodeAffinity: {} },
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' }],
  priorityClassName: 'system-cluster-critical',
  'podDisruptionBudget.enabled': true,
  'networkPolicy.metricsFrom': [{ namespaceSelector: { matchLabels: { name: 'monitoring' } } }],
  'networkPolicy.egress': [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }],
  'serviceMonitor.enabled': true,
  'serviceMonitor.labels': { release: 'prometheus' },
  'prometheusRule.enabled': true,
  'prometheusRule.labels': { release: 'prometheus' },
  'grafanaDashboard.enabled': true,
};

beforeAll(async () => {
  const applied = await kubectl(['apply', '-f', '-'], documents(monitoring));
  expect(applied.code, applied.text).toBe(0);
  const names = monitoring.map(({ metadata }) => `crd/${metadata.name}`);
  await kubectl(['wait', ...names, '--for=condition=Established', '--timeout=30s']);
});

type Values = Readonly<Record<string, unknown>>;
const fewestRights = { 'rbac.gatewayApi': false, 'rbac.workloadRef': false, 'rbac.experiments': false };
const matrix: readonly [string, Values][] = [
  ['as it comes', {}],
  ['in a namespace of its own', { namespaced: true, replicaCount: 2 }],
  [
    'with nothing but the controller',
    {
      'rbac.create': false,
      'serviceAccount.create': false,
      'serviceAccount.name': 'there',
      'networkPolicy.enabled': false,
      ...fewestRights,
      replicaCount: 0,
    },
  ],
  ['with the fewest rights', fewestRights],
  ['with everything', everything],
  ['with everything, in a namespace of its own', { ...everything, namespaced: true }],
];

/** path -> what the chart has there, of the values that are on or off. */
function switches(values: object, path: readonly string[] = []): readonly [string, boolean][] {
  return Object.entries(values).flatMap(([key, value]: [string, unknown]): readonly [string, boolean][] => {
    if (typeof value === 'boolean') return [[[...path, key].join('.'), value]];
    return typeof value === 'object' && value !== null ? switches(value, [...path, key]) : [];
  });
}

/** Tried elsewhere: the CRDs in chart-crds.test.ts, the pod's security in the test below and in that of its standard. */
const elsewhere = /^(crds\.install|podSecurityContext\..*|securityContext\..*)$/;

describe('the chart', () => {
  test('every switch of its values is on in one row of the matrix and off in another', async () => {
    const all = switches(parse(await readFile(join(chart, 'values.yaml'), 'utf8')) as object);
    for (const [path, usual] of all.filter(([name]) => !elsewhere.test(name)))
      expect([path, new Set(matrix.map(([, values]) => values[path] ?? usual)).size]).toEqual([path, 2]);
  });

  test.each(matrix)(
    '%s passes the linter and the API server, and its pods the restricted standard',
    { timeout: 60_000 },
    async (_, values) => {
      const namespace = await restrictedNamespace();
      await helm(namespace, 'lint', '--strict', chart, ...flags(values));
      const manifests = await rendered(namespace, values);
      const applied = await kubectl(['apply', '--dry-run=server', '-f', '-'], documents(manifests));
      expect(applied.code, applied.text).toBe(0);
      expect(applied.text).not.toMatch(/warning/i);
      if (values.namespaced === true) expect(manifests.filter(({ kind }) => kind.startsWith('Cluster'))).toEqual([]);
      expect(await podOf(manifests, namespace)).toMatchObject({ code: 0 });
    },
  );

  test('with a container that may gain privileges is kept out by that standard', async () => {
    const namespace = await restrictedNamespace();
    const manifests = await rendered(namespace, { 'securityContext.allowPrivilegeEscalation': true });
    expect(await podOf(manifests, namespace)).toMatchObject({
      code: 1,
      text: expect.stringContaining('violates PodSecurity "restricted'),
    });
  });

  test.each([
    [{ 'networkPolicy.enable': true }, /networkPolicy.*enable|additional propert/i],
    [{ replicaCount: 'two' }, /replicaCount.*integer/],
    [{ 'serviceMonitor.interval': 'often' }, /interval/],
    [{ topologySpreadConstraints: [{ maxSkew: 1 }] }, /topologyKey/],
  ] as const)('refuses %j', async (values, words) => {
    await expect(helm('default', 'template', 'x', chart, ...flags(values))).rejects.toThrow(words);
  });
});

/** A pod as the Deployment would make it, put before the API server alone: a Deployment is only warned of. */
async function podOf(
  manifests: readonly Manifest[],
  namespace: string,
): Promise<{ readonly code: number | null; readonly text: string }> {
  const template = manifests.find(({ kind }) => kind === 'Deployment')?.spec?.template;
  const spec = { ...template?.spec, serviceAccountName: 'default', priorityClassName: undefined };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...template?.metadata, name: 'one', namespace }, spec };
  return await kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(pod));
}

/** A copy of the chart, as it was before. */
async function olderChart(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rampart-chart-'));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  await cp(chart, folder, { recursive: true });
  const file = join(folder, 'Chart.yaml');
  const text = (await readFile(file, 'utf8'))
    .replace(/^version: .*$/m, 'version: 0.0.1')
    .replace(/^appVersion: .*$/m, 'appVersion: "0.0.1"');
  await writeFile(file, text);
  return folder;
}

test('an upgrade and a removal leave alone what users run', { timeout: 120_000 }, async () => {
  const { namespace, kubectl: user, record } = await setQuietStage();
  const release = ['--set', 'namespaced=true', '--set', 'image.repository=registry.example/rampart'];
  await helm(namespace, 'install', 'ramp', await olderChart(), ...release);
  const before = await startController({ namespace });
  await user.apply(shop({ replicas: 3, canary: { maxSurge: 1, maxUnavailable: 0 } }), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'shop' },
    spec: { selector: { app: 'shop' }, ports: [{ port: 80 }] },
  });
  await record.untilPhase('shop', 'Healthy');
  const pods = () =>
    record
      .present('pods')
      .filter(({ metadata }) => metadata.labels?.app === 'shop')
      .map(({ metadata }) => metadata.uid)
      .toSorted();
  const sets = () => record.replicaSets('shop').map(({ metadata, spec }) => [metadata.uid, metadata.generation, spec]);
  const [podsBefore, setsBefore] = [pods(), sets()];
  expect(podsBefore).toHaveLength(3);
  await before.stop();
  await helm(namespace, 'upgrade', 'ramp', chart, ...release);
  expect(await helm(namespace, 'list', '-o', 'json')).toMatch(/"chart":"rampart-(?!0\.0\.1)/);
  const after = await startController({ namespace });
  await user.mergePatch('rollout/shop', { metadata: { labels: { seen: 'yes' } } });
  await user.mergePatch('rollout/shop', { spec: { revisionHistoryLimit: 5 } });
  await record.untilPhase('shop', 'Healthy');
  expect([pods(), sets()]).toEqual([podsBefore, setsBefore]);
  await after.stop();
  await helm(namespace, 'uninstall', 'ramp', '--wait');
  const left = await user.run(['get', 'rollout,service,replicaset,pod', '-o', 'name', '-l', '!app.kubernetes.io/name']);
  expect(left.split('\n').filter((line) => /^(rollout|service\/shop|replicaset|pod\/shop)/.test(line))).toHaveLength(6);
  expect([pods(), sets()]).toEqual([podsBefore, setsBefore]);
});
