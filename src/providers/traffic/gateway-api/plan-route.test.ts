import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applied } from '../../../../test/contract/route-double.ts';
import { annotations } from '../../../api/names.ts';
import type { ManagedRoute } from '../../../core/rollout/routes.ts';
import { isMarkedOtherwise, liveCanaryWeight, planMarkedRelease, planRelease, planRoute, type RouteIntent } from './plan-route.ts';
import type { BackendRef, Route } from './route-object.ts';

const intent: RouteIntent = {
  rollout: 'shop/shop',
  stableService: 'stable',
  canaryService: 'canary',
  serviceNamespace: 'shop',
  canaryWeight: 25,
  stableWeight: 75,
  additional: [],
  managed: [],
  managedNames: [],
  inProgressLabel: { key: 'example.com/busy', value: 'yes' },
};
const whole: RouteIntent = { ...intent, canaryWeight: 0, stableWeight: 100 };

function markOf(label?: string): string {
  return JSON.stringify({ 'shop/shop': { stable: 'stable', canary: 'canary', maxWeight: 100, label } });
}

function patched(route: Route, wanted: RouteIntent): Route {
  const plan = planRoute(route, wanted);
  if (plan.kind === 'problem') throw new Error(plan.message);
  return applied(route, plan.operations) as Route;
}

function routeWith(rules: readonly object[], namespace = 'shop'): Route {
  return { kind: 'HTTPRoute', metadata: { name: 'front', namespace, labels: { own: 'x' } }, spec: { rules } };
}

describe('a route of the world', () => {
  const written = {
    hostnames: ['shop.example.com'],
    rules: [
      {
        name: 'buy',
        matches: [{ path: { type: 'PathPrefix', value: '/buy' }, headers: [{ name: 'x', value: 'y' }] }],
        filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { add: [{ name: 'a', value: 'b' }] } }],
        timeouts: { request: '3s' },
        backendRefs: [
          { name: 'other', port: 80, weight: 3 },
          { name: 'canary', port: 8080, weight: 0, filters: [{ type: 'URLRewrite' }] },
          { name: 'stable', port: 80, weight: 100, kind: 'Service', group: '' },
          { name: 'stable', port: 80, namespace: 'elsewhere', weight: 4 },
          { name: 'stable', kind: 'ServiceImport', group: 'multicluster.x-k8s.io', weight: 5 },
        ],
      },
      { matches: [{ path: { value: '/old' } }], backendRefs: [{ name: 'stable', port: 80 }] },
      { backendRefs: [{ name: 'canary', port: 80, weight: 9 }, { name: 'other' }] },
      { filters: [{ type: 'RequestRedirect' }] },
      { backendRefs: [{ name: 'stable' }, { name: 'canary', namespace: 'shop' }] },
    ],
  };
  const route: Route = { ...routeWith([]), spec: written };

  test('only the weights of the two Services in rules with both, and the label, differ', () => {
    const expected = structuredClone(written);
    const [buy, , , , last] = expected.rules;
    Object.assign(buy?.backendRefs?.[1] ?? {}, { weight: 25 });
    Object.assign(buy?.backendRefs?.[2] ?? {}, { weight: 75 });
    Object.assign(last?.backendRefs?.[0] ?? {}, { weight: 75 });
    Object.assign(last?.backendRefs?.[1] ?? {}, { weight: 25 });
    const after = patched(route, intent);
    expect(after.spec).toEqual(expected);
    expect(after.metadata.labels).toEqual({ own: 'x', 'example.com/busy': 'yes' });
  });

  test('the operations themselves', () => {
    expect(planRoute(routeWith([{ backendRefs: [{ name: 'stable', weight: 75 }, { name: 'canary' }] }]), intent)).toEqual({
      kind: 'operations',
      operations: [
        { op: 'test', path: '/spec/rules/0/backendRefs', value: [{ name: 'stable', weight: 75 }, { name: 'canary' }] },
        { op: 'add', path: '/spec/rules/0/backendRefs/1/weight', value: 25 },
        { op: 'add', path: '/metadata/labels/example.com~1busy', value: 'yes' },
        { op: 'test', path: '/metadata/resourceVersion', value: undefined },
        { op: 'add', path: '/metadata/annotations', value: { [annotations.weightsOf]: markOf('example.com/busy') } },
      ],
    });
  });
});

describe('routes that cannot carry weights', () => {
  test.each<[string, Route, string]>([
    ['no rules', routeWith([]), 'has no rule that names both Services stable and canary'],
    ['only one', routeWith([{ backendRefs: [{ name: 'stable' }] }]), 'has no rule that names both'],
    [
      'in different rules',
      routeWith([{ backendRefs: [{ name: 'stable' }] }, { backendRefs: [{ name: 'canary' }] }]),
      'has no rule that names both',
    ],
    ['no spec', { kind: 'HTTPRoute', metadata: { name: 'front', namespace: 'shop' } }, 'has no rule that names both'],
    [
      'unevenly',
      routeWith([{ backendRefs: [{ name: 'stable' }, { name: 'canary' }, { name: 'canary' }] }]),
      'names stable 1 times and canary 2 times in rule 0',
    ],
    [
      'Services of the route’s namespace',
      routeWith([{ backendRefs: [{ name: 'stable' }, { name: 'canary' }] }], 'edge'),
      'with namespace: shop',
    ],
  ])('%s', (_name, route, message) => {
    expect(planRoute(route, intent)).toEqual({ kind: 'problem', message: expect.stringContaining(message) });
  });
});

test.each([
  [[100, 0], 0],
  [[0, 100], 100],
  [[1, 1], 50],
  [[999, 1], 1],
  [[0, 0], 0],
  [[undefined, undefined], 50],
])('live weights %j are %d of 100', ([stable, canary], expected) => {
  const weigh = (weight: number | undefined) => (weight === undefined ? {} : { weight });
  const backendRefs = [
    { name: 'stable', ...weigh(stable) },
    { name: 'canary', ...weigh(canary) },
  ];
  expect(liveCanaryWeight(routeWith([{ backendRefs }]), intent, 100)).toBe(expected);
});

const backend = fc.record<BackendRef>(
  {
    name: fc.constantFrom('stable', 'canary', 'other'),
    namespace: fc.constantFrom('shop', 'edge'),
    port: fc.nat(100),
    weight: fc.nat(1000),
    kind: fc.constantFrom('Service', 'Foreign'),
  },
  { requiredKeys: ['name'] },
);
const rule = fc.record({ backendRefs: fc.array(backend, { maxLength: 5 }), filters: fc.array(fc.jsonValue(), { maxLength: 2 }) });
const anyRoute = fc.array(rule, { maxLength: 4 }).map((rules) => routeWith(JSON.parse(JSON.stringify(rules))));
const beta: ManagedRoute = { kind: 'header', name: 'beta', match: [{ headerName: 'x', headerValue: { prefix: 'y' } }] };
const shadow: ManagedRoute = { kind: 'mirror', name: 'shadow', match: [{ path: { prefix: '/' } }], percentage: 5 };
const weight = fc
  .record({ canaryWeight: fc.nat(100), managed: fc.subarray([beta, shadow]) })
  .map(({ canaryWeight, managed }): RouteIntent => ({ ...intent, canaryWeight, stableWeight: 100 - canaryWeight, managed }));

/** What is not ours: the route without our label and named rules, and without the weights of backends that are ours in rules with both. */
function foreign({ metadata, spec }: Route): unknown {
  const isOurs = ({ name, namespace = 'shop', kind = 'Service' }: BackendRef) =>
    name !== 'other' && namespace === 'shop' && kind === 'Service';
  const users = (spec?.rules ?? []).filter(({ name }) => name === undefined);
  const rules = users.map((one) => {
    const names = new Set((one.backendRefs ?? []).filter(isOurs).map(({ name }) => name));
    const strip = (ref: BackendRef) => (names.size === 2 && isOurs(ref) ? { ...ref, weight: 'ours' } : ref);
    return { ...one, backendRefs: one.backendRefs?.map(strip) };
  });
  const { 'example.com/busy': _label, ...labels } = metadata.labels ?? {};
  return { labels, spec: { ...spec, rules } };
}

test('properties: weights conserved, foreign parts untouched, idempotent, release gives back', () => {
  fc.assert(
    fc.property(anyRoute, weight, (route, wanted) => {
      if (planRoute(route, wanted).kind === 'problem') {
        // A route that cannot carry this weight cannot carry any other either.
        expect(planRoute(route, whole).kind).toBe('problem');
        return;
      }
      const written = patched(route, wanted);
      expect(foreign(written)).toEqual(foreign(route));
      expect(planRoute(written, wanted)).toEqual({ kind: 'operations', operations: [] });
      expect(liveCanaryWeight(written, wanted, 100)).toBe(wanted.canaryWeight);
      const released = patched(written, whole);
      expect(released).toEqual(patched(route, whole));
      expect(patched(patched(released, wanted), whole)).toEqual(released);
    }),
    { numRuns: 500 },
  );
});

describe('marks', () => {
  const backends = [
    { name: 'stable', weight: 100 },
    { name: 'canary', weight: 0 },
    { name: 'blue', weight: 50 },
    { name: 'green', weight: 0 },
  ];
  const shared = routeWith(
    backends.map((_, at) => ({ backendRefs: backends.slice(at - (at % 2), at - (at % 2) + 2) })).filter((_, at) => at % 2 === 0),
  );
  const other: RouteIntent = {
    ...intent,
    rollout: 'shop/colours',
    stableService: 'blue',
    canaryService: 'green',
    canaryWeight: 10,
    stableWeight: 40,
  };
  const marksOf = ({ metadata }: Route) => JSON.parse(metadata.annotations?.[annotations.weightsOf] ?? '{}') as unknown;
  const weightsOf = ({ spec }: Route) =>
    (spec?.rules ?? []).flatMap(({ backendRefs = [] }) => backendRefs.map(({ weight }) => weight));
  const ours = { stable: 'stable', canary: 'canary', maxWeight: 100, label: 'example.com/busy' };
  const theirs = { stable: 'blue', canary: 'green', maxWeight: 50, label: 'example.com/busy' };

  test('two Rollouts of one route each have theirs, and the label stays until the last is done', () => {
    const both = patched(patched(shared, intent), other);
    expect(marksOf(both)).toEqual({ 'shop/shop': ours, 'shop/colours': theirs });
    const one = patched(both, whole);
    expect(marksOf(one)).toEqual({ 'shop/colours': theirs });
    expect(one.metadata.labels).toEqual({ own: 'x', 'example.com/busy': 'yes' });
    expect(planRoute(one, whole)).toEqual({ kind: 'operations', operations: [] });
    const none = patched(one, { ...other, canaryWeight: 0, stableWeight: 50 });
    expect(none.metadata.labels).toEqual({ own: 'x' });
    expect(none.metadata.annotations).toBeUndefined();
  });

  test('what a mark says is enough to give back what is its own, and nothing else', () => {
    const both = patched(patched(shared, intent), other);
    const plan = planMarkedRelease(both, 'shop/colours');
    const released = applied(both, plan.kind === 'operations' ? plan.operations : []) as Route;
    expect(weightsOf(released)).toEqual([75, 25, 50, 0]);
    expect(marksOf(released)).toEqual({ 'shop/shop': ours });
    expect(planMarkedRelease(released, 'shop/colours')).toEqual({ kind: 'operations', operations: [] });
  });

  test('the annotations of others stay, and what was written meanwhile is not lost', () => {
    const route = { ...shared, metadata: { ...shared.metadata, annotations: { team: 'a' }, resourceVersion: '7' } };
    expect(patched(route, intent).metadata.annotations).toEqual({ team: 'a', [annotations.weightsOf]: markOf('example.com/busy') });
    const plan = planRoute(route, intent);
    const meanwhile = { ...route, metadata: { ...route.metadata, resourceVersion: '8' } };
    expect(applied(meanwhile, plan.kind === 'operations' ? plan.operations : [])).toBeUndefined();
  });

  test('a map that the store shows empty is not written over', () => {
    const plan = planRoute({ ...shared, metadata: { ...shared.metadata, annotations: {} } }, intent);
    expect(plan.kind === 'operations' ? plan.operations.at(-1)?.path : '').toBe('/metadata/annotations/rampart.dev~1weights-of');
  });

  test('one alone is never a reason to write, except to take it off', () => {
    const marked = patched(shared, intent);
    const stripped = { ...marked, metadata: { ...marked.metadata, annotations: {} } };
    expect(planRoute(stripped, intent)).toEqual({ kind: 'operations', operations: [] });
    const overwritten = { ...marked, spec: shared.spec ?? {} };
    expect(patched(overwritten, whole).metadata.annotations).toBeUndefined();
  });

  test('without rules of ours it is taken off all the same', () => {
    const marked = { ...patched(shared, intent), spec: { rules: [] } };
    const plan = planRelease(marked, intent, 100);
    expect((applied(marked, plan.kind === 'operations' ? plan.operations : []) as Route).metadata).toEqual(shared.metadata);
  });

  test('other Services or another label than the mark says are noticed', () => {
    const marked = patched(shared, intent);
    expect(isMarkedOtherwise(shared, intent)).toBe(false);
    expect(isMarkedOtherwise(marked, intent)).toBe(false);
    expect(isMarkedOtherwise(marked, { ...intent, canaryService: 'canary-2' })).toBe(true);
    expect(isMarkedOtherwise(marked, { ...intent, inProgressLabel: undefined })).toBe(true);
  });
});
