/**
 * Who sends how many requests where, and what becomes of them: from the routes that the gateway follows, over Services and their endpoints,
 * to pods that answer as their version does. Rates are constant between changes, so nothing is counted request by request.
 */
import type { EndpointSlice, Resource } from '../../api/kubernetes.ts';
import * as resources from '../../api/resources.ts';
import { isReady, type Kube, type Pod, type PodIndex } from '../workloads/kube.ts';
import type { RouteBackend, VirtualGateway } from './virtual-gateway.ts';
import type { VirtualIngresses } from './virtual-ingresses.ts';

/** How a pod answers at one moment. */
export interface Serving {
  /** From 0 to 1. */
  readonly errorRatio: number;
  /** Half of the requests are answered within this time. */
  readonly medianSeconds: number;
}

export interface Load {
  /** Requests a second that this pod gets. */
  readonly requestsPerSecond: number;
  readonly nowMs: number;
}

export type Behaviour = (pod: Pod, load: Load) => Serving;

/** A place where requests come in: a route of the gateway, an Ingress, or a Service that is called inside the cluster. */
export interface Entrance {
  readonly requestsPerSecond: number | ((nowMs: number) => number);
  readonly namespace: string;
  readonly to:
    | { readonly route: string; readonly resource?: Resource }
    | { readonly ingress: string }
    | { readonly service: string };
  /** Requests of testers are answered and counted by pods like any other, and no loss to users; of users if absent. */
  readonly from?: 'users' | 'testers';
}

/** What users sent while nothing changed. Rates are in requests a second. */
export interface Passed {
  readonly seconds: number;
  /** pod key -> the rate, and how it was answered */
  readonly answered: ReadonlyMap<string, { readonly rate: number; readonly errorRatio: number; readonly medianSeconds: number }>;
  /** name of a Service without endpoints -> the rate that it was given; an empty name where no Service was given it */
  readonly unserved: ReadonlyMap<string, number>;
  /** pod key -> the rate that was sent to it while it did not listen */
  readonly refused: ReadonlyMap<string, number>;
}

/** Counters of one pod, or of all together, as an exporter has them. */
export interface Tally {
  /** Answered well. */
  good: number;
  /** Answered badly. */
  bad: number;
  /** Sum of the times that answers took. */
  seconds: number;
  /** Answers within each bound of `latencyBounds`, cumulative; the last one is all. */
  readonly within: Float64Array;
}

/** Upper bounds in seconds, as Prometheus' client libraries have them by default. */
export const latencyBounds: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Number.POSITIVE_INFINITY];
/** How far answers spread around their median, as a factor. */
const spread = 0.5;

export interface Losses {
  requests: number;
  /** Answered badly by a pod. */
  errors: number;
  /** No endpoint was there to answer. */
  unserved: number;
  /** Sent to a pod that was gone or not listening any more. */
  refused: number;
}

export interface Flows {
  /** pod key -> requests a second, of everybody and of users */
  readonly served: ReadonlyMap<string, { all: number; users: number }>;
  /** Of users, as in Passed. */
  readonly unserved: ReadonlyMap<string, number>;
  readonly refused: ReadonlyMap<string, number>;
}

const noFlows: Flows = { served: new Map(), unserved: new Map(), refused: new Map() };

export const goodPods: Behaviour = () => ({ errorRatio: 0, medianSeconds: 0.02 });

export class TrafficModel {
  readonly #kube: Pick<Kube, 'server' | 'clock'>;
  readonly #pods: PodIndex;
  readonly #gateway: VirtualGateway;
  readonly #ingresses: VirtualIngresses;
  readonly #behaviour: Behaviour;
  readonly #entrances: Entrance[] = [];
  /** pod key -> what it has counted since it started */
  readonly #tallies = new Map<string, Tally>();
  readonly losses: Losses = { requests: 0, errors: 0, unserved: 0, refused: 0 };
  #countedUntilMs: number;
  /** As they are since the last change. */
  #flows: Flows = noFlows;
  #isChanging = false;
  readonly #listeners: ((passed: Passed) => void)[] = [];
  readonly #onFlow: (() => void)[] = [];

  constructor(
    kube: Kube,
    pods: PodIndex,
    { gateway, ingresses, behaviour }: { gateway: VirtualGateway; ingresses: VirtualIngresses; behaviour: Behaviour },
  ) {
    this.#kube = kube;
    this.#pods = pods;
    this.#gateway = gateway;
    this.#ingresses = ingresses;
    this.#behaviour = behaviour;
    this.#countedUntilMs = kube.clock.monotonic();
    for (const way of [gateway, ingresses]) way.beforeChange(() => this.#changed());
    const { storage } = kube.server;
    // Storage tells behind a change: what passed before it is counted by flows as they were.
    for (const kind of ['/pods', 'discovery.k8s.io/endpointslices']) storage.onChange(kind, () => this.#changed());
    storage.onChange('/pods', ({ key, isGone }) => {
      if (isGone) this.#tallies.delete(key);
    });
  }

  send(entrance: Entrance): void {
    this.#changed();
    this.#entrances.push(entrance);
  }

  /** Told of everything that passes, stretch by stretch without a gap. */
  onPassed(listener: (passed: Passed) => void): void {
    this.#listeners.push(listener);
  }

  /** Told whenever requests begin to flow in another way. */
  onFlow(listener: () => void): void {
    this.#onFlow.push(listener);
  }

  /** As requests flow now. */
  get flows(): Flows {
    return this.#flows;
  }

  /** To be called before pods begin to answer in another way. */
  behaviourChanges(): void {
    this.#changed();
  }

  /** Counters of a pod that runs; undefined before its first request. */
  tallyOf(podKey: string): Tally | undefined {
    return this.#tallies.get(podKey);
  }

  /** Requests a second that each pod gets now. */
  loadOf(podKey: string): number {
    return this.#flows.served.get(podKey)?.all ?? 0;
  }

  /** Counts everything up to now. */
  count(): void {
    const now = this.#kube.clock.monotonic();
    const seconds = (now - this.#countedUntilMs) / 1000;
    this.#countedUntilMs = now;
    if (seconds <= 0 || this.#entrances.length === 0) return;
    const { served, unserved, refused } = this.#flows;
    const nowMs = this.#kube.clock.now();
    const [toNobody, toTheDeaf] = [sum(unserved), sum(refused)];
    this.losses.requests += (toNobody + toTheDeaf) * seconds;
    this.losses.unserved += toNobody * seconds;
    this.losses.refused += toTheDeaf * seconds;
    const answered = new Map<string, { rate: number; errorRatio: number; medianSeconds: number }>();
    for (const [key, { all, users }] of served) {
      const serving = this.#answer(key, { all, users, seconds, nowMs });
      if (serving !== undefined && users > 0) answered.set(key, { ...serving, rate: users });
    }
    for (const listener of this.#listeners) listener({ seconds, answered, unserved, refused });
    if (this.#entrances.some(({ requestsPerSecond }) => typeof requestsPerSecond === 'function')) this.#flows = this.#flow();
  }

  /** Whatever passed until now passed as it flowed before; from the end of this moment on it flows anew. */
  #changed(): void {
    this.count();
    if (this.#isChanging) return;
    this.#isChanging = true;
    this.#kube.clock.setTimer(0, () => {
      this.#isChanging = false;
      this.#flows = this.#flow();
      for (const listener of this.#onFlow) listener();
    });
  }

  #answer(key: string, passed: { all: number; users: number; seconds: number; nowMs: number }): Serving | undefined {
    const pod = this.#pod(key);
    if (pod === undefined) return undefined;
    const { all: requestsPerSecond, users, seconds, nowMs } = passed;
    const serving = this.#behaviour(pod, { requestsPerSecond, nowMs });
    const { errorRatio, medianSeconds } = serving;
    const requests = requestsPerSecond * seconds;
    const tally = this.#tallies.get(key) ?? { good: 0, bad: 0, seconds: 0, within: new Float64Array(latencyBounds.length) };
    this.#tallies.set(key, tally);
    tally.good += requests * (1 - errorRatio);
    tally.bad += requests * errorRatio;
    tally.seconds += requests * medianSeconds * Math.exp((spread * spread) / 2);
    const shares = sharesWithin(medianSeconds);
    for (const [index, share] of shares.entries()) tally.within[index] = (tally.within[index] ?? 0) + requests * share;
    this.losses.requests += users * seconds;
    this.losses.errors += users * seconds * errorRatio;
    return serving;
  }

  #flow(): Flows {
    const served = new Map<string, { all: number; users: number }>();
    const [unserved, refused] = [new Map<string, number>(), new Map<string, number>()];
    const nowMs = this.#kube.clock.now();
    for (const entrance of this.#entrances) {
      const total = typeof entrance.requestsPerSecond === 'number' ? entrance.requestsPerSecond : entrance.requestsPerSecond(nowMs);
      const isLoss = entrance.from !== 'testers';
      for (const { service, share } of this.#services(entrance)) {
        const pods = service === undefined ? [] : this.#endpoints(entrance.namespace, service);
        if (pods.length === 0 && isLoss) add(unserved, service ?? '', total * share);
        for (const pod of pods) {
          const rate = (total * share) / pods.length;
          const flow = served.get(pod) ?? { all: 0, users: 0 };
          if (!this.#listens(pod)) {
            if (isLoss) add(refused, pod, rate);
            continue;
          }
          served.set(pod, { all: flow.all + rate, users: flow.users + (isLoss ? rate : 0) });
        }
      }
    }
    return { served, unserved, refused };
  }

  /** The Services behind an entrance with their shares of its requests; rules for certain headers get none, for nobody sends them. */
  #services({ namespace, to }: Entrance): readonly { readonly service: string | undefined; readonly share: number }[] {
    if ('service' in to) return [{ service: to.service, share: 1 }];
    if ('ingress' in to) return this.#behindIngress(namespace, to.ingress);
    const route = this.#gateway.programmed(to.resource ?? resources.httpRoutes, `${namespace}/${to.route}`);
    const rules = (route?.spec?.rules ?? []).filter(
      ({ matches = [] }) => matches.length === 0 || matches.some(({ headers }) => (headers ?? []).length === 0),
    );
    if (rules.length === 0) return [{ service: undefined, share: 1 }];
    return rules.flatMap(({ backendRefs = [] }) =>
      shares(backendRefs).map(({ service, share }) => ({ service, share: share / rules.length })),
    );
  }

  /** A canary without endpoints takes nothing; where the main one has none, nobody is sent to its canary either. */
  #behindIngress(namespace: string, name: string): readonly { readonly service: string | undefined; readonly share: number }[] {
    const locations = this.#ingresses.locations(namespace, name);
    if (locations.length === 0) return [{ service: undefined, share: 1 }];
    const answers = (service: string | undefined): boolean =>
      service !== undefined && this.#endpoints(namespace, service).length > 0;
    return locations.flatMap(({ service, canary }) => {
      const takes = canary !== undefined && answers(service) && answers(canary.service) ? canary.share : 0;
      const parts = [
        { service, share: 1 - takes },
        { service: canary?.service, share: takes },
      ];
      return parts.filter(({ share }) => share > 0).map((part) => ({ ...part, share: part.share / locations.length }));
    });
  }

  #endpoints(namespace: string, service: string): readonly string[] {
    const found: string[] = [];
    for (const slice of this.#kube.server.all<EndpointSlice>(resources.endpointSlices, namespace)) {
      if (slice.metadata.labels?.['kubernetes.io/service-name'] !== service) continue;
      for (const { conditions, targetRef } of slice.endpoints ?? [])
        if (conditions?.ready === true) found.push(`${namespace}/${targetRef?.name}`);
    }
    return found;
  }

  /** A pod answers while its container runs, whether or not it has been asked to end. */
  #listens(key: string): boolean {
    const pod = this.#pod(key);
    return pod !== undefined && isReady(pod);
  }

  #pod(key: string): Pod | undefined {
    return this.#pods.get(key);
  }
}

function shares(backends: readonly RouteBackend[]): readonly { readonly service: string | undefined; readonly share: number }[] {
  const total = backends.reduce((sum, { weight = 1 }) => sum + weight, 0);
  if (total === 0) return [{ service: undefined, share: 1 }];
  return backends.filter(({ weight = 1 }) => weight > 0).map(({ name, weight = 1 }) => ({ service: name, share: weight / total }));
}

function sum(rates: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const rate of rates.values()) total += rate;
  return total;
}

function add(rates: Map<string, number>, key: string, rate: number): void {
  rates.set(key, (rates.get(key) ?? 0) + rate);
}

/** median in seconds -> the share of answers within each bound of `latencyBounds` */
const knownShares = new Map<number, readonly number[]>();
const mostRemembered = 1000;

function sharesWithin(medianSeconds: number): readonly number[] {
  const known = knownShares.get(medianSeconds);
  if (known !== undefined) return known;
  const shares = latencyBounds.map((bound) => shareWithin(bound, medianSeconds));
  if (knownShares.size >= mostRemembered) knownShares.clear();
  knownShares.set(medianSeconds, shares);
  return shares;
}

/** The share of answers within a time, by a logarithmic normal distribution (in its logistic approximation). */
function shareWithin(seconds: number, medianSeconds: number): number {
  if (!Number.isFinite(seconds)) return 1;
  if (medianSeconds <= 0) return 1;
  const deviation = Math.log(seconds / medianSeconds) / spread;
  return 1 / (1 + Math.exp(-1.702 * deviation));
}
