/**
 * Traffic by a second Ingress beside each that the user names, for `trafficRouting.nginx`: the user's own is read and never written. No
 * controller of Ingresses says whether it has taken a weight, so one that was written counts as confirmed when it has had the time to.
 */
import { canaryIngressName, type NginxRouting, nginxRoutingPath } from '../../../api/nginx-routing.ts';
import type { Problem } from '../../../api/problem.ts';
import { type DesiredRoutes, type RouteDeed, type RouteEvidence, sameRoutes } from '../../../core/rollout/routes.ts';
import type { Cluster } from '../../../runtime/cluster.ts';
import { worst } from '../composite-router.ts';
import { everyOne } from '../every-one.ts';
import type { TrafficRouter } from '../traffic-router.ts';
import { type CanaryIntent, type CanaryOwner, liveWeight, ownership, rolloutKey } from './canary-ingress.ts';
import { type Carried, carriedBy, isReasserted, newest, settlesAtMs } from './carried.ts';
import type { Ingress, IngressSource } from './ingress-object.ts';
import { type CanaryWish, type CanaryWrite, removeCanary, writeCanary } from './ingress-writer.ts';
import { markedCanaries } from './marked-ingresses.ts';
import { type CanaryPlan, planCanary, planLowered } from './plan-canary-ingress.ts';
import { type StableProblem, stableProblem } from './stable-ingress.ts';

export interface NginxRouterOptions {
  readonly routing: NginxRouting;
  /** The configuration cannot be obeyed: it names no Ingress, or too many. */
  readonly isUnread: boolean;
  readonly owner: CanaryOwner;
  /** `trafficRouting.maxTrafficWeight`, as the user writes it. */
  readonly maxTrafficWeight?: number | undefined;
  /** Classes of which an Ingress must be one, if it has any; empty: whatever it has. */
  readonly classes: ReadonlySet<string>;
  /** How long a controller of Ingresses may take until it acts on what was written. */
  readonly propagationMs: number;
  readonly now: () => number;
  readonly cluster: Cluster;
  readonly source: IngressSource;
}

/** One Ingress of the user with the canary Ingress beside it. `name` is undefined where only the latter may be touched, to take weight. */
interface Named {
  readonly name: string | undefined;
  readonly path: string;
  readonly canary: string;
}

/** One canary Ingress after a pass. */
interface IngressWord {
  readonly state: RouteEvidence['state'];
  readonly message: string;
  readonly liveCanaryWeight: number;
  readonly reasserted: boolean;
  readonly settlesAtMs?: number;
  readonly deed?: RouteDeed;
}

export class NginxRouter implements TrafficRouter {
  readonly #options: NginxRouterOptions;
  /** name of a canary Ingress -> what this process has last written into it, or found there as wanted */
  readonly #carried = new Map<string, Carried>();
  /** name of a canary Ingress -> what was written into it and not kept: it is not tried again */
  readonly #unkept = new Map<string, string>();

  constructor(options: NginxRouterOptions) {
    this.#options = options;
  }

  problems(services: Pick<DesiredRoutes, 'stableService' | 'canaryService'>): readonly Problem[] {
    const { source, owner } = this.#options;
    const trouble = source.trouble();
    if (trouble !== undefined) return [{ path: nginxRoutingPath, message: trouble }];
    const named = this.#named();
    return named.flatMap(({ name, path, canary }, index): Problem[] => {
      if (name === undefined) return [];
      const problem = this.#stableProblem(name, services);
      if (problem !== undefined)
        return [
          { path, message: `Ingress ${name} ${problem.message}`, ...(problem.isMissing && { isMissing: problem.isMissing }) },
        ];
      if (named.findIndex((one) => one.canary === canary) !== index)
        return [
          { path, message: `Ingress ${name} and one before it would share the canary Ingress ${canary}; give one a shorter name` },
        ];
      const live = source.get(owner.namespace, canary);
      if (live === undefined || ownership(live, owner) !== 'other') return [];
      return [
        {
          path,
          message: `Ingress ${canary} is there and is not this Rollout's; rename it or take it away: the canary of ${name} is called so`,
        },
      ];
    });
  }

  async converge(desired: DesiredRoutes, signal: AbortSignal): Promise<RouteEvidence> {
    const named = this.#named();
    const refusal = unserved(desired);
    if (refusal !== undefined)
      return { desired, state: 'failed', message: refusal, liveCanaryWeight: this.#liveWeight(named, desired), reasserted: false };
    const words = await everyOne(named, (one) => this.#convergeOne(one, desired, signal));
    await this.#removeStrays(named, signal);
    if (words.length === 0) words.push(this.#options.isUnread ? nowhere : failed('trafficRouting.nginx names no Ingress', 0));
    const settlings = words.flatMap((word) => word.settlesAtMs ?? []);
    const deeds = words.flatMap(({ deed }) => deed ?? []);
    return {
      desired,
      state: worst(words.map(({ state }) => state)),
      message: words.flatMap(({ message }) => (message === '' ? [] : [message])).join('; '),
      liveCanaryWeight: Math.max(...words.map((word) => word.liveCanaryWeight)),
      reasserted: words.some(({ reasserted }) => reasserted),
      ...(settlings.length > 0 && { settlesAtMs: Math.max(...settlings) }),
      ...(deeds.length > 0 && { deeds }),
    };
  }

  stillConfirms(desired: DesiredRoutes): boolean {
    const { now } = this.#options;
    const named = this.#named();
    const holds = (one: Named): boolean => {
      const live = this.#newest(one.canary);
      const { plan, problem } = this.#planner(one, desired);
      if (problem !== undefined || live === undefined || plan(live).kind !== 'as-is') return false;
      return now() >= this.#settlesAtMs(one.canary, live);
    };
    return named.every(holds) && (named.length > 0 || (this.#options.isUnread && desired.canaryWeight === 0));
  }

  steers(): ReadonlySet<string> {
    return new Set(this.#named().map(({ canary }) => this.#key(canary)));
  }

  async release(signal: AbortSignal, kept: ReadonlySet<string> = new Set()): Promise<void> {
    const { cluster, source, owner } = this.#options;
    // name -> uid of those that are ours to take away
    const ours = new Map([...this.#carried].map(([name, { ingress }]) => [name, ingress.metadata.uid]));
    for (const { canary } of this.#named()) {
      const live = source.get(owner.namespace, canary);
      if (live !== undefined && ['ours', 'left'].includes(ownership(live, owner))) ours.set(canary, live.metadata.uid);
    }
    for (const { metadata } of markedCanaries(source, rolloutKey(owner))) ours.set(metadata.name, metadata.uid);
    const released = [...ours].filter(([name]) => !kept.has(this.#key(name)));
    await everyOne(released, async ([name, uid]) => {
      await removeCanary(cluster, { namespace: owner.namespace, name, uid }, signal);
      this.#carried.delete(name);
    });
  }

  async #convergeOne(one: Named, desired: DesiredRoutes, signal: AbortSignal): Promise<IngressWord> {
    const { owner, routing } = this.#options;
    const before = this.#carried.get(one.canary);
    const { plan, problem } = this.#planner(one, desired);
    const live = this.#newest(one.canary);
    const written = await this.#write(one.canary, { live, plan, signal });
    const ingress = written.kind === 'carries' ? written.ingress : written.found;
    const weight = ingress === undefined ? 0 : liveWeight(ingress, routing.prefix, desired.maxWeight);
    if (ingress === undefined) this.#carried.delete(one.canary);
    else if (written.kind === 'carries')
      this.#carried.set(
        one.canary,
        carriedBy(ingress, {
          owner,
          prefix: routing.prefix,
          desired,
          before,
          older: [live, written.found],
          nowMs: this.#options.now(),
        }),
      );
    const told = deedOf(written, desired);
    // Without the Ingress that it stands beside, a canary Ingress is served by nobody.
    if (problem !== undefined)
      return { ...failed(`Ingress ${one.name} ${problem.message}`, problem.isMissing ? 0 : weight), ...told };
    if (written.kind === 'refused') {
      const message = `Ingress ${one.canary} ${written.message}`;
      return written.passes ? { state: 'pending', message, liveCanaryWeight: weight, reasserted: false } : failed(message, weight);
    }
    if (one.name === undefined && weight !== desired.canaryWeight)
      return failed(
        `Ingress ${one.canary} carries weight ${weight}: no weight is given until trafficRouting.nginx is put right`,
        weight,
      );
    const reasserted =
      written.did !== undefined &&
      before !== undefined &&
      sameRoutes(before.desired, desired) &&
      isReasserted(before, written.found, routing.prefix);
    return { ...this.#confirmation(one.canary, ingress), liveCanaryWeight: weight, reasserted, ...told };
  }

  /** Something may change what is written, an admission webhook for one: it is not fought with. */
  async #write(canary: string, { live, plan, signal }: CanaryWish): Promise<CanaryWrite> {
    const { cluster, owner } = this.#options;
    const lasting = (found: Ingress | undefined): CanaryPlan => {
      const planned = plan(found);
      return planned.kind === 'patch' && planned.changes === this.#unkept.get(canary) ? notKept : planned;
    };
    const written = await writeCanary(cluster, { namespace: owner.namespace, name: canary }, { live, plan: lasting, signal });
    if (written.kind !== 'carries') return written;
    const left = written.did === 'patched' ? plan(written.ingress) : undefined;
    if (left?.kind !== 'patch') this.#unkept.delete(canary);
    else this.#unkept.set(canary, left.changes);
    return left?.kind === 'patch' ? { ...notKept, kind: 'refused', found: written.ingress } : written;
  }

  #confirmation(canary: string, ingress: Ingress | undefined): Pick<IngressWord, 'state' | 'message' | 'settlesAtMs'> {
    const settles = ingress === undefined ? 0 : this.#settlesAtMs(canary, ingress);
    if (settles <= this.#options.now()) return { state: 'confirmed', message: '' };
    const at = new Date(settles).toISOString();
    return {
      state: 'pending',
      message: `Ingress ${canary} was written; its controller has until ${at} to take it`,
      settlesAtMs: settles,
    };
  }

  #settlesAtMs(canary: string, ingress: Ingress): number {
    return settlesAtMs(ingress, this.#carried.get(canary), this.#options);
  }

  /** `problem`: why its rules cannot be known, so that weight is only taken. */
  #planner(
    { name, canary }: Named,
    desired: DesiredRoutes,
  ): { readonly plan: (live: Ingress | undefined) => CanaryPlan; readonly problem: StableProblem | undefined } {
    const { source, owner, now } = this.#options;
    const intent = this.#intent(desired);
    const stable = name === undefined ? undefined : source.get(owner.namespace, name);
    const problem = name === undefined ? undefined : this.#stableProblem(name, desired);
    const place = (live: Ingress | undefined) => ({ name: canary, live, nowMs: now() });
    if (stable === undefined || problem !== undefined) return { plan: (live) => planLowered(intent, place(live)), problem };
    return { plan: (live) => planCanary(stable, intent, place(live)), problem: undefined };
  }

  #stableProblem(name: string, services: Pick<DesiredRoutes, 'stableService' | 'canaryService'>): StableProblem | undefined {
    const { source, owner, classes, routing } = this.#options;
    const stable = source.get(owner.namespace, name);
    return stableProblem(stable, { services, classes, namespace: owner.namespace, prefix: routing.prefix });
  }

  /** What an earlier configuration, or a process before this one, has left beside Ingresses. */
  async #removeStrays(named: readonly Named[], signal: AbortSignal): Promise<void> {
    const { cluster, source, owner } = this.#options;
    const strays = markedCanaries(source, rolloutKey(owner)).filter(
      ({ metadata }) => !named.some((one) => one.canary === metadata.name),
    );
    await everyOne(strays, async ({ metadata }) => {
      await removeCanary(cluster, { namespace: owner.namespace, name: metadata.name, uid: metadata.uid }, signal);
      this.#carried.delete(metadata.name);
    });
  }

  /** A configuration that cannot be obeyed speaks of what there is, and of nothing new. */
  #named(): readonly Named[] {
    const { routing, owner, isUnread, source } = this.#options;
    const named = routing.ingresses.map(({ name, path }) => ({ name, path, canary: canaryIngressName(owner.name, name) }));
    if (!isUnread) return named;
    const there = [
      ...named.map(({ canary }) => canary).filter((canary) => source.get(owner.namespace, canary) !== undefined),
      ...this.#carried.keys(),
      ...markedCanaries(source, rolloutKey(owner)).map(({ metadata }) => metadata.name),
    ];
    return [...new Set(there)].map((canary) => ({ name: undefined, path: nginxRoutingPath, canary }));
  }

  #intent(desired: DesiredRoutes): CanaryIntent {
    const { routing, owner, maxTrafficWeight } = this.#options;
    const { stableService, canaryService, canaryWeight, maxWeight } = desired;
    return { owner, routing, stableService, canaryService, canaryWeight, maxWeight, hasTotal: maxTrafficWeight !== undefined };
  }

  #key(canary: string): string {
    return `Ingress/${this.#options.owner.namespace}/${canary}`;
  }

  #newest(canary: string): Ingress | undefined {
    const { source, owner } = this.#options;
    return newest(source.get(owner.namespace, canary), this.#carried.get(canary));
  }

  #liveWeight(named: readonly Named[], { maxWeight }: DesiredRoutes): number {
    const { routing } = this.#options;
    const live = named.flatMap(({ canary }) => this.#newest(canary) ?? []);
    return Math.max(0, ...live.map((ingress) => liveWeight(ingress, routing.prefix, maxWeight)));
  }
}

const notKept = {
  kind: 'problem',
  message: 'is not kept as it is written: something changes it, an admission webhook perhaps',
  passes: false,
} as const;

const nowhere: IngressWord = { state: 'confirmed', message: '', liveCanaryWeight: 0, reasserted: false };

function failed(message: string, live: number): IngressWord {
  return { state: 'failed', message, liveCanaryWeight: live, reasserted: false };
}

function deedOf(written: CanaryWrite, { canaryWeight }: DesiredRoutes): Pick<IngressWord, 'deed'> {
  if (written.kind !== 'carries' || written.did === undefined || written.ingress === undefined) return {};
  const { name, uid, resourceVersion } = written.ingress.metadata;
  const identity = `${uid}/${resourceVersion}`;
  return written.did === 'created'
    ? { deed: { reason: 'CreatingCanaryIngress', message: `Created canary Ingress ${name} with weight ${canaryWeight}`, identity } }
    : { deed: { reason: 'PatchingCanaryIngress', message: `Patched canary Ingress ${name}, weight ${canaryWeight}`, identity } };
}

/** A sentence for what an Ingress cannot carry. */
function unserved({ additional, managedRoutes }: DesiredRoutes): string | undefined {
  if (additional.length > 0) return 'router nginx does not carry the weights of experiments; nothing was written';
  if (managedRoutes.length > 0) return 'router nginx does not carry header and mirror routes; nothing was written';
  return undefined;
}
