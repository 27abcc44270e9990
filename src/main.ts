/**
 * The composition root of the controller process: options -> client -> operator -> servers, and the exit code. Together with process/ it
 * is the one place that constructs implementations; it decides nothing about Rollouts.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { AskableProvider } from './core/analysis/askable-providers.ts';
import { createLogger, type Logger } from './logger.ts';
import type { ControllerOptions } from './options/controller-options.ts';
import { Figures } from './process/figures.ts';
import { Operator } from './process/operator.ts';
import { AddressPolicy } from './providers/metrics/http/address-policy.ts';
import type { MetricProvider } from './providers/metrics/metric-provider.ts';
import { PrometheusProvider } from './providers/metrics/prometheus/prometheus-provider.ts';
import { WebProvider } from './providers/metrics/web/web-provider.ts';
import { loadKubeConfig } from './runtime/client/kube-config.ts';
import { KubernetesClient } from './runtime/client/kubernetes-client.ts';
import { systemClock as clock } from './runtime/clock.ts';
import { messageOf } from './runtime/log.ts';
import { type Address, serveHealth, serveMetrics } from './server/http.ts';
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
    return await run(options, log);
  } catch (error) {
    log.error(`rampart ends: ${messageOf(error)}`);
    return 1;
  }
}

async function run(options: ControllerOptions, log: Logger): Promise<number> {
  const figures = new Figures(new Metrics(version));
  const { kubeconfig, context, cluster, user, qps, burst, metricAddressAllow: allow, metricAddressDeny: deny } = options;
  const environment = process.env;
  const loaded = loadKubeConfig({ kubeconfig, context, cluster, user, environment });
  const policy = new AddressPolicy({ allow, deny, inCluster: loaded.inCluster });
  const client = KubernetesClient.create({
    config: loaded.config,
    clock,
    random,
    environment,
    limits: { qps, burst },
    userAgent: `rampart/${version}`,
    onRequest: figures.request.bind(figures),
  });
  const operator = new Operator({
    options,
    clusters: {
      watches: client,
      lease: client.withLimits(undefined),
      rollouts: client,
      analysis: client.withLimits({ qps, burst }),
      pods: client.withLimits({ qps, burst }),
      events: client.withLimits(eventLimits),
    },
    providers: new Map<AskableProvider, MetricProvider>([
      ['prometheus', new PrometheusProvider({ defaultAddress: options.prometheusAddress, policy })],
      ['web', new WebProvider({ policy })],
    ]),
    namespace: options.namespace ?? loaded.namespace ?? 'default',
    identity: options.identity ?? `${hostname()}_${randomUUID()}`,
    clock,
    random,
    log,
    figures,
  });
  const stopping = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stopping.abort());
  const at = (port: number): Address => ({ host: options.bindAddress, port });
  const health = await serveHealth({ live: () => operator.live(), ready: () => operator.ready() }, at(options.healthzPort));
  const metrics = await serveMetrics(figures.metrics.registry, at(options.metricsPort));
  log.info(`rampart ${version} serves metrics on :${metrics.port} and health on :${health.port}`);
  try {
    return (await operator.run(stopping.signal)) ? 0 : 1;
  } finally {
    await Promise.all([health.close(), metrics.close()]);
    await client.close();
  }
}
