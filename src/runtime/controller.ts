/**
 * Runs one reconcile function over keys with a fixed number of workers. A failure concerns its own key only, which comes back with a
 * growing delay; what the function knows of Kubernetes is its own business.
 */
import type { Clock } from './clock.ts';
import { ApiError } from './cluster.ts';
import { type Log, messageOf } from './log.ts';
import type { Source } from './source.ts';
import { type Lane, Workqueue, type WorkqueueMetrics } from './workqueue.ts';

/** When to look again; core's `Next` by structure. */
export type Next = { readonly kind: 'requeue'; readonly afterMs: number } | { readonly kind: 'await-change' };

/**
 * Brings the object of this key one pass closer to what it should be. The signal aborts when the time for an orderly shutdown is
 * over. What it throws is logged and tried again; what a retry cannot help belongs into the object's status instead.
 */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<Next>;

export interface ControllerMetrics {
  readonly queue?: WorkqueueMetrics;
  reconciled?(key: string, outcome: 'done' | 'failed', ms: number): void;
  busyWorkers?(count: number): void;
}

export interface ControllerOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly workers: number;
  readonly reconcile: Reconcile;
  readonly sources: readonly Source[];
  /** Every key that exists: asked for when the queue had to refuse some. */
  readonly keys: () => Iterable<string>;
  /** True while own writes to what this key is about were not seen: the key is put off by a moment instead of reconciled. */
  readonly isBehind?: (key: string) => boolean;
  readonly retryBaseMs?: number;
  readonly retryMaxMs?: number;
  readonly maxDepth?: number;
  readonly metrics?: ControllerMetrics;
}

/** A key that is behind is enqueued by the change it waits for; this is for changes that its sources do not map to it. */
const behindRetryMs = 100;

export class Controller {
  readonly #options: ControllerOptions;
  readonly #queue: Workqueue;
  readonly #abort = new AbortController();
  #subscriptions: (() => void)[] = [];
  #workers: Promise<void>[] = [];
  #busy = 0;
  #hasRefused = false;
  /** Keys still to be added after some were refused. */
  #sweep: string[] | undefined;

  constructor(options: ControllerOptions) {
    this.#options = options;
    const { clock, retryBaseMs, retryMaxMs, maxDepth, metrics } = options;
    this.#queue = new Workqueue({
      clock,
      ...(retryBaseMs === undefined ? {} : { retryBaseMs }),
      ...(retryMaxMs === undefined ? {} : { retryMaxMs }),
      ...(maxDepth === undefined ? {} : { maxDepth }),
      ...(metrics?.queue === undefined ? {} : { metrics: metrics.queue }),
    });
  }

  get name(): string {
    return this.#options.name;
  }

  /** Keys waiting and workers busy: zero and zero is at rest, appointments aside. */
  get depth(): number {
    return this.#queue.depth;
  }

  get isIdle(): boolean {
    return this.#queue.isIdle;
  }

  /** Listens to the sources: before the stores fill, so that nothing is missed. Workers do not run yet. */
  listen(): void {
    if (this.#subscriptions.length > 0) return;
    this.#subscriptions = this.#options.sources.map((source) => source.start((key, lane) => this.enqueue(key, lane)));
  }

  /** Starts the workers: after the stores have synced, and only while this process leads. Looks at every key once. */
  start(): void {
    if (this.#workers.length > 0) return;
    this.listen();
    for (const key of this.#options.keys()) this.enqueue(key);
    this.#workers = Array.from({ length: this.#options.workers }, () => this.#work());
  }

  enqueue(key: string, lane: Lane = 'normal'): void {
    if (this.#queue.add(key, lane) === 'full') this.#hasRefused = true;
  }

  /** For observations that arrive beside the watches, for instance the end of a measurement. */
  enqueueAfter(key: string, delayMs: number): void {
    this.#queue.addAfter(key, delayMs);
  }

  /** Takes no new key and waits for those being worked on; when the signal aborts, theirs abort too. */
  async stop(signal?: AbortSignal): Promise<void> {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions = [];
    this.#queue.shutDown();
    const abort = (): void => this.#abort.abort(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    await Promise.all(this.#workers);
    signal?.removeEventListener('abort', abort);
  }

  async #work(): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      await this.#reconcile(key);
      this.#queue.done(key);
      this.#catchUpOnRefused();
    }
  }

  async #reconcile(key: string): Promise<void> {
    const { clock, metrics, reconcile, isBehind } = this.#options;
    const startedMs = clock.monotonic();
    metrics?.busyWorkers?.(++this.#busy);
    try {
      if (isBehind?.(key)) {
        this.#queue.addAfter(key, behindRetryMs);
        return;
      }
      const next = await reconcile(key, this.#abort.signal);
      this.#queue.forget(key);
      if (next.kind === 'requeue') this.#queue.addAfter(key, next.afterMs);
      metrics?.reconciled?.(key, 'done', clock.monotonic() - startedMs);
    } catch (error) {
      this.#failed(key, error);
      metrics?.reconciled?.(key, 'failed', clock.monotonic() - startedMs);
    } finally {
      metrics?.busyWorkers?.(--this.#busy);
    }
  }

  #failed(key: string, error: unknown): void {
    if (this.#abort.signal.aborted) return;
    const delayMs = this.#queue.addRateLimited(key, error instanceof ApiError ? error.retryAfterMs : 0);
    const fields = { controller: this.name, key, retries: this.#queue.retries(key), retryInMs: delayMs };
    const sentence = `${this.name} ${key} failed and is tried again: ${messageOf(error)}`;
    // A write that the fence stops is no fault: another process leads now, or soon will.
    const isOrdinary = error instanceof ApiError && (error.isTransient || error.code === 'aborted');
    if (isOrdinary) this.#options.log.warn(sentence, fields);
    else this.#options.log.error(sentence, { ...fields, stack: error instanceof Error ? error.stack : undefined });
  }

  /**
   * Which keys were refused is not remembered: a sweep adds every key anew, as far as there is room, and goes on from there when there
   * is more. A key refused during a sweep leads to another one.
   */
  #catchUpOnRefused(): void {
    if (this.#sweep === undefined) {
      if (!this.#hasRefused) return;
      this.#hasRefused = false;
      this.#sweep = [...this.#options.keys()];
    }
    for (let key = this.#sweep.at(-1); key !== undefined; key = this.#sweep.at(-1)) {
      if (this.#queue.add(key) === 'full') return;
      this.#sweep.pop();
    }
    this.#sweep = undefined;
  }
}
