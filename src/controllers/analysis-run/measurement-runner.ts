/**
 * Makes measurements beside the reconcile workers: so many at a time, each with a time limit, none twice for the same metric. Keeps
 * what came back until it is stored in the run's status; all it knows may be lost at any moment, for what is not stored is due again.
 */
import type { FinishedMeasurement, MeasurementOutcome, ObservedMeasurement } from '../../core/analysis/observed-analysis-run.ts';
import type { MeasurementQuery } from '../../core/analysis/run-plan.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { Fifo } from '../../runtime/fifo.ts';

/** The run that a measurement is made for. */
export interface RunIdentity {
  /** `namespace/name`, as the queue knows it. */
  readonly key: string;
  readonly namespace: string;
  readonly uid: string;
}

export interface MeasurementRequest {
  readonly metric: string;
  readonly provider: string;
  readonly query: MeasurementQuery;
  /** Milliseconds since the epoch. */
  readonly dueAtMs: number;
}

/** What came of one measurement; nothing in it holds a secret. */
export interface MeasurementAnswer {
  readonly outcome: MeasurementOutcome;
  readonly description?: Readonly<Record<string, string>> | undefined;
}

/** Makes one measurement. Never throws: what goes wrong is an outcome. */
export type Measure = (
  run: RunIdentity,
  request: MeasurementRequest,
  context: { readonly signal: AbortSignal; readonly nowMs: number },
) => Promise<MeasurementAnswer>;

export interface MeasurementMetrics {
  inFlight?(count: number): void;
  /** How long after it was due a measurement began. */
  began?(latenessMs: number): void;
  finished?(provider: string, outcome: MeasurementOutcome['kind'], ms: number): void;
}

export interface MeasurementRunnerOptions {
  readonly measure: Measure;
  readonly clock: Clock;
  /** Called with the key of a run when one of its measurements has come back. */
  readonly finished: (key: string) => void;
  /** Measurements made at the same time. */
  readonly concurrency?: number;
  /** No measurement takes longer, whatever its provider thinks. */
  readonly timeoutMs?: number;
  readonly metrics?: MeasurementMetrics;
}

/** Enough that a provider which answers nobody does not keep the others waiting. */
const defaultConcurrency = 256;
const defaultTimeoutMs = 10 * 60_000;

interface Job {
  readonly run: RunIdentity;
  readonly request: MeasurementRequest;
  readonly abort: AbortController;
  /** Of the measurement; of the request for one while it waits. */
  startedAtMs: number;
}

interface RunMeasurements {
  readonly uid: string;
  /** metric -> what is waiting or being measured */
  readonly inFlight: Map<string, Job>;
  /** In the order in which they came back. */
  finished: readonly FinishedMeasurement[];
}

export class MeasurementRunner {
  readonly #options: MeasurementRunnerOptions;
  /** key -> measurements of the run that has it */
  readonly #runs = new Map<string, RunMeasurements>();
  readonly #waiting = new Fifo<Job>();
  readonly #working = new Set<Promise<void>>();

  constructor(options: MeasurementRunnerOptions) {
    this.#options = options;
  }

  /** Does nothing where the metric is being measured already. */
  start(run: RunIdentity, request: MeasurementRequest): void {
    const { inFlight } = this.#of(run);
    if (inFlight.has(request.metric)) return;
    const job: Job = { run, request, abort: new AbortController(), startedAtMs: this.#options.clock.now() };
    inFlight.set(request.metric, job);
    this.#waiting.push(job);
    this.#fill();
  }

  /** Its answer, should one still come, is not looked at. */
  cancel(key: string, metric: string): void {
    const run = this.#runs.get(key);
    run?.inFlight.get(metric)?.abort.abort();
    run?.inFlight.delete(metric);
  }

  /** Everything that is under way for this very run, or came back and is not acknowledged. */
  observations({ key, uid }: RunIdentity): readonly ObservedMeasurement[] {
    const known = this.#runs.get(key);
    if (known?.uid !== uid) return [];
    const flying = [...known.inFlight].map(
      ([metric, { startedAtMs }]): ObservedMeasurement => ({ state: 'in-flight', metric, startedAtMs }),
    );
    return [...known.finished, ...flying];
  }

  /** These are stored in status, or no longer wanted. */
  acknowledge(key: string, stored: readonly ObservedMeasurement[]): void {
    const run = this.#runs.get(key);
    if (run === undefined) return;
    run.finished = run.finished.filter((one) => !stored.includes(one));
    if (run.finished.length + run.inFlight.size === 0) this.#runs.delete(key);
  }

  /** The run is gone. */
  forget(key: string): void {
    for (const job of this.#runs.get(key)?.inFlight.values() ?? []) job.abort.abort();
    this.#runs.delete(key);
  }

  /** Ends all measurements and waits until their providers have let go. What has not come back is due again at the next start. */
  async stop(): Promise<void> {
    for (const key of [...this.#runs.keys()]) this.forget(key);
    await Promise.all(this.#working);
  }

  #of({ key, uid }: RunIdentity): RunMeasurements {
    const known = this.#runs.get(key);
    if (known?.uid === uid) return known;
    if (known !== undefined) this.forget(key);
    const fresh: RunMeasurements = { uid, inFlight: new Map(), finished: [] };
    this.#runs.set(key, fresh);
    return fresh;
  }

  #fill(): void {
    while (this.#working.size < (this.#options.concurrency ?? defaultConcurrency)) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      if (job.abort.signal.aborted) continue;
      const work = this.#work(job).finally(() => {
        this.#working.delete(work);
        this.#options.metrics?.inFlight?.(this.#working.size);
        this.#fill();
      });
      this.#working.add(work);
      this.#options.metrics?.inFlight?.(this.#working.size);
    }
  }

  async #work(job: Job): Promise<void> {
    const { clock, measure, metrics, finished } = this.#options;
    const { run, request, abort } = job;
    job.startedAtMs = clock.now();
    metrics?.began?.(Math.max(0, job.startedAtMs - request.dueAtMs));
    const limit = this.#limit(abort);
    const measured = measure(run, request, { signal: abort.signal, nowMs: job.startedAtMs }).catch(brokenPromise);
    const answer = await Promise.race([measured, limit.reached]);
    limit.timer.cancel();
    const measurements = this.#runs.get(run.key);
    // Cancelled, or of a run that is gone: nobody asks any more.
    if (measurements?.inFlight.get(request.metric) !== job) return;
    measurements.inFlight.delete(request.metric);
    const finishedAtMs = Math.max(job.startedAtMs, clock.now());
    const result: FinishedMeasurement = {
      state: 'finished',
      metric: request.metric,
      startedAtMs: job.startedAtMs,
      finishedAtMs,
      ...answer,
    };
    measurements.finished = [...measurements.finished, result];
    metrics?.finished?.(request.provider, answer.outcome.kind, finishedAtMs - job.startedAtMs);
    finished(run.key);
  }

  /** A provider that does not heed its signal loses its place all the same. */
  #limit(abort: AbortController): { readonly timer: Timer; readonly reached: Promise<MeasurementAnswer> } {
    const limitMs = this.#options.timeoutMs ?? defaultTimeoutMs;
    const { promise, resolve } = Promise.withResolvers<MeasurementAnswer>();
    const end = (message: string): void => resolve({ outcome: { kind: 'error', message } });
    abort.signal.addEventListener('abort', () => end('the measurement was ended before an answer came'), { once: true });
    const timer = this.#options.clock.setTimer(limitMs, () => {
      end(`no answer within ${limitMs / 1000} s`);
      abort.abort();
    });
    return { timer, reached: promise };
  }
}

/** Should a measurement throw after all, this one run is told; the process lives on. */
function brokenPromise(error: unknown): MeasurementAnswer {
  return { outcome: { kind: 'error', message: `the measurement broke off: ${error instanceof Error ? error.name : 'unknown'}` } };
}
