/** The pods of a toy world, and what is done to them beside Rampart's worker. */
import type { ReplicaSet } from '../../src/api/kubernetes.ts';
import type { Effect } from '../../src/core/rollout/decision.ts';
import type { DressOrder, PodOrder, PodReport, RestartOrder } from '../../src/core/rollout/pod-orders.ts';
import { planEvictions } from '../../src/core/rollout/restart/plan-evictions.ts';
import { mergePatched } from './merge-patch.ts';
import { tagOf } from './shop-template.ts';
import { dressedReplicaSet, type Pod } from './toy-objects.ts';
import type { ToyWorld } from './toy-world.ts';

export function newPod(world: ToyWorld, { metadata, spec }: ReplicaSet): Pod {
  world.podCount += 1;
  const latency = world.options.podLatencyMs?.(metadata.name, world.podCount) ?? 0;
  return {
    name: `${`${metadata.name}-`.slice(0, 58)}${world.podCount}`,
    readyAtMs: world.nowMs + latency,
    bornMs: Math.floor(world.nowMs / 1000) * 1000,
    metadata: spec.template.metadata ?? {},
  };
}

export function dress(world: ToyWorld, effect: Extract<Effect, { kind: 'dress-replica-set' }>): void {
  const old = world.replicaSets.get(effect.name);
  if (old === undefined) throw new Error(`no ReplicaSet ${effect.name}`);
  world.replicaSets.set(effect.name, dressedReplicaSet(old, effect));
}

/** All pods of a ReplicaSet stop and start again. */
export function restartPods(world: ToyWorld, tag: string, latencyMs: number): void {
  for (const replicaSet of world.replicaSets.values()) {
    if (tagOf(replicaSet) !== tag) continue;
    const { name } = replicaSet.metadata;
    const pods = (world.pods.get(name) ?? []).map((pod) => ({ ...pod, readyAtMs: world.nowMs + latencyMs }));
    world.pods.set(name, pods);
  }
}

/** What the process does beside its worker; its memory goes with the process. */
export class ToyPodWork {
  readonly reports = new Map<string, PodReport>();
  /** Pods evicted so far, by name. */
  readonly evicted: string[] = [];
  /** False while a PodDisruptionBudget says no. */
  mayEvict = true;
  /** How often it said so. */
  refused = 0;
  #orders: readonly PodOrder[] = [];

  want(orders: readonly PodOrder[]): void {
    this.#orders = orders;
    for (const id of this.reports.keys()) if (!orders.some((order) => order.id === id)) this.reports.delete(id);
    for (const { id, start } of orders) if (start && this.reports.get(id)?.outcome === 'done') this.reports.delete(id);
  }

  forget(): void {
    this.#orders = [];
    this.reports.clear();
  }

  /** True if something came back. */
  run(world: ToyWorld): boolean {
    const due = this.#orders.filter(({ start }) => start);
    this.#orders = this.#orders.filter(({ start }) => !start);
    for (const order of due) {
      const outcome = order.kind === 'dress' ? dressPods(world, order) : this.#evict(world, order);
      const message = outcome === 'blocked' ? 'a budget' : '';
      const last = this.reports.get(order.id);
      const repeats = last?.token === order.token && last.outcome === outcome ? last.repeats + 1 : 0;
      this.reports.set(order.id, { token: order.token, outcome, message, atMs: world.nowMs, repeats });
    }
    return due.length > 0;
  }

  #evict(world: ToyWorld, order: RestartOrder): PodReport['outcome'] {
    const { nowMs } = world;
    const pods = [...world.replicaSets.values()].flatMap(({ metadata }) =>
      (world.pods.get(metadata.name) ?? []).map(({ name, bornMs, readyAtMs }) => ({
        name,
        owner: metadata.uid ?? '',
        createdMs: bornMs,
        isAvailable: readyAtMs <= nowMs,
      })),
    );
    const { left, now } = planEvictions(order, pods);
    if (now.length > 0 && !this.mayEvict) {
      this.refused += 1;
      return 'blocked';
    }
    for (const { name } of now) {
      this.evicted.push(name);
      for (const [replicaSet, own] of world.pods)
        world.pods.set(
          replicaSet,
          own.filter((pod) => pod.name !== name),
        );
    }
    return left === 0 ? 'done' : 'more';
  }
}

function dressPods(world: ToyWorld, { owner, labels, annotations }: DressOrder): PodReport['outcome'] {
  const own = world.pods.get(owner.name) ?? [];
  world.pods.set(
    owner.name,
    own.map((pod) => ({ ...pod, metadata: mergePatched(pod.metadata, { labels, annotations }) as Pod['metadata'] })),
  );
  return 'done';
}
