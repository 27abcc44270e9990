/**
 * The figures that the controller publishes, by the names that dashboards of this API already use. Counters and histograms are
 * recorded as things happen; what describes objects (info, replicas, phases) is read from the stores at scrape time, so a deleted
 * object leaves no series behind. Label values never come from object names in counters, so the set of series is bounded.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** One series of a gauge that describes objects: label name -> value, and the figure. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const reconcileBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** For what may take as long as a provider likes. */
const waitingBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
const durationBuckets = [10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400];

const gaugeLabels = {
  rollout_info: ['namespace', 'name', 'strategy', 'traffic_router', 'phase'],
  rollout_info_replicas_available: ['namespace', 'name'],
  rollout_info_replicas_unavailable: ['namespace', 'name'],
  rollout_info_replicas_desired: ['namespace', 'name'],
  rollout_info_replicas_updated: ['namespace', 'name'],
  rollout_phase: ['namespace', 'name', 'strategy', 'phase'],
  analysis_run_info: ['namespace', 'name', 'phase'],
  analysis_run_phase: ['namespace', 'name', 'phase'],
  analysis_run_metric_phase: ['namespace', 'name', 'metric', 'type', 'dry_run', 'phase'],
  analysis_run_metric_type: ['namespace', 'name', 'metric', 'type'],
  rampart_analysis_runs_in_flight: ['phase'],
  experiment_info: ['namespace', 'name', 'phase'],
  experiment_phase: ['namespace', 'name', 'phase'],
  analysis_template_info: ['namespace', 'name'],
  analysis_template_metric_info: ['namespace', 'name', 'type', 'metric'],
} as const;

const gaugeHelp: Readonly<Record<ObjectGauge, string>> = {
  rollout_info: 'Each Rollout, with its strategy, router and phase; always 1.',
  rollout_info_replicas_available: 'Available pods of each Rollout.',
  rollout_info_replicas_unavailable: 'Pods of each Rollout that are not available.',
  rollout_info_replicas_desired: 'Pods that each Rollout asks for.',
  rollout_info_replicas_updated: 'Pods of the newest revision of each Rollout.',
  rollout_phase: 'Deprecated, use rollout_info: 1 for the phase that each Rollout is in.',
  analysis_run_info: 'Each AnalysisRun with its phase; always 1.',
  analysis_run_phase: '1 for the phase that each AnalysisRun is in.',
  analysis_run_metric_phase: '1 for the phase that each metric of each AnalysisRun is in.',
  analysis_run_metric_type: 'The provider of each metric of each AnalysisRun; always 1.',
  rampart_analysis_runs_in_flight: 'AnalysisRuns that have not ended, by phase.',
  experiment_info: 'Each Experiment with its phase; always 1.',
  experiment_phase: '1 for the phase that each Experiment is in.',
  analysis_template_info: 'Each AnalysisTemplate; always 1.',
  analysis_template_metric_info: 'Each metric of each AnalysisTemplate with its provider; always 1.',
};

export type ObjectGauge = keyof typeof gaugeLabels;

/** Called at each scrape: the present series of each gauge that describes objects. */
export type DescribeObjects = () => Partial<Record<ObjectGauge, Iterable<Sample>>>;

/** Everything that the controller counts. Created once by main and handed to those who count. */
export class Metrics {
  readonly registry = new Registry();
  readonly reconciles = this.histogram('rollout_reconcile', 'Seconds that one look at a Rollout took.', [], reconcileBuckets);
  readonly reconcileErrors = this.counter('rollout_reconcile_error', 'Looks at a Rollout that ended in an error.', []);
  readonly analysisReconciles = this.histogram(
    'analysis_run_reconcile',
    'Seconds that one look at an AnalysisRun took.',
    [],
    reconcileBuckets,
  );
  readonly analysisReconcileErrors = this.counter(
    'analysis_run_reconcile_error',
    'Looks at an AnalysisRun that ended in an error.',
    [],
  );
  readonly experimentReconciles = this.histogram(
    'experiment_reconcile',
    'Seconds that one look at an Experiment took.',
    [],
    reconcileBuckets,
  );
  readonly experimentReconcileErrors = this.counter(
    'experiment_reconcile_error',
    'Looks at an Experiment that ended in an error.',
    [],
  );
  readonly events = this.counter('rollout_events_total', 'Events announced, by type and reason.', ['type', 'reason']);
  readonly rolloutDuration = this.histogram(
    'rollout_duration_seconds',
    'Seconds from the start of an update to its end.',
    ['status'],
    durationBuckets,
  );
  readonly rolloutProgression = this.histogram(
    'rollout_progression_duration_seconds',
    'Seconds from the start of an update to its end, without those in which it waited for people.',
    ['status'],
    durationBuckets,
  );
  readonly rolloutManualPause = this.histogram(
    'rollout_manual_pause_duration_seconds',
    'Seconds that an update waited for people.',
    ['status'],
    durationBuckets,
  );
  readonly requests = this.counter('controller_clientset_k8s_request_total', 'Requests to the Kubernetes API.', [
    'kind',
    'namespace',
    'name',
    'verb',
    'status_code',
  ]);
  readonly requestSeconds = this.histogram(
    'rampart_api_request_duration_seconds',
    'Seconds until the Kubernetes API answered.',
    ['verb'],
    reconcileBuckets,
  );
  readonly queueAdds = this.counter('workqueue_adds_total', 'Keys added to a queue.', ['name']);
  readonly queueRetries = this.counter('workqueue_retries_total', 'Keys added again after an error.', ['name']);
  readonly queueSeconds = this.histogram(
    'workqueue_queue_duration_seconds',
    'Seconds that a key waited in its queue.',
    ['name'],
    reconcileBuckets,
  );
  readonly workSeconds = this.histogram(
    'workqueue_work_duration_seconds',
    'Seconds that a key was worked on.',
    ['name'],
    reconcileBuckets,
  );
  readonly watchRestarts = this.counter('rampart_watch_restarts_total', 'Watches opened again, by kind and why.', [
    'kind',
    'cause',
  ]);
  readonly measurementLateness = this.histogram(
    'rampart_measurement_lateness_seconds',
    'Seconds between when a measurement was due and when it began.',
    [],
    waitingBuckets,
  );
  readonly measurementSeconds = this.histogram(
    'rampart_measurement_duration_seconds',
    'Seconds that a provider took for a call, by what came of it: measured, error, or of a Job underway or ended.',
    ['provider', 'outcome'],
    waitingBuckets,
  );

  constructor(version: string) {
    const info = new Gauge({
      name: 'argo_rollouts_controller_info',
      help: 'The running controller; always 1.',
      labelNames: ['version'],
      registers: [this.registry],
    });
    info.set({ version }, 1);
  }

  /** Publishes a figure that is read when it is asked for, such as a queue's depth. */
  readAtScrape(name: string, help: string, label: string, read: () => Iterable<readonly [string, number]>): void {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [value, figure] of read()) this.set({ [label]: value }, figure);
      },
    });
  }

  /** Publishes the gauges that describe objects, from what `describe` finds in the stores at each scrape. */
  describeObjects(describe: DescribeObjects): void {
    let present: Partial<Record<ObjectGauge, Iterable<Sample>>> = {};
    const names = Object.keys(gaugeLabels) as ObjectGauge[];
    for (const [index, name] of names.entries()) {
      new Gauge({
        name,
        help: gaugeHelp[name],
        labelNames: [...gaugeLabels[name]],
        registers: [this.registry],
        collect() {
          if (index === 0) present = describe();
          this.reset();
          for (const sample of present[name] ?? []) this.set(sample.labels, sample.value);
        },
      });
    }
  }

  private counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  private histogram<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    buckets: readonly number[],
  ): Histogram<L> {
    return new Histogram({ name, help, labelNames: [...labelNames], buckets: [...buckets], registers: [this.registry] });
  }
}
