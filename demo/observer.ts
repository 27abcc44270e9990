/** Watches the cluster as a user would, through the API, and remembers when what happened: the scenes of the view, the record of the bill. */

import type { AnalysisRun } from '../src/api/analysis-run.ts';
import type { KubeObject, ReplicaSet } from '../src/api/kubernetes.ts';
import { labels } from '../src/api/names.ts';
import * as resources from '../src/api/resources.ts';
import type { Rollout } from '../src/api/rollout.ts';
import type { Clock } from '../src/runtime/clock.ts';
import type { JsonPatchOperation, Resource } from '../src/runtime/cluster.ts';
import { Informer, whenSynced } from '../src/runtime/informer.ts';
import type { Log } from '../src/runtime/log.ts';
import type { WeightChange } from './bill.ts';
import type { Happening } from './scene.ts';
import type { World, WorldClient } from './stage.ts';
import { type ShopContainer, versionIn } from './version.ts';

interface Route extends KubeObject {
  readonly spec?: {
    readonly rules?: readonly { readonly backendRefs?: readonly { readonly name: string; readonly weight?: number }[] }[];
  };
}

interface Pod extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

interface Event extends KubeObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly involvedObject?: { readonly kind?: string; readonly name?: string };
}

export interface Observed {
  readonly world: World;
  readonly namespace: string;
  /** Milliseconds since the epoch. */
  readonly beganMs: number;
  /** Whoever waits stops waiting, with its reason, when it aborts. */
  readonly signal: AbortSignal;
}

export interface PodCount {
  readonly pods: number;
  readonly ready: number;
}

/** Not everything that is waited for comes by a watch: answers to requests do not. */
const lookAgainMs = 100;

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

export class Observer {
  readonly weights: WeightChange[] = [{ atMs: 0, canaryWeight: 0 }];
  readonly happenings: Happening[] = [];
  /** Called for each event, as it comes. */
  onHappening: (happening: Happening) => void = () => {};
  readonly #beganMs: number;
  readonly #clock: Clock;
  readonly #client: WorldClient;
  readonly #rollouts: Informer<Rollout>;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #runs: Informer<AnalysisRun>;
  readonly #pods: Informer<Pod>;
  readonly #waiting = new Set<() => void>();
  readonly #abort = new AbortController();
  readonly #interrupted: AbortSignal;
  readonly #running: Promise<void>[];
  readonly #seenEvents = new Set<string>();
  /** name of an AnalysisRun -> when a failed measurement was first seen in it, ms since the epoch */
  readonly #failedMeasurements = new Map<string, number>();

  constructor({ world, namespace, beganMs, signal }: Observed) {
    this.#beganMs = beganMs;
    this.#interrupted = signal;
    const { clock } = world;
    this.#clock = clock;
    this.#client = world.connect();
    const { cluster } = this.#client;
    const informer = <T extends KubeObject>(resource: Resource<T>) =>
      new Informer<T>({ cluster, resource, clock, random: Math.random, log: silent, namespace });
    this.#rollouts = informer(resources.rollouts);
    this.#replicaSets = informer(resources.replicaSets);
    this.#runs = informer(resources.analysisRuns);
    this.#pods = informer<Pod>(resources.pods as Resource<Pod>);
    const routes = informer<Route>(resources.httpRoutes as Resource<Route>);
    const events = informer<Event>(resources.events as Resource<Event>);
    routes.store.onChange((_, route) => this.#sawRoute(route));
    events.store.onChange((_, event) => this.#sawEvent(event));
    this.#runs.store.onChange((_, run) => this.#sawRun(run));
    const all = [this.#rollouts, this.#replicaSets, this.#runs, this.#pods, routes, events];
    for (const { store } of all) store.onChange(() => this.#wake());
    this.#running = all.map((one) => one.run(this.#abort.signal));
  }

  async ready(): Promise<void> {
    const signal = AbortSignal.any([this.#abort.signal, this.#interrupted]);
    await whenSynced([this.#rollouts.store, this.#replicaSets.store, this.#pods.store], signal);
  }

  get rollout(): Rollout | undefined {
    return this.#rollouts.store.list()[0];
  }

  get canaryWeight(): number {
    return this.weights.at(-1)?.canaryWeight ?? 0;
  }

  /** Version -> its pods, for those that have any or belong to a ReplicaSet with any. */
  podsByVersion(): ReadonlyMap<string, PodCount> {
    const counts = new Map<string, PodCount>();
    for (const pod of this.#pods.store.list()) {
      const version = this.versionOf(pod.metadata.labels?.[labels.podTemplateHash]);
      if (version === undefined) continue;
      const isReady =
        pod.metadata.deletionTimestamp === undefined &&
        pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
      const { pods, ready } = counts.get(version) ?? { pods: 0, ready: 0 };
      counts.set(version, { pods: pods + 1, ready: ready + (isReady ? 1 : 0) });
    }
    return counts;
  }

  /** The version that the ReplicaSet with this hash runs. */
  versionOf(hash: string | undefined): string | undefined {
    const replicaSet = this.#replicaSets.store.list().find(({ metadata }) => metadata.labels?.[labels.podTemplateHash] === hash);
    const containers = replicaSet?.spec.template.spec?.containers as readonly ShopContainer[] | undefined;
    return hash === undefined ? undefined : versionIn(containers?.[0]);
  }

  /** When a failed measurement was first seen in any run, ms since the epoch. */
  get firstFailedMeasurementMs(): number | undefined {
    const times = [...this.#failedMeasurements.values()];
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Settles with the time when the condition first holds. Rejects when interrupted, and after the time is up with what `describe` says of the situation then. */
  async until(condition: () => boolean, withinMs: number, describe: () => string): Promise<number> {
    const deadline = this.#clock.now() + withinMs;
    while (!condition()) {
      this.#interrupted.throwIfAborted();
      const leftMs = deadline - this.#clock.now();
      if (leftMs <= 0) throw new Error(`after ${withinMs / 1000} s still waiting: ${describe()}`);
      await new Promise<void>((resolve) => {
        const timer = this.#clock.setTimer(Math.min(leftMs, lookAgainMs), wake);
        const waiting = this.#waiting;
        function wake(): void {
          timer.cancel();
          waiting.delete(wake);
          resolve();
        }
        waiting.add(wake);
      });
    }
    return this.#clock.now();
  }

  async changeShop(namespace: string, body: readonly JsonPatchOperation[]): Promise<void> {
    const result = await this.#client.cluster.patch(resources.rollouts, { namespace, name: 'shop' }, { type: 'json', body });
    if (result.outcome !== 'done') throw new Error(`the shop's Rollout could not be changed: ${result.outcome}`);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#running);
    await this.#client.close();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #sawRoute(route: Route | undefined): void {
    const backend = route?.spec?.rules?.flatMap(({ backendRefs = [] }) => backendRefs).find(({ name }) => name === 'shop-canary');
    const canaryWeight = backend?.weight ?? 0;
    if (canaryWeight !== this.canaryWeight) this.weights.push({ atMs: this.#clock.now(), canaryWeight });
  }

  #sawRun(run: AnalysisRun | undefined): void {
    if (run === undefined || this.#failedMeasurements.has(run.metadata.name)) return;
    const measurements = run.status?.metricResults?.flatMap((result) => result.measurements ?? []) ?? [];
    if (measurements.some(({ phase }) => phase === 'Failed')) this.#failedMeasurements.set(run.metadata.name, this.#clock.now());
  }

  #sawEvent(event: Event | undefined): void {
    const uid = event?.metadata.uid ?? '';
    if (event === undefined || this.#seenEvents.has(uid)) return;
    this.#seenEvents.add(uid);
    const { kind, name = '' } = event.involvedObject ?? {};
    const isOfShop = (kind === 'Rollout' || kind === 'AnalysisRun') && name.startsWith('shop');
    if (!isOfShop) return;
    const type = event.type === 'Warning' ? 'Warning' : 'Normal';
    const happening: Happening = {
      atMs: this.#clock.now() - this.#beganMs,
      type,
      reason: event.reason ?? '',
      message: event.message ?? '',
    };
    this.happenings.push(happening);
    this.onHappening(happening);
  }
}
