/** The AnalysisRun controller alone, as main.ts puts it together, on a real API server and for one namespace. */
import type { AnalysisRun } from '../../src/api/analysis-run.ts';
import { analysisRuns } from '../../src/api/resources.ts';
import { createMeasure } from '../../src/controllers/analysis-run/measure.ts';
import { MeasurementRunner } from '../../src/controllers/analysis-run/measurement-runner.ts';
import { AnalysisRunReconciler } from '../../src/controllers/analysis-run/reconciler.ts';
import type { MetricProvider } from '../../src/providers/metrics/metric-provider.ts';
import { loadKubeConfig } from '../../src/runtime/client/kube-config.ts';
import { KubernetesClient } from '../../src/runtime/client/kubernetes-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { Controller } from '../../src/runtime/controller.ts';
import { EventRecorder } from '../../src/runtime/event-recorder.ts';
import { Informer } from '../../src/runtime/informer.ts';
import type { Log } from '../../src/runtime/log.ts';
import { fromSelf } from '../../src/runtime/source.ts';
import { trackedCluster } from '../../src/runtime/tracked-cluster.ts';

export interface RunningController {
  /** As a process that is killed: nothing is finished, nothing is released. */
  kill(): Promise<void>;
}

export interface ControllerSetting {
  /** Whom it acts as. */
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly providers: ReadonlyMap<string, MetricProvider>;
}

const quiet: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Settles when it has seen what is there. */
export async function startAnalysisRunController({
  kubeconfig,
  namespace,
  providers,
}: ControllerSetting): Promise<RunningController> {
  const { config } = loadKubeConfig({ kubeconfig, environment: {} });
  const client = KubernetesClient.create({ config, clock: systemClock, random: Math.random, environment: {}, limits: undefined });
  const base = { cluster: client, clock: systemClock, random: Math.random, log: quiet };
  const informer = new Informer<AnalysisRun>({ ...base, resource: analysisRuns, namespace });
  const cluster = trackedCluster(client, [informer.store]);
  const recorder = new EventRecorder({ ...base, component: 'rampart' });
  const runner = new MeasurementRunner({
    clock: systemClock,
    measure: createMeasure(cluster, providers),
    finished: (key) => controller.enqueue(key, 'urgent'),
  });
  const reconciler = new AnalysisRunReconciler({
    cluster,
    store: informer.store,
    runner,
    providers,
    clock: systemClock,
    announcer: { recorder, log: quiet },
  });
  const controller = new Controller({
    name: 'analysis-run',
    clock: systemClock,
    log: quiet,
    workers: 4,
    reconcile: (key, signal) => reconciler.reconcile(key, signal),
    sources: [fromSelf(informer.store)],
    keys: () => informer.store.keys(),
    isBehind: (key) => reconciler.isBehind(key),
  });
  const stop = new AbortController();
  controller.listen();
  const watching = informer.run(stop.signal);
  await informer.store.whenSynced();
  controller.start();
  return {
    kill: async () => {
      stop.abort();
      await Promise.all([runner.stop(), controller.stop(AbortSignal.abort()), recorder.drain(AbortSignal.abort()), watching]);
      await client.close();
    },
  };
}
