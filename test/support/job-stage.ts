/** One AnalysisRun with a Job as its metric, on an API server in memory and in stepped time; processes come and go as a test wants. */
import type { AnalysisRun, AnalysisRunSpec } from '../../src/api/analysis-run.ts';
import type { Job, PodOfJob } from '../../src/api/kubernetes.ts';
import { analysisRuns, jobs, pods } from '../../src/api/resources.ts';
import { createMeasure } from '../../src/controllers/analysis-run/measure.ts';
import { MeasurementRunner } from '../../src/controllers/analysis-run/measurement-runner.ts';
import { AnalysisRunReconciler } from '../../src/controllers/analysis-run/reconciler.ts';
import { createJobInformer, jobSource } from '../../src/controllers/job-informer.ts';
import { JobProvider } from '../../src/providers/metrics/job/job-provider.ts';
import { Controller } from '../../src/runtime/controller.ts';
import { Informer } from '../../src/runtime/informer.ts';
import type { Log } from '../../src/runtime/log.ts';
import { fromSelf } from '../../src/runtime/source.ts';
import { trackedCluster } from '../../src/runtime/tracked-cluster.ts';
import { MemoryCluster } from './memory-cluster.ts';
import { SteppedClock, settle } from './stepped-clock.ts';

const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'tests' }] } };

export const jobMetric = { job: { spec: { backoffLimit: 0, template } } };

export class JobStage {
  readonly clock = new SteppedClock();
  readonly server = new MemoryCluster();
  readonly #processes: { end(): Promise<void> }[] = [];

  create(metric: object = {}, spec: Partial<AnalysisRunSpec> = {}): void {
    const metrics = [{ name: 'tests', provider: jobMetric, ...metric }];
    this.server.put(analysisRuns, { metadata: { namespace: 'shop', name: 'run' }, spec: { metrics, ...spec } } as AnalysisRun);
  }

  edit(spec: object): void {
    const { run } = this;
    if (run !== undefined) this.server.put(analysisRuns, { ...run, spec: { ...run.spec, ...spec } } as AnalysisRun);
  }

  /** What it knows besides the server is lost when the next one starts. `watches`: it may watch Jobs. */
  async start({
    watches = true,
    jobNamespace,
  }: {
    watches?: boolean;
    jobNamespace?: string;
  } = {}): Promise<{ end(): Promise<void> }> {
    const { server, clock } = this;
    const base = { cluster: server, clock, random: () => 0.5, log: silent };
    const informer = new Informer<AnalysisRun>({ ...base, resource: analysisRuns });
    const watched = createJobInformer({ ...base, labelSelector: '' }, undefined);
    const cluster = trackedCluster(server, [informer.store, watched.store]);
    const jobProvider = new JobProvider({
      cluster,
      watched: (namespace, name) => watched.store.get(namespace, name),
      namespace: jobNamespace,
    });
    const providers = new Map([['job', jobProvider]]);
    const runner = new MeasurementRunner({
      clock,
      measure: createMeasure(cluster, providers),
      finished: (one) => controller.enqueue(one, 'urgent'),
      abandoned: (run, _, metadata) => void jobProvider.cancel(metadata, run).catch(() => undefined),
    });
    const announcer = { recorder: { record: () => true }, log: silent };
    const reconciler = new AnalysisRunReconciler({ cluster, store: informer.store, runner, providers, clock, announcer });
    const controller = new Controller({
      name: 'analysis-run',
      clock,
      log: silent,
      workers: 1,
      reconcile: (one, signal) => reconciler.reconcile(one, signal),
      sources: [fromSelf(informer.store), jobSource(watched.store)],
      keys: () => informer.store.keys(),
      isBehind: (one) => reconciler.isBehind(one),
    });
    const stop = new AbortController();
    const running = [informer.run(stop.signal), ...(watches ? [watched.run(stop.signal)] : [])];
    controller.start();
    await settle();
    const process = {
      end: async () => {
        stop.abort();
        await Promise.all([runner.stop(), controller.stop(AbortSignal.abort()), ...running]);
      },
    };
    this.#processes.push(process);
    return process;
  }

  async end(): Promise<void> {
    for (const process of this.#processes) await process.end();
  }

  get run(): AnalysisRun | undefined {
    return this.server.objects(analysisRuns)[0] as AnalysisRun | undefined;
  }

  get uid(): string {
    return this.run?.metadata.uid ?? '';
  }

  get status() {
    return this.run?.status;
  }

  get result() {
    return this.status?.metricResults?.[0];
  }

  get jobNames(): readonly string[] {
    return this.server.objects(jobs).map(({ metadata }) => metadata.name);
  }

  finish(type: 'Complete' | 'Failed', name = this.jobNames.at(-1)): void {
    const job = this.server.objects(jobs).find(({ metadata }) => metadata.name === name) as Job;
    const terminated = type === 'Complete' ? { exitCode: 0, reason: 'Completed' } : { exitCode: 3, reason: 'Error' };
    const pod: PodOfJob = {
      metadata: { namespace: 'shop', name: `${name}-pod` },
      status: { containerStatuses: [{ name: 'main', state: { terminated } }] },
    };
    this.server.put(pods, pod);
    const why =
      type === 'Complete' ? {} : { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
    this.server.put(jobs, { ...job, status: { conditions: [{ type, status: 'True', ...why }] } } as Job);
  }
}
