/**
 * The controller without the machine it runs on: watches -> lease -> controllers -> the orderly end, over whatever cluster, clock,
 * chance and metric providers it is given. main.ts gives it the real ones, the simulation virtual ones.
 */
import { incumbentLease, labels } from '../api/names.ts';
import { objectGauges } from '../controllers/object-gauges.ts';
import type { InformerSettings } from '../controllers/stores.ts';
import type { Logger } from '../logger.ts';
import type { ControllerOptions } from '../options/controller-options.ts';
import type { MetricProvider } from '../providers/metrics/metric-provider.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Cluster } from '../runtime/cluster.ts';
import { EventRecorder } from '../runtime/event-recorder.ts';
import { type Fence, fencedCluster } from '../runtime/fence.ts';
import { Lease } from '../runtime/lease.ts';
import { shutDown } from '../runtime/lifecycle.ts';
import type { Health } from '../server/http.ts';
import type { Figures } from './figures.ts';
import { startWatches, type Watches } from './watches.ts';
import { createWorkers, type Workers } from './workers.ts';

export interface OperatorOptions {
  readonly options: ControllerOptions;
  /** Five doors to one cluster, each with limits of its own: none of them may hold up another. */
  readonly clusters: {
    readonly watches: Cluster;
    readonly lease: Cluster;
    readonly rollouts: Cluster;
    readonly analysis: Cluster;
    readonly pods: Cluster;
    readonly events: Cluster;
  };
  readonly providers: ReadonlyMap<string, MetricProvider>;
  /** Where the process lives. */
  readonly namespace: string;
  /** Unique to this process. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly figures: Figures;
}

export class Operator {
  readonly #parts: OperatorOptions;
  readonly #lease: Lease;
  #watches: Watches | undefined;
  #isToldToStop = false;

  constructor(parts: OperatorOptions) {
    this.#parts = parts;
    const { options, clusters, clock, random, log, namespace, identity, figures } = parts;
    const lease = options.instanceId === undefined ? incumbentLease : `${incumbentLease}-${options.instanceId}`;
    if (options.leaderElect) figures.leads(lease, () => this.#lease.state.kind === 'leading');
    else figures.leads('none', () => true);
    this.#lease = new Lease({
      cluster: clusters.lease,
      clock,
      random,
      log,
      namespace,
      name: lease,
      identity,
      leaseDurationMs: options.leaseDurationMs,
      renewDeadlineMs: options.renewDeadlineMs,
      retryPeriodMs: options.retryPeriodMs,
    });
  }

  /** Runs until the signal aborts or the lease is lost. True when it was told to end. */
  async run(signal: AbortSignal): Promise<boolean> {
    const { options, figures } = this.#parts;
    const ended = new AbortController();
    signal.addEventListener('abort', () => this.#stop(ended), { once: true });
    if (signal.aborted) this.#stop(ended);
    try {
      const watches = await startWatches(this.#informerSettings(), options, ended.signal);
      this.#watches = watches;
      figures.metrics.describeObjects(() => objectGauges(watches.stores));
      return await this.#work(watches, ended.signal);
    } finally {
      // Whatever went wrong, nothing stays behind that keeps the process, or another one from leading.
      ended.abort();
      if (options.leaderElect) await this.#lease.release();
    }
  }

  live(): Health {
    const { state } = this.#lease;
    if (state.kind === 'ended' && !this.#isToldToStop) return { ok: false, message: `the lease has ended: ${state.why}` };
    return { ok: true, message: 'ok' };
  }

  ready(): Health {
    const missing = this.#watches?.missing() ?? ['everything'];
    if (missing.length > 0) return { ok: false, message: `waiting for the first list of ${missing.join(', ')}` };
    const { state } = this.#lease;
    if (!this.#parts.options.leaderElect) return { ok: true, message: 'working, without leader election' };
    if (state.kind === 'leading') return { ok: true, message: 'leading' };
    if (state.kind === 'standing-by')
      return { ok: true, message: `standing by: ${state.holder ?? 'nobody known'} holds the lease` };
    return { ok: false, message: state.kind === 'ended' ? `not leading any more: ${state.why}` : 'starting' };
  }

  #stop(ended: AbortController): void {
    this.#isToldToStop = true;
    ended.abort();
  }

  /** From standing by to the end. */
  async #work(watches: Watches, signal: AbortSignal): Promise<boolean> {
    const { options, clusters, clock, random, log, figures, providers } = this.#parts;
    const fence = options.leaderElect ? await this.#lease.acquire(signal) : undefined;
    if (options.leaderElect && fence === undefined) return this.#end(watches, undefined, undefined);
    const fenced = (cluster: Cluster) => (fence === undefined ? cluster : fencedCluster(cluster, fence));
    let workers: Workers | undefined;
    const recorder = new EventRecorder({
      cluster: fenced(clusters.events),
      clock,
      random,
      log,
      component: 'rollouts-controller',
      makesWay: () => workers?.controllers.some(({ isIdle }) => !isIdle) === true,
      metrics: { pending: (count) => figures.pendingEvents(count) },
    });
    await Promise.race([watches.synced, ...endOf(signal, fence)]);
    workers = createWorkers({
      options,
      cluster: fenced(clusters.rollouts),
      analysisCluster: fenced(clusters.analysis),
      podCluster: fenced(clusters.pods),
      watches,
      recorder,
      providers,
      clock,
      log,
      figures,
    });
    if (!signal.aborted) for (const controller of workers.controllers) controller.start();
    log.info(`working on ${watches.stores.rollouts.size} rollouts`);
    await Promise.race(endOf(signal, fence));
    return this.#end(watches, workers, recorder);
  }

  async #end(watches: Watches, workers: Workers | undefined, events: EventRecorder | undefined): Promise<boolean> {
    const { options, clock, log } = this.#parts;
    log.info(this.#isToldToStop ? 'stopping' : 'stopping, since another process may be working now');
    await workers?.stopBeside();
    await shutDown({
      clock,
      log,
      stopWatches: () => watches.stop(),
      controllers: workers?.controllers ?? [],
      events,
      lease: options.leaderElect ? this.#lease : undefined,
    });
    return this.#isToldToStop;
  }

  #informerSettings(): InformerSettings {
    const { options, clusters, clock, random, log, namespace, figures } = this.#parts;
    const { namespaced, instanceId } = options;
    return {
      cluster: clusters.watches,
      clock,
      random,
      log,
      ...(namespaced && { namespace }),
      labelSelector: instanceId === undefined ? `!${labels.instanceId}` : `${labels.instanceId}=${instanceId}`,
      metrics: figures.watcher,
    };
  }
}

function endOf(signal: AbortSignal, fence: Fence | undefined): readonly Promise<void>[] {
  return [aborted(signal), ...(fence === undefined ? [] : [aborted(fence.signal)])];
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
