import { describe, expect, test } from 'vitest';
import { desire, never, route, routerFor, weights } from '../../../../test/contract/front-route.ts';
import { RouteDouble } from '../../../../test/contract/route-double.ts';
import { ApiError } from '../../../runtime/cluster.ts';
import { MarkedRoutes } from './marked-routes.ts';
import type { Route } from './route-object.ts';

describe('marks of former configurations', () => {
  const renamed = { canaryService: 'fresh' };
  const twice = (): Route => {
    const { spec, ...rest } = route('front');
    const backendRefs = [
      { name: 'stable', port: 80, weight: 100 },
      { name: 'canary', port: 80, weight: 0 },
      { name: 'fresh', port: 80, weight: 0 },
    ];
    return { ...rest, spec: { ...spec, rules: [{ backendRefs }] } };
  };

  test('a Service that was renamed while nobody ran loses its weight before the new one gets any', async () => {
    const double = new RouteDouble(twice());
    await routerFor(double).converge(desire(30), never);
    await routerFor(double, { httpRoute: 'front' }, renamed).converge({ ...desire(10), ...renamed }, never);
    expect(weights(double.live('HTTPRoute', 'shop', 'front'))).toEqual([[90, 0, 10]]);
    await new MarkedRoutes(double.cluster, double.source).release('shop/shop', never);
    expect(weights(double.live('HTTPRoute', 'shop', 'front'))).toEqual([[100, 0, 0]]);
  });

  test('a release gives back both', async () => {
    const double = new RouteDouble(twice());
    await routerFor(double).converge(desire(30), never);
    await routerFor(double, { httpRoute: 'front' }, renamed).release(never);
    const { spec, metadata } = double.live('HTTPRoute', 'shop', 'front');
    expect(weights({ spec, metadata } as Route)).toEqual([[100, 0, 0]]);
    expect(metadata).not.toHaveProperty('annotations');
    expect(metadata).not.toHaveProperty('labels');
  });

  test('a route in another namespace is found by its mark, and what may not be written is said', async () => {
    const double = new RouteDouble(route('front', { namespace: 'edge', extra: { namespace: 'shop' } }));
    await routerFor(double, { httpRoute: 'front', namespace: 'edge' }).converge(desire(30), never);
    const releaser = new MarkedRoutes(double.cluster, double.source);
    double.refusal = new ApiError('forbidden', 'you may not');
    expect(await releaser.release('shop/shop', never)).toEqual(['HTTPRoute edge/front could not be written: you may not']);
    double.refusal = undefined;
    expect(await releaser.release('shop/shop', never)).toEqual([]);
    expect(weights(double.live('HTTPRoute', 'edge', 'front'))).toEqual([[100, 0], [1]]);
  });
});

describe('a configuration that cannot be read', () => {
  const unread = { problems: [{ path: 'x', message: 'names no route' }] };
  const begun = async (): Promise<RouteDouble> => {
    const double = new RouteDouble(route('front'));
    await routerFor(double).converge(desire(30), never);
    double.accept();
    return double;
  };

  test('speaks of the routes that it spoke of before: they keep their weight', async () => {
    const double = await begun();
    const { writes } = double;
    const evidence = await routerFor(double, {}, unread).converge(desire(30), never);
    expect(evidence).toMatchObject({ state: 'failed', message: 'names no route', liveCanaryWeight: 30 });
    expect(double.writes).toBe(writes);
  });

  test('holds no abort back: it is confirmed when the gateway has taken it', async () => {
    const double = await begun();
    const router = routerFor(double, {}, unread);
    expect(await router.converge(desire(0), never)).toMatchObject({ state: 'pending', liveCanaryWeight: 0 });
    expect(weights(double.live('HTTPRoute', 'shop', 'front'))).toEqual([[100, 0], [1]]);
    double.accept();
    expect(await router.converge(desire(0), never)).toMatchObject({ state: 'confirmed', message: '' });
    expect(router.stillConfirms(desire(0))).toBe(true);
    const next = routerFor(double, {}, unread);
    expect(await next.converge(desire(0), never)).toMatchObject({ state: 'confirmed', message: '' });
    expect(next.stillConfirms(desire(0))).toBe(true);
    expect(next.stillConfirms(desire(10))).toBe(false);
  });
});
