/** Connects what the runtime tells (requests, queues, watches, events) to the figures that are published. */
import type { MeasurementMetrics } from '../controllers/analysis-run/measurement-runner.ts';
import type { Announcement } from '../core/decision.ts';
import type { Outcome } from '../core/rollout/outcome.ts';
import type { RequestRecord } from '../runtime/client/kubernetes-client.ts';
import type { ControllerMetrics } from '../runtime/controller.ts';
import type { WatcherMetrics } from '../runtime/watcher.ts';
import type { Metrics } from '../server/metrics.ts';

export class Figures {
  readonly metrics: Metrics;
  /** queue -> keys that wait */
  readonly #depths = new Map<string, number>();
  /** controller -> workers at work */
  readonly #busy = new Map<string, number>();
  #measurements = 0;
  #waitingMeasurements = 0;
  #pendingEvents = 0;
  #lease: { readonly name: string; readonly isHeld: () => boolean } | undefined;

  constructor(metrics: Metrics) {
    this.metrics = metrics;
    metrics.readAtScrape('workqueue_depth', 'Keys that wait in a queue.', 'name', () => this.#depths);
    metrics.readAtScrape('rampart_busy_workers', 'Workers that look at an object now.', 'name', () => this.#busy);
    metrics.readAtScrape('rampart_measurements_in_flight', 'Measurements under way.', 'kind', () => [['all', this.#measurements]]);
    metrics.readAtScrape('rampart_measurements_waiting', 'Measurements that are due and wait for a place.', 'kind', () => [
      ['all', this.#waitingMeasurements],
    ]);
    metrics.readAtScrape(
      'rampart_leading',
      '1 while this process holds the lease of that name, 0 while it does not.',
      'lease',
      () => (this.#lease === undefined ? [] : [[this.#lease.name, Number(this.#lease.isHeld())]]),
    );
    metrics.readAtScrape('rampart_events_pending', 'Events that wait to be written.', 'kind', () => [['all', this.#pendingEvents]]);
  }

  /** Label values are bounded: kinds and verbs, never names. */
  request({ verb, resource, status, durationMs }: RequestRecord): void {
    const labels = { kind: resource, namespace: 'N/A', name: 'N/A', verb, status_code: String(status) };
    this.metrics.requests.inc(labels);
    if (verb !== 'watch') this.metrics.requestSeconds.observe({ verb }, durationMs / 1000);
  }

  announced({ type, reason }: Announcement): void {
    this.metrics.events.inc({ type, reason });
  }

  ended({ status, seconds, pausedSeconds }: Outcome): void {
    this.metrics.rolloutDuration.observe({ status }, seconds);
    this.metrics.rolloutProgression.observe({ status }, seconds - pausedSeconds);
    this.metrics.rolloutManualPause.observe({ status }, pausedSeconds);
  }

  controller(name: 'rollout' | 'analysis' | 'experiment'): ControllerMetrics {
    const { metrics } = this;
    const { seconds, errors } = {
      rollout: { seconds: metrics.reconciles, errors: metrics.reconcileErrors },
      analysis: { seconds: metrics.analysisReconciles, errors: metrics.analysisReconcileErrors },
      experiment: { seconds: metrics.experimentReconciles, errors: metrics.experimentReconcileErrors },
    }[name];
    return {
      queue: {
        depth: (keys) => this.#depths.set(name, keys),
        added: () => metrics.queueAdds.inc({ name }),
        retried: () => metrics.queueRetries.inc({ name }),
        waited: (ms) => metrics.queueSeconds.observe({ name }, ms / 1000),
        worked: (ms) => metrics.workSeconds.observe({ name }, ms / 1000),
      },
      reconciled: (_, outcome, ms) => {
        seconds.observe(ms / 1000);
        if (outcome === 'failed') errors.inc();
      },
      busyWorkers: (count) => this.#busy.set(name, count),
    };
  }

  readonly watcher: WatcherMetrics = {
    relisted: (kind) => this.metrics.watchRestarts.inc({ kind, cause: 'relist' }),
    failed: (kind, cause) => this.metrics.watchRestarts.inc({ kind, cause }),
  };

  readonly measurements: MeasurementMetrics = {
    inFlight: (count) => {
      this.#measurements = count;
    },
    waiting: (count) => {
      this.#waitingMeasurements = count;
    },
    finished: (provider, outcome, ms) => this.metrics.measurementSeconds.observe({ provider, outcome }, ms / 1000),
    began: (latenessMs) => this.metrics.measurementLateness.observe(latenessMs / 1000),
  };

  /** `none` where there is no election and the process works without one. */
  leads(lease: string, isHeld: () => boolean): void {
    this.#lease = { name: lease, isHeld };
  }

  pendingEvents(count: number): void {
    this.#pendingEvents = count;
  }
}
