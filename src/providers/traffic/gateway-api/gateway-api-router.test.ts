import { describe, expect, test } from 'vitest';
import { desire, never, route, routerFor, weights } from '../../../../test/contract/front-route.ts';
import { acceptedRoute, RouteDouble } from '../../../../test/contract/route-double.ts';
import { describeHeaderRouter } from '../../../../test/contract/traffic-router.ts';
import type { GatewayApiRouting } from '../../../api/gateway-api-routing.ts';
import { ApiError } from '../../../runtime/cluster.ts';
import { MarkedRoutes } from './marked-routes.ts';
import type { Route, RouteRule } from './route-object.ts';

const filters = [{ type: 'RequestHeaderModifier' }];

function editRules(double: RouteDouble, change: (rule: RouteRule) => RouteRule): void {
  const old = double.live('HTTPRoute', 'shop', 'front');
  double.put({ ...old, spec: { ...old.spec, rules: (old.spec?.rules ?? []).map(change) } });
}

describeHeaderRouter('Gateway API on a double', async () => {
  const double = new RouteDouble(route('front', { labels: { team: 'shop' } }));
  double.accept();
  const live = () => double.live('HTTPRoute', 'shop', 'front');
  return {
    stableService: 'stable',
    canaryService: 'canary',
    maxWeight: 100,
    routeName: 'front',
    rollout: 'shop/shop',
    newRouter: () => routerFor(double, { httpRoute: 'front' }, { managedNames: ['beta', 'staff'] }),
    newRouterElsewhere: () => routerFor(double, { httpRoute: 'side' }),
    newReleaser: () => new MarkedRoutes(double.cluster, double.source),
    stripMarks: async () => {
      const { annotations: _, ...metadata } = live().metadata;
      double.put({ ...live(), metadata });
    },
    liveWeights: async () => {
      const [stable, canary] = live().spec?.rules?.find(({ backendRefs = [] }) => backendRefs.length === 2)?.backendRefs ?? [];
      return { stable: stable?.weight ?? 1, canary: canary?.weight ?? 1 };
    },
    liveObject: async () => ({ labels: live().metadata.labels, annotations: live().metadata.annotations, spec: live().spec }),
    version: async () => live().metadata.resourceVersion ?? '',
    overwriteWeights: async ({ stable, canary }) => {
      const old = live();
      const [first, ...rest] = old.spec?.rules ?? [];
      const backendRefs = (first?.backendRefs ?? []).map((ref) => ({ ...ref, weight: ref.name === 'canary' ? canary : stable }));
      double.put({ ...old, spec: { ...old.spec, rules: [{ ...first, backendRefs }, ...rest] } });
    },
    editElsewhere: async () => {
      const old = live();
      const added = { backendRefs: [{ name: 'images', port: 80, weight: 7 }] };
      const labels = { ...old.metadata.labels, edited: 'yes' };
      double.put({
        ...old,
        metadata: { ...old.metadata, labels },
        spec: { ...old.spec, rules: [added, ...(old.spec?.rules ?? [])] },
      });
    },
    freezeCache: async () => double.freezeCache(),
    thawCache: async () => double.thawCache(),
    pauseDataPlane: async () => {},
    resumeDataPlane: async () => double.accept(),
    removeRoute: async () => double.remove('HTTPRoute', 'shop', 'front'),
    liveManaged: async () => (live().spec?.rules ?? []).flatMap(({ name }) => name ?? []),
    editSource: async () => editRules(double, (rule) => (rule.backendRefs?.length === 2 ? { ...rule, filters } : rule)),
    breakManaged: async () => editRules(double, (rule) => (rule.name === undefined ? rule : { ...rule, matches: [{}] })),
    end: async () => {},
  };
});

describe('which routes', () => {
  const kinds = ['HTTPRoute', 'GRPCRoute', 'TCPRoute', 'TLSRoute'];
  const all = () => new RouteDouble(...kinds.flatMap((kind) => [route('a', { kind, labels: { x: '1' } }), route('b', { kind })]));

  test.each<[string, GatewayApiRouting, readonly string[]]>([
    [
      'one of each kind',
      { httpRoute: 'a', grpcRoute: 'a', tcpRoute: 'b', tlsRoute: 'b' },
      ['HTTPRoute/a', 'GRPCRoute/a', 'TCPRoute/b', 'TLSRoute/b'],
    ],
    [
      'lists',
      { httpRoutes: [{ name: 'a' }, { name: 'b' }], tlsRoutes: [{ name: 'a' }] },
      ['HTTPRoute/a', 'HTTPRoute/b', 'TLSRoute/a'],
    ],
    [
      'selectors',
      { httpRouteSelector: { matchLabels: { x: '1' } }, grpcRouteSelector: {} },
      ['HTTPRoute/a', 'GRPCRoute/a', 'GRPCRoute/b'],
    ],
    [
      'a route meant twice',
      { httpRoute: 'a', httpRoutes: [{ name: 'a' }], httpRouteSelector: { matchLabels: { x: '1' } } },
      ['HTTPRoute/a'],
    ],
  ])('%s', async (_name, routing, expected) => {
    const double = all();
    const evidence = await routerFor(double, routing).converge(desire(30), never);
    expect(evidence).toMatchObject({ state: 'pending', liveCanaryWeight: 30 });
    const changed = kinds.flatMap((kind) =>
      ['a', 'b'].map((name) => ({ key: `${kind}/${name}`, live: double.live(kind, 'shop', name) })),
    );
    expect(changed.filter(({ live }) => weights(live)[0]?.[1] === 30).map(({ key }) => key)).toEqual(expected);
    expect(double.writes).toBe(expected.length);
  });

  test('a selector that matches nothing, and a list with a missing route', async () => {
    const router = routerFor(all(), {
      httpRoutes: [{ name: 'a' }, { name: 'gone' }],
      tcpRouteSelector: { matchLabels: { x: '2' } },
    });
    const evidence = await router.converge(desire(10), never);
    expect(evidence).toMatchObject({ state: 'failed', liveCanaryWeight: 10 });
    expect(evidence.message).toContain('HTTPRoute gone does not exist in namespace shop');
    expect(evidence.message).toContain('no TCPRoute of namespace shop has the labels');
    expect(router.problems({ stableService: 'stable', canaryService: 'canary' }).map(({ path }) => path)).toEqual([
      'spec.strategy.canary.trafficRouting.plugins["argoproj-labs/gatewayAPI"].httpRoutes[1]',
      'spec.strategy.canary.trafficRouting.plugins["argoproj-labs/gatewayAPI"].tcpRouteSelector',
    ]);
  });

  test('a route that leaves the selection is given back', async () => {
    const double = new RouteDouble(route('a', { labels: { x: '1' } }), route('b', { labels: { x: '1' } }));
    const router = routerFor(double, { httpRouteSelector: { matchLabels: { x: '1' } } });
    await router.converge(desire(30), never);
    const left = double.live('HTTPRoute', 'shop', 'b');
    double.put({ ...left, metadata: { ...left.metadata, labels: { x: '2', ...inProgress } } });
    await router.converge(desire(40), never);
    expect(weights(double.live('HTTPRoute', 'shop', 'a'))[0]).toEqual([60, 40]);
    expect(weights(double.live('HTTPRoute', 'shop', 'b'))[0]).toEqual([100, 0]);
    expect(double.live('HTTPRoute', 'shop', 'b').metadata.labels).toEqual({ x: '2' });
  });

  test('another namespace: backends must name the Rollout’s', async () => {
    const services = { stableService: 'stable', canaryService: 'canary' };
    const wrong = new RouteDouble(route('front', { namespace: 'edge' }));
    const routing = { httpRoute: 'front', namespace: 'edge' };
    expect(routerFor(wrong, routing).problems(services)[0]?.message).toContain('with namespace: shop');
    const right = new RouteDouble(route('front', { namespace: 'edge', extra: { namespace: 'shop' } }));
    expect(routerFor(right, routing).problems(services)).toEqual([]);
    const refused = acceptedRoute(right.live('HTTPRoute', 'edge', 'front'), {
      ResolvedRefs: { status: 'False', reason: 'RefNotPermitted' },
    });
    right.put(refused);
    expect(routerFor(right, routing).problems(services)[0]?.message).toContain('needs a ReferenceGrant');
  });
});

const inProgress = { 'rollouts.argoproj.io/gatewayapi-canary': 'in-progress' };

describe('the label of routes in progress', () => {
  test.each<[GatewayApiRouting, Record<string, string>]>([
    [{ httpRoute: 'front' }, { own: 'x', ...inProgress }],
    [
      { httpRoute: 'front', inProgressLabelKey: 'a/b~c', inProgressLabelValue: 'now' },
      { own: 'x', 'a/b~c': 'now' },
    ],
    [{ httpRoute: 'front', disableInProgressLabel: true }, { own: 'x' }],
  ])('%j', async (routing, during) => {
    const double = new RouteDouble(route('front', { labels: { own: 'x' } }));
    const router = routerFor(double, routing);
    const labels = () => double.live('HTTPRoute', 'shop', 'front').metadata.labels;
    await router.converge(desire(1), never);
    expect(labels()).toEqual(during);
    await router.converge(desire(0), never);
    expect(labels()).toEqual({ own: 'x' });
  });

  test('on a route without labels, a label that appears meanwhile is kept', async () => {
    const double = new RouteDouble(route('front'));
    double.beforeNextWrite = () => {
      const old = double.live('HTTPRoute', 'shop', 'front');
      double.put({ ...old, metadata: { ...old.metadata, labels: { late: 'yes' } } });
    };
    await routerFor(double).converge(desire(5), never);
    expect(double.live('HTTPRoute', 'shop', 'front').metadata.labels).toEqual({ late: 'yes', ...inProgress });
  });
});

test('a route that no longer names the canary is still freed of the label', async () => {
  const double = new RouteDouble(route('front', { labels: { own: 'x' } }));
  const router = routerFor(double);
  await router.converge(desire(10), never);
  const old = double.live('HTTPRoute', 'shop', 'front');
  const rules = [{ backendRefs: [{ name: 'stable', weight: 90 }] }];
  double.put({ ...old, spec: { ...old.spec, rules } });
  expect(await router.converge(desire(0), never)).toMatchObject({ state: 'failed', liveCanaryWeight: 0 });
  await router.release(never);
  expect(double.live('HTTPRoute', 'shop', 'front').metadata.labels).toEqual({ own: 'x' });
  expect(double.live('HTTPRoute', 'shop', 'front').spec?.rules).toEqual(rules);
});

test('trouble with giving one route back keeps no weight from the others', async () => {
  const double = new RouteDouble(route('a', { labels: { x: '1' } }), route('b', { labels: { x: '1' } }));
  const router = routerFor(double, { httpRouteSelector: { matchLabels: { x: '1' } } });
  await router.converge(desire(30), never);
  const left = double.live('HTTPRoute', 'shop', 'b');
  double.put({ ...left, metadata: { ...left.metadata, labels: {} } });
  const { patch } = double.cluster;
  Object.assign(double.cluster, {
    patch: (...args: Parameters<typeof patch>) => {
      if (args[1].name === 'b') throw new ApiError('unavailable', 'etcd is away');
      return patch(...args);
    },
  });
  await expect(router.converge(desire(0), never)).rejects.toThrow('etcd is away');
  expect(weights(double.live('HTTPRoute', 'shop', 'a'))[0]).toEqual([100, 0]);
});

describe('trouble', () => {
  const accepted = (conditions: Parameters<typeof acceptedRoute>[1]) => {
    const double = new RouteDouble(route('front'));
    return { double, state: (live: Route) => double.put(acceptedRoute(live, conditions)) };
  };

  test.each<[string, Parameters<typeof acceptedRoute>[1], string, string]>([
    [
      'not accepted',
      { Accepted: { status: 'False', reason: 'NotAllowedByListeners' } },
      'failed',
      'Gateway web did not accept it (NotAllowedByListeners)',
    ],
    [
      'backends not found',
      { ResolvedRefs: { status: 'False', reason: 'BackendNotFound' } },
      'failed',
      'Gateway web cannot use its backends (BackendNotFound)',
    ],
    ['unknown yet', { Accepted: { status: 'Unknown' } }, 'pending', 'Gateway web did not accept it'],
  ])('%s', async (_name, conditions, state, sentence) => {
    const { double, state: say } = accepted(conditions);
    const router = routerFor(double);
    await router.converge(desire(10), never);
    say(double.live('HTTPRoute', 'shop', 'front'));
    const evidence = await router.converge(desire(10), never);
    expect(evidence.state).toBe(state);
    expect(evidence.message).toBe(`HTTPRoute front: ${sentence}`);
  });

  test('every parent that answers has to take the generation; one that never answered does not count', async () => {
    const double = new RouteDouble(route('front'));
    const old = double.live('HTTPRoute', 'shop', 'front');
    const parentRefs = [{ name: 'web' }, { name: 'inner', namespace: 'edge' }];
    const both = acceptedRoute(double.put({ ...old, spec: { ...old.spec, parentRefs } }));
    const [web, inner] = both.status?.parents ?? [];
    if (web === undefined || inner === undefined) throw new Error('two parents were expected');
    const conditions = inner.conditions?.map((one) => ({ ...one, observedGeneration: (one.observedGeneration ?? 0) - 1 })) ?? [];
    const evidence = async (...parents: (typeof web)[]) => {
      double.put({ ...both, status: { parents } });
      return routerFor(double).converge(desire(0), never);
    };
    expect((await evidence(web, { ...inner, conditions })).message).toBe(
      'HTTPRoute front: Gateway edge/inner has not taken generation 2 yet: it has seen generation 1',
    );
    expect(await evidence(web, inner)).toMatchObject({ state: 'confirmed' });
    expect(await evidence(web)).toMatchObject({ state: 'confirmed' });
    expect((await evidence()).message).toContain('Gateway web has not answered');
  });

  test('what the API server refuses for good is evidence, what may pass is thrown, and neither keeps other routes back', async () => {
    const double = new RouteDouble(route('front'));
    double.refusal = new ApiError('forbidden', 'may not patch httproutes');
    expect(await routerFor(double).converge(desire(10), never)).toMatchObject({ state: 'failed', liveCanaryWeight: 0 });
    double.refusal = new ApiError('unavailable', 'etcd is away');
    await expect(routerFor(double).converge(desire(10), never)).rejects.toThrow('etcd is away');
  });

  test('someone who changes the route before every write: bounded, and said', async () => {
    const double = new RouteDouble(route('front'));
    const disturb = () => {
      double.beforeNextWrite = disturb;
      const old = double.live('HTTPRoute', 'shop', 'front');
      const [first, ...rest] = old.spec?.rules ?? [];
      const backendRefs = (first?.backendRefs ?? []).map((ref) => ({ ...ref, port: (ref.port ?? 0) + 1 }));
      double.put({ ...old, spec: { ...old.spec, rules: [{ ...first, backendRefs }, ...rest] } });
    };
    disturb();
    const evidence = await routerFor(double).converge(desire(10), never);
    expect(evidence).toMatchObject({ state: 'failed', liveCanaryWeight: 0 });
    expect(evidence.message).toContain('being changed by someone else');
    expect(double.writes).toBe(0);
  });

  test('shares of experiments are added, and taken off by a process that knows of them only from the mark', async () => {
    const double = new RouteDouble(route('front'));
    const additional = [{ service: 'e', weight: 5 }];
    const shared = { ...desire(10), stableWeight: 85, additional };
    expect(await routerFor(double).converge(shared, never)).toMatchObject({ liveCanaryWeight: 10 });
    const names = () =>
      double
        .live('HTTPRoute', 'shop', 'front')
        .spec?.rules?.flatMap(({ backendRefs }) => (backendRefs ?? []).map(({ name }) => name));
    expect(names()).toContain('e');
    expect(await routerFor(double).converge(desire(0), never)).toMatchObject({ liveCanaryWeight: 0 });
    expect(names()).not.toContain('e');
  });

  test('the hot path asks the API server nothing', async () => {
    const double = new RouteDouble(route('front'));
    const router = routerFor(double);
    for (const weight of [0, 10, 50, 100, 0]) await router.converge(desire(weight), never);
    expect({ reads: double.reads, writes: double.writes }).toEqual({ reads: 0, writes: 4 });
  });
});

/** The Gateway that `route` names, and its class. */
function gatewayWith(...names: readonly string[]): readonly Route[] {
  const gateway = { kind: 'Gateway', metadata: { name: 'web', namespace: 'shop' }, spec: { gatewayClassName: 'some' } };
  const status = { supportedFeatures: names.map((name) => ({ name })) };
  return [gateway, { kind: 'GatewayClass', metadata: { name: 'some' }, status }] as unknown as readonly Route[];
}

describe('header routes', () => {
  const match = [{ headerName: 'x', headerValue: { exact: 'y' } }];
  const wanted = { ...desire(10), managedRoutes: [{ kind: 'header' as const, name: 'beta', match }] };
  const kinds = ['HTTPRoute', 'GRPCRoute', 'TCPRoute', 'TLSRoute'];
  const all = () => new RouteDouble(...kinds.flatMap((kind) => [route('a', { kind }), route('b', { kind })]));
  const carriers = (double: RouteDouble) =>
    kinds.flatMap((kind) =>
      ['a', 'b']
        .filter((name) => double.live(kind, 'shop', name).spec?.rules?.[0]?.name === 'beta')
        .map((name) => `${kind}/${name}`),
    );

  test.each<[GatewayApiRouting, readonly string[]]>([
    [{ httpRoute: 'a', grpcRoute: 'b', tcpRoute: 'a', tlsRoute: 'a' }, ['HTTPRoute/a', 'GRPCRoute/b']],
    [
      { httpRoutes: [{ name: 'a' }, { name: 'b', useHeaderRoutes: true }], grpcRoutes: [{ name: 'a', useHeaderRoutes: false }] },
      ['HTTPRoute/b'],
    ],
    [{ httpRoute: 'a', httpRouteSelector: {}, tcpRoutes: [{ name: 'a', useHeaderRoutes: true }] }, ['HTTPRoute/a']],
  ])('%j: into %j', async (routing, expected) => {
    const double = all();
    await routerFor(double, routing).converge(wanted, never);
    expect(carriers(double)).toEqual(expected);
  });

  test.each<[string, readonly Route[], number | undefined, string | undefined]>([
    ['says nothing of itself', [], undefined, 'does not list HTTPRouteRequestMirror in'],
    ['can copy all', gatewayWith('HTTPRouteRequestMirror'), undefined, undefined],
    ['can copy all, not a share', gatewayWith('HTTPRouteRequestMirror'), 5, 'does not list HTTPRouteRequestPercentageMirror in'],
    ['can copy a share', gatewayWith('HTTPRouteRequestMirror', 'HTTPRouteRequestPercentageMirror'), 5, undefined],
  ])('a mirror route where the gateway %s', async (_name, gateway, percentage, problem) => {
    const double = new RouteDouble(route('front'), ...gateway);
    const shadow = { kind: 'mirror' as const, name: 'shadow', match: [{ path: { prefix: '/' } }], percentage };
    const asked = { ...wanted, managedRoutes: [shadow, ...wanted.managedRoutes] };
    const router = routerFor(double);
    const evidence = await router.converge(asked, never);
    const names = double.live('HTTPRoute', 'shop', 'front').spec?.rules?.flatMap(({ name }) => name ?? []);
    expect(names).toEqual(problem === undefined ? ['shadow', 'beta'] : ['beta']);
    expect(evidence).toMatchObject({ liveCanaryWeight: 10, state: problem === undefined ? 'pending' : 'failed' });
    expect(evidence.message).toContain(problem ?? 'Gateway web');
    const { reads } = double;
    await router.converge({ ...desire(0) }, never);
    expect(double.live('HTTPRoute', 'shop', 'front').spec?.rules?.flatMap(({ name }) => name ?? [])).toEqual([]);
    expect(double.reads).toBe(reads);
  });

  test('what the cluster does not keep is taken off again, and said', async () => {
    const double = new RouteDouble(route('front'), ...gatewayWith('HTTPRouteRequestMirror', 'HTTPRouteRequestPercentageMirror'));
    const put = double.put.bind(double);
    const dropPercent = (rule: RouteRule): RouteRule =>
      rule.name === undefined
        ? rule
        : {
            ...rule,
            filters: [
              { type: 'RequestMirror', requestMirror: { backendRef: { group: '', kind: 'Service', name: 'canary', port: 80 } } },
            ],
          };
    double.put = (one) => put({ ...one, spec: { ...one.spec, rules: (one.spec?.rules ?? []).map(dropPercent) } });
    const router = routerFor(double);
    const mirror = { kind: 'mirror' as const, name: 'shadow', match: [{ path: { prefix: '/' } }], percentage: 5 };
    const evidence = await router.converge({ ...desire(10), managedRoutes: [mirror] }, never);
    expect(evidence).toMatchObject({ state: 'failed', liveCanaryWeight: 10 });
    expect(evidence.message).toContain('the Gateway API of this cluster is too old for them');
    expect(double.live('HTTPRoute', 'shop', 'front').spec?.rules?.map(({ name }) => name)).toEqual([undefined, undefined]);
    const { writes } = double;
    await router.converge({ ...desire(10), managedRoutes: [mirror] }, never);
    expect(double.writes).toBe(writes);
  });
});
