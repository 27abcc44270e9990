/**
 * The promises of blue-green as checks on a toy world, told of every write: where the active Service may go, and whose pods stay. What
 * users do themselves (scaling, killing pods) breaks no law.
 */
import { labels } from '../../src/api/names.ts';
import type { ToyWorld } from './toy-world.ts';
import type { Watch } from './watch.ts';

export interface BlueGreenLimits {
  /** The shortest time for which pods stay that users have just been sent away from. */
  readonly delayMs: number;
}

interface Moment {
  readonly active: string | undefined;
  readonly stable: string | undefined;
  /** hash -> pods asked for */
  readonly sizes: ReadonlyMap<string, number>;
}

/** A new watcher for one world with a Service `active`; throws where a law is broken. */
export function blueGreenLaws({ delayMs }: BlueGreenLimits): Watch {
  let before: Moment | undefined;
  /** hash -> when users were sent away from it */
  const leftAtMs = new Map<string, number>();
  return {
    before(world) {
      before = momentOf(world);
    },
    after(world, cause) {
      const old = before;
      if (old === undefined) return;
      const now = momentOf(world);
      const fail = (law: string): never => {
        throw new Error(`${law}\nby: ${cause}\n${world.log.join('\n')}`);
      };
      const replicas = world.rollout.spec.replicas ?? 1;
      if (old.stable !== undefined && now.stable === undefined) fail('no stable any more');
      if (now.stable !== undefined && !now.sizes.has(now.stable)) fail('stable ReplicaSet deleted');
      if (now.active !== old.active) {
        const ready = (hash: string | undefined): number => (hash === undefined ? 0 : readyPods(world, hash));
        const whole = ready(now.active) >= replicas && (now.sizes.get(now.active ?? '') ?? 0) === replicas;
        if (!whole && now.active !== now.stable) fail('the active Service moves to a version that is not whole');
        if (ready(now.active) === 0 && ready(old.active) > 0) fail('users are sent to nobody');
        if (old.active !== undefined) leftAtMs.set(old.active, world.nowMs);
      }
      for (const [hash, size] of old.sizes) {
        const next = now.sizes.get(hash) ?? 0;
        if (next >= size || replicas === 0) continue;
        if (hash === now.active && next < replicas) fail(`pods of ${hash} go while users are sent to them`);
        if (hash === now.stable && next < replicas) fail('stable is not whole');
        if (next === 0 && world.nowMs < (leftAtMs.get(hash) ?? 0) + delayMs) fail(`pods of ${hash} go too soon`);
      }
    },
  };
}

/** A new watcher: no write takes the last pod from those that a Service sends its users to, whatever the strategy is. */
export function servedLaws(service: string): Watch {
  let before = 0;
  return {
    before(world) {
      before = answering(world, service);
    },
    after(world, cause) {
      if (before > 0 && answering(world, service) === 0 && world.rollout.spec.replicas !== 0)
        throw new Error(`nobody answers behind ${service}\nby: ${cause}\n${world.log.join('\n')}`);
    },
  };
}

/** Pods that are ready, stay, and are selected. */
function answering(world: ToyWorld, service: string): number {
  const hash = world.services.get(service)?.spec.selector?.[labels.podTemplateHash];
  let count = 0;
  for (const [name, one] of world.replicaSets) {
    if (hash === undefined || one.metadata.labels?.[labels.podTemplateHash] === hash)
      count += Math.min(one.spec.replicas ?? 1, world.readyPods(name).length);
  }
  return count;
}

function momentOf(world: ToyWorld): Moment {
  const sizes = [...world.replicaSets.values()].map(
    (one) => [one.metadata.labels?.[labels.podTemplateHash] ?? '', one.spec.replicas ?? 1] as const,
  );
  return {
    active: world.services.get('active')?.spec.selector?.[labels.podTemplateHash],
    stable: world.status.stableRS,
    sizes: new Map(sizes),
  };
}

function readyPods(world: ToyWorld, hash: string): number {
  return world.readyPods(`shop-${hash}`).length;
}
