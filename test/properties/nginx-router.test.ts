/** Random lives of a canary Ingress: users who edit, others who interfere, a cache that lags, processes that begin anew, an API server that fails. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { annotations } from '../../src/api/names.ts';
import { nginxRoutingPath } from '../../src/api/nginx-routing.ts';
import { ingresses } from '../../src/api/resources.ts';
import type { DesiredRoutes } from '../../src/core/rollout/routes.ts';
import { liveWeight } from '../../src/providers/traffic/nginx/canary-ingress.ts';
import type { Ingress } from '../../src/providers/traffic/nginx/ingress-object.ts';
import type { NginxRouter } from '../../src/providers/traffic/nginx/nginx-router.ts';
import { ApiError } from '../../src/runtime/cluster.ts';
import { IngressStage, never, rule, stableIngress } from '../contract/ingress-world.ts';
import { MemoryCluster } from '../support/memory-cluster.ts';

const prefix = 'nginx.ingress.kubernetes.io';
const canary = 'shop-front-canary';

type Deed =
  | { readonly do: 'converge'; readonly weight: number }
  | { readonly do: 'host'; readonly host: string }
  | { readonly do: 'overwrite'; readonly weight: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'fail'; readonly verb: string }
  | { readonly do: 'lose rules' | 'remove canary' | 'strip' | 'tamper' | 'freeze' | 'thaw' | 'new process' | 'release' };

const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('converge' as const), weight: fc.constantFrom(0, 0, 10, 40, 100) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('host' as const), host: fc.constantFrom('a.example', 'b.example') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('overwrite' as const), weight: fc.constantFrom(0, 5, 100) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(100, 5_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('fail' as const), verb: fc.constantFrom('create', 'patch', 'get', 'delete') }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('lose rules', 'remove canary', 'strip', 'tamper', 'freeze', 'thaw', 'new process', 'release' as const),
    }),
  },
);

function desire(canaryWeight: number): DesiredRoutes {
  const services = { stableService: 'stable', canaryService: 'canary' };
  return { ...services, canaryWeight, stableWeight: 100 - canaryWeight, maxWeight: 100, additional: [], managedRoutes: [] };
}

class Life {
  readonly cluster = new MemoryCluster();
  readonly stage = new IngressStage(this.cluster, 'shop', 'uid-of-shop');
  router: NginxRouter = this.newProcess();
  host = 'a.example';
  isFrozen = false;
  /** What the API server does not answer during the router's next call. */
  failing: string | undefined;

  async begin(): Promise<void> {
    this.cluster.put(ingresses, stableIngress('shop', { rules: this.rules() }));
    this.cluster.put(ingresses, { ...stableIngress('shop'), metadata: { name: 'shop-side-canary', namespace: 'shop' } });
    await this.stage.look();
  }

  newProcess(): NginxRouter {
    const extra = { [`${prefix}/canary-by-header`]: 'x' };
    return this.stage.router({ ingresses: [{ name: 'front', path: nginxRoutingPath }], annotations: extra });
  }

  rules() {
    return [rule(this.host, { '/': 'stable', '/images': 'images' })];
  }

  async converge(weight: number): Promise<void> {
    await this.stage.look();
    const before = await this.weight();
    const evidence = await this.tried(() => this.router.converge(desire(weight), never));
    const after = await this.weight();
    if (evidence === undefined) return;
    // Whatever went wrong, weight was never given beyond what was asked; and what it says is so, unless its cache is held still.
    expect(after).toBeLessThanOrEqual(Math.max(weight, before));
    if (this.isFrozen) return;
    if (evidence.state !== 'failed') expect(after).toBe(weight);
    if (weight < before && evidence.state === 'failed' && evidence.message.includes('has no rule')) expect(after).toBe(weight);
    expect(evidence.liveCanaryWeight).toBe(after);
  }

  async tried<T>(call: () => Promise<T>): Promise<T | undefined> {
    const { failing } = this;
    this.failing = undefined;
    this.cluster.fault = (verb) => (verb === failing ? new ApiError('unavailable', 'busy') : undefined);
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return undefined;
    } finally {
      this.cluster.fault = () => undefined;
    }
  }

  async weight(): Promise<number> {
    const live = await this.stage.live();
    return live === undefined ? 0 : liveWeight(live, prefix, 100);
  }

  async do(one: Deed): Promise<void> {
    const { stage } = this;
    const isThere = (await stage.live()) !== undefined;
    switch (one.do) {
      case 'converge':
        return this.converge(one.weight);
      case 'host':
        this.host = one.host;
        return stage.edit('front', { spec: { rules: this.rules() } });
      case 'overwrite':
        if (isThere) await stage.edit(canary, { metadata: { annotations: { [`${prefix}/canary-weight`]: String(one.weight) } } });
        return;
      case 'wait':
        return stage.wait(one.ms);
      case 'fail':
        this.failing = one.verb;
        return;
      case 'lose rules':
        return stage.edit('front', { spec: { rules: [rule('c.example', { '/': 'images' })] } });
      case 'remove canary':
        return stage.remove(canary);
      case 'strip':
        if (isThere)
          await stage.edit(canary, {
            metadata: { annotations: { [annotations.weightsOf]: null, [annotations.weightedAt]: null } },
          });
        return;
      case 'tamper':
        if (isThere) await stage.edit(canary, { metadata: { annotations: { theirs: 'yes' } }, spec: { rules: [] } });
        return;
      case 'freeze':
        this.isFrozen = true;
        return stage.freeze();
      case 'thaw':
        this.isFrozen = false;
        return stage.thaw();
      case 'new process':
        this.router = this.newProcess();
        return;
      case 'release':
        return this.tried(() => this.router.release(never));
      default:
        return one satisfies never;
    }
  }

  /** Nobody interferes any more: one look, the time it takes, and another. */
  async calmDown(weight: number): Promise<void> {
    await this.stage.thaw();
    await this.do({ do: 'host', host: 'b.example' });
    await this.router.converge(desire(weight), never);
    await this.stage.wait();
  }
}

it('a canary Ingress comes to what is wanted whatever happened to it, and stays so without a write', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 25 }), fc.constantFrom(0, 30, 100), async (deeds, weight) => {
      const life = new Life();
      await life.begin();
      for (const one of deeds) await life.do(one);
      await life.calmDown(weight);
      const { stage, router, cluster } = life;
      const writes = cluster.writes.length;
      for (const again of [router, life.newProcess()]) {
        expect(await again.converge(desire(weight), never)).toEqual({
          desired: desire(weight),
          state: 'confirmed',
          message: '',
          liveCanaryWeight: weight,
          reasserted: false,
        });
        expect(again.stillConfirms(desire(weight))).toBe(true);
      }
      expect(cluster.writes).toHaveLength(writes);
      const live = (await stage.live()) as Ingress;
      expect(live.spec).toEqual({ ingressClassName: 'nginx', rules: [rule('b.example', { '/': 'canary' })] });
      expect(live.metadata.annotations).toMatchObject({
        [`${prefix}/canary`]: 'true',
        [`${prefix}/canary-by-header`]: 'x',
        [`${prefix}/canary-weight`]: String(weight),
      });
      expect((await stage.live('shop-side-canary'))?.spec).toEqual(stableIngress('shop').spec);
      await router.release(never);
      expect(await stage.live()).toBeUndefined();
      expect(await stage.live('shop-side-canary')).toBeDefined();
    }),
    { numRuns: 300 },
  );
});
