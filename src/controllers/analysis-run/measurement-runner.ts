/**
 * Makes measurements beside the reconcile workers: so many at a time, each with a time limit, none twice for the same metric. Keeps
 * what came back until it is stored in the run's status; all it knows may be lost at any moment, for what is not stored is due again.
 */
import type { FinishedMeasurement, MeasurementOutcome, ObservedMeasurement } from '../../core/analysis/observed-analysis-run.ts';
import type { MeasurementQuery } from '../../core/analysis/run-plan.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { FairQueue } from './fair-queue.ts';

/** The run that a measurement is made for. */
export interface RunIdentity {
  /** `namespace/name`, as the queue knows it. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Of the controller that is meant, where there are several. */
  readonly instanceId?: string | undefined;
}

export interface MeasurementRequest {
  readonly metric: string;
  readonly provider: string;
  readonly query: MeasurementQuery;
  /** Milliseconds since the epoch. */
  readonly dueAtMs: number;
  /** 1 for the first of the metric. */
  readonly ordinal: number;
  /** Where it was begun before: when, and what finds it again. */
  readonly begun?: { readonly startedAtMs: number; readonly metadata: Metadata } | undefined;
}

type Metadata = Readonly<Record<string, string>>;

/** What came of one measurement; nothing in it holds a secret. */
export interface MeasurementAnswer {
  readonly outcome: MeasurementOutcome;
  readonly description?: Metadata | undefined;
}

/** Makes one measurement. Never throws: what goes wrong is an outcome. */
export type Measure = (
  run: RunIdentity,
  request: MeasurementRequest,
  context: { readonly signal: AbortSignal; readonly nowMs: number },
) => Promise<MeasurementAnswer>;

export interface MeasurementMetrics {
  inFlight?(count: number): void;
  waiting?(count: number): void;
  /** How long after it was due a measurement began. */
  began?(latenessMs: number): void;
  finished?(provider: string, outcome: MeasurementOutcome['kind'], ms: number): void;
}

export interface MeasurementRunnerOptions {
  readonly measure: Measure;
  readonly clock: Clock;
  /** Called with the key of a run when one of its measurements has come back. */
  readonly finished: (key: string) => void;
  /** Called with what a measurement began that outlives its calls, once nobody can ask about it any more. */
  readonly abandoned?: (run: RunIdentity, provider: string, metadata: Metadata) => void;
  /** Those of one lane wait for each other more than for others: for instance those that ask the same server. Default: the provider. */
  readonly laneOf?: (request: MeasurementRequest) => string;
  /** Measurements made at the same time. */
  readonly concurrency?: number;
  /** No measurement takes longer, whatever its provider thinks. */
  readonly timeoutMs?: number;
  readonly metrics?: MeasurementMetrics;
}

/** Enough that a provider which answers nobody does not keep the others waiting. */
const defaultConcurrency = 256;
const defaultTimeoutMs = 10 * 60_000;

interface Flight {
  readonly run: RunIdentity;
  readonly request: MeasurementRequest;
  readonly abort: AbortController;
  /** Of the measurement; of the request for one while it waits. */
  startedAtMs: number;
}

interface Look {
  readonly run: RunIdentity;
  readonly provider: string;
  readonly metadata: Metadata;
  readonly lookedAtMs: number;
}

interface RunMeasurements {
  readonly uid: string;
  /** metric -> what is waiting or being measured */
  readonly inFlight: Map<string, Flight>;
  /** metric -> what outlives its calls */
  readonly lasting: Map<string, Look>;
  /** In the order in which they came back. */
  finished: readonly FinishedMeasurement[];
}

export class MeasurementRunner {
  readonly #options: MeasurementRunnerOptions;
  /** key -> measurements of the run that has it */
  readonly #runs = new Map<string, RunMeasurements>();
  readonly #queue: FairQueue<Flight>;
  readonly #working = new Set<Promise<void>>();
  #isStopping = false;

  constructor(options: MeasurementRunnerOptions) {
    this.#options = options;
    this.#queue = new FairQueue(options.concurrency ?? defaultConcurrency);
  }

  /** Does nothing where the metric is being measured already. */
  start(run: RunIdentity, request: MeasurementRequest): void {
    const { inFlight } = this.#of(run);
    if (inFlight.has(request.metric)) return;
    const flight: Flight = { run, request, abort: new AbortController(), startedAtMs: this.#options.clock.now() };
    inFlight.set(request.metric, flight);
    this.#queue.push(this.#options.laneOf?.(request) ?? request.provider, flight);
    this.#fill();
  }

  /** Its answer, should one still come, is not looked at. */
  cancel(key: string, metric: string): void {
    const run = this.#runs.get(key);
    run?.inFlight.get(metric)?.abort.abort();
    run?.inFlight.delete(metric);
  }

  /** Status has what became of a measurement that outlives its calls. */
  forgetLasting(key: string, metric: string, metadata: Metadata): void {
    const lasting = this.#runs.get(key)?.lasting;
    if (JSON.stringify(lasting?.get(metric)?.metadata) === JSON.stringify(metadata)) lasting?.delete(metric);
  }

  /** Everything that is under way for this very run, or came back and is not acknowledged. */
  observations({ key, uid }: RunIdentity): readonly ObservedMeasurement[] {
    const known = this.#runs.get(key);
    if (known?.uid !== uid) return [];
    const flying = [...known.inFlight].map(
      ([metric, { startedAtMs }]): ObservedMeasurement => ({ state: 'in-flight', metric, startedAtMs }),
    );
    const lasting = [...known.lasting].map(
      ([metric, { lookedAtMs }]): ObservedMeasurement => ({ state: 'lasting', metric, lookedAtMs }),
    );
    return [...known.finished, ...flying, ...lasting];
  }

  /** These are stored in status, or no longer wanted. */
  acknowledge(key: string, stored: readonly ObservedMeasurement[]): void {
    const run = this.#runs.get(key);
    if (run === undefined) return;
    run.finished = run.finished.filter((one) => !stored.includes(one));
    if (run.finished.length + run.inFlight.size + run.lasting.size === 0) this.#runs.delete(key);
  }

  /** The run is gone, and with it all that it began. */
  forget(key: string): void {
    const run = this.#runs.get(key);
    for (const flight of run?.inFlight.values() ?? []) flight.abort.abort();
    this.#runs.delete(key);
    for (const look of run?.lasting.values() ?? []) this.#abandon(look.run, look.provider, look.metadata);
  }

  /** Ends all calls and waits until their providers have let go. What has not come back is due again at the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const key of [...this.#runs.keys()]) this.forget(key);
    await Promise.all(this.#working);
  }

  #of({ key, uid }: RunIdentity): RunMeasurements {
    const known = this.#runs.get(key);
    if (known?.uid === uid) return known;
    if (known !== undefined) this.forget(key);
    const fresh: RunMeasurements = { uid, inFlight: new Map(), lasting: new Map(), finished: [] };
    this.#runs.set(key, fresh);
    return fresh;
  }

  #fill(): void {
    for (let next = this.#queue.take(); next !== undefined; next = this.#queue.take()) {
      const { lane, item } = next;
      if (item.abort.signal.aborted) {
        this.#queue.release(lane);
        continue;
      }
      const work = this.#work(item).finally(() => {
        this.#working.delete(work);
        this.#queue.release(lane);
        this.#count();
        this.#fill();
      });
      this.#working.add(work);
      this.#count();
    }
    this.#options.metrics?.waiting?.(this.#queue.waiting);
  }

  #count(): void {
    this.#options.metrics?.inFlight?.(this.#queue.taken);
  }

  async #work(flight: Flight): Promise<void> {
    const { clock, measure, metrics } = this.#options;
    const { run, request, abort } = flight;
    const beganAtMs = clock.now();
    flight.startedAtMs = request.begun?.startedAtMs ?? beganAtMs;
    if (request.begun === undefined) metrics?.began?.(Math.max(0, beganAtMs - request.dueAtMs));
    const limit = this.#limit(abort);
    const measured = measure(run, request, { signal: abort.signal, nowMs: beganAtMs }).catch(brokenPromise);
    const answer = await Promise.race([measured, limit.reached]);
    limit.timer.cancel();
    const isWanted = this.#isWanted(flight);
    if (isWanted) this.#keep(flight, answer, Math.max(beganAtMs, clock.now()) - beganAtMs);
    // One that nobody waited for any more may have begun something all the same.
    void measured.then((late) => (isWanted && late === answer ? undefined : this.#tidy(flight, late)));
  }

  /** False for one that was cancelled, or whose run is gone: nobody asks any more. */
  #isWanted(flight: Flight): boolean {
    return this.#runs.get(flight.run.key)?.inFlight.get(flight.request.metric) === flight;
  }

  #keep(flight: Flight, answer: MeasurementAnswer, tookMs: number): void {
    const { clock, metrics, finished } = this.#options;
    const { run, request } = flight;
    const measurements = this.#of(run);
    measurements.inFlight.delete(request.metric);
    const finishedAtMs = Math.max(flight.startedAtMs, clock.now());
    if (answer.outcome.kind === 'underway') {
      const { metadata } = answer.outcome;
      measurements.lasting.set(request.metric, { run, provider: request.provider, metadata, lookedAtMs: finishedAtMs });
    } else measurements.lasting.delete(request.metric);
    const { metric } = request;
    const result: FinishedMeasurement = { state: 'finished', metric, startedAtMs: flight.startedAtMs, finishedAtMs, ...answer };
    measurements.finished = [...measurements.finished, result];
    metrics?.finished?.(request.provider, answer.outcome.kind, tookMs);
    finished(run.key);
  }

  #tidy({ run, request }: Flight, { outcome }: MeasurementAnswer): void {
    if (request.begun === undefined && outcome.kind === 'underway') this.#abandon(run, request.provider, outcome.metadata);
  }

  #abandon(run: RunIdentity, provider: string, metadata: Metadata): void {
    // A process that ends leaves them to the next one.
    if (!this.#isStopping) this.#options.abandoned?.(run, provider, metadata);
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
