import { describe, expect, test } from 'vitest';
import { applied } from '../../../../test/contract/route-double.ts';
import { annotations } from '../../../api/names.ts';
import { liveCanaryWeight, planMarkedRelease, planRoute, type RouteIntent } from './plan-route.ts';
import type { BackendRef, Route, RouteRule } from './route-object.ts';

const intent: RouteIntent = {
  rollout: 'shop/shop',
  stableService: 'stable',
  canaryService: 'canary',
  serviceNamespace: 'shop',
  canaryWeight: 20,
  stableWeight: 80,
  additional: [],
  managed: [],
  managedNames: [],
  inProgressLabel: undefined,
};
const shared: RouteIntent = {
  ...intent,
  stableWeight: 70,
  additional: [
    { service: 'old', weight: 4, ports: { 80: 8080 } },
    { service: 'new', weight: 6, ports: { 80: 8080 } },
  ],
};
const none: RouteIntent = { ...intent, canaryWeight: 0, stableWeight: 100 };

const users: readonly RouteRule[] = [
  { backendRefs: [{ name: 'images', port: 80 }] },
  {
    filters: [{ type: 'RequestHeaderModifier' }],
    backendRefs: [
      { name: 'stable', port: 80, weight: 100, filters: [{ type: 'Edge' }] } as BackendRef,
      { name: 'canary', port: 80, weight: 0 },
      { name: 'mine', port: 80, weight: 7 },
    ],
  },
];
const route = (rules: readonly RouteRule[] = users): Route => ({
  kind: 'HTTPRoute',
  metadata: { name: 'front', namespace: 'shop', resourceVersion: '1' },
  spec: { rules },
});

function patched(live: Route, wanted: RouteIntent): Route {
  const plan = planRoute(live, wanted);
  if (plan.kind === 'problem') throw new Error(plan.message);
  const result = applied(live, plan.operations) as Route | undefined;
  if (result === undefined) throw new Error('a test of the patch failed');
  return result;
}

const backends = ({ spec }: Route, rule = 1) =>
  (spec?.rules?.[rule]?.backendRefs ?? []).map(({ name, port, weight }) => `${name}:${port} ${weight}`);

describe('shares of experiments', () => {
  test('stand behind the backends of the user, as copies of the stable one, and nothing else changes', () => {
    const live = patched(route(), shared);
    expect(backends(live)).toEqual(['stable:80 70', 'canary:80 20', 'mine:80 7', 'old:8080 4', 'new:8080 6']);
    expect(live.spec?.rules?.[1]?.backendRefs?.[3]).toMatchObject({ filters: [{ type: 'Edge' }] });
    expect(live.spec?.rules?.[0]).toEqual(users[0]);
    expect(JSON.parse(live.metadata.annotations?.[annotations.weightsOf] ?? '')).toEqual({
      'shop/shop': { stable: 'stable', canary: 'canary', maxWeight: 100, added: ['old', 'new'] },
    });
    expect(planRoute(live, shared)).toEqual({ kind: 'operations', operations: [] });
    expect(liveCanaryWeight(live, shared, 100)).toBe(20);
  });

  test('change, and go without a trace', () => {
    const live = patched(route(), shared);
    const less = patched(live, { ...shared, stableWeight: 76, additional: shared.additional.slice(0, 1) });
    expect(backends(less)).toEqual(['stable:80 76', 'canary:80 20', 'mine:80 7', 'old:8080 4']);
    const back = patched(less, none);
    expect(back.spec?.rules).toEqual(users);
    expect(back.metadata.annotations?.[annotations.weightsOf]).toBeUndefined();
  });

  test('are split like the backends of a rule that names both Services more than once', () => {
    const twice = [...(users[1]?.backendRefs ?? []), { name: 'stable', port: 80 }, { name: 'canary', port: 80 }];
    const live = patched(route([{ backendRefs: twice }]), {
      ...shared,
      additional: shared.additional.slice(0, 1),
      stableWeight: 76,
    });
    expect(backends(live, 0).filter((backend) => backend.startsWith('old'))).toEqual(['old:8080 4', 'old:8080 4']);
  });

  test('are taken off a rule whose user has edited it meanwhile, also where a Service is gone from it', () => {
    const live = patched(route(), shared);
    const edit = (keep: (backend: BackendRef) => boolean): Route => ({
      ...live,
      spec: { rules: (live.spec?.rules ?? []).map((rule) => ({ ...rule, backendRefs: (rule.backendRefs ?? []).filter(keep) })) },
    });
    expect(
      backends(
        patched(
          edit(({ name }) => name !== 'mine'),
          none,
        ),
      ),
    ).toEqual(['stable:80 100', 'canary:80 0']);
    const halved = patched(
      edit(({ name }) => name !== 'canary'),
      none,
    );
    expect(backends(halved)).toEqual(['stable:80 70', 'mine:80 7']);
  });

  test('are given back by the mark alone', () => {
    const live = patched(route(), shared);
    const plan = planMarkedRelease(live, 'shop/shop');
    if (plan.kind === 'problem') throw new Error(plan.message);
    expect((applied(live, plan.operations) as Route).spec?.rules).toEqual(users);
  });

  test('are known to the process that added them where the mark was taken off', () => {
    const live = patched(route(), shared);
    const { annotations: _, ...metadata } = live.metadata;
    const bare = { ...live, metadata };
    expect(backends(patched(bare, { ...none, addedBefore: ['old', 'new'] }))).toEqual([
      'stable:80 100',
      'canary:80 0',
      'mine:80 7',
    ]);
  });

  test('are not added where the user has that Service already, or where no port of it fits', () => {
    const taken = route([{ backendRefs: [...(users[1]?.backendRefs ?? []), { name: 'new', port: 8080, weight: 0 }] }]);
    expect(planRoute(taken, shared)).toEqual({
      kind: 'problem',
      message: 'names the Service new already, which the experiment adds by itself; take it out',
    });
    expect(planRoute(taken, none).kind).toBe('operations');
    const strange = { ...shared, additional: [{ service: 'old', weight: 4, ports: { 81: 8080 } }] };
    expect(planRoute(route(), strange)).toMatchObject({
      message: 'leads to port 80 of the stable Service, for which Service old has no counterpart',
    });
  });
});
