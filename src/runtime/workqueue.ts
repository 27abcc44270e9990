/**
 * Which keys to look at next. A key is handed to one worker at a time and waits at most once, however often it is added; a key added
 * while a worker has it comes back when that worker is done. Keys take turns in the order they came; urgent ones go first, then prompt
 * ones, but every eighth turn goes to the normal ones.
 */
import type { Clock } from './clock.ts';
import { Fifo } from './fifo.ts';
import { TimerHeap } from './timer-heap.ts';

export type Lane = 'normal' | 'prompt' | 'urgent';

/** `full`: refused, since as many keys wait as are allowed; whoever adds must come back with the key later. */
export type AddOutcome = 'added' | 'present' | 'full';

export interface WorkqueueMetrics {
  /** Keys that wait for a worker, after each change. */
  depth?(keys: number): void;
  added?(): void;
  refused?(): void;
  retried?(): void;
  /** From the moment a key became due to the moment a worker took it. */
  waited?(ms: number): void;
  worked?(ms: number): void;
}

export interface WorkqueueOptions {
  readonly clock: Clock;
  /** Keys that may wait for a worker. Default 100,000. */
  readonly maxDepth?: number;
  /** Delay before a first retry; doubles with each further one. Default 50 ms. */
  readonly retryBaseMs?: number;
  /** Default 60 s. */
  readonly retryMaxMs?: number;
  readonly metrics?: WorkqueueMetrics;
}

interface Waiting {
  readonly sinceMs: number;
  readonly lane: Lane;
}

const hurriedTurnsInARow = 7;
const firstToLast: readonly Lane[] = ['urgent', 'prompt', 'normal'];
const turnOfTheOthers: readonly Lane[] = ['normal', 'urgent', 'prompt'];

export class Workqueue {
  readonly #clock: Clock;
  readonly #maxDepth: number;
  readonly #retryBaseMs: number;
  readonly #retryMaxMs: number;
  readonly #metrics: WorkqueueMetrics;
  readonly #lanes: Readonly<Record<Lane, Fifo<string>>> = { normal: new Fifo(), prompt: new Fifo(), urgent: new Fifo() };
  /** key -> since when it waits for a worker, and where */
  readonly #waiting = new Map<string, Waiting>();
  /** key -> when a worker took it */
  readonly #working = new Map<string, number>();
  /** key -> in which lane it comes back when its worker is done */
  readonly #again = new Map<string, Waiting>();
  /** key -> retries since it last succeeded */
  readonly #failures = new Map<string, number>();
  readonly #takers = new Fifo<(key: string | undefined) => void>();
  readonly #delayed: TimerHeap;
  #hurriedTurns = 0;
  #isShutDown = false;

  constructor(options: WorkqueueOptions) {
    this.#clock = options.clock;
    this.#maxDepth = options.maxDepth ?? 100_000;
    this.#retryBaseMs = options.retryBaseMs ?? 50;
    this.#retryMaxMs = options.retryMaxMs ?? 60_000;
    this.#metrics = options.metrics ?? {};
    this.#delayed = new TimerHeap(options.clock, (key) => this.#addDue(key));
  }

  /** Keys that wait for a worker; neither those with a worker nor those with an appointment. */
  get depth(): number {
    return this.#waiting.size;
  }

  get appointments(): number {
    return this.#delayed.size;
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0 && this.#working.size === 0;
  }

  add(key: string, lane: Lane = 'normal'): AddOutcome {
    if (this.#isShutDown) return 'full';
    const now = this.#clock.monotonic();
    if (this.#working.has(key)) {
      const present = this.#again.get(key);
      if (present !== undefined && !isBefore(lane, present.lane)) return 'present';
      this.#again.set(key, { sinceMs: present?.sinceMs ?? now, lane });
      return 'added';
    }
    const present = this.#waiting.get(key);
    if (present !== undefined && !isBefore(lane, present.lane)) return 'present';
    if (present === undefined && this.#waiting.size >= this.#maxDepth) {
      this.#metrics.refused?.();
      return 'full';
    }
    this.#enqueue(key, { sinceMs: present?.sinceMs ?? now, lane });
    return 'added';
  }

  /** Adds the key later. Of several appointments the earliest stays; all are forgotten when a worker takes the key. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isShutDown) return;
    if (delayMs <= 0) this.#addDue(key);
    else this.#delayed.schedule(key, delayMs);
  }

  /** Adds the key after its back-off, which grows with every call until `forget`. Returns the delay in milliseconds. */
  addRateLimited(key: string, leastMs = 0): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#metrics.retried?.();
    const delayMs = Math.max(leastMs, Math.min(this.#retryMaxMs, this.#retryBaseMs * 2 ** Math.min(failures, 30)));
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /** Ends the back-off of a key. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Retries since the key was last forgotten. */
  retries(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, which this worker has until `done`; undefined once the queue is shut down. */
  take(): Promise<string | undefined> {
    if (this.#isShutDown) return Promise.resolve(undefined);
    const key = this.#next();
    return key === undefined ? new Promise((resolve) => this.#takers.push(resolve)) : Promise.resolve(this.#begin(key));
  }

  /** Gives a key back. It waits again if it was added in the meantime. */
  done(key: string): void {
    const since = this.#working.get(key);
    if (since === undefined) return;
    this.#working.delete(key);
    this.#metrics.worked?.(this.#clock.monotonic() - since);
    const again = this.#again.get(key);
    if (again === undefined) return;
    this.#again.delete(key);
    this.#enqueue(key, again);
  }

  /** Hands out no more keys: everyone who waits for one gets undefined. Keys being worked on may still be given back. */
  shutDown(): void {
    this.#isShutDown = true;
    this.#delayed.clear();
    this.#waiting.clear();
    this.#again.clear();
    for (let taker = this.#takers.shift(); taker !== undefined; taker = this.#takers.shift()) taker(undefined);
    this.#metrics.depth?.(0);
  }

  /** A due appointment that finds the queue full is put off, not lost. */
  #addDue(key: string): void {
    if (this.add(key) === 'full' && !this.#isShutDown) this.#delayed.schedule(key, 1000);
  }

  #enqueue(key: string, waiting: Waiting): void {
    if (this.#isShutDown) return;
    this.#metrics.added?.();
    const taker = this.#waiting.size === 0 ? this.#takers.shift() : undefined;
    this.#waiting.set(key, waiting);
    if (taker !== undefined) {
      taker(this.#begin(key));
      return;
    }
    this.#lanes[waiting.lane].push(key);
    this.#metrics.depth?.(this.#waiting.size);
  }

  #next(): string | undefined {
    for (const lane of this.#hurriedTurns >= hurriedTurnsInARow ? turnOfTheOthers : firstToLast) {
      const key = this.#shift(lane);
      if (key === undefined) continue;
      this.#hurriedTurns = lane === 'normal' ? 0 : this.#hurriedTurns + 1;
      return key;
    }
    return undefined;
  }

  /** A key that became more urgent while it waited is left behind in its former lane, where it is skipped. */
  #shift(lane: Lane): string | undefined {
    const fifo = this.#lanes[lane];
    for (let key = fifo.shift(); key !== undefined; key = fifo.shift()) {
      if (this.#waiting.get(key)?.lane === lane) return key;
    }
    return undefined;
  }

  #begin(key: string): string {
    const now = this.#clock.monotonic();
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) this.#metrics.waited?.(now - waiting.sinceMs);
    this.#waiting.delete(key);
    this.#working.set(key, now);
    this.#delayed.cancel(key);
    this.#metrics.depth?.(this.#waiting.size);
    return key;
  }
}

function isBefore(a: Lane, b: Lane): boolean {
  return firstToLast.indexOf(a) < firstToLast.indexOf(b);
}
