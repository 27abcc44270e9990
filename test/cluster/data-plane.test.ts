/** Traefik and Prometheus as the demo and the router's tests rely on them: exact weights, all kinds of routes, metrics with the labels that queries use. */
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CustomObjectsApi } from '@kubernetes/client-node';
import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTraffic } from '../../demo/shop/traffic.ts';
import { type EmbeddedCluster, startCluster } from '../../tools/cluster/cluster.ts';
import { loadKubeConfig } from '../../tools/cluster/objects.ts';
import { createNamespace, deleteNamespace } from '../support/cluster.ts';

const soon = { timeout: 40_000, interval: 50 };
const shopProgram = fileURLToPath(new URL('../../demo/shop/shop.ts', import.meta.url));
const images = { shop: { executable: process.execPath, args: ['--disable-warning=ExperimentalWarning', shopProgram] } };

let cluster: EmbeddedCluster;
let namespace: string;

beforeAll(async () => {
  cluster = await startCluster({
    name: 'data-plane',
    kubelet: 'process',
    processKubelet: { nodeName: 'node-1', images },
    traefik: true,
    prometheus: { scrapeIntervalMs: 500 },
  });
});

afterAll(async () => await cluster?.stop());

beforeEach(async () => {
  namespace = await createNamespace(cluster);
  return async () => await deleteNamespace(namespace, cluster);
});

const side = (name: string, version: string) => `
apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: NAMESPACE
  labels: { app: shop, side: ${name}, rollouts-pod-template-hash: hash-${name} }
  annotations: { prometheus.io/scrape: "true", prometheus.io/port: "8080" }
spec:
  containers:
  - name: shop
    image: shop:${version}
    readinessProbe: { httpGet: { path: /ready, port: 8080 } }
---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: NAMESPACE }
spec: { selector: { side: ${name} }, ports: [{ port: 80, targetPort: 8080 }] }
---`;

const parent = (section: string) => `parentRefs: [{ name: traefik, namespace: gateway-system, sectionName: ${section} }]`;
const route = (stable: number, canary: number) => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: shop, namespace: NAMESPACE }
spec:
  ${parent('web')}
  hostnames: [NAMESPACE.example]
  rules: [{ backendRefs: [{ name: stable, port: 80, weight: ${stable} }, { name: canary, port: 80, weight: ${canary} }] }]`;

const apply = async (yaml: string) => await cluster.applyManifests(yaml.replaceAll('NAMESPACE', namespace));

async function statusOf(url: string): Promise<number> {
  const { statusCode, body } = await request(url, { headers: { host: `${namespace}.example` } });
  await body.dump();
  return statusCode;
}

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

async function query(text: string): Promise<readonly Series[]> {
  const { body } = await request(`${cluster.prometheus?.url}/api/v1/query?query=${encodeURIComponent(text)}`);
  return ((await body.json()) as { data: { result: Series[] } }).data.result;
}

describe('HTTP', () => {
  it('is split exactly by the weights of the route, and Prometheus counts what each side answered', async () => {
    await apply(side('stable', 'v1') + side('canary', 'v3') + route(90, 10));
    const url = cluster.traefik?.httpUrl ?? '';
    await vi.waitFor(async () => expect(await statusOf(url)).toBe(200), soon);
    await vi.waitFor(async () => expect(await query(`up{namespace="${namespace}"} == 1`)).toHaveLength(2), soon);
    const traffic = startTraffic({ url, host: `${namespace}.example`, requestsPerSecond: 200 });
    await vi.waitFor(() => expect(traffic.counters.sent).toBeGreaterThanOrEqual(500), soon);
    const { sent, errors, failedByGateway, byVersion } = await traffic.stop();
    expect([errors, failedByGateway]).toEqual([0, 0]);
    const canary = (byVersion.v3?.['200'] ?? 0) + (byVersion.v3?.['500'] ?? 0);
    expect(Math.abs(canary - sent / 10)).toBeLessThanOrEqual(2);
    expect(Math.abs((byVersion.v3?.['500'] ?? 0) - canary / 5)).toBeLessThanOrEqual(1);
    await vi.waitFor(async () => {
      const seen = await query(`sum by (rollouts_pod_template_hash, app, status) (http_requests_total{namespace="${namespace}"})`);
      const failed = seen.find(({ metric }) => metric.status === '500');
      expect(failed?.metric).toEqual({ app: 'shop', rollouts_pod_template_hash: 'hash-canary', status: '500' });
      expect(Number(failed?.value[1])).toBe(byVersion.v3?.['500']);
    }, soon);
    const byGateway = `sum(traefik_service_requests_total{service=~"httproute-${namespace}-.*-canary-.*", code="500", job="traefik"})`;
    await vi.waitFor(async () => expect((await query(byGateway))[0]?.value[1]).toBe(`${byVersion.v3?.['500']}`), soon);
  });

  it('goes all to one side within a second of the weight', async () => {
    await apply(side('stable', 'v1') + side('canary', 'v2') + route(0, 100));
    const url = cluster.traefik?.httpUrl ?? '';
    await vi.waitFor(async () => expect(await statusOf(url)).toBe(200), soon);
    const traffic = startTraffic({ url, host: `${namespace}.example`, requestsPerSecond: 100 });
    await vi.waitFor(() => expect(traffic.counters.byVersion.v2?.['200']).toBeGreaterThan(50), soon);
    await apply(route(100, 0));
    const before = traffic.counters.byVersion.v2?.['200'] ?? 0;
    await vi.waitFor(() => expect(traffic.counters.byVersion.v1?.['200']).toBeGreaterThan(100), soon);
    const { failures, byVersion } = await traffic.stop();
    expect(failures).toEqual([]);
    expect((byVersion.v2?.['200'] ?? 0) - before).toBeLessThan(100);
  });
});

describe('other routes', () => {
  it('TCP reaches its backend; TLS and gRPC routes are accepted', async () => {
    await apply(
      `${side('stable', 'v1')}
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TCPRoute
metadata: { name: shop, namespace: NAMESPACE }
spec:
  ${parent('tcp')}
  rules: [{ backendRefs: [{ name: stable, port: 80 }] }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: TLSRoute
metadata: { name: shop, namespace: NAMESPACE }
spec:
  ${parent('tls')}
  hostnames: [NAMESPACE.example]
  rules: [{ backendRefs: [{ name: stable, port: 80 }] }]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: { name: shop, namespace: NAMESPACE }
spec:
  ${parent('web')}
  hostnames: [grpc.NAMESPACE.example]
  rules: [{ backendRefs: [{ name: stable, port: 80 }] }]`,
    );
    const custom = loadKubeConfig(cluster.adminKubeconfig).makeApiClient(CustomObjectsApi);
    const accepted = async (plural: string) => {
      const group = 'gateway.networking.k8s.io';
      const found = (await custom.getNamespacedCustomObject({
        group,
        version: 'v1',
        namespace,
        plural,
        name: 'shop',
      })) as RouteObject;
      return found.status?.parents?.[0]?.conditions.find(({ type }) => type === 'Accepted')?.status;
    };
    for (const plural of ['tcproutes', 'tlsroutes', 'grpcroutes']) {
      await vi.waitFor(async () => expect(`${plural} ${await accepted(plural)}`).toBe(`${plural} True`), soon);
    }
    const { hostname } = new URL(cluster.traefik?.httpUrl ?? '');
    await vi.waitFor(async () => {
      expect(await talk(hostname, cluster.traefik?.ports.tcp ?? 0)).toContain('"version":"v1"');
    }, soon);
  });
});

interface RouteObject {
  readonly status?: { readonly parents?: readonly { readonly conditions: readonly { type: string; status: string }[] }[] };
}

/** What a bare TCP connection answers to a request of HTTP/1.0. */
function talk(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }, () => socket.write('GET / HTTP/1.0\r\n\r\n'));
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
    socket.once('end', () => resolve(text));
    socket.once('error', reject);
  });
}
