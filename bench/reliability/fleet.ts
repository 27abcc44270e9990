/** The shops of a run: created, updated and aborted as people do it, who try again until the API server takes it. */
import type { KubeObject, ReplicaSet, Service } from '../../src/api/kubernetes.ts';
import { labels } from '../../src/api/names.ts';
import { rollouts } from '../../src/api/resources.ts';
import type { Rollout } from '../../src/api/rollout.ts';
import { loadKubeConfig } from '../../src/runtime/client/kube-config.ts';
import { KubernetesClient } from '../../src/runtime/client/kubernetes-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { gatewayRoad } from '../../test/support/routed-laws.ts';
import type { EmbeddedCluster } from '../../tools/cluster/cluster.ts';
import type { History } from './history.ts';
import { imagePatch, manifests, replicas, type Shop, shopsOf } from './shops.ts';

export interface FleetParts {
  readonly cluster: EmbeddedCluster;
  readonly history: History;
  readonly count: number;
}

const againAfterMs = 250;
const withinMs = 300_000;

export class Fleet {
  readonly shops: readonly Shop[];
  readonly #cluster: EmbeddedCluster;
  readonly #history: History;
  readonly #client: KubernetesClient;

  constructor({ cluster, history, count }: FleetParts) {
    this.shops = shopsOf(count);
    this.#cluster = cluster;
    this.#history = history;
    const { config } = loadKubeConfig({ kubeconfig: cluster.adminKubeconfig, environment: {} });
    this.#client = KubernetesClient.create({ config, clock: systemClock, random: Math.random, environment: {}, limits: undefined });
  }

  async create(): Promise<void> {
    const gateway = this.#cluster.traefik?.gateway;
    if (gateway === undefined) throw new Error('there is no gateway');
    for (const shop of this.shops) {
      const documents = manifests(shop, gateway).map((object: KubeObject) => JSON.stringify(object));
      await this.#cluster.applyManifests(documents.join('\n---\n'));
    }
  }

  /** `forGood`: the update goes to its end by itself. */
  async update(shop: Shop, image: string, forGood: boolean): Promise<void> {
    await this.#patch(shop, imagePatch(shop, image, forGood));
  }

  async abort(shop: Shop): Promise<void> {
    await this.#patch(shop, { status: { abort: true } }, 'status');
  }

  isHealthy(shop: Shop, image: string): boolean {
    const rollout = this.#rollout(shop);
    const { phase, stableRS, observedGeneration } = rollout?.status ?? {};
    const isSeen = observedGeneration === String(rollout?.metadata.generation);
    return isSeen && phase === 'Healthy' && stableRS === this.#hashOf(shop, image) && this.#rests(shop, image);
  }

  isAborted(shop: Shop, back: string): boolean {
    const { phase, abortedAt, stableRS } = this.#rollout(shop)?.status ?? {};
    return phase === 'Degraded' && abortedAt !== undefined && stableRS === this.#hashOf(shop, back) && this.#rests(shop, back);
  }

  /** For people. */
  picture(shop: Shop): string {
    const { status } = this.#rollout(shop) ?? {};
    const sets = this.#history.all<ReplicaSet>(shop.namespace, 'ReplicaSet');
    const sizes = sets.map(({ metadata, spec, status }) => `${metadata.name} ${status?.availableReplicas ?? 0}/${spec.replicas}`);
    return `${shop.namespace} (${shop.strategy}): ${status?.phase} ${status?.message} step ${status?.currentStepIndex}; ${sizes.join(', ')}`;
  }

  async stop(): Promise<void> {
    await this.#client.close();
  }

  /** Pods of this version alone are asked for, and users are sent to it alone. */
  #rests(shop: Shop, image: string): boolean {
    const { namespace, strategy } = shop;
    const hash = this.#hashOf(shop, image);
    const isWhole = this.#history.all<ReplicaSet>(namespace, 'ReplicaSet').every(({ metadata, spec, status }) => {
      const isIt = metadata.labels?.[labels.podTemplateHash] === hash;
      return isIt ? spec.replicas === replicas && status?.availableReplicas === replicas : spec.replicas === 0;
    });
    if (!isWhole || strategy === 'basic') return isWhole;
    const selected = this.#history.get<Service>(namespace, 'Service', 'stable')?.spec.selector?.[labels.podTemplateHash];
    const route = this.#history.get(namespace, 'HTTPRoute', 'shop');
    return selected === hash && (strategy !== 'routed' || gatewayRoad.weight(route, 'canary') === 0);
  }

  #hashOf({ namespace }: Shop, image: string): string | undefined {
    const sets = this.#history.all<ReplicaSet>(namespace, 'ReplicaSet');
    return sets.find(({ spec }) => JSON.stringify(spec.template.spec).includes(`"${image}"`))?.metadata.labels?.[
      labels.podTemplateHash
    ];
  }

  #rollout({ namespace }: Shop): Rollout | undefined {
    return this.#history.get<Rollout>(namespace, 'Rollout', 'shop');
  }

  async #patch({ namespace }: Shop, body: object, subresource?: 'status'): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (true) {
      try {
        const options = subresource === undefined ? {} : { subresource };
        const { outcome } = await this.#client.patch(rollouts, { namespace, name: 'shop' }, { type: 'merge', body }, options);
        if (outcome === 'done') return;
        throw new Error(`${namespace}/shop cannot be changed: ${outcome}`);
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, againAfterMs));
      }
    }
  }
}
