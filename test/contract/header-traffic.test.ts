/** Requests through a real gateway: those with the header of a header route meet the canary, whatever the weights say. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { DesiredRoutes, ManagedRoute } from '../../src/core/rollout/routes.ts';
import { GatewayApiRouter } from '../../src/providers/traffic/gateway-api/gateway-api-router.ts';
import { routeAcceptance } from '../../src/providers/traffic/gateway-api/route-acceptance.ts';
import { type Route, routeResources } from '../../src/providers/traffic/gateway-api/route-object.ts';
import { loadKubeConfig } from '../../src/runtime/client/kube-config.ts';
import { KubernetesClient } from '../../src/runtime/client/kubernetes-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Resource } from '../../src/runtime/cluster.ts';
import { type EmbeddedCluster, startCluster } from '../../tools/cluster/cluster.ts';
import { startTraefik, type TraefikGateway } from '../../tools/cluster/traefik/traefik.ts';

const namespace = 'header-traffic';
const never = new AbortController().signal;
const resource = routeResources.httpRoute as Resource<Route>;

let embedded: EmbeddedCluster;
let client: KubernetesClient;
let traefik: TraefikGateway | undefined;

beforeAll(async () => {
  embedded = await startCluster({ name: 'header-traffic', kubelet: 'none' });
  traefik = await startTraefik(embedded);
  const { config } = loadKubeConfig({ kubeconfig: embedded.adminKubeconfig, environment: {} });
  client = KubernetesClient.create({ config, clock: systemClock, random: () => 0.5, environment: {}, limits: undefined });
});

afterAll(async () => {
  await client?.close();
  await traefik?.stop();
  await embedded?.stop();
});

/** Answers with its name and counts what comes. */
async function startBackend(name: string) {
  const seen: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    seen.push(url);
    response.end(name);
  });
  await new Promise<void>((resolve) => server.listen(0, embedded.nodeIp, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { name, seen, port: (server.address() as AddressInfo).port };
}

function backendManifest(name: string, port: number): string {
  return `---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ports: [{ name: http, port: 80, targetPort: ${port} }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-own, namespace: ${namespace}, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
ports: [{ name: http, port: ${port}, protocol: TCP }]
endpoints: [{ addresses: ["${embedded.nodeIp}"], conditions: { ready: true } }]
`;
}

const route = `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: front, namespace: ${namespace} }
spec:
  parentRefs: [{ name: traefik, namespace: gateway-system, sectionName: web }]
  hostnames: [shop.example.com]
  rules:
  - matches: [{ path: { type: PathPrefix, value: /buy } }, { path: { type: Exact, value: /list } }]
    backendRefs: [{ name: stable, port: 80, weight: 100 }, { name: canary, port: 80, weight: 0 }]
`;

function desire(managedRoutes: readonly ManagedRoute[]): DesiredRoutes {
  const services = { stableService: 'stable', canaryService: 'canary' };
  return { ...services, canaryWeight: 0, stableWeight: 100, maxWeight: 100, additional: [], managedRoutes };
}

/** Status and body. */
async function ask(path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const url = new URL(path, traefik?.httpUrl);
  return await new Promise((resolve, reject) => {
    const sent = request(url, { headers: { host: 'shop.example.com', ...headers } }, (response) => {
      let body = '';
      response.on('data', (part) => {
        body += String(part);
      });
      response.on('end', () => resolve(`${response.statusCode} ${body.trim()}`));
    });
    sent.on('error', reject).end();
  });
}

test('exact, prefix and regular expression lead to the canary, without leading anyone else there', async () => {
  const [stable, canary] = [await startBackend('stable'), await startBackend('canary')];
  const documents = [stable, canary].map(({ name, port }) => backendManifest(name, port)).join('');
  await embedded.applyManifests(`apiVersion: v1\nkind: Namespace\nmetadata: { name: ${namespace} }\n${documents}${route}`);
  let cached: Route | undefined;
  const read = async () => {
    cached = await client.get(resource, { namespace, name: 'front' });
    return cached === undefined ? undefined : routeAcceptance(cached);
  };
  const router = new GatewayApiRouter({
    routing: { httpRoute: 'front' },
    problems: [],
    namespace,
    rollout: 'shop',
    stableService: 'stable',
    canaryService: 'canary',
    managedNames: ['beta', 'staff', 'team', 'shadow'],
    cluster: client,
    source: { get: () => cached, list: () => [], marked: () => [], markedRollouts: () => [] },
  });
  await expect.poll(read, { timeout: 20_000 }).toMatchObject({ state: 'confirmed' });
  await expect.poll(() => ask('/buy/1'), { timeout: 20_000 }).toBe('200 stable');
  const header = (name: string, headerValue: object): ManagedRoute => ({
    kind: 'header',
    name,
    match: [{ headerName: `x-${name}`, headerValue }],
  });
  const managed = [header('beta', { exact: 'yes' }), header('staff', { prefix: 'a.b' }), header('team', { regex: '^(red|blue)$' })];
  await router.converge(desire(managed), never);
  await expect.poll(read, { timeout: 20_000 }).toMatchObject({ state: 'confirmed' });
  await expect.poll(() => ask('/buy/1', { 'x-beta': 'yes' }), { timeout: 20_000 }).toBe('200 canary');
  for (const [path, headers, expected] of [
    ['/buy/1', { 'x-staff': 'a.bc' }, '200 canary'],
    ['/buy/1', { 'x-staff': 'axbc' }, '200 stable'],
    ['/list', { 'x-team': 'blue' }, '200 canary'],
    ['/list', { 'x-team': 'bluer' }, '200 stable'],
    ['/buy/1', { 'x-beta': 'no' }, '200 stable'],
    ['/buy/1', {}, '200 stable'],
    ['/other', { 'x-beta': 'yes' }, '404 404 page not found'],
  ] as const)
    expect([path, headers, await ask(path, headers)]).toEqual([path, headers, expected]);
  await router.converge(desire([]), never);
  await expect.poll(() => ask('/buy/1', { 'x-beta': 'yes' }), { timeout: 20_000 }).toBe('200 stable');

  // This gateway takes mirror rules and answers 500 for them: it does not list the feature, so nothing of it is written.
  const shadow: ManagedRoute = { kind: 'mirror', name: 'shadow', match: [{ path: { prefix: '/buy' } }], percentage: 10 };
  await read();
  const evidence = await router.converge(desire([shadow]), never);
  expect(evidence).toMatchObject({ state: 'failed', message: expect.stringContaining('HTTPRouteRequestPercentageMirror') });
  await read();
  expect(cached?.spec?.rules?.map(({ name }) => name)).toEqual([undefined]);
  expect(await ask('/buy/1')).toBe('200 stable');
});
