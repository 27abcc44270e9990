/** The controller under the chart's own ServiceAccount does all that it is for, once, and nobody has to forbid it anything. */
import { expect, onTestFinished, test } from 'vitest';
import { rollouts } from '../../src/api/resources.ts';
import { createNamespace, deleteNamespace, sharedGateway } from '../support/cluster.ts';
import { startController } from '../support/controller.ts';
import { canaryIngress, nginxRollout, soonTaken } from '../support/nginx-stage.ts';
import { startPrometheusEndpoint } from '../support/prometheus-endpoint.ts';
import { command, setImage, untilAborted, untilHealthy, untilPausedAt } from '../support/routed-stage.ts';
import { shopIngress, shopRollout, shopRoute, shopServices, template } from '../support/shop.ts';
import { watchNamespace } from '../support/watched-namespace.ts';

const account = 'rampart';
const success = [1];
const failure = [0];

test.each([
  { scope: 'its namespace', clusterWide: false },
  { scope: 'the cluster', clusterWide: true },
])('with rights on $scope', { timeout: 120_000 }, async ({ clusterWide }) => {
  const namespace = await createNamespace();
  onTestFinished(async () => await deleteNamespace(namespace));
  let answer = success;
  const prometheus = await startPrometheusEndpoint(() => answer);
  onTestFinished(() => prometheus.stop());
  const view = await watchNamespace(namespace);
  const kubectl = await view.kubectl();
  const controller = await startController({
    namespace,
    clusterWide,
    rights: [],
    ...(clusterWide && { args: [`--instance-id=${namespace}`] }),
  });

  const labels = clusterWide ? { 'argo-rollouts.argoproj.io/controller-instance-id': namespace } : {};
  const tried = { experiment: { duration: '1s', templates: [{ name: 'candidate', specRef: 'canary' }] } };
  const steps = [{ setWeight: 20 }, { pause: {} }, { analysis: { templates: [{ templateName: 'good' }] } }, tried];
  const spec = { revisionHistoryLimit: 0, analysis: { successfulRunHistoryLimit: 0, unsuccessfulRunHistoryLimit: 0 } };
  const annotations = { 'rampart.dev/on-failure': 'undo' };
  const worn = { canaryMetadata: { labels: { role: 'canary' } }, stableMetadata: { labels: { role: 'stable' } } };
  const rollout = shopRollout({ replicas: 2, steps, spec, annotations, canary: worn });
  const measured = { containers: [{ name: 'web', image: 'shop:v1', ports: [{ containerPort: 8080 }] }] };
  const experiment = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Experiment',
    metadata: { name: 'alone', labels },
    spec: {
      templates: [
        {
          name: 'a',
          service: {},
          selector: { matchLabels: { app: 'a' } },
          template: { metadata: { labels: { app: 'a' } }, spec: measured },
        },
      ],
      analyses: [{ name: 'good', templateName: 'good', requiredForCompletion: true }],
      scaleDownDelaySeconds: 0,
    },
  };
  await view.apply(...shopServices(), shopRoute(), template('good', prometheus.address), experiment);
  await view.apply({ ...rollout, metadata: { ...rollout.metadata, labels } });
  await untilHealthy(view, 'shop:v1');
  for (const [image, verdict] of [
    ['shop:v2', success],
    ['shop:v3', success],
    ['shop:v4', failure],
  ] as const) {
    answer = verdict;
    await setImage(view, image);
    await untilPausedAt(view, 1, 20);
    await command(view, 'promote');
    if (verdict === success) await untilHealthy(view, image);
    else await untilAborted(view);
  }
  await view.until(
    'the stable template is back',
    () =>
      view.rollout().metadata.annotations?.['rampart.dev/last-failure'] !== undefined &&
      view.status().currentPodHash === view.status().stableRS,
  );
  await view.until(
    'old ones are deleted',
    () => view.replicaSetOf('shop:v1') === undefined && view.runs.list(namespace).length <= 1,
  );
  await expect
    .poll(async () => (await kubectl.run(['get', 'experiments', '-o', 'name'])).trim(), { timeout: 30_000 })
    .toBe('experiment.argoproj.io/alone');
  const pods = { metadata: { labels: { app: 'store' } }, spec: { containers: [{ name: 'web', image: 'store:1' }] } };
  const selector = { matchLabels: { app: 'store' } };
  const workloads = [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'store' }, spec: { replicas: 1, selector, template: pods } },
    { apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 'pods' }, template: pods },
  ];
  await view.apply(...workloads);
  for (const { apiVersion, kind, metadata } of workloads) {
    const workloadRef = { apiVersion, kind, name: metadata.name, ...(kind === 'Deployment' && { scaleDown: 'onsuccess' }) };
    const borrowing = { replicas: 1, selector, workloadRef, strategy: { canary: {} } };
    const { apiVersion: version } = rollout as { readonly apiVersion: string };
    await view.apply({ apiVersion: version, kind: 'Rollout', metadata: { name: `of-${metadata.name}`, labels }, spec: borrowing });
    await view.until(`${metadata.name} is used`, () => view.status(`of-${metadata.name}`).phase === 'Healthy');
  }
  await kubectl.run(['wait', 'deployment/store', '--for=jsonpath={.spec.replicas}=0', '--timeout=20s']);
  const restartAt = new Date(Date.now() - 1000).toISOString();
  await view.patch(rollouts, 'shop', { spec: { restartAt } });
  await view.until('its pods are restarted', () => view.status().restartedAt === restartAt);
  await kubectl.run(['delete', 'rollout/shop', '--timeout=20s']);
  await view.until('the Services are given back', () =>
    ['stable', 'canary'].every((name) => {
      const service = view.services.get(namespace, name);
      return (
        service?.spec.selector?.['rollouts-pod-template-hash'] === undefined &&
        service?.metadata.annotations?.['argo-rollouts.argoproj.io/managed-by-rollouts'] === undefined
      );
    }),
  );
  await kubectl.run(['wait', 'experiment/alone', '--for=condition=Completed', '--timeout=20s']);
  await view.until('the Service of the experiment is gone', () => view.services.get(namespace, 'alone-a') === undefined);
  expect(await controller.stop()).toBe(0);
  expect((await controller.log()).split('\n').filter((line) => /forbidden|\b403\b/i.test(line))).toEqual([]);
  expect((await controller.log()).split('\n').filter((line) => / ERROR /.test(line))).toEqual([]);

  const subject = `--as=system:serviceaccount:${namespace}:${clusterWide ? `${account}-${namespace}` : account}`;
  const may = async (...what: readonly string[]): Promise<string> => {
    // kubectl says no with exit code 1.
    return (await kubectl.run(['auth', 'can-i', ...what, subject]).catch(() => 'no')).trim();
  };
  expect(await may('list', 'rollouts')).toBe('yes');
  for (const what of [
    ['list', 'secrets'],
    ['get', 'secrets'],
    ['create', 'pods'],
    ['update', 'services'],
    ['get', 'pods'],
    ['delete', 'pods'],
    ['update', 'rollouts'],
    ['patch', 'deployments'],
    ['delete', 'deployments'],
    ['delete', 'leases'],
  ])
    expect(await may(...what), what.join(' ')).toBe('no');
});

test('rights on routes of every kind', { timeout: 180_000 }, async () => {
  const namespace = await createNamespace();
  onTestFinished(async () => await deleteNamespace(namespace));
  const view = await watchNamespace(namespace);
  const kubectl = await view.kubectl();
  const controller = await startController({ namespace, clusterWide: true, rights: [], args: [`--instance-id=${namespace}`] });
  const labels = { 'argo-rollouts.argoproj.io/controller-instance-id': namespace };
  const kinds = [
    { kind: 'GRPCRoute', version: 'v1', field: 'grpcRoute', listener: 'web' },
    { kind: 'TCPRoute', version: 'v1alpha2', field: 'tcpRoute', listener: 'tcp' },
    { kind: 'TLSRoute', version: 'v1alpha2', field: 'tlsRoute', listener: 'tls' },
  ];
  const routed = (name: string, routing: object, steps: readonly object[]) => {
    const rollout = shopRollout({ name, replicas: 1, steps, canary: { trafficRouting: routing } });
    return { ...rollout, metadata: { ...rollout.metadata, labels } };
  };
  for (const { kind, version, field, listener } of kinds) {
    const name = kind.toLowerCase();
    const backendRefs = ['stable', 'canary'].map((side) => ({ name: `${name}-${side}`, port: 80, weight: 1 }));
    const parentRefs = [{ ...sharedGateway().gateway, sectionName: listener }];
    const route = {
      apiVersion: `gateway.networking.k8s.io/${version}`,
      kind,
      metadata: { name },
      spec: { parentRefs, ...(kind !== 'TCPRoute' && { hostnames: [`${namespace}.example.com`] }), rules: [{ backendRefs }] },
    };
    const plugins = { 'argoproj-labs/gatewayAPI': { [field]: name } };
    await view.apply(...shopServices(name), routed(name, { plugins }, [{ setWeight: 50 }]));
    await kubectl.apply(route);
  }
  for (const { kind } of kinds) {
    const name = kind.toLowerCase();
    await kubectl.run(['wait', `${name}/${name}`, '--for=jsonpath={.spec.rules[0].backendRefs[1].weight}=0', '--timeout=60s']);
  }
  expect(await controller.stop()).toBe(0);
  expect((await controller.log()).split('\n').filter((line) => /forbidden|\b403\b/i.test(line))).toEqual([]);
});

test('rights are those of the routers that are switched on', { timeout: 120_000 }, async () => {
  const namespace = await createNamespace();
  onTestFinished(async () => await deleteNamespace(namespace));
  const view = await watchNamespace(namespace);
  const kubectl = await view.kubectl();
  const rights = ['rbac.gatewayApi=false'];
  const without = await startController({ namespace, args: soonTaken, rights });
  await view.apply(...shopServices(), shopIngress(), nginxRollout({ replicas: 1, steps: [{ setWeight: 50 }] }));
  await view.until('it says which right is missing', () => (view.status().message ?? '').includes('rbac.nginx: true'));
  expect(await without.stop()).toBe(0);
  const controller = await startController({ namespace, args: soonTaken, rights: [...rights, 'rbac.nginx=true'] });
  await untilHealthy(view, 'shop:v1');
  await setImage(view, 'shop:v2');
  await untilHealthy(view, 'shop:v2');
  await view.patch(rollouts, 'shop', { spec: { strategy: { canary: null, blueGreen: { activeService: 'stable' } } } });
  await view.until('the canary Ingress is taken away', () => canaryIngress(view) === undefined);
  expect(await controller.stop()).toBe(0);
  expect((await controller.log()).split('\n').filter((line) => /forbidden|\b403\b| ERROR /i.test(line))).toEqual([]);
  const subject = `--as=system:serviceaccount:${namespace}:${account}`;
  for (const what of [
    ['list', 'httproutes.gateway.networking.k8s.io'],
    ['update', 'ingresses.networking.k8s.io'],
    ['deletecollection', 'ingresses.networking.k8s.io'],
  ])
    expect((await kubectl.run(['auth', 'can-i', ...what, subject]).catch(() => 'no')).trim(), what.join(' ')).toBe('no');
});
