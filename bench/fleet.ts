/** Watches the objects of one namespace and answers when a condition holds for all of them, with the moment when it first did for each. */
import type { KubeObject, ReplicaSet } from '../src/api/kubernetes.ts';
import { labels } from '../src/api/names.ts';
import * as resources from '../src/api/resources.ts';
import type { Rollout } from '../src/api/rollout.ts';
import type { KubernetesClient } from '../src/runtime/client/kubernetes-client.ts';
import { systemClock } from '../src/runtime/clock.ts';
import type { Resource } from '../src/runtime/cluster.ts';
import { Informer, whenSynced } from '../src/runtime/informer.ts';
import type { Log } from '../src/runtime/log.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

export class Fleet {
  readonly rollouts: Informer<Rollout>;
  readonly replicaSets: Informer<ReplicaSet>;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>[];

  constructor(client: KubernetesClient, namespace: string) {
    const informer = <T extends KubeObject>(resource: Resource<T>) =>
      new Informer<T>({ cluster: client, resource, clock: systemClock, random: Math.random, log: silent, namespace });
    this.rollouts = informer(resources.rollouts);
    this.replicaSets = informer(resources.replicaSets);
    this.#running = [this.rollouts, this.replicaSets].map((one) => one.run(this.#abort.signal));
  }

  async ready(): Promise<void> {
    await whenSynced([this.rollouts.store, this.replicaSets.store], this.#abort.signal);
  }

  /** name -> performance.now() when the condition first held for that Rollout. Rejects after the time is up, naming some that are missing. */
  async all(
    names: readonly string[],
    condition: (rollout: Rollout) => boolean,
    withinMs: number,
  ): Promise<ReadonlyMap<string, number>> {
    return this.#collect(names, withinMs, (met) => {
      const look = (rollout: Rollout | undefined) => rollout !== undefined && condition(rollout) && met(rollout.metadata.name);
      const stop = this.rollouts.store.onChange((_, rollout) => look(rollout));
      for (const rollout of this.rollouts.store.list()) look(rollout);
      return stop;
    });
  }

  /** The same for the ReplicaSets of hash -> name. */
  async allScaledToZero(names: ReadonlyMap<string, string>, withinMs: number): Promise<ReadonlyMap<string, number>> {
    return this.#collect([...names.values()], withinMs, (met) =>
      this.replicaSets.store.onChange((_, replicaSet) => {
        const name = names.get(replicaSet?.metadata.labels?.[labels.podTemplateHash] ?? '');
        if (name !== undefined && replicaSet?.spec.replicas === 0 && replicaSet.metadata.ownerReferences?.[0]?.name === name)
          met(name);
      }),
    );
  }

  /** Settles when this ReplicaSet has that many available pods. */
  async available(name: string, pods: number, withinMs: number): Promise<void> {
    await this.#collect([name], withinMs, (met) => {
      const look = (one: ReplicaSet | undefined) =>
        one !== undefined && one.metadata.name === name && (one.status?.availableReplicas ?? 0) >= pods && met(name);
      const stop = this.replicaSets.store.onChange((_, one) => look(one));
      for (const one of this.replicaSets.store.list()) look(one);
      return stop;
    });
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#running);
  }

  #collect(
    names: readonly string[],
    withinMs: number,
    listen: (met: (name: string) => void) => () => void,
  ): Promise<ReadonlyMap<string, number>> {
    const wanted = new Set(names);
    const found = new Map<string, number>();
    return new Promise((resolve, reject) => {
      let stop = (): void => {};
      const end = (): void => {
        clearTimeout(timer);
        stop();
      };
      const timer = setTimeout(() => {
        end();
        const missing = [...wanted].filter((name) => !found.has(name));
        reject(
          new Error(
            `${missing.length} of ${wanted.size} are missing after ${withinMs / 1000} s, ${missing.slice(0, 3).join(', ')} among them`,
          ),
        );
      }, withinMs);
      stop = listen((name) => {
        if (!wanted.has(name) || found.has(name)) return;
        found.set(name, performance.now());
        if (found.size < wanted.size) return;
        end();
        resolve(found);
      });
      if (found.size === wanted.size) end();
    });
  }
}

/** True when this generation is Healthy. */
export function isHealthy({ metadata, status }: Rollout): boolean {
  return status?.phase === 'Healthy' && status.observedGeneration === String(metadata.generation);
}
