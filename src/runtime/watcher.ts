/**
 * Keeps a store equal to what the server has, for as long as it runs: it carries out the states of the watch machine. It never gives
 * up and never throws; what goes wrong is logged and counted.
 */
import type { KubeObject } from '../api/kubernetes.ts';
import { type Clock, sleep, type Timer } from './clock.ts';
import { ApiError, type Cluster, type Resource, type WatchEvent } from './cluster.ts';
import { type Log, messageOf } from './log.ts';
import type { Relist } from './store.ts';
import { type ActiveState, initialState, transition, type WatchState, type WatchStep } from './watch-machine.ts';

/** What a watcher feeds; a Store is one. */
export interface WatchSink<T extends KubeObject> {
  observe(object: T): void;
  observeDeleted(object: T): void;
  observeProgress(resourceVersion: string): void;
  beginRelist(): Relist<T>;
}

export interface WatcherMetrics {
  /** An event of a watch, bookmarks aside. */
  event?(resource: string): void;
  relisted?(resource: string): void;
  failed?(resource: string, code: string): void;
}

export interface WatcherOptions<T extends KubeObject> {
  readonly cluster: Cluster;
  readonly resource: Resource<T>;
  readonly sink: WatchSink<T>;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly log: Log;
  /** Undefined watches all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Default true: tried first, given up when the server refuses it. */
  readonly streamsList?: boolean;
  readonly pageSize?: number;
  /** Without an event or bookmark for so long the connection counts as dead; servers send a bookmark every one or two minutes. Default 3 min. */
  readonly stallMs?: number;
  readonly backoffBaseMs?: number;
  readonly backoffMaxMs?: number;
  readonly metrics?: WatcherMetrics;
}

interface Stream<T> {
  readonly events: AsyncIterator<WatchEvent<T>>;
  readonly abort: AbortController;
  stallTimer: Timer | undefined;
  readonly openedMs: number;
  lastEventMs: number;
  isStalled: boolean;
  hadEvents: boolean;
}

const leastUsefulMs = 10_000;

export class Watcher<T extends KubeObject> {
  readonly #options: WatcherOptions<T>;
  #canStreamList: boolean;
  #state: WatchState;
  #relist: Relist<T> | undefined;
  #stream: Stream<T> | undefined;
  #lastSeen: string | undefined;

  constructor(options: WatcherOptions<T>) {
    this.#options = options;
    this.#canStreamList = options.streamsList ?? true;
    this.#state = initialState({ canStreamList: this.#canStreamList });
  }

  get state(): WatchState {
    return this.#state;
  }

  /** Runs until the signal aborts. Call once. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const state = this.#state;
      const step = await this.#carryOut(state, signal);
      if (signal.aborted) break;
      if (step.kind === 'failed') this.#report(state, step.error);
      this.#state = transition(state, step, {
        canStreamList: this.#canStreamList,
        random: this.#options.random(),
        backoffBaseMs: this.#options.backoffBaseMs ?? 200,
        backoffMaxMs: this.#options.backoffMaxMs ?? 15_000,
      });
      if (this.#state.phase !== 'watching') this.#closeStream();
    }
    this.#closeStream();
  }

  async #carryOut(state: WatchState, signal: AbortSignal): Promise<WatchStep> {
    try {
      switch (state.phase) {
        case 'backing-off':
          await sleep(this.#options.clock, state.delayMs, signal);
          return { kind: 'waited' };
        case 'listing':
          return await this.#listPage(state.continueToken, signal);
        default:
          return await this.#follow(state, signal);
      }
    } catch (error) {
      const wasUseful = this.#stream !== undefined && this.#wasUseful(this.#stream);
      this.#closeStream();
      const known = error instanceof ApiError ? error : new ApiError('bad-answer', messageOf(error), { cause: error });
      return { kind: 'failed', error: known, resourceVersion: this.#lastSeen, wasUseful };
    }
  }

  async #listPage(continueToken: string | undefined, signal: AbortSignal): Promise<WatchStep> {
    const { cluster, resource, sink, pageSize, metrics } = this.#options;
    if (continueToken === undefined) this.#relist = sink.beginRelist();
    const page = await cluster.list(
      resource,
      { ...this.#selection(), limit: pageSize ?? 500, ...(continueToken === undefined ? {} : { continueToken }) },
      signal,
    );
    for (const object of page.items) this.#relist?.add(object);
    if (page.continueToken === undefined) {
      this.#finishRelist(page.resourceVersion);
      metrics?.relisted?.(resource.plural);
    }
    return { kind: 'page', resourceVersion: page.resourceVersion, continueToken: page.continueToken };
  }

  /** Reads the stream, opened if need be, until the state changes. */
  async #follow(state: Exclude<ActiveState, { phase: 'listing' }>, signal: AbortSignal): Promise<WatchStep> {
    const stream = this.#stream ?? this.#openStream(state, signal);
    for (;;) {
      const next = await stream.events.next();
      if (next.done === true) {
        this.#closeStream();
        const kind = stream.isStalled ? 'stalled' : 'ended';
        return { kind, resourceVersion: this.#lastSeen, wasUseful: this.#wasUseful(stream) };
      }
      stream.lastEventMs = this.#options.clock.monotonic();
      const event = next.value;
      if (event.type === 'ERROR') throw event.error;
      stream.hadEvents = true;
      if (this.#take(event)) return { kind: 'initial-events-end', resourceVersion: this.#lastSeen ?? '' };
    }
  }

  /** Hands one event on; true when it ends the initial ones. */
  #take(event: Exclude<WatchEvent<T>, { type: 'ERROR' }>): boolean {
    const { sink, metrics, resource } = this.#options;
    if (event.type === 'BOOKMARK') {
      this.#lastSeen = event.resourceVersion;
      if (event.initialEventsEnd && this.#relist !== undefined) {
        this.#finishRelist(event.resourceVersion);
        metrics?.relisted?.(resource.plural);
        return true;
      }
      sink.observeProgress(event.resourceVersion);
      return false;
    }
    metrics?.event?.(resource.plural);
    if (this.#relist !== undefined) {
      if (event.type === 'DELETED') this.#relist.remove(event.object);
      else this.#relist.add(event.object);
      return false;
    }
    if (event.type === 'DELETED') sink.observeDeleted(event.object);
    else sink.observe(event.object);
    this.#lastSeen = event.object.metadata.resourceVersion ?? this.#lastSeen;
    return false;
  }

  #finishRelist(resourceVersion: string): void {
    this.#relist?.finish(resourceVersion);
    this.#relist = undefined;
    this.#lastSeen = resourceVersion;
  }

  #openStream(state: Exclude<ActiveState, { phase: 'listing' }>, signal: AbortSignal): Stream<T> {
    const { cluster, resource, sink, clock, random } = this.#options;
    const abort = new AbortController();
    const isInitial = state.phase === 'streaming-list';
    this.#relist = isInitial ? sink.beginRelist() : undefined;
    const position = isInitial ? { sendInitialEvents: true } : { resourceVersion: state.resourceVersion };
    if (!isInitial) this.#lastSeen = state.resourceVersion;
    const events = cluster.watch(
      resource,
      { ...this.#selection(), ...position, timeoutSeconds: Math.round(300 + 300 * random()) },
      AbortSignal.any([signal, abort.signal]),
    );
    const stream: Stream<T> = {
      events: events[Symbol.asyncIterator](),
      abort,
      stallTimer: undefined,
      openedMs: clock.monotonic(),
      lastEventMs: clock.monotonic(),
      isStalled: false,
      hadEvents: false,
    };
    this.#stream = stream;
    this.#guardAgainstStall(stream);
    return stream;
  }

  /** One timer a stream, however many events it carries: when it fires it sleeps for what is left since the last one. */
  #guardAgainstStall(stream: Stream<T>): void {
    const { clock, stallMs = 180_000 } = this.#options;
    const leftMs = stream.lastEventMs + stallMs - clock.monotonic();
    if (leftMs > 0) {
      stream.stallTimer = clock.setTimer(Math.ceil(leftMs), () => this.#guardAgainstStall(stream));
      return;
    }
    stream.isStalled = true;
    stream.abort.abort();
  }

  /** A stream that told something, or was open for a while with nothing to tell: opening the next at once does no harm. */
  #wasUseful(stream: Stream<T>): boolean {
    return stream.hadEvents || this.#options.clock.monotonic() - stream.openedMs >= leastUsefulMs;
  }

  #closeStream(): void {
    this.#stream?.stallTimer?.cancel();
    this.#stream?.abort.abort();
    this.#stream = undefined;
  }

  #selection(): { namespace?: string; labelSelector?: string; fieldSelector?: string } {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
  }

  #report(state: WatchState, error: ApiError): void {
    const { resource, log, metrics } = this.#options;
    metrics?.failed?.(resource.plural, error.code);
    if (state.phase === 'streaming-list' && error.code === 'invalid') {
      this.#canStreamList = false;
      log.info(`the API server does not stream lists of ${resource.plural}; they are fetched in pages`);
    } else if (error.code === 'gone') {
      log.info(`the watch of ${resource.plural} is too old to go on; everything is listed anew`);
    } else {
      log.warn(`${state.phase} of ${resource.plural} failed and is tried again: ${error.message}`, { code: error.code });
    }
  }
}
