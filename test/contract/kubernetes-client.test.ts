/** The real client: the contract of its port on a real API server, and the ways in which it finds and proves itself to one. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import { type KubeConfigOptions, loadKubeConfig } from '../../src/runtime/client/kube-config.ts';
import { KubernetesClient, type KubernetesClientOptions, type RequestRecord } from '../../src/runtime/client/kubernetes-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Resource } from '../../src/runtime/cluster.ts';
import { events } from '../../src/runtime/event.ts';
import { EventRecorder } from '../../src/runtime/event-recorder.ts';
import { Informer } from '../../src/runtime/informer.ts';
import { Lease } from '../../src/runtime/lease.ts';
import type { OpenedCluster } from '../../tools/cluster/access.ts';
import { type EmbeddedCluster, startCluster } from '../../tools/cluster/cluster.ts';
import { createNamespace, deleteNamespace, sharedCluster, useNamespace } from '../support/cluster.ts';
import { keptLog } from '../support/quiet-log.ts';
import { describeCluster } from './cluster.ts';
import { codeOf, configMap, configMaps } from './cluster-objects.ts';
import { endOfWatchFrom } from './cluster-watch.ts';

interface Review extends KubeObject {
  readonly status?: { readonly userInfo?: { readonly username?: string } };
}

const reviews: Resource<Review> = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  namespaced: false,
};
const accounts: Resource = { group: '', version: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts', namespaced: true };

const opened: KubernetesClient[] = [];

function clientFor(
  load: Omit<KubeConfigOptions, 'environment'> & Partial<KubeConfigOptions>,
  options: Partial<KubernetesClientOptions> = {},
) {
  const { config } = loadKubeConfig({ environment: {}, ...load });
  const client = KubernetesClient.create({
    config,
    clock: systemClock,
    random: Math.random,
    environment: {},
    limits: undefined,
    ...options,
  });
  opened.push(client);
  return client;
}

async function whoAmI(client: KubernetesClient): Promise<string | undefined> {
  const review = await client.create(reviews, { metadata: { name: '' } });
  return review.outcome === 'done' ? review.object.status?.userInfo?.username : review.outcome;
}

afterEach(async () => {
  for (const client of opened.splice(0)) await client.close();
});

describeCluster('the real client', async () => {
  const shared = await sharedCluster();
  const namespace = await createNamespace(shared);
  const cluster = clientFor({ kubeconfig: shared.adminKubeconfig });
  return { cluster, namespace, close: () => deleteNamespace(namespace, shared) };
});

describe('who the client is', () => {
  const namespace = useNamespace();
  let shared: OpenedCluster;
  let folder: string;
  beforeAll(async () => {
    shared = await sharedCluster();
    folder = await mkdtemp(join(tmpdir(), 'rampart-client-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** The shared cluster's kubeconfig with another user, as a file. */
  async function kubeconfigWith(user: Record<string, unknown>, cluster: Record<string, unknown> = {}): Promise<string> {
    const document = parse(await readFile(shared.adminKubeconfig, 'utf8'));
    if (Object.keys(user).length > 0) document.users[0].user = user;
    Object.assign(document.clusters[0].cluster, cluster);
    const file = join(folder, `${Math.random().toString(36).slice(2)}.kubeconfig`);
    await writeFile(file, stringify(document));
    return file;
  }

  async function tokenOf(account: string): Promise<string> {
    const admin = clientFor({ kubeconfig: shared.adminKubeconfig });
    await admin.create(accounts, { metadata: { namespace: namespace.name, name: account } });
    const document = parse(await readFile(await shared.serviceAccountKubeconfig(namespace.name, account), 'utf8'));
    return document.users[0].user.token;
  }

  async function deleteAccount(account: string): Promise<void> {
    await clientFor({ kubeconfig: shared.adminKubeconfig }).delete(accounts, { namespace: namespace.name, name: account });
  }

  const named = (account: string): string => `system:serviceaccount:${namespace.name}:${account}`;

  test('a client certificate, a token, and what RBAC does not grant', async () => {
    expect(await whoAmI(clientFor({ kubeconfig: await shared.kubeconfigFor('jane', []) }))).toBe('jane');
    const account = clientFor({ kubeconfig: await kubeconfigWith({ token: await tokenOf('one') }) });
    expect(await whoAmI(account)).toBe(named('one'));
    expect(codeOf(await account.list(configMaps, { namespace: namespace.name }).catch((error) => error))).toBe('forbidden');
    const stranger = clientFor({ kubeconfig: await kubeconfigWith({ token: 'wrong' }) });
    expect(codeOf(await whoAmI(stranger).catch((error) => error))).toBe('unauthorized');
  });

  test('a token file that was exchanged is read anew as soon as the old token is refused', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, await tokenOf('one'));
    const client = clientFor({ kubeconfig: await kubeconfigWith({ tokenFile: 'token' }) });
    expect(await whoAmI(client)).toBe(named('one'));
    await writeFile(tokenFile, await tokenOf('two'));
    await deleteAccount('one');
    await vi.waitFor(async () => expect(await whoAmI(client)).toBe(named('two')), { timeout: 30_000, interval: 200 });
  });

  test('an exec plugin is asked once, told what it is asked for, and asked again when its token is refused', async () => {
    const plugin = join(folder, 'plugin.sh');
    const token = join(folder, 'plugin-token');
    const script = [
      '#!/bin/sh',
      `echo "$KUBERNETES_EXEC_INFO $1" >> ${folder}/asked`,
      `printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' "$(cat ${token})"`,
    ];
    await writeFile(plugin, script.join('\n'));
    await chmod(plugin, 0o755);
    await writeFile(token, await tokenOf('one'));
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin.sh', args: ['get-token'] };
    const client = clientFor({ kubeconfig: await kubeconfigWith({ exec }) });
    expect([await whoAmI(client), await whoAmI(client)]).toEqual([named('one'), named('one')]);
    const asked = (await readFile(join(folder, 'asked'), 'utf8')).trim().split('\n');
    expect(asked).toEqual([
      expect.stringMatching(/^\{"apiVersion":"client.authentication.k8s.io\/v1","kind":"ExecCredential".*\} get-token$/),
    ]);
    await writeFile(token, await tokenOf('two'));
    await deleteAccount('one');
    await vi.waitFor(async () => expect(await whoAmI(client)).toBe(named('two')), { timeout: 30_000, interval: 200 });
  });

  test('a plugin that fails is an error that says so', async () => {
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'false' };
    const error = await whoAmI(clientFor({ kubeconfig: await kubeconfigWith({ exec }) })).catch((thrown) => thrown);
    expect([codeOf(error), error.message]).toEqual(['unauthorized', expect.stringContaining('no credentials could be had')]);
  });

  test('the account of a pod, found where pods have it', async () => {
    const server = new URL(shared.server);
    await writeFile(join(folder, 'token'), await tokenOf('one'));
    await writeFile(join(folder, 'ca.crt'), await readFile(shared.caFile));
    await writeFile(join(folder, 'namespace'), namespace.name);
    const environment = { KUBERNETES_SERVICE_HOST: server.hostname, KUBERNETES_SERVICE_PORT: server.port };
    const loaded = loadKubeConfig({ environment, serviceAccountRoot: folder });
    expect(loaded.namespace).toBe(namespace.name);
    expect(await whoAmI(clientFor({ environment, serviceAccountRoot: folder }))).toBe(named('one'));
  });

  test('a server is trusted by its certificate, under the name it is asked for, unless told not to check', async () => {
    const wrongName = await kubeconfigWith({}, { 'tls-server-name': 'not-this-server.example' });
    expect(codeOf(await whoAmI(clientFor({ kubeconfig: wrongName })).catch((error) => error))).toBe('unreachable');
    const rightName = await kubeconfigWith({}, { 'tls-server-name': 'kubernetes.default.svc' });
    expect(await whoAmI(clientFor({ kubeconfig: rightName }))).toBe('admin');
    const noAuthority = { 'certificate-authority-data': undefined, 'certificate-authority': undefined };
    expect(codeOf(await whoAmI(clientFor({ kubeconfig: await kubeconfigWith({}, noAuthority) })).catch((error) => error))).toBe(
      'unreachable',
    );
    const unchecked = await kubeconfigWith({}, { ...noAuthority, 'insecure-skip-tls-verify': true });
    expect(await whoAmI(clientFor({ kubeconfig: unchecked }))).toBe('admin');
  });

  test('a proxy of the kubeconfig carries everything, watches too', async () => {
    const proxy = await startProxy();
    try {
      const kubeconfig = await kubeconfigWith({}, { 'proxy-url': proxy.url });
      const client = clientFor({ kubeconfig });
      expect(await whoAmI(client)).toBe('admin');
      const { resourceVersion } = await client.list(configMaps, { namespace: namespace.name });
      await client.create(configMaps, configMap(namespace.name, 'a'));
      for await (const event of client.watch(
        configMaps,
        { namespace: namespace.name, resourceVersion },
        AbortSignal.timeout(20_000),
      )) {
        expect(event).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
        break;
      }
      await client.close();
      expect(new Set(proxy.targets)).toEqual(new Set([new URL(shared.server).host]));
    } finally {
      await proxy.close();
    }
  });
});

/** An HTTP proxy that only tunnels, and remembers where to. */
async function startProxy(): Promise<{ url: string; targets: string[]; close: () => Promise<void> }> {
  const targets: string[] = [];
  const server: Server = createServer();
  server.on('connect', (request, socket, head) => {
    targets.push(request.url ?? '');
    const [host, port] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
    socket.on('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, targets, close };
}

describe('the runtime on a real API server', () => {
  const namespace = useNamespace();

  test('requests are counted by verb, resource and answer', async () => {
    const records: RequestRecord[] = [];
    const client = clientFor(
      { kubeconfig: (await sharedCluster()).adminKubeconfig },
      { onRequest: (record) => records.push(record) },
    );
    const key = { namespace: namespace.name, name: 'a' };
    await client.get(configMaps, key);
    await client.create(configMaps, configMap(namespace.name, 'a'));
    await client.patch(configMaps, key, { type: 'merge', body: {} });
    expect(records.map(({ verb, resource, status }) => `${verb} ${resource} ${status}`)).toEqual([
      'get configmaps 404',
      'create configmaps 201',
      'patch configmaps 200',
    ]);
    expect(records.every((record) => record.namespace === namespace.name && record.durationMs > 0)).toBe(true);
  });

  test('two processes share a lease as client-go would: one leads, the other follows at once', async () => {
    const { adminKubeconfig } = await sharedCluster();
    const make = (identity: string) =>
      new Lease({
        cluster: clientFor({ kubeconfig: adminKubeconfig }),
        clock: systemClock,
        random: Math.random,
        log: keptLog(),
        namespace: namespace.name,
        name: 'lock',
        identity,
        retryPeriodMs: 50,
      });
    const [one, two] = [make('one'), make('two')];
    const stop = new AbortController();
    expect((await one.acquire(stop.signal))?.isHeld).toBe(true);
    const second = two.acquire(stop.signal);
    await vi.waitFor(() => expect(two.state).toEqual({ kind: 'standing-by', holder: 'one' }), { timeout: 10_000 });
    await one.release();
    expect((await second)?.isHeld).toBe(true);
    await two.release();
  });

  test('events are accepted and written in order, each once', async () => {
    const client = clientFor({ kubeconfig: (await sharedCluster()).adminKubeconfig });
    const recorder = new EventRecorder({
      cluster: client,
      clock: systemClock,
      random: Math.random,
      log: keptLog(),
      component: 'rollouts-controller',
    });
    const about = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', namespace: namespace.name, name: 'web', uid: 'u-1' };
    for (let i = 0; i < 20; i++)
      recorder.record(about, { type: 'Normal', reason: 'RolloutStepCompleted', message: `step ${i}`, identity: `step/${i}` });
    for (let i = 0; i < 3; i++)
      recorder.record(about, { type: 'Warning', reason: 'TrafficRoutingError', message: 'no', identity: 'route' });
    expect(await recorder.drain(AbortSignal.timeout(20_000))).toBe(0);
    const { items } = await client.list(events, { namespace: namespace.name, fieldSelector: 'involvedObject.name=web' });
    const inOrder = [...items].sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion));
    expect(inOrder.map((event) => event.message)).toEqual([...Array.from({ length: 20 }, (_, i) => `step ${i}`), 'no']);
    expect(inOrder.at(-1)?.count).toBe(1);
  });
});

describe('on a cluster of its own', () => {
  const started: EmbeddedCluster[] = [];
  afterEach(async () => {
    for (const cluster of started.splice(0)) await cluster.stop();
  });

  test.each([undefined, 'WatchList=false'])(
    'a store stays equal to the server over restarts of it (feature gates: %s)',
    async (featureGates) => {
      const cluster = await startCluster({
        name: 'client-test',
        kubelet: 'none',
        ...(featureGates === undefined ? {} : { featureGates }),
      });
      started.push(cluster);
      const client = clientFor({ kubeconfig: cluster.adminKubeconfig });
      const log = keptLog();
      const informer = new Informer({
        cluster: client,
        resource: configMaps,
        clock: systemClock,
        random: Math.random,
        log,
        namespace: 'default',
        pageSize: 20,
      });
      const stop = new AbortController();
      const running = informer.run(stop.signal);
      const { resourceVersion: first } = await client.list(configMaps, { namespace: 'default' });
      for (let i = 0; i < 50; i++) await client.create(configMaps, configMap('default', `m${i}`));
      const versions = (objects: readonly KubeObject[]) =>
        objects.map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort();
      const equal = () =>
        vi.waitFor(
          async () => {
            const { items } = await client.list(configMaps, { namespace: 'default' });
            expect(versions(informer.store.list())).toEqual(versions(items));
          },
          { timeout: 30_000, interval: 100 },
        );
      await equal();
      for (const kill of [false, true]) {
        const restarting = cluster.restartApiServer({ kill });
        await restarting;
        await client.delete(configMaps, { namespace: 'default', name: `m${kill ? 1 : 2}` });
        await client.patch(
          configMaps,
          { namespace: 'default', name: 'm7' },
          { type: 'merge', body: { data: { kill: String(kill) } } },
        );
        await equal();
      }
      expect(await endOfWatchFrom(client, 'default', first)).toEqual(['gone']);
      expect(log.lines.some((line) => line.includes('does not stream lists'))).toBe(featureGates !== undefined);
      stop.abort();
      await running;
    },
    120_000,
  );
});
