/** The controllers of the process: made when it may work, fed by the watches, writing through the fence. */

import { createLaneOf, createMeasure } from '../controllers/analysis-run/measure.ts';
import { MeasurementRunner } from '../controllers/analysis-run/measurement-runner.ts';
import { AnalysisRunReconciler } from '../controllers/analysis-run/reconciler.ts';
import { ExperimentReconciler } from '../controllers/experiment/reconciler.ts';
import { experimentSources } from '../controllers/experiment/sources.ts';
import { jobSource } from '../controllers/job-informer.ts';
import { carryOutOn } from '../controllers/rollout/pods/carry-out.ts';
import { PodRunner } from '../controllers/rollout/pods/pod-runner.ts';
import { RolloutReconciler } from '../controllers/rollout/reconciler.ts';
import { rolloutSources } from '../controllers/rollout/sources.ts';
import type { AskableProvider } from '../core/analysis/askable-providers.ts';
import type { Announcement } from '../core/decision.ts';
import type { Logger } from '../logger.ts';
import type { ControllerOptions } from '../options/controller-options.ts';
import { JobProvider } from '../providers/metrics/job/job-provider.ts';
import type { AnyMetricProvider, MetricProvider } from '../providers/metrics/metric-provider.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Cluster } from '../runtime/cluster.ts';
import { Controller } from '../runtime/controller.ts';
import type { EventRecorder } from '../runtime/event-recorder.ts';
import { messageOf } from '../runtime/log.ts';
import { fromSelf } from '../runtime/source.ts';
import { trackedCluster } from '../runtime/tracked-cluster.ts';
import type { Figures } from './figures.ts';
import { createRouteReleaser, createRouterFactory } from './routers.ts';
import type { Watches } from './watches.ts';

export interface WorkersOptions {
  readonly options: ControllerOptions;
  /** Fenced: refuses to write when the lease is gone. */
  readonly cluster: Cluster;
  /** The same with limits of its own: what is written of measurements must not hold up the Rollouts that they decide on. */
  readonly analysisCluster: Cluster;
  /** Likewise, for pods: a thousand of them must not hold up their Rollouts. */
  readonly podCluster: Cluster;
  readonly watches: Watches;
  readonly recorder: EventRecorder;
  readonly providers: ReadonlyMap<string, MetricProvider>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly figures: Figures;
}

export interface Workers {
  readonly controllers: readonly Controller[];
  /** Ends what is under way beside the controllers: measurements, and work on pods. */
  stopBeside(): Promise<void>;
}

export function createWorkers(parts: WorkersOptions): Workers {
  const { watches, options } = parts;
  const routeStores = [...Object.values(watches.routes), watches.ingresses];
  const cluster = trackedCluster(parts.cluster, [...Object.values(watches.stores), ...routeStores, watches.workloads.deployments]);
  const analysis = analysisController(parts, trackedCluster(parts.analysisCluster, [watches.stores.analysisRuns, watches.jobs]));
  const rollouts = rolloutController(parts, cluster);
  const controllers = [
    ...(options.controllers.has('rollouts') ? [rollouts.controller, experimentController(parts, cluster)] : []),
    ...(options.controllers.has('analysis') ? [analysis.controller] : []),
  ];
  return { controllers, stopBeside: async () => void (await Promise.all([analysis.runner.stop(), rollouts.pods.stop()])) };
}

function rolloutController(
  { options, watches, recorder, clock, log, figures, podCluster }: WorkersOptions,
  cluster: Cluster,
): { readonly controller: Controller; readonly pods: PodRunner } {
  const { stores, routes, ingresses } = watches;
  const { podThreads, podRetries } = options;
  const pods = new PodRunner({
    carryOut: carryOutOn({ cluster: podCluster, clock, parallel: podThreads, retries: podRetries }),
    clock,
    log,
    finished: (key) => controller.enqueue(key),
    concurrency: podThreads,
  });
  const reconciler = new RolloutReconciler({
    cluster,
    stores,
    routerFor: createRouterFactory({ cluster, watches, options, now: () => clock.now() }),
    routes: createRouteReleaser(cluster, watches),
    workloads: watches.workloads,
    clock,
    pods,
    ended: (outcome) => figures.ended(outcome),
    announcer: { recorder, log, announced: (announcement) => figures.announced(announcement) },
  });
  const controller = new Controller({
    name: 'rollout',
    clock,
    log,
    workers: options.rolloutThreads,
    reconcile: (key, signal) => reconciler.reconcile(key, signal),
    isBehind: (key) => reconciler.isBehind(key),
    sources: rolloutSources(stores, [...Object.values(routes), ingresses], watches.workloads.stores()),
    keys: () => new Set([...stores.rollouts.keys(), ...reconciler.abandoned()]),
    metrics: figures.controller('rollout'),
  });
  return { controller, pods };
}

function analysisController(
  parts: WorkersOptions,
  cluster: Cluster,
): { readonly controller: Controller; readonly runner: MeasurementRunner } {
  const { options, watches, recorder, clock, log, figures } = parts;
  const store = watches.stores.analysisRuns;
  const jobs = new JobProvider({
    cluster,
    watched: (namespace, name) => watches.jobs.get(namespace, name),
    namespace: options.analysisJobNamespace,
  });
  const providers = new Map<string, AnyMetricProvider>([...parts.providers, ['job' satisfies AskableProvider, jobs]]);
  const runner = new MeasurementRunner({
    measure: createMeasure(cluster, providers),
    laneOf: createLaneOf(providers),
    clock,
    finished: (key) => controller.enqueue(key, 'urgent'),
    abandoned: (run, _provider, metadata) => {
      // It goes with its run where this fails.
      jobs.cancel(metadata, run).catch((error) => log.debug(`a Job of ${run.key} is left to its run: ${messageOf(error)}`));
    },
    concurrency: options.measurements,
    metrics: figures.measurements,
  });
  const reconciler = new AnalysisRunReconciler({
    cluster,
    store,
    runner,
    providers,
    clock,
    announcer: { recorder, log, announced: (announcement) => figures.announced(announcement) },
  });
  const controller = new Controller({
    name: 'analysis',
    clock,
    log,
    workers: options.analysisThreads,
    reconcile: (key, signal) => reconciler.reconcile(key, signal),
    isBehind: (key) => reconciler.isBehind(key),
    sources: [fromSelf(store), jobSource(watches.jobs)],
    keys: () => store.keys(),
    metrics: figures.controller('analysis'),
  });
  return { controller, runner };
}

function experimentController(
  { watches: { stores }, recorder, clock, log, figures, options }: WorkersOptions,
  cluster: Cluster,
): Controller {
  const announcer = { recorder, log, announced: (announcement: Announcement) => figures.announced(announcement) };
  const reconciler = new ExperimentReconciler({ cluster, stores, clock, announcer });
  return new Controller({
    name: 'experiment',
    clock,
    log,
    workers: options.experimentThreads,
    reconcile: (key, signal) => reconciler.reconcile(key, signal),
    isBehind: (key) => reconciler.isBehind(key),
    sources: experimentSources(stores),
    keys: () => stores.experiments.keys(),
    metrics: figures.controller('experiment'),
  });
}
