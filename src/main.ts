/**
 * The composition root of the controller process: options -> client -> watches -> lease -> controllers -> servers, and the orderly
 * end. Together with process/ it is the one place that constructs implementations; it decides nothing about Rollouts.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { incumbentLease, labels } from './api/names.ts';
import { objectGauges } from './controllers/object-gauges.ts';
import type { InformerSettings } from './controllers/stores.ts';
import { createLogger, type Logger } from './logger.ts';
import type { ControllerOptions } from './options/controller-options.ts';
import { Figures } from './process/figures.ts';
import { startWatches, type Watches } from './process/watches.ts';
import { createWorkers, type Workers } from './process/workers.ts';
import { AddressPolicy } from './providers/metrics/http/address-policy.ts';
import type { MetricProvider } from './providers/metrics/metric-provider.ts';
import { PrometheusProvider } from './providers/metrics/prometheus/prometheus-provider.ts';
import { WebProvider } from './providers/metrics/web/web-provider.ts';
import { loadKubeConfig } from './runtime/client/kube-config.ts';
import { KubernetesClient } from './runtime/client/kubernetes-client.ts';
import { systemClock as clock } from './runtime/clock.ts';
import { EventRecorder } from './runtime/event-recorder.ts';
import { fencedCluster } from './runtime/fence.ts';
import { Lease } from './runtime/lease.ts';
import { shutDown } from './runtime/lifecycle.ts';
import { messageOf } from './runtime/log.ts';
import { type Address, type Health, serveHealth, serveMetrics } from './server/http.ts';
import { Metrics } from './server/metrics.ts';
import { version } from './version.ts';

const random = Math.random;
/** Events have limits of their own: thousands of them must not hold up the writes that matter. */
const eventLimits = { qps: 200, burst: 400 };

/** Runs until SIGTERM or SIGINT, or until the lease is lost. Resolves with the exit code. */
export async function main(options: ControllerOptions, warnings: readonly string[]): Promise<number> {
  const log = createLogger({ level: options.logLevel, format: options.logFormat });
  for (const warning of warnings) log.warn(warning);
  try {
    return await new ControllerProcess(options, log).run();
  } catch (error) {
    log.error(`rampart ends: ${messageOf(error)}`);
    return 1;
  }
}

class ControllerProcess {
  readonly #options: ControllerOptions;
  readonly #log: Logger;
  readonly #figures = new Figures(new Metrics(version));
  readonly #client: KubernetesClient;
  readonly #namespace: string;
  readonly #policy: AddressPolicy;
  readonly #lease: Lease;
  readonly #stopping = new AbortController();
  #watches: Watches | undefined;

  constructor(options: ControllerOptions, log: Logger) {
    this.#options = options;
    this.#log = log;
    const { kubeconfig, context, cluster, user, qps, burst } = options;
    const environment = process.env;
    const loaded = loadKubeConfig({ kubeconfig, context, cluster, user, environment });
    this.#namespace = options.namespace ?? loaded.namespace ?? 'default';
    const { metricAddressAllow: allow, metricAddressDeny: deny } = options;
    this.#policy = new AddressPolicy({ allow, deny, inCluster: loaded.inCluster });
    const onRequest = this.#figures.request.bind(this.#figures);
    const userAgent = `rampart/${version}`;
    this.#client = KubernetesClient.create({
      config: loaded.config,
      clock,
      random,
      environment,
      limits: { qps, burst },
      userAgent,
      onRequest,
    });
    this.#lease = new Lease({
      cluster: this.#client.withLimits(undefined),
      clock,
      random,
      log,
      namespace: this.#namespace,
      name: options.instanceId === undefined ? incumbentLease : `${incumbentLease}-${options.instanceId}`,
      identity: options.identity ?? `${hostname()}_${randomUUID()}`,
      leaseDurationMs: options.leaseDurationMs,
      renewDeadlineMs: options.renewDeadlineMs,
      retryPeriodMs: options.retryPeriodMs,
    });
  }

  async run(): Promise<number> {
    const { signal } = this.#stopping;
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => this.#stopping.abort());
    const health = await serveHealth({ live: () => this.#live(), ready: () => this.#ready() }, this.#at(this.#options.healthzPort));
    const metrics = await serveMetrics(this.#figures.metrics.registry, this.#at(this.#options.metricsPort));
    this.#log.info(`rampart ${version} serves metrics on :${metrics.port} and health on :${health.port}`);
    try {
      const watches = await startWatches(this.#informerSettings(), this.#options.namespaced, signal);
      this.#watches = watches;
      this.#figures.metrics.describeObjects(() => objectGauges(watches.stores));
      return await this.#work(watches);
    } finally {
      // Whatever went wrong, nothing stays behind that keeps the process, or another one from leading.
      this.#stopping.abort();
      if (this.#options.leaderElect) await this.#lease.release();
      await Promise.all([health.close(), metrics.close()]);
      await this.#client.close();
    }
  }

  /** From standing by to the end. */
  async #work(watches: Watches): Promise<number> {
    const { signal } = this.#stopping;
    const fence = this.#options.leaderElect ? await this.#lease.acquire(signal) : undefined;
    if (this.#options.leaderElect && fence === undefined) return this.#end(watches, undefined, undefined);
    const cluster = (client: KubernetesClient) => (fence === undefined ? client : fencedCluster(client, fence));
    let workers: Workers | undefined;
    const recorder = new EventRecorder({
      cluster: cluster(this.#client.withLimits(eventLimits)),
      clock,
      random,
      log: this.#log,
      component: 'rollouts-controller',
      makesWay: () => workers?.controllers.some(({ isIdle }) => !isIdle) === true,
      metrics: { pending: (count) => this.#figures.pendingEvents(count) },
    });
    await Promise.race([watches.synced, aborted(signal), ...(fence === undefined ? [] : [aborted(fence.signal)])]);
    workers = createWorkers({
      options: this.#options,
      cluster: cluster(this.#client),
      analysisCluster: cluster(this.#client.withLimits({ qps: this.#options.qps, burst: this.#options.burst })),
      watches,
      recorder,
      providers: new Map<string, MetricProvider>([
        ['prometheus', new PrometheusProvider({ defaultAddress: this.#options.prometheusAddress, policy: this.#policy })],
        ['web', new WebProvider({ policy: this.#policy })],
      ]),
      clock,
      log: this.#log,
      figures: this.#figures,
    });
    if (!signal.aborted) for (const controller of workers.controllers) controller.start();
    this.#log.info(`working on ${watches.stores.rollouts.size} rollouts`);
    await Promise.race([aborted(signal), ...(fence === undefined ? [] : [aborted(fence.signal)])]);
    return this.#end(watches, workers, recorder);
  }

  async #end(watches: Watches, workers: Workers | undefined, events: EventRecorder | undefined): Promise<number> {
    const wasTold = this.#stopping.signal.aborted;
    this.#log.info(wasTold ? 'stopping' : 'stopping, since another process may be working now');
    await workers?.stopMeasuring();
    await shutDown({
      clock,
      log: this.#log,
      stopWatches: () => watches.stop(),
      controllers: workers?.controllers ?? [],
      events,
      lease: this.#options.leaderElect ? this.#lease : undefined,
    });
    return wasTold ? 0 : 1;
  }

  #informerSettings(): InformerSettings {
    const { namespaced, instanceId } = this.#options;
    return {
      cluster: this.#client,
      clock,
      random,
      log: this.#log,
      ...(namespaced && { namespace: this.#namespace }),
      labelSelector: instanceId === undefined ? `!${labels.instanceId}` : `${labels.instanceId}=${instanceId}`,
      metrics: this.#figures.watcher,
    };
  }

  #at(port: number): Address {
    return { host: this.#options.bindAddress, port };
  }

  #live(): Health {
    const { state } = this.#lease;
    if (state.kind === 'ended' && !this.#stopping.signal.aborted)
      return { ok: false, message: `the lease has ended: ${state.why}` };
    return { ok: true, message: 'ok' };
  }

  #ready(): Health {
    const missing = this.#watches?.missing() ?? ['everything'];
    if (missing.length > 0) return { ok: false, message: `waiting for the first list of ${missing.join(', ')}` };
    const { state } = this.#lease;
    if (!this.#options.leaderElect) return { ok: true, message: 'working, without leader election' };
    if (state.kind === 'leading') return { ok: true, message: 'leading' };
    if (state.kind === 'standing-by')
      return { ok: true, message: `standing by: ${state.holder ?? 'nobody known'} holds the lease` };
    return { ok: false, message: state.kind === 'ended' ? `not leading any more: ${state.why}` : 'starting' };
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
