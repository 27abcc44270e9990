import { describe, expect, test } from 'vitest';
import { applied } from '../../../../test/contract/route-double.ts';
import { readRouteMarks } from '../../../api/route-mark.ts';
import type { ManagedRoute } from '../../../core/rollout/routes.ts';
import { followsEdits, planMarkedRelease, planRoute, type RouteIntent } from './plan-route.ts';
import type { Route, RouteRule } from './route-object.ts';

const intent: RouteIntent = {
  rollout: 'shop/shop',
  stableService: 'stable',
  canaryService: 'canary',
  serviceNamespace: 'shop',
  canaryWeight: 25,
  stableWeight: 75,
  additional: [],
  managed: [],
  managedNames: ['beta', 'shadow'],
  inProgressLabel: undefined,
};
const whole: RouteIntent = { ...intent, canaryWeight: 0, stableWeight: 100 };
const root = { type: 'PathPrefix', value: '/' };
const both = [
  { name: 'stable', port: 80, weight: 100 },
  { name: 'canary', port: 80, weight: 0 },
];

const beta = (headerValue: object = { exact: 'yes' }, headerName = 'x-canary'): ManagedRoute => ({
  kind: 'header',
  name: 'beta',
  match: [{ headerName, headerValue }],
});
const shadow = (match: object = { path: { prefix: '/' } }, percentage?: number): ManagedRoute =>
  ({ kind: 'mirror', name: 'shadow', match: [match], ...(percentage !== undefined && { percentage }) }) as ManagedRoute;

function routeWith(rules: readonly RouteRule[], kind = 'HTTPRoute'): Route {
  return {
    kind,
    metadata: { name: 'front', namespace: 'shop' },
    spec: { rules: JSON.parse(JSON.stringify(rules)) as RouteRule[] },
  };
}

function patched(route: Route, wanted: RouteIntent): Route {
  const plan = planRoute(route, wanted);
  if (plan.kind === 'problem') throw new Error(plan.message);
  return applied(route, plan.operations) as Route;
}

const rulesOf = ({ spec }: Route): readonly RouteRule[] => spec?.rules ?? [];
const plain = routeWith([{ matches: [{ path: root }], backendRefs: both }]);

describe('header routes', () => {
  test('a copy of each rule with both Services, which leads to the canary alone', () => {
    const filters = [{ type: 'URLRewrite' }];
    const images = { backendRefs: [{ name: 'images' }] };
    const buy = { name: 'buy', matches: [{ path: { type: 'Exact', value: '/buy' } }, {}], filters, backendRefs: both };
    const route = routeWith([images, buy, { matches: [{ path: root }], backendRefs: both }]);
    const header = { type: 'Exact', name: 'x-canary', value: 'yes' };
    const canary = [{ name: 'canary', port: 80, weight: 1 }];
    const weighted = [
      { ...both[0], weight: 75 },
      { ...both[1], weight: 25 },
    ];
    expect(rulesOf(patched(route, { ...intent, managed: [beta()] }))).toEqual([
      {
        ...buy,
        name: 'beta',
        matches: [{ path: { type: 'Exact', value: '/buy' }, headers: [header] }, { headers: [header] }],
        backendRefs: canary,
      },
      { name: 'beta-1', matches: [{ path: root, headers: [header] }], backendRefs: canary },
      images,
      { ...buy, backendRefs: weighted },
      { matches: [{ path: root }], backendRefs: weighted },
    ]);
  });

  test.each([
    [{ exact: 'a.b' }, 'Exact', 'a.b'],
    [{ prefix: 'a.b*' }, 'RegularExpression', 'a\\.b\\*.*'],
    [{ regex: '^a.b$' }, 'RegularExpression', '^a.b$'],
  ])('%j is %s %s', (headerValue, type, value) => {
    const [first] = rulesOf(patched(plain, { ...intent, managed: [beta(headerValue)] }));
    expect(first?.matches).toEqual([{ path: root, headers: [{ type, name: 'x-canary', value }] }]);
  });

  test('a gRPC rule without matches', () => {
    const route = routeWith([{ backendRefs: both }], 'GRPCRoute');
    const [first] = rulesOf(patched(route, { ...intent, managed: [beta()] }));
    expect(first?.matches).toEqual([{ headers: [{ type: 'Exact', name: 'x-canary', value: 'yes' }] }]);
  });

  test.each<[string, object, string | undefined]>([
    ['the same condition', { name: 'X-Canary', value: 'yes' }, undefined],
    ['a condition that cannot hold besides', { name: 'x-canary', value: 'no' }, ''],
    [
      'one that cannot be told',
      { type: 'RegularExpression', name: 'x-canary', value: 'y.*' },
      'cannot carry route beta beside rule 0: it asks for header x-canary',
    ],
  ])('a rule with %s', (_name, header, problem) => {
    const route = routeWith([{ matches: [{ path: root, headers: [header as never] }], backendRefs: both }]);
    const plan = planRoute(route, { ...intent, managed: [beta()] });
    if (problem === undefined)
      expect(rulesOf(patched(route, { ...intent, managed: [beta()] }))[0]?.matches?.[0]?.headers).toEqual([header]);
    else if (problem === '') expect(rulesOf(patched(route, { ...intent, managed: [beta()] }))).toHaveLength(1);
    else expect(plan).toEqual({ kind: 'problem', message: expect.stringContaining(problem) });
  });

  test('names of the user are left to the user', () => {
    const route = routeWith([{ name: 'beta', backendRefs: [{ name: 'images' }] }, { backendRefs: both }]);
    expect(rulesOf(patched(route, { ...intent, managed: [beta()] })).map(({ name }) => name)).toEqual([
      'beta-1',
      'beta',
      undefined,
    ]);
  });
});

describe('mirror routes', () => {
  const canary = { group: '', kind: 'Service', name: 'canary', port: 80 };

  test.each([
    [undefined, { backendRef: canary }],
    [100, { backendRef: canary }],
    [5, { backendRef: canary, percent: 5 }],
    [0, { backendRef: canary, percent: 0 }],
  ])('%s percent', (percentage, requestMirror) => {
    const [first] = rulesOf(patched(plain, { ...intent, managed: [shadow({ path: { prefix: '/' } }, percentage)] }));
    expect(first).toEqual({
      name: 'shadow',
      matches: [{ path: root }],
      filters: [{ type: 'RequestMirror', requestMirror }],
      backendRefs: [
        { name: 'stable', port: 80, weight: 75 },
        { name: 'canary', port: 80, weight: 25 },
      ],
    });
  });

  const prefix = (value: string) => ({ type: 'PathPrefix', value });
  const exact = (value: string) => ({ type: 'Exact', value });
  test.each<[object, object, object | undefined | string]>([
    [prefix('/'), { path: { exact: '/a' } }, { path: exact('/a') }],
    [prefix('/a'), { path: { prefix: '/a/b' } }, { path: prefix('/a/b') }],
    [prefix('/a/b'), { path: { prefix: '/a' } }, { path: prefix('/a/b') }],
    [prefix('/a'), { path: { prefix: '/ab' } }, undefined],
    [exact('/a'), { path: { exact: '/b' } }, undefined],
    [prefix('/'), { path: { regex: '/a.*' } }, { path: { type: 'RegularExpression', value: '/a.*' } }],
    [prefix('/a'), { path: { regex: '/a.*' } }, 'it asks for path /a.*'],
    [prefix('/a'), { method: { exact: 'GET' } }, { path: prefix('/a'), method: 'GET' }],
    [prefix('/a'), { headers: { x: { exact: 'y' } } }, { path: prefix('/a'), headers: [{ type: 'Exact', name: 'x', value: 'y' }] }],
  ])('a rule for %j, mirrored by %j', (path, match, expected) => {
    const route = routeWith([{ matches: [{ path }], backendRefs: both }]);
    const plan = planRoute(route, { ...intent, managed: [shadow(match)] });
    if (typeof expected === 'string') return expect(plan).toEqual({ kind: 'problem', message: expect.stringContaining(expected) });
    const rules = rulesOf(patched(route, { ...intent, managed: [shadow(match)] }));
    return expect(rules.slice(0, -1).flatMap(({ matches = [] }) => matches)).toEqual(expected === undefined ? [] : [expected]);
  });

  test('a gRPC route has no paths', () => {
    const plan = planRoute(routeWith([{ backendRefs: both }], 'GRPCRoute'), { ...intent, managed: [shadow()] });
    expect(plan).toEqual({ kind: 'problem', message: expect.stringContaining('match by headers') });
  });
});

describe('what is ours', () => {
  const managed = [shadow(), beta()];
  const written = patched(plain, { ...intent, managed });
  const without = (route: Route, change: (rule: RouteRule) => RouteRule): Route => ({
    ...route,
    spec: { ...route.spec, rules: rulesOf(route).map(change) },
  });

  test('stands in the order asked for, once, with weights or without', () => {
    expect(rulesOf(written).map(({ name }) => name)).toEqual(['shadow', 'beta', undefined]);
    expect(planRoute(written, { ...intent, managed })).toEqual({ kind: 'operations', operations: [] });
    expect(rulesOf(patched(written, { ...intent, managed: [beta()] })).map(({ name }) => name)).toEqual(['beta', undefined]);
    const alone = patched(plain, { ...whole, managed: [beta()] });
    expect(readRouteMarks(alone.metadata).get('shop/shop')).toMatchObject({ maxWeight: 100, rules: [{ name: 'beta' }] });
    expect(patched(alone, whole)).toEqual(plain);
  });

  test('is taken off as the weights are given back, by configuration or by the mark alone', () => {
    expect(patched(written, whole)).toEqual(plain);
    const plan = planMarkedRelease(written, 'shop/shop');
    expect(applied(written, plan.kind === 'operations' ? plan.operations : [])).toEqual(plain);
  });

  test('is known where the mark is gone, and where the cluster keeps no names', () => {
    const bare: Route = { ...written, metadata: { ...plain.metadata } };
    expect(patched(bare, whole)).toEqual(plain);
    const nameless = without(written, ({ name: _, ...rule }) => rule);
    expect(planRoute(nameless, { ...intent, managed })).toEqual({ kind: 'operations', operations: [] });
    expect(patched(nameless, whole)).toEqual(plain);
  });

  test('is taken off though the user has taken the rule with both Services away', () => {
    const lost = { ...written, spec: { rules: rulesOf(written).slice(0, 2) } };
    expect(rulesOf(patched(lost, whole))).toEqual([]);
    expect(planRoute(patched(lost, whole), whole).kind).toBe('problem');
    expect(planRoute(lost, { ...intent, managed }).kind).toBe('problem');
  });

  test('a rule of the user that leads to the canary alone is not', () => {
    const header = { type: 'Exact', name: 'x-staff', value: 'yes' };
    const own: RouteRule = { matches: [{ path: root, headers: [header] }], backendRefs: [{ name: 'canary', port: 80 }] };
    const route = routeWith([own, ...rulesOf(plain)]);
    const during = patched(route, { ...intent, managed });
    expect(rulesOf(during)[2]).toEqual(own);
    expect(patched(during, whole)).toEqual(route);
    const restored = { ...during, spec: route.spec ?? {} };
    expect(patched(restored, whole)).toEqual(route);
  });

  test('follows edits of the rules that it copies', () => {
    const filters = [{ type: 'URLRewrite' }];
    const edited = without(written, (rule) => (rule.name === undefined ? { ...rule, filters } : rule));
    expect(followsEdits(written, edited, { ...intent, managed })).toBe(true);
    const after = patched(edited, { ...intent, managed });
    expect(rulesOf(after)[1]?.filters).toEqual(filters);
    expect(patched(after, whole)).toEqual(without(plain, (rule) => ({ ...rule, filters })));
    const meddled = without(written, (rule) => (rule.name === 'beta' ? { ...rule, filters } : rule));
    expect(followsEdits(written, meddled, { ...intent, managed })).toBe(false);
    expect(patched(meddled, { ...intent, managed })).toEqual(written);
  });
});
