import { describe, expect, test } from 'vitest';
import { IngressStage, ingressWorld, never, rule, stableIngress } from '../../../../test/contract/ingress-world.ts';
import { describeWeightRouter } from '../../../../test/contract/traffic-router.ts';
import { MemoryCluster } from '../../../../test/support/memory-cluster.ts';
import type { KubeObject } from '../../../api/kubernetes.ts';
import { annotations } from '../../../api/names.ts';
import { nginxRoutingPath } from '../../../api/nginx-routing.ts';
import { ingresses } from '../../../api/resources.ts';
import type { DesiredRoutes } from '../../../core/rollout/routes.ts';
import { ApiError, type Cluster } from '../../../runtime/cluster.ts';
import type { Ingress } from './ingress-object.ts';

const prefix = 'nginx.ingress.kubernetes.io';
const path = `${nginxRoutingPath}.stableIngress`;
const services = { stableService: 'stable', canaryService: 'canary' };

async function stageOf(...live: readonly Ingress[]) {
  const cluster = new MemoryCluster();
  for (const one of live) cluster.put(ingresses, one);
  const stage = new IngressStage(cluster, 'shop', 'uid-of-shop');
  await stage.look();
  return { stage, cluster };
}

function desire(canaryWeight: number, maxWeight = 100): DesiredRoutes {
  return { ...services, canaryWeight, stableWeight: maxWeight - canaryWeight, maxWeight, additional: [], managedRoutes: [] };
}

const worn = (ingress: Ingress | undefined) => {
  const { [annotations.weightsOf]: _mark, [annotations.weightedAt]: _stamp, ...rest } = ingress?.metadata.annotations ?? {};
  return rest;
};
const owned = (uid: string, name = 'shop') => ({
  ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name, uid, controller: true }],
});
const canaryNamed = (metadata: object, weight = '40'): Ingress => ({
  ...stableIngress('shop', { rules: [rule('shop.example', { '/': 'canary' })] }),
  metadata: {
    name: 'shop-front-canary',
    namespace: 'shop',
    annotations: { [`${prefix}/canary`]: 'true', [`${prefix}/canary-weight`]: weight },
    ...metadata,
  },
});

describeWeightRouter('nginx in memory', async () => {
  const { stage } = await stageOf(stableIngress('shop'));
  return ingressWorld(stage, 'shop', async () => undefined);
});

describe('what a canary Ingress is', () => {
  test('the rules for the stable Service alone, its class and certificates, owned by the Rollout', async () => {
    const rules = [
      rule('a.example', { '/': 'stable', '/images': 'images' }),
      rule('b.example', { '/': 'images' }),
      rule('c.example', { '/c': 'stable' }),
    ];
    const tls = [{ hosts: ['a.example'], secretName: 'a' }];
    const { stage } = await stageOf(stableIngress('shop', { rules, tls, defaultBackend: { service: { name: 'stable' } } }));
    const evidence = await stage.router().converge(desire(0), never);
    const made = await stage.live();
    expect(made?.spec).toEqual({
      ingressClassName: 'nginx',
      tls,
      rules: [rule('a.example', { '/': 'canary' }), rule('c.example', { '/c': 'canary' })],
    });
    expect(worn(made)).toEqual({ [`${prefix}/canary`]: 'true', [`${prefix}/canary-weight`]: '0' });
    expect(made?.metadata.ownerReferences).toEqual([
      expect.objectContaining({ kind: 'Rollout', name: 'shop', uid: 'uid-of-shop', controller: true }),
    ]);
    // Nothing was sent anywhere, so there is nothing to wait for.
    expect(evidence).toMatchObject({
      state: 'confirmed',
      deeds: [{ reason: 'CreatingCanaryIngress', message: 'Created canary Ingress shop-front-canary with weight 0' }],
    });
  });

  test('a class in the old place stays there', async () => {
    const { ingressClassName: _, ...spec } = stableIngress('shop').spec ?? {};
    const old = { ...stableIngress('shop'), spec };
    const { stage } = await stageOf({
      ...old,
      metadata: { ...old.metadata, annotations: { 'kubernetes.io/ingress.class': 'nginx-old' } },
    });
    await stage.router().converge(desire(0), never);
    expect(worn(await stage.live())['kubernetes.io/ingress.class']).toBe('nginx-old');
    expect((await stage.live())?.spec?.ingressClassName).toBeUndefined();
  });

  test.each([
    { max: undefined, weight: 30, written: ['30', undefined] },
    { max: 100, weight: 30, written: ['30', '100'] },
    { max: 1000, weight: 125, written: ['125', '1000'] },
    // ingress-nginx takes every total below 100 for 100.
    { max: 30, weight: 10, written: ['40', '120'] },
    { max: 1, weight: 1, written: ['100', '100'] },
  ])('$weight of $max is written as $written', async ({ max, weight, written }) => {
    const { stage } = await stageOf(stableIngress('shop'));
    const evidence = await stage.router({}, { maxTrafficWeight: max }).converge(desire(weight, max), never);
    const { [`${prefix}/canary-weight`]: part, [`${prefix}/canary-weight-total`]: total } = worn(await stage.live());
    expect([part, total]).toEqual(written);
    expect(evidence.liveCanaryWeight).toBe(weight);
  });

  test('annotations come and go with the configuration, others stay', async () => {
    const { stage } = await stageOf(stableIngress('shop'));
    await stage.router({ annotations: { 'a.io/x': '1', [`${prefix}/canary-by-header`]: 'h' } }).converge(desire(10), never);
    await stage.edit('shop-front-canary', { metadata: { annotations: { 'someone.io/else': 'yes' } } });
    await stage.router({ annotations: {} }).converge(desire(10), never);
    expect(worn(await stage.live())).toEqual({
      [`${prefix}/canary`]: 'true',
      [`${prefix}/canary-weight`]: '10',
      'someone.io/else': 'yes',
    });
  });
});

describe('whose a canary Ingress is', () => {
  test.each([
    ['without an owner', {}],
    ['of another owner', owned('uid-of-other', 'other')],
  ])('one %s is never written, and named', async (_, metadata) => {
    const { stage } = await stageOf(stableIngress('shop'), canaryNamed(metadata));
    const before = await stage.live();
    const router = stage.router();
    expect(router.problems(services)).toEqual([
      {
        path,
        message:
          "Ingress shop-front-canary is there and is not this Rollout's; rename it or take it away: the canary of front is called so",
      },
    ]);
    for (const weight of [20, 0]) {
      const evidence = await router.converge(desire(weight), never);
      expect(evidence).toMatchObject({
        state: 'failed',
        message: expect.stringContaining('shop-front-canary is there and is not'),
      });
    }
    await router.release(never);
    expect(await stage.live()).toEqual(before);
  });

  test('one that the incumbent made is taken over as it is', async () => {
    const { stage, cluster } = await stageOf(stableIngress('shop'), canaryNamed(owned('uid-of-shop')));
    await stage.edit('shop-front-canary', { spec: { rules: [rule('shop.example', { '/': 'canary' })] } });
    const writes = cluster.writes.length;
    expect(await stage.router().converge(desire(40), never)).toMatchObject({ state: 'confirmed', liveCanaryWeight: 40 });
    expect(cluster.writes).toHaveLength(writes);
  });

  test('one that was left behind by a Rollout of this name is taken up, and says whose it is again', async () => {
    const { stage } = await stageOf(stableIngress('shop'));
    await stage.router().converge(desire(40), never);
    await stage.edit('shop-front-canary', { metadata: { ownerReferences: [] } });
    const owner = { namespace: 'shop', name: 'shop', uid: 'uid-of-next' };
    expect(await stage.router({}, { owner }).converge(desire(40), never)).toMatchObject({ liveCanaryWeight: 40 });
    expect((await stage.live())?.metadata.ownerReferences).toMatchObject([{ uid: 'uid-of-next', controller: true }]);
  });

  test('one of a Rollout of this name that is gone is waited for', async () => {
    const { stage } = await stageOf(stableIngress('shop'), canaryNamed(owned('uid-of-former')));
    const router = stage.router();
    expect(router.problems(services)).toEqual([]);
    expect(await router.converge(desire(20), never)).toMatchObject({ state: 'pending', liveCanaryWeight: 40 });
    await stage.remove('shop-front-canary');
    expect(await router.converge(desire(20), never)).toMatchObject({ liveCanaryWeight: 20 });
  });

  test('one whose mark somebody copied onto an Ingress of their own is not taken away', async () => {
    const { stage } = await stageOf(stableIngress('shop'));
    await stage.router().converge(desire(20), never);
    const copied = (await stage.live())?.metadata.annotations ?? {};
    await stage.add({ ...stableIngress('shop', {}, 'mine'), metadata: { name: 'mine', namespace: 'shop', annotations: copied } });
    await stage.releaser().release('shop/shop', never);
    await stage.router().release(never);
    expect(await stage.live('mine')).toBeDefined();
    expect(await stage.live()).toBeUndefined();
  });
});

describe('what is wrong with an Ingress', () => {
  const elsewhere = stableIngress('shop', { rules: [rule('a.example', { '/': 'images' })] });
  test.each<[string, readonly Ingress[], string]>([
    ['missing', [], 'Ingress front does not exist in namespace shop; create it or name another'],
    ['no rule', [elsewhere], 'Ingress front has no rule whose backend is Service stable; route to it by a rule of spec.rules'],
    [
      'only a default backend',
      [{ ...elsewhere, spec: { defaultBackend: { service: { name: 'stable' } } } }],
      'Ingress front has no rule whose backend is Service stable but its default backend; route to it by a rule of spec.rules',
    ],
    [
      'a canary',
      [{ ...stableIngress('shop'), metadata: { name: 'front', namespace: 'shop', annotations: { [`${prefix}/canary`]: 'true' } } }],
      `Ingress front is a canary Ingress itself (${prefix}/canary); name the one that it stands beside`,
    ],
    [
      'another class',
      [stableIngress('shop', { ...stableIngress('shop').spec, ingressClassName: 'alb' })],
      'Ingress front has class alb, which is none of --nginx-ingress-classes (nginx)',
    ],
  ])('%s', async (_, live, message) => {
    const { stage, cluster } = await stageOf(...live);
    const router = stage.router({}, { classes: new Set(['nginx']) });
    expect(router.problems(services)).toMatchObject([{ path, message }]);
    expect(await router.converge(desire(20), never)).toMatchObject({ state: 'failed', message });
    expect(cluster.writes).toEqual([]);
  });

  test('two Ingresses whose canaries would share a name', async () => {
    const names = ['a', 'b'].map((last) => `${'x'.repeat(245)}${last}`);
    const { stage } = await stageOf(...names.map((name) => stableIngress('shop', {}, name)));
    const router = stage.router({ ingresses: names.map((name) => ({ name, path })) });
    expect(router.problems(services)).toMatchObject([{ message: expect.stringContaining('would share the canary Ingress') }]);
  });

  test('Ingresses that cannot be seen', async () => {
    const { stage } = await stageOf();
    stage.trouble = 'Ingresses may not be read';
    expect(stage.router().problems(services)).toEqual([{ path: nginxRoutingPath, message: 'Ingresses may not be read' }]);
  });

  test('weight is taken although nobody can say what the rest shall be, and never given', async () => {
    const { stage } = await stageOf(stableIngress('shop'));
    await stage.router().converge(desire(40), never);
    await stage.edit('front', { spec: { rules: [rule('a.example', { '/': 'images' })] } });
    const { spec } = (await stage.live()) ?? {};
    expect(await stage.router().converge(desire(60), never)).toMatchObject({ state: 'failed', liveCanaryWeight: 40 });
    expect(await stage.router().converge(desire(0), never)).toMatchObject({ state: 'failed', liveCanaryWeight: 0 });
    expect((await stage.live())?.spec).toEqual(spec);
  });

  test('a configuration that cannot be obeyed takes weight from what there is', async () => {
    const { stage } = await stageOf(stableIngress('shop'));
    await stage.router().converge(desire(40), never);
    await stage.look();
    for (const configured of [[], [{ name: 'front', path }]]) {
      const router = stage.router({ ingresses: configured, annotations: { 'a b': '' } }, { isUnread: true });
      expect(router.problems(services)).toEqual([]);
      expect(await router.converge(desire(50), never)).toMatchObject({ state: 'failed', liveCanaryWeight: 40 });
      expect(await router.converge(desire(40), never)).toMatchObject({ liveCanaryWeight: 40 });
    }
    const router = stage.router({ ingresses: [] }, { isUnread: true });
    await router.converge(desire(0), never);
    await stage.wait();
    expect(await router.converge(desire(0), never)).toMatchObject({ state: 'confirmed', liveCanaryWeight: 0 });
    expect(router.stillConfirms(desire(0))).toBe(true);
  });
});

describe('when a weight is confirmed', () => {
  test('after the time that its controller may take, whichever process looks', async () => {
    const { stage } = await stageOf(stableIngress('shop'));
    const first = stage.router();
    const written = await first.converge(desire(30), never);
    expect(written).toMatchObject({ state: 'pending', settlesAtMs: stage.nowMs + 5_000 });
    expect(written.message).toBe(
      'Ingress shop-front-canary was written; its controller has until 2026-01-31T12:00:05.000Z to take it',
    );
    await stage.wait(4_999);
    const second = stage.router();
    expect(await second.converge(desire(30), never)).toMatchObject({ state: 'pending', settlesAtMs: stage.nowMs + 1 });
    expect(second.stillConfirms(desire(30))).toBe(false);
    await stage.wait(1);
    for (const router of [first, second, stage.router()]) {
      expect(await router.converge(desire(30), never)).toEqual({
        desired: desire(30),
        state: 'confirmed',
        message: '',
        liveCanaryWeight: 30,
        reasserted: false,
      });
    }
  });

  test('a time from a clock that is ahead holds nothing up for longer', async () => {
    const { stage } = await stageOf(stableIngress('shop'));
    stage.nowMs += 3_600_000;
    await stage.router().converge(desire(30), never);
    stage.nowMs -= 3_600_000;
    await stage.look();
    const router = stage.router();
    expect((await router.converge(desire(30), never)).state).toBe('pending');
    await stage.wait();
    expect((await router.converge(desire(30), never)).state).toBe('confirmed');
  });

  test('at 0, edits of the user are followed without waiting', async () => {
    const { stage } = await stageOf(stableIngress('shop'));
    const router = stage.router();
    await router.converge(desire(0), never);
    await stage.edit('front', { spec: { rules: [rule('new.example', { '/': 'stable' })] } });
    expect(router.stillConfirms(desire(0))).toBe(false);
    expect(await router.converge(desire(0), never)).toMatchObject({ state: 'confirmed', reasserted: false });
    expect((await stage.live())?.spec?.rules).toEqual([rule('new.example', { '/': 'canary' })]);
  });
});

describe('trouble with the API server', () => {
  test('what it refuses is told in its words, with the right that is missing', async () => {
    const { stage, cluster } = await stageOf(stableIngress('shop'));
    cluster.fault = (verb) => (verb === 'create' ? new ApiError('forbidden', 'create ingresses: no (403)') : undefined);
    const evidence = await stage.router().converge(desire(10), never);
    expect(evidence).toMatchObject({
      state: 'failed',
      message:
        'Ingress shop-front-canary could not be written: create ingresses: no (403) (the chart grants it with rbac.nginx: true)',
    });
  });

  test('what something changes as it is written is told of, and not fought with', async () => {
    const { stage, cluster } = await stageOf(stableIngress('shop'));
    await stage.router().converge(desire(0), never);
    const meddling: Cluster = Object.create(cluster, {
      get: { value: (...args: Parameters<Cluster['get']>) => cluster.get<KubeObject>(...args) },
      patch: {
        value: async (...args: Parameters<Cluster['patch']>) => {
          await cluster.patch<KubeObject>(...args);
          const spec = { ingressClassName: 'nginx', rules: [rule('meddled.example', { '/': 'canary' })] };
          return cluster.patch<KubeObject>(args[0], args[1], { type: 'merge', body: { spec } });
        },
      },
    });
    const router = stage.router({}, { cluster: meddling });
    await stage.look();
    for (const weight of [20, 20, 20, 0, 0]) {
      expect(await router.converge(desire(weight), never)).toMatchObject({
        state: 'failed',
        liveCanaryWeight: weight,
        message: expect.stringContaining('shop-front-canary is not kept as it is written'),
      });
      await stage.look();
    }
    expect(cluster.writes.filter((write) => write === 'patch ingresses')).toHaveLength(4);
  });

  test('what may pass is thrown, and the other Ingress gets its weight all the same', async () => {
    const { stage, cluster } = await stageOf(stableIngress('shop'), stableIngress('shop', {}, 'side'));
    const router = stage.router({ ingresses: ['front', 'side'].map((name) => ({ name, path })) });
    await router.converge(desire(40), never);
    await stage.look();
    cluster.fault = (verb, _, name) =>
      verb === 'patch' && name === 'shop-front-canary' ? new ApiError('unavailable', 'busy') : undefined;
    await expect(router.converge(desire(0), never)).rejects.toThrow('busy');
    expect(worn(await stage.live('shop-side-canary'))[`${prefix}/canary-weight`]).toBe('0');
  });
});
