/** The Gateway API router on a real kube-apiserver, with Traefik as the gateway whose word counts. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import { annotations } from '../../src/api/names.ts';
import { readRouteMarks } from '../../src/api/route-mark.ts';
import type { DesiredRoutes } from '../../src/core/rollout/routes.ts';
import { GatewayApiRouter } from '../../src/providers/traffic/gateway-api/gateway-api-router.ts';
import { MarkedRoutes } from '../../src/providers/traffic/gateway-api/marked-routes.ts';
import { routeAcceptance } from '../../src/providers/traffic/gateway-api/route-acceptance.ts';
import {
  type Route,
  type RouteKind,
  type RouteRule,
  routeResources,
} from '../../src/providers/traffic/gateway-api/route-object.ts';
import type { RouteSource } from '../../src/providers/traffic/gateway-api/route-selection.ts';
import { loadKubeConfig } from '../../src/runtime/client/kube-config.ts';
import { KubernetesClient } from '../../src/runtime/client/kubernetes-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Cluster, Resource } from '../../src/runtime/cluster.ts';
import { type EmbeddedCluster, startCluster } from '../../tools/cluster/cluster.ts';
import type { TraefikGateway } from '../../tools/cluster/traefik/traefik.ts';
import { startTraefik } from '../../tools/cluster/traefik/traefik.ts';
import { describeHeaderRouter, type HeaderWorld } from './traffic-router.ts';

let embedded: EmbeddedCluster;
let client: KubernetesClient;
let traefik: TraefikGateway | undefined;
let count = 0;

beforeAll(async () => {
  embedded = await startCluster({ name: 'gateway-api', kubelet: 'none' });
  traefik = await startTraefik(embedded);
  const { config } = loadKubeConfig({ kubeconfig: embedded.adminKubeconfig, environment: {} });
  client = KubernetesClient.create({ config, clock: systemClock, random: () => 0.5, environment: {}, limits: undefined });
});

afterAll(async () => {
  await client?.close();
  await traefik?.stop();
  await embedded?.stop();
});

const acceptedWithinMs = 20_000;
const never = new AbortController().signal;

const listeners: Readonly<Record<RouteKind, string>> = { httpRoute: 'web', grpcRoute: 'web', tcpRoute: 'tcp', tlsRoute: 'tls' };

/** A route of this kind as a user would write it, with its namespace and Services. */
function manifest(kind: RouteKind, namespace: string): string {
  const { kind: name, group, version } = routeResources[kind];
  const hosts = kind === 'tcpRoute' ? '' : `hostnames: [${namespace}.example.com]`;
  const foreign =
    kind === 'httpRoute'
      ? `
  - matches: [{ path: { type: PathPrefix, value: /images } }]
    filters: [{ type: RequestHeaderModifier, requestHeaderModifier: { add: [{ name: x-from, value: edge }] } }]
    backendRefs: [{ name: images, port: 80 }]`
      : '';
  const service = (serviceName: string) => `---
apiVersion: v1
kind: Service
metadata: { name: ${serviceName}, namespace: ${namespace} }
spec: { selector: { app: ${serviceName} }, ports: [{ port: 80 }] }
`;
  return `apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
${['stable', 'canary', 'images'].map(service).join('')}---
apiVersion: ${group}/${version}
kind: ${name}
metadata: { name: front, namespace: ${namespace}, labels: { team: shop } }
spec:
  parentRefs: [{ name: traefik, namespace: gateway-system, sectionName: ${listeners[kind]} }]
  ${hosts}
  rules:${foreign}
  - backendRefs: [{ name: stable, port: 80, weight: 100 }, { name: canary, port: 80, weight: 0 }]
`;
}

/** A route of its own in a namespace of its own, and a cache of it that a test can hold still. */
async function makeRoute(kind: RouteKind) {
  const namespace = `route-${count++}`;
  const resource = routeResources[kind] as Resource<Route>;
  const key = { namespace, name: 'front' };
  await embedded.applyManifests(manifest(kind, namespace));
  let cached: Route | undefined;
  let isFrozen = false;
  const read = async (): Promise<Route | undefined> => {
    const route = await client.get(resource, key);
    if (!isFrozen) cached = route;
    return route;
  };
  const all = () => (cached === undefined ? [] : [cached]);
  const source: RouteSource = {
    get: (_, __, name) => (name === key.name ? cached : undefined),
    list: all,
    marked: (rollout) =>
      all()
        .filter(({ metadata }) => readRouteMarks(metadata).has(rollout))
        .map((marked) => ({ resource, route: marked })),
    markedRollouts: () => all().flatMap(({ metadata }) => [...readRouteMarks(metadata).keys()]),
  };
  const accepted = async (): Promise<void> => {
    for (const until = performance.now() + acceptedWithinMs; ; ) {
      const route = await read();
      if (route === undefined || routeAcceptance(route).state === 'confirmed') return;
      if (performance.now() > until) throw new Error(`Traefik did not accept: ${JSON.stringify(route, undefined, 1)}`);
      await delay(25);
    }
  };
  const newReleaser = () => new MarkedRoutes(client, source);
  const newRouter = (cluster: Cluster = client, name = 'front') =>
    new GatewayApiRouter({
      routing: { [kind]: name },
      problems: [],
      namespace,
      rollout: 'shop',
      stableService: 'stable',
      canaryService: 'canary',
      managedNames: ['beta', 'staff'],
      cluster,
      source,
    });
  const live = async (): Promise<Route> => {
    const route = await client.get(resource, key);
    if (route === undefined) throw new Error('the route is gone');
    return route;
  };
  const edit = async (body: unknown): Promise<void> => {
    const result = await client.patch(resource, key, { type: 'merge', body });
    if (result.outcome !== 'done') throw new Error(`the edit was answered by ${result.outcome}`);
    await read();
  };
  const setFrozen = (frozen: boolean) => {
    isFrozen = frozen;
  };
  const end = async () => {
    await client.delete(
      { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
      { name: namespace },
    );
  };
  return { namespace, resource, key, read, accepted, newRouter, newReleaser, live, edit, setFrozen, end };
}

async function makeWorld(): Promise<HeaderWorld> {
  const route = await makeRoute('httpRoute');
  await route.accepted();
  const rules = async () => (await route.live()).spec?.rules ?? [];
  const ours = async () => (await rules()).find(({ backendRefs = [] }) => backendRefs.length === 2)?.backendRefs ?? [];
  const editRules = async (change: (rule: RouteRule) => RouteRule) => route.edit({ spec: { rules: (await rules()).map(change) } });
  const filters = [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-edge', value: 'yes' }] } }];
  return {
    stableService: 'stable',
    canaryService: 'canary',
    maxWeight: 100,
    routeName: 'front',
    rollout: `${route.namespace}/shop`,
    newRouter: () => route.newRouter(),
    newRouterElsewhere: () => route.newRouter(client, 'side'),
    newReleaser: () => route.newReleaser(),
    stripMarks: () => route.edit({ metadata: { annotations: { [annotations.weightsOf]: null } } }),
    liveWeights: async () => {
      const [stable, canary] = await ours();
      return { stable: stable?.weight ?? 1, canary: canary?.weight ?? 1 };
    },
    liveObject: async () => {
      const { metadata, spec } = await route.live();
      return { labels: metadata.labels, annotations: metadata.annotations, spec };
    },
    version: async () => {
      const { generation, annotations: worn } = (await route.live()).metadata;
      return `${generation} ${JSON.stringify(worn)}`;
    },
    overwriteWeights: async ({ stable, canary }) => {
      const changed = (await rules()).map((rule) => {
        const backendRefs = (rule.backendRefs ?? []).map((ref) => ({ ...ref, weight: ref.name === 'canary' ? canary : stable }));
        return backendRefs.length === 2 ? { ...rule, backendRefs } : rule;
      });
      await route.edit({ spec: { rules: changed } });
    },
    editElsewhere: async () => {
      const added = {
        matches: [{ path: { type: 'PathPrefix', value: '/new' } }],
        backendRefs: [{ name: 'images', port: 80, weight: 7 }],
      };
      await route.edit({ metadata: { annotations: { edited: 'yes' } }, spec: { rules: [added, ...(await rules())] } });
    },
    freezeCache: async () => route.setFrozen(true),
    thawCache: async () => {
      route.setFrozen(false);
      await route.read();
    },
    pauseDataPlane: async () => {
      await traefik?.stop();
      traefik = undefined;
    },
    resumeDataPlane: async () => {
      traefik ??= await startTraefik(embedded);
      await route.accepted();
    },
    removeRoute: async () => {
      await client.delete(route.resource, route.key);
      await route.read();
    },
    liveManaged: async () => (await rules()).flatMap(({ name }) => name ?? []),
    editSource: async () => editRules((rule) => (rule.backendRefs?.length === 2 ? { ...rule, filters } : rule)),
    breakManaged: async () => editRules((rule) => (rule.name === undefined ? rule : { ...rule, matches: [{}] })),
    end: async () => {
      traefik ??= await startTraefik(embedded);
      await route.end();
    },
  };
}

describeHeaderRouter('Gateway API on kube-apiserver and Traefik', makeWorld);

function desire(canaryWeight: number): DesiredRoutes {
  const services = { stableService: 'stable', canaryService: 'canary' };
  return { ...services, canaryWeight, stableWeight: 100 - canaryWeight, maxWeight: 100, additional: [], managedRoutes: [] };
}

describe('on kube-apiserver and Traefik', () => {
  test.each<RouteKind>(['httpRoute', 'grpcRoute', 'tcpRoute', 'tlsRoute'])('a %s is written and accepted', async (kind) => {
    const route = await makeRoute(kind);
    await route.accepted();
    const router = route.newRouter();
    expect(await router.converge(desire(35), never)).toMatchObject({ liveCanaryWeight: 35 });
    await route.accepted();
    expect(await router.converge(desire(35), never)).toMatchObject({ state: 'confirmed', message: '' });
    await router.release(never);
    const { spec, metadata } = await route.live();
    expect(spec?.rules?.at(-1)?.backendRefs?.map(({ weight }) => weight)).toEqual([100, 0]);
    expect(metadata.labels).toEqual({ team: 'shop' });
    await route.end();
  });

  test('a write between our look and our write is not lost', async () => {
    const route = await makeRoute('httpRoute');
    await route.accepted();
    let edits = 0;
    const slow: Cluster = Object.create(client, {
      patch: {
        value: async (...args: Parameters<Cluster['patch']>) => {
          if (edits++ === 0) {
            route.setFrozen(true);
            await route.edit({ spec: { rules: [...((await route.live()).spec?.rules ?? [])].reverse() } });
          }
          return client.patch<KubeObject>(...args);
        },
      },
      get: { value: (...args: Parameters<Cluster['get']>) => client.get<KubeObject>(...args) },
    });
    expect(await route.newRouter(slow).converge(desire(15), never)).toMatchObject({ liveCanaryWeight: 15 });
    const rules = (await route.live()).spec?.rules ?? [];
    expect(rules.map(({ backendRefs = [] }) => backendRefs.map(({ name, weight }) => `${name} ${weight}`))).toEqual([
      ['stable 85', 'canary 15'],
      ['images 1'],
    ]);
    // The gateway's own word on the edit may come between as well, and cost another look.
    expect(edits).toBeGreaterThanOrEqual(2);
    await route.end();
  });

  test('a backend that is not there, and a listener that is not there, are said in words', async () => {
    const route = await makeRoute('httpRoute');
    await route.accepted();
    const router = route.newRouter();
    await client.delete(
      { group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true },
      { namespace: route.namespace, name: 'canary' },
    );
    await router.converge(desire(20), never);
    await expect
      .poll(async () => routeAcceptance((await route.read()) as Route).state, { timeout: acceptedWithinMs })
      .toBe('failed');
    const evidence = await router.converge(desire(20), never);
    expect(evidence).toMatchObject({ state: 'failed', liveCanaryWeight: 20 });
    expect(evidence.message).toContain(
      'HTTPRoute front: Gateway gateway-system/traefik (web) cannot use its backends (BackendNotFound',
    );
    await route.edit({ spec: { parentRefs: [{ name: 'traefik', namespace: 'gateway-system', sectionName: 'nowhere' }] } });
    expect(await router.converge(desire(0), never)).toMatchObject({
      state: expect.not.stringMatching('confirmed'),
      liveCanaryWeight: 0,
    });
    await route.end();
  });
});
