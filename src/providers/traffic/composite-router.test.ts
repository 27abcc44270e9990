import { describe, expect, test } from 'vitest';
import { desire, never, route, routerFor, weights } from '../../../test/contract/front-route.ts';
import { IngressStage, stableIngress } from '../../../test/contract/ingress-world.ts';
import { RouteDouble } from '../../../test/contract/route-double.ts';
import { MemoryCluster } from '../../../test/support/memory-cluster.ts';
import { ingresses } from '../../api/resources.ts';
import { ApiError } from '../../runtime/cluster.ts';
import { CompositeReleaser, CompositeRouter } from './composite-router.ts';
import { MarkedRoutes } from './gateway-api/marked-routes.ts';

const services = { stableService: 'stable', canaryService: 'canary' };

/** The HTTPRoute `front` and the Ingress `front`, under one router. */
async function twoRoads() {
  const double = new RouteDouble(route('front'));
  double.accept();
  const cluster = new MemoryCluster();
  cluster.put(ingresses, stableIngress('shop'));
  const stage = new IngressStage(cluster, 'shop', 'uid-of-shop');
  await stage.look();
  const router = new CompositeRouter([routerFor(double), stage.router()]);
  const releaser = new CompositeReleaser([new MarkedRoutes(double.cluster, double.source), stage.releaser()]);
  const liveWeights = async () => [
    weights(double.live('HTTPRoute', 'shop', 'front'))[0]?.[1],
    Number((await stage.live())?.metadata.annotations?.['nginx.ingress.kubernetes.io/canary-weight'] ?? 0),
  ];
  return { double, cluster, stage, router, releaser, liveWeights };
}

describe('several routers of one Rollout', () => {
  test('carry the same weight, and confirm it when the last of them does', async () => {
    const { double, stage, router, liveWeights } = await twoRoads();
    expect(router.problems(services)).toEqual([]);
    const written = await router.converge(desire(30), never);
    expect(await liveWeights()).toEqual([30, 30]);
    expect(written).toMatchObject({
      state: 'pending',
      liveCanaryWeight: 30,
      settlesAtMs: stage.nowMs + 5_000,
      deeds: [{ reason: 'CreatingCanaryIngress' }],
      message: expect.stringMatching(/^HTTPRoute front: .*; Ingress shop-front-canary was written/),
    });
    double.accept();
    expect((await router.converge(desire(30), never)).state).toBe('pending');
    expect(router.stillConfirms(desire(30))).toBe(false);
    await stage.wait();
    expect(await router.converge(desire(30), never)).toEqual({
      desired: desire(30),
      state: 'confirmed',
      message: '',
      liveCanaryWeight: 30,
      reasserted: false,
    });
    expect(router.stillConfirms(desire(30))).toBe(true);
    await stage.remove('shop-front-canary');
    expect(router.stillConfirms(desire(30))).toBe(false);
    expect(await router.converge(desire(30), never)).toMatchObject({ state: 'pending', reasserted: true });
  });

  test('one that cannot is told of and keeps no weight from the other', async () => {
    const { double, cluster, router, stage, liveWeights } = await twoRoads();
    await router.converge(desire(30), never);
    await stage.look();
    double.remove('HTTPRoute', 'shop', 'front');
    expect(router.problems(services)).toMatchObject([{ message: expect.stringContaining('HTTPRoute front does not exist') }]);
    expect(await router.converge(desire(0), never)).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('HTTPRoute front'),
    });
    expect(Number((await stage.live())?.metadata.annotations?.['nginx.ingress.kubernetes.io/canary-weight'])).toBe(0);
    double.put(route('front'));
    await router.converge(desire(30), never);
    await stage.look();
    cluster.fault = (verb) => (verb === 'patch' ? new ApiError('unavailable', 'busy') : undefined);
    await expect(router.converge(desire(0), never)).rejects.toThrow('busy');
    expect(await liveWeights()).toEqual([0, 30]);
  });

  test('are released together, also by their marks alone', async () => {
    const { stage, router, releaser, liveWeights } = await twoRoads();
    await router.converge(desire(30), never);
    await stage.look();
    expect(new Set(releaser.rollouts())).toEqual(new Set(['shop/shop']));
    expect([releaser.has('shop/shop'), releaser.has('shop/other')]).toEqual([true, false]);
    expect(await releaser.release('shop/shop', never)).toEqual([]);
    expect(await liveWeights()).toEqual([0, 0]);
    await stage.look();
    expect(releaser.has('shop/shop')).toBe(false);
    await router.converge(desire(30), never);
    await stage.look();
    await router.release(never, stage.router().steers());
    expect(await liveWeights()).toEqual([0, 30]);
    await router.release(never, new Set());
    expect(await liveWeights()).toEqual([0, 0]);
    expect(await stage.live()).toBeUndefined();
  });
});
