/**
 * The promises of design held at every write of Rampart, against the true state of the cluster. What it cannot know yet it is not blamed for: a
 * moment counts as known when it lies back by more than watches can be late.
 */
import type { EndpointSlice, KubeObject, ReplicaSet, Service } from '../../../src/api/kubernetes.ts';
import { labels } from '../../../src/api/names.ts';
import { replicaSets, rollouts, services } from '../../../src/api/resources.ts';
import type { Rollout } from '../../../src/api/rollout.ts';
import type { Simulation } from '../../../src/simulation/simulation.ts';
import { namespace, servicesOf } from './manifests.ts';
import type { Plan, PlannedRollout } from './plan.ts';
import { maxWeightOf, roadKey, weightsFollowed, weightsIn } from './road.ts';

export interface Laws {
  /** Throws the first breach. */
  check(): void;
}

interface Change {
  readonly kind: string;
  readonly key: string;
  readonly old: KubeObject | undefined;
  readonly object: KubeObject;
  readonly isGone: boolean;
  readonly actor: string;
}

export function watchLaws(simulation: Simulation, plan: Plan): Laws {
  const breaches: string[] = [];
  const book = new LawBook(simulation, plan, (law) => {
    breaches.push(`${(simulation.clock.monotonic() / 1000).toFixed(3)} ${law}`);
  });
  simulation.cluster.server.storage.onAnyChange((change) => book.see(change));
  return {
    check: () => {
      const [first] = breaches;
      if (first !== undefined) throw new Error(`${breaches.length} breaches of law, the first: ${first}`);
    },
  };
}

class LawBook {
  readonly #simulation: Simulation;
  readonly #plan: Plan;
  readonly #breach: (law: string) => void;
  /** Service -> when it last had a ready endpoint */
  readonly #readyMs = new Map<string, number>();
  /** Rollout -> sizes it was asked to have, newest last */
  readonly #asked = new Map<string, { readonly atMs: number; readonly replicas: number }[]>();
  /** uid of a ReplicaSet -> how many of its pods were available, newest last */
  readonly #available = new Map<string, { readonly atMs: number; readonly available: number }[]>();
  /** uid of a ReplicaSet -> when it was made */
  readonly #madeMs = new Map<string, number>();
  readonly #lagMs: number;

  constructor(simulation: Simulation, plan: Plan, breach: (law: string) => void) {
    this.#simulation = simulation;
    this.#plan = plan;
    this.#breach = breach;
    const isBlind = plan.network.refused > 0 || plan.history.some(({ action }) => action.do === 'away' || action.do === 'watches');
    this.#lagMs = isBlind ? 400_000 : 1000 + 2 * plan.network.latencyMs + 2 * plan.network.watchDelayMs;
  }

  see(change: Change): void {
    this.#observe(change);
    if (!change.actor.startsWith('rampart-')) return;
    const planned = this.#plan.rollouts.find(
      ({ name }) => change.key === `${namespace}/${name}` || change.key.startsWith(`${namespace}/${name}-`),
    );
    if (planned === undefined) return;
    if (change.kind === 'apps/replicasets') this.#replicaSetLaws(planned, change);
    const road = roadKey(planned);
    if (road?.kind === change.kind && road.key === change.key) this.#roadLaws(planned, change);
    if (change.kind.endsWith('/rollouts')) this.#statusLaws(planned, change);
    if (change.kind === '/services') this.#serviceLaws(planned, change);
  }

  #observe({ kind, object, old, isGone }: Change): void {
    const nowMs = this.#simulation.clock.monotonic();
    if (kind === 'apps/replicasets' && old === undefined) this.#madeMs.set(object.metadata.uid ?? '', nowMs);
    if (kind === 'apps/replicasets') {
      const { uid = '' } = object.metadata;
      const seen = this.#available.get(uid) ?? [];
      const available = (object as ReplicaSet).status?.availableReplicas ?? 0;
      if (seen.at(-1)?.available !== available) seen.push({ atMs: nowMs, available });
      this.#available.set(uid, seen);
    }
    if (kind === 'discovery.k8s.io/endpointslices') {
      const service = object.metadata.labels?.['kubernetes.io/service-name'];
      // What has been ready until now was so until now.
      if (service !== undefined && (this.#readyNow.has(service) || readyIn(object as EndpointSlice)))
        this.#readyMs.set(service, nowMs);
      if (service !== undefined && readyIn(object as EndpointSlice) && !isGone) this.#readyNow.add(service);
      else if (service !== undefined) this.#readyNow.delete(service);
    }
    if (kind.endsWith('/rollouts')) {
      const { name } = object.metadata;
      const asked = this.#asked.get(name) ?? [];
      const replicas = (object as Rollout).spec.replicas ?? 1;
      if (asked.at(-1)?.replicas !== replicas) asked.push({ atMs: nowMs, replicas });
      this.#asked.set(name, asked);
    }
  }

  readonly #readyNow = new Set<string>();

  #wasReady(service: string): boolean {
    if (this.#readyNow.has(service)) return true;
    return this.#simulation.clock.monotonic() - (this.#readyMs.get(service) ?? Number.NEGATIVE_INFINITY) <= this.#lagMs;
  }

  /** The sizes that Rampart may believe in. */
  #sizes(name: string): readonly number[] {
    const since = this.#simulation.clock.monotonic() - this.#lagMs;
    const asked = this.#asked.get(name) ?? [];
    const first = Math.max(
      0,
      asked.findLastIndex(({ atMs }) => atMs <= since),
    );
    return asked.slice(first).map(({ replicas }) => replicas);
  }

  #replicaSetLaws(planned: PlannedRollout, { old, object, isGone }: Change): void {
    const now = object as ReplicaSet;
    const before = old as ReplicaSet | undefined;
    const [from, to] = [before === undefined ? 0 : (before.spec.replicas ?? 1), isGone ? 0 : (now.spec.replicas ?? 1)];
    const rollout = this.#simulation.get(rollouts, planned.name);
    if (rollout === undefined || now.metadata.ownerReferences?.[0]?.uid !== rollout.metadata.uid) return;
    const hash = now.metadata.labels?.[labels.podTemplateHash];
    if (isGone && hash === rollout.status?.stableRS && from > 0)
      this.#breach(`the stable ReplicaSet ${now.metadata.name} is deleted`);
    if (planned.strategy.kind === 'basic' && to > from) this.#surgeLaw(planned, planned.strategy.maxSurge, { now, from, to });
    if (planned.strategy.kind === 'basic' && to < from && !isGone)
      this.#availabilityLaw(planned, planned.strategy.maxUnavailable, { now, from, to });
    if (planned.strategy.kind === 'routed' && to === 0 && from > 0) this.#drainLaw(planned, now, hash);
  }

  #surgeLaw(
    planned: PlannedRollout,
    maxSurge: number,
    { now, from, to }: { readonly now: ReplicaSet; readonly from: number; readonly to: number },
  ): void {
    if (this.#plan.history.some(({ action }) => action.do === 'scale-set')) return;
    const owner = now.metadata.ownerReferences?.[0]?.uid;
    const own = this.#simulation.all(replicaSets).filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === owner);
    // One whose creation was not answered is not known before a watch tells of it.
    const since = this.#simulation.clock.monotonic() - this.#lagMs;
    const isKnown = ({ metadata }: ReplicaSet): boolean =>
      this.#plan.network.lost === 0 || (this.#madeMs.get(metadata.uid ?? '') ?? 0) <= since;
    const total = own
      .filter((one) => one.metadata.uid === now.metadata.uid || isKnown(one))
      .reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0);
    const most = Math.max(...this.#sizes(planned.name)) + maxSurge;
    if (total > Math.max(most, total - (to - from)))
      this.#breach(`${total} pods are asked for where ${most} are the most (${now.metadata.name} from ${from} to ${to})`);
  }

  /** By what is so, and by what Rampart may believe in at best: that all pods are still available that were so a moment ago. */
  #availabilityLaw(
    planned: PlannedRollout,
    maxUnavailable: number,
    { now, from, to }: { readonly now: ReplicaSet; readonly from: number; readonly to: number },
  ): void {
    if (this.#plan.history.some(({ action }) => meddling.has(action.do))) return;
    const owner = now.metadata.ownerReferences?.[0]?.uid;
    const own = this.#simulation.all(replicaSets).filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === owner);
    const available = (size: number, seen: (one: ReplicaSet) => number): number =>
      own.reduce((sum, one) => {
        const wanted = one.metadata.uid === now.metadata.uid ? size : (one.spec.replicas ?? 1);
        return sum + Math.min(wanted, seen(one));
      }, 0);
    const limit = Math.min(...this.#sizes(planned.name)) - maxUnavailable;
    const beliefs = [
      (one: ReplicaSet) => one.status?.availableReplicas ?? 0,
      (one: ReplicaSet) => this.#mostAvailable(one.metadata.uid ?? ''),
    ];
    if (beliefs.every((seen) => available(to, seen) < Math.min(available(from, seen), limit)))
      this.#breach(`fewer than ${limit} pods stay available (${now.metadata.name} from ${from} to ${to})`);
  }

  /** Since what Rampart may not know yet. */
  #mostAvailable(uid: string): number {
    const since = this.#simulation.clock.monotonic() - this.#lagMs;
    const seen = this.#available.get(uid) ?? [];
    const first = Math.max(
      0,
      seen.findLastIndex(({ atMs }) => atMs <= since),
    );
    return Math.max(0, ...seen.slice(first).map(({ available }) => available));
  }

  /** Pods go only where nobody is sent to them any more. */
  #drainLaw(planned: PlannedRollout, now: ReplicaSet, hash: string | undefined): void {
    if (Math.min(...this.#sizes(planned.name)) === 0) return;
    const followed = weightsFollowed(this.#simulation, planned);
    const hasEdits = this.#plan.history.some(({ action }) => meddling.has(action.do));
    if (followed === undefined || hasEdits) return;
    const { stableService, stable, canaryService, canary } = followed;
    for (const [service, weight] of [
      [stableService, stable],
      [canaryService, canary],
    ] as const) {
      const selector = this.#simulation.get(services, service)?.spec.selector;
      if (selector?.[labels.podTemplateHash] === hash && weight > 0)
        this.#breach(`${now.metadata.name} loses its pods while ${service} has weight ${weight}`);
    }
  }

  #roadLaws(planned: PlannedRollout, { old, object, isGone }: Change): void {
    if (isGone) return;
    const now = weightsIn(this.#simulation, planned, object);
    if (now === undefined) return;
    const before = weightsIn(this.#simulation, planned, old);
    const { stable, canary, stableService, canaryService } = now;
    if (now.sum !== maxWeightOf(planned)) this.#breach(`weights ${stable} and ${canary} do not sum up: ${now.sum}`);
    const was = before?.canary ?? 0;
    if (canary > was && !this.#wasReady(canaryService) && this.#readyNow.has(stableService))
      this.#breach(`weight ${canary} goes to ${canaryService}, where nobody answers`);
    if (canary < was && !this.#wasReady(stableService) && this.#readyNow.has(canaryService))
      this.#breach(`weight ${stable} goes to ${stableService}, where nobody answers`);
  }

  #statusLaws(planned: PlannedRollout, { old, object, isGone }: Change): void {
    if (isGone || old === undefined) return;
    const [before, now] = [(old as Rollout).status, (object as Rollout).status];
    if (before?.stableRS !== undefined && before.stableRS !== '' && (now?.stableRS ?? '') === '')
      this.#breach(`${planned.name} has no stable version any more`);
    if (now?.phase !== undefined && now.phase !== 'Healthy' && (now.message ?? '') === '')
      this.#breach(`${planned.name} is ${now.phase} and does not say why`);
  }

  /** A Service that users are sent to is not switched to a version of which nobody answers, while the one before it does. */
  #serviceLaws(planned: PlannedRollout, { old, object, isGone }: Change): void {
    if (isGone || old === undefined || planned.strategy.kind !== 'blueGreen') return;
    const [from, to] = [old as Service, object as Service].map(({ spec }) => spec.selector?.[labels.podTemplateHash]);
    if (object.metadata.name !== servicesOf(planned).stable || from === undefined || to === undefined || from === to) return;
    const ready = (hash: string): number =>
      this.#simulation.get(replicaSets, `${planned.name}-${hash}`)?.status?.readyReplicas ?? 0;
    if (
      ready(to) === 0 &&
      ready(from) > 0 &&
      !this.#plan.history.some(({ action }) => action.do.endsWith('-pod')) &&
      this.#plan.versions.every(({ fate }) => fate === 'good' || fate === 'never-ready' || fate === 'no-image')
    )
      this.#breach(`users are switched from ${from} to ${to}, where nobody answers`);
  }
}

function readyIn({ endpoints }: EndpointSlice): boolean {
  return (endpoints ?? []).some(({ conditions }) => conditions?.ready === true);
}

/** What takes away from Rampart what it has done, so that it cannot be blamed for what follows at once. */
const meddling: ReadonlySet<string> = new Set([
  'edit-route',
  'delete-route',
  'recreate',
  'free-services',
  'scale-set',
  'delete-set',
]);
