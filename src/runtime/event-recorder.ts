/**
 * Writes core/v1 Events beside the work that they tell of: recording never waits, the order of one object's events is kept, and what
 * the server cannot take now is tried again. An event's name is made from what it announces, so announcing twice changes nothing.
 */
import { type Clock, sleep } from './clock.ts';
import { ApiError, type Cluster } from './cluster.ts';
import { type EventNote, type EventObject, events, type ObjectReference } from './event.ts';
import { eventName, laneOf } from './event-name.ts';
import { Fifo } from './fifo.ts';
import { type Log, messageOf } from './log.ts';

export interface EventRecorderMetrics {
  /** Events that wait to be written, after each change. */
  pending?(count: number): void;
  written?(type: string, reason: string): void;
  /** Not written and not to be: no room, or refused by the server for good. */
  lost?(type: string, reason: string): void;
}

export interface EventRecorderOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** `source.component` and `reportingComponent`. */
  readonly component: string;
  /** Objects whose events are written at the same time. Default 8. */
  readonly concurrency?: number;
  /** While it says yes, events make way for other work: no more than two are written at the same time. */
  readonly makesWay?: () => boolean;
  /** Events that may wait. Default 100,000. */
  readonly limit?: number;
  readonly metrics?: EventRecorderMetrics;
}

interface Pending {
  readonly regarding: ObjectReference;
  readonly note: EventNote;
  readonly name: string;
  readonly recordedMs: number;
  attempts: number;
}

const backoffBaseMs = 200;
const gentleConcurrency = 2;
/** From so many on they make way no longer, or they would fill the memory. */
const mostThatMakeWay = 1_000;
const backoffMaxMs = 30_000;
/** An API server that has just started refuses what it has not read the roles for: what is forbidden is asked for again for some ten seconds. */
const mostRefusals = 6;
/** While draining: who waits for the end has no time for more. */
const hurriedBackoffMs = 250;

export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #abort = new AbortController();
  /** Aborts when draining begins: what backs off is tried at once. */
  readonly #hurry = new AbortController();
  /** object -> its events not yet written, oldest first; the object is in `#ready`, being written, or backing off */
  readonly #lanes = new Map<string, Fifo<Pending>>();
  readonly #ready = new Fifo<string>();
  /** Names of events that wait to be written. */
  readonly #waiting = new Set<string>();
  #pending = 0;
  #writing = 0;
  #idle: (() => void)[] = [];
  #isDraining = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  get pending(): number {
    return this.#pending;
  }

  /** Never waits. False when there is no room, and the event is lost. */
  record(regarding: ObjectReference, note: EventNote): boolean {
    const { clock, limit = 100_000, metrics } = this.#options;
    const name = eventName(regarding, note);
    if (this.#waiting.has(name)) return true;
    if (this.#pending >= limit || this.#abort.signal.aborted) {
      metrics?.lost?.(note.type, note.reason);
      return false;
    }
    this.#push({ regarding, note, name, recordedMs: clock.now(), attempts: 0 });
    return true;
  }

  /** True while an event of this object waits to be written. */
  isBusyWith(regarding: ObjectReference): boolean {
    return this.#lanes.has(laneOf(regarding));
  }

  /** Resolves when everything is written, or gives up when the signal aborts; with the number of events left. Records no more then. */
  async drain(signal: AbortSignal): Promise<number> {
    this.#isDraining = true;
    this.#pump();
    this.#hurry.abort();
    if (this.#pending > 0 && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const done = (): void => resolve();
      this.#idle.push(done);
      signal.addEventListener('abort', done, { once: true });
      await promise;
      signal.removeEventListener('abort', done);
    }
    this.#abort.abort();
    if (this.#pending > 0) this.#options.log.warn(`${this.#pending} events were not written before the end`);
    return this.#pending;
  }

  #push(pending: Pending): void {
    const lane = laneOf(pending.regarding);
    const present = this.#lanes.get(lane);
    this.#waiting.add(pending.name);
    this.#pending += 1;
    this.#options.metrics?.pending?.(this.#pending);
    if (present !== undefined) {
      present.push(pending);
      return;
    }
    const made = new Fifo<Pending>();
    made.push(pending);
    this.#lanes.set(lane, made);
    this.#ready.push(lane);
    this.#pump();
  }

  #pump(): void {
    while (this.#writing < this.#concurrency() && !this.#abort.signal.aborted) {
      const lane = this.#ready.shift();
      if (lane === undefined) return;
      this.#writing += 1;
      void this.#writeFirst(lane);
    }
  }

  #concurrency(): number {
    const { concurrency = 8, makesWay } = this.#options;
    const isGentle = !this.#isDraining && this.#pending <= mostThatMakeWay && makesWay?.() === true;
    return isGentle ? Math.min(concurrency, gentleConcurrency) : concurrency;
  }

  /** Writes the oldest event of one object. Never rejects. */
  async #writeFirst(lane: string): Promise<void> {
    const fifo = this.#lanes.get(lane);
    const pending = fifo?.peek();
    if (fifo === undefined || pending === undefined) return;
    try {
      await this.#write(pending);
      this.#options.metrics?.written?.(pending.note.type, pending.note.reason);
      this.#finish(lane, fifo, pending);
    } catch (error) {
      this.#writing -= 1;
      if (this.#abort.signal.aborted) return;
      if (error instanceof ApiError && this.#mayPass(error, pending)) return void this.#retryLater(lane, pending, error);
      this.#writing += 1;
      if (!isEnding(error)) {
        this.#options.log.warn(`event ${pending.note.reason} of ${pending.regarding.name} cannot be written: ${messageOf(error)}`);
        this.#options.metrics?.lost?.(pending.note.type, pending.note.reason);
      }
      this.#finish(lane, fifo, pending);
    }
  }

  #mayPass(error: ApiError, { attempts }: Pending): boolean {
    const isRefused = error.code === 'forbidden' && !isEnding(error);
    return error.isTransient || (isRefused && attempts < mostRefusals && !this.#isDraining);
  }

  #finish(lane: string, fifo: Fifo<Pending>, { name }: Pending): void {
    fifo.shift();
    this.#waiting.delete(name);
    this.#writing -= 1;
    this.#pending -= 1;
    this.#options.metrics?.pending?.(this.#pending);
    if (fifo.size > 0) this.#ready.push(lane);
    else this.#lanes.delete(lane);
    if (this.#pending === 0) for (const idle of this.#idle.splice(0)) idle();
    this.#pump();
  }

  async #retryLater(lane: string, pending: Pending, error: ApiError): Promise<void> {
    const { clock, random, log } = this.#options;
    const hurried = this.#hurry.signal.aborted;
    const mostMs = hurried ? hurriedBackoffMs : backoffMaxMs;
    const fullMs = Math.min(mostMs, backoffBaseMs * 2 ** Math.min(pending.attempts, 20));
    pending.attempts += 1;
    if (pending.attempts === 1) log.debug(`an event waits for the API server: ${error.message}`);
    this.#pump();
    const wake = hurried ? this.#abort.signal : AbortSignal.any([this.#abort.signal, this.#hurry.signal]);
    await sleep(clock, Math.max(hurried ? 0 : (error.retryAfterMs ?? 0), fullMs * (0.5 + random() / 2)), wake);
    this.#ready.push(lane);
    this.#pump();
  }

  /** One that is there already was written before, by this process or another. */
  async #write(pending: Pending): Promise<void> {
    const { cluster, component } = this.#options;
    await cluster.create(events, eventFrom(pending, component), this.#abort.signal);
  }
}

/** True where nobody will miss it: the namespace goes, and takes all its events along. */
function isEnding(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'forbidden' && error.message.includes('being terminated');
}

/** Events of cluster-scoped objects live in the default namespace. */
function namespaceOf(regarding: ObjectReference): string {
  return regarding.namespace ?? 'default';
}

function eventFrom(pending: Pending, component: string): EventObject {
  const { regarding, note, name, recordedMs } = pending;
  const timestamp = secondTime(recordedMs);
  return {
    metadata: { name, namespace: namespaceOf(regarding) },
    involvedObject: regarding,
    type: note.type,
    reason: note.reason,
    message: note.message.slice(0, 1024),
    source: { component },
    reportingComponent: component,
    firstTimestamp: timestamp,
    lastTimestamp: timestamp,
    count: 1,
  };
}

function secondTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
