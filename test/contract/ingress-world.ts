/** The Ingress `front` of the Rollout `shop` on any cluster, a cache of it that a test can hold still, and a clock that it can move. */
import type { KubeObject } from '../../src/api/kubernetes.ts';
import { annotations } from '../../src/api/names.ts';
import { type NginxRouting, nginxRoutingPath } from '../../src/api/nginx-routing.ts';
import { ingresses as resource } from '../../src/api/resources.ts';
import { readRouteMarks } from '../../src/api/route-mark.ts';
import { liveWeight } from '../../src/providers/traffic/nginx/canary-ingress.ts';
import type { Ingress, IngressRule, IngressSource } from '../../src/providers/traffic/nginx/ingress-object.ts';
import { MarkedIngresses } from '../../src/providers/traffic/nginx/marked-ingresses.ts';
import { NginxRouter, type NginxRouterOptions } from '../../src/providers/traffic/nginx/nginx-router.ts';
import type { Cluster, Resource } from '../../src/runtime/cluster.ts';
import type { TrafficWorld } from './traffic-router.ts';

const ingresses: Resource<Ingress> = resource;
const prefix = 'nginx.ingress.kubernetes.io';
const propagationMs = 5_000;

export const never = new AbortController().signal;

/** A rule of one host that leads to these Services by these paths. */
export function rule(host: string, paths: Readonly<Record<string, string>>): IngressRule {
  const backend = (name: string) => ({ service: { name, port: { number: 80 } } });
  return {
    host,
    http: { paths: Object.entries(paths).map(([path, name]) => ({ path, pathType: 'Prefix', backend: backend(name) })) },
  };
}

export function stableIngress(namespace: string, fields: Partial<Ingress['spec']> = {}, name = 'front'): Ingress {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace, labels: { team: 'shop' }, annotations: { [`${prefix}/proxy-body-size`]: '8m' } },
    spec: {
      ingressClassName: 'nginx',
      rules: [rule(`${namespace}.example`, { '/': 'stable', '/images': 'images' })],
      ...fields,
    },
  };
}

/** On `cluster`, in a namespace where the Rollout `shop` has this uid and `front` is as `stableIngress` makes it. */
export class IngressStage {
  readonly #cluster: Cluster;
  readonly #namespace: string;
  readonly #uid: string;
  #cached: readonly Ingress[] = [];
  #isFrozen = false;
  nowMs = Date.parse('2026-01-31T12:00:00Z');
  trouble: string | undefined;

  readonly source: IngressSource = {
    get: (_, name) => this.#cached.find(({ metadata }) => metadata.name === name),
    marked: (rollout) => this.#cached.filter(({ metadata }) => readRouteMarks(metadata).has(rollout)),
    markedRollouts: () => this.#cached.flatMap(({ metadata }) => [...readRouteMarks(metadata).keys()]),
    trouble: () => this.trouble,
  };

  constructor(cluster: Cluster, namespace: string, uid: string) {
    this.#cluster = cluster;
    this.#namespace = namespace;
    this.#uid = uid;
  }

  router(routing: Partial<NginxRouting> = {}, others: Partial<NginxRouterOptions> = {}): NginxRouter {
    return new NginxRouter({
      routing: { ingresses: [{ name: 'front', path: `${nginxRoutingPath}.stableIngress` }], prefix, annotations: {}, ...routing },
      isUnread: false,
      owner: { namespace: this.#namespace, name: 'shop', uid: this.#uid },
      classes: new Set(),
      propagationMs,
      now: () => this.nowMs,
      cluster: this.#cluster,
      source: this.source,
      ...others,
    });
  }

  releaser(): MarkedIngresses {
    return new MarkedIngresses(this.#cluster, this.source);
  }

  /** Lets the cache show what there is, unless it is held still. */
  async look(): Promise<void> {
    const { items } = await this.#cluster.list(ingresses, { namespace: this.#namespace });
    const own = items.filter(({ metadata }) => metadata.namespace === this.#namespace);
    if (!this.#isFrozen) this.#cached = own;
  }

  async freeze(): Promise<void> {
    await this.look();
    this.#isFrozen = true;
  }

  async thaw(): Promise<void> {
    this.#isFrozen = false;
    await this.look();
  }

  async live(name = 'shop-front-canary'): Promise<Ingress | undefined> {
    return await this.#cluster.get(ingresses, { namespace: this.#namespace, name });
  }

  async edit(name: string, body: unknown): Promise<void> {
    const result = await this.#cluster.patch(ingresses, { namespace: this.#namespace, name }, { type: 'merge', body });
    if (result.outcome !== 'done') throw new Error(`the edit of ${name} was answered by ${result.outcome}`);
    await this.look();
  }

  async add(ingress: Ingress): Promise<void> {
    await this.#cluster.create(ingresses, ingress);
    await this.look();
  }

  async remove(name: string): Promise<void> {
    await this.#cluster.delete(ingresses, { namespace: this.#namespace, name });
    await this.look();
  }

  /** As long as controllers of Ingresses take to act on what was written. */
  async wait(ms = propagationMs): Promise<void> {
    this.nowMs += ms;
    await this.look();
  }
}

/** What the contract suite asks for. */
export function ingressWorld(stage: IngressStage, namespace: string, end: () => Promise<void>): TrafficWorld {
  const shown = ({ metadata, spec }: KubeObject & { readonly spec?: unknown }) => {
    const { [annotations.weightedAt]: _, ...worn } = metadata.annotations ?? {};
    return { labels: metadata.labels, annotations: worn, spec };
  };
  const weight = (canary: Ingress | undefined) => (canary === undefined ? 0 : liveWeight(canary, prefix, 100));
  const version = (ingress: Ingress | undefined) => ingress?.metadata.resourceVersion ?? 'none';
  return {
    stableService: 'stable',
    canaryService: 'canary',
    maxWeight: 100,
    routeName: 'front',
    rollout: `${namespace}/shop`,
    newRouter: () => stage.router(),
    newRouterElsewhere: () => stage.router({ ingresses: [{ name: 'side', path: `${nginxRoutingPath}.stableIngress` }] }),
    newReleaser: () => stage.releaser(),
    stripMarks: () => stage.edit('shop-front-canary', { metadata: { annotations: { [annotations.weightsOf]: null } } }),
    liveWeights: async () => {
      const canary = weight(await stage.live());
      return { stable: 100 - canary, canary };
    },
    liveObject: async () => {
      const [stable, canary] = [await stage.live('front'), await stage.live()];
      return { stable: stable && shown(stable), canary: canary !== undefined && weight(canary) > 0 ? shown(canary) : undefined };
    },
    version: async () => `${version(await stage.live('front'))} ${version(await stage.live())}`,
    overwriteWeights: ({ canary }) =>
      stage.edit('shop-front-canary', { metadata: { annotations: { [`${prefix}/canary-weight`]: String(canary) } } }),
    editElsewhere: async () => {
      const rules = (await stage.live('front'))?.spec?.rules ?? [];
      const added = rule(`new.${namespace}.example`, { '/': 'images' });
      await stage.edit('front', { metadata: { annotations: { edited: 'yes' } }, spec: { rules: [added, ...rules] } });
      await stage.edit('shop-front-canary', { metadata: { annotations: { seen: 'yes' } } });
    },
    freezeCache: () => stage.freeze(),
    thawCache: () => stage.thaw(),
    // Only time says that what was written has been taken.
    pauseDataPlane: async () => undefined,
    resumeDataPlane: () => stage.wait(),
    removeRoute: () => stage.remove('front'),
    end,
  };
}
