/**
 * The Cluster port on the virtual API server, for one client: its requests pass through a network, are seen by whoever observes them, and
 * stop for ever when the client is killed: nothing that it waits for comes any more, as in a process that is gone.
 */
import type { KubeObject } from '../api/kubernetes.ts';
import * as resources from '../api/resources.ts';
import { type Clock, sleep } from '../runtime/clock.ts';
import {
  ApiError,
  type Cluster,
  type CreateResult,
  type DeleteOptions,
  type ListOptions,
  type ObjectKey,
  type Page,
  type Patch,
  type Resource,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
  type WriteResult,
} from '../runtime/cluster.ts';
import type { ApiServer } from './api-server/api-server.ts';
import { type Interruption, WatchStream } from './api-server/watch-stream.ts';
import type { Network, Request } from './network.ts';
import type { Eviction } from './workloads/eviction.ts';

export interface VirtualClientOptions {
  readonly server: ApiServer;
  readonly eviction: Eviction;
  readonly clock: Clock;
  readonly network: Network;
  /** Who asks, in traces and as the manager of fields. */
  readonly actor: string;
  /** Called behind each write that changed something, before its answer is on its way. */
  readonly written?: (request: Request) => void;
}

export class VirtualClient implements Cluster {
  readonly #options: VirtualClientOptions;
  readonly #streams = new Set<WatchStream>();
  #isDead = false;

  constructor(options: VirtualClientOptions) {
    this.#options = options;
  }

  get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, signal?: AbortSignal): Promise<T | undefined> {
    return this.#ask(this.#request('get', resource, key), signal, ({ server }) => server.get(resource, key));
  }

  list<T extends KubeObject>(resource: Resource<T>, options: ListOptions, signal?: AbortSignal): Promise<Page<T>> {
    const request = this.#request('list', resource, { namespace: options.namespace });
    return this.#ask(request, signal, ({ server }) => server.list(resource, options));
  }

  watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent<T>> {
    return { [Symbol.asyncIterator]: () => this.#opening(resource, options, signal) as AsyncIterator<WatchEvent<T>> };
  }

  create<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<CreateResult<T>> {
    return this.#ask(this.#request('create', resource, object.metadata), signal, ({ server, actor }) =>
      server.create(resource, object, actor),
    );
  }

  replace<T extends KubeObject>(resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<WriteResult<T>> {
    const request = this.#request('update', resource, object.metadata, options.subresource);
    return this.#ask(request, options.signal, ({ server, actor }) => server.replace(resource, object, options, actor));
  }

  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<WriteResult<T>> {
    const request = this.#request('patch', resource, key, options.subresource);
    return this.#ask(request, options.signal, ({ server, actor }) => server.patch(resource, key, patch, options, actor));
  }

  delete<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options: DeleteOptions = {},
  ): Promise<'done' | 'conflict' | 'not-found'> {
    const request = this.#request('delete', resource, key);
    return this.#ask(request, options.signal, ({ server, actor }) => server.delete(resource, key, options, actor));
  }

  evict(pod: ObjectKey, signal?: AbortSignal): Promise<'done' | 'blocked' | 'not-found'> {
    return this.#ask(this.#request('evict', resources.pods, pod), signal, ({ eviction, actor }) => eviction.evict(pod, actor));
  }

  /** Nothing more is asked for or answered. */
  kill(): void {
    this.#isDead = true;
    for (const stream of this.#streams) stream.interrupt('silent');
    for (const stream of this.#streams) void stream.return();
    this.#streams.clear();
  }

  /** Does this to every watch that is open, or to those of one kind. */
  interruptWatches(how: Interruption, picks: (resource: Resource) => boolean = () => true): void {
    for (const stream of [...this.#streams]) if (picks(stream.resource)) stream.interrupt(how);
  }

  #request(verb: Request['verb'], resource: Resource, key: Partial<ObjectKey>, subresource?: 'status' | 'scale'): Request {
    return { verb, resource, key, subresource, actor: this.#options.actor };
  }

  async #ask<R>(request: Request, signal: AbortSignal | undefined, carryOut: (options: VirtualClientOptions) => R): Promise<R> {
    const { server, network, written } = this.#options;
    if (this.#isDead) return forever();
    if (signal?.aborted) throw givenUp(request);
    const { goingMs = 0, comingMs = 0, refused, lost } = network.fateOf(request);
    if (goingMs > 0) await this.#wait(goingMs, request, signal);
    if (refused !== undefined) throw refused;
    const { version } = server.storage;
    const result = carryOut(this.#options);
    if (server.storage.version !== version) written?.(request);
    if (this.#isDead) return forever();
    if (comingMs > 0) await this.#wait(comingMs, request, signal);
    if (lost !== undefined) throw lost;
    return result;
  }

  async #wait(ms: number, request: Request, signal: AbortSignal | undefined): Promise<void> {
    await sleep(this.#options.clock, ms, signal);
    if (this.#isDead) await forever();
    if (signal?.aborted) throw givenUp(request);
  }

  /** Opens when it is first read from, as a request of its own. */
  #opening(resource: Resource, options: WatchOptions, signal: AbortSignal): AsyncIterator<WatchEvent<KubeObject>> {
    let stream: WatchStream | undefined;
    return {
      next: async () => {
        if (this.#isDead) return forever();
        if (signal.aborted) return { done: true, value: undefined };
        try {
          stream ??= await this.#open(resource, options, signal);
        } catch (error) {
          // Whoever ends a watch before it is open is told of nothing.
          if (signal.aborted) return { done: true, value: undefined };
          throw error;
        }
        const result = await stream.next();
        if (stream.isEnded) this.#streams.delete(stream);
        return this.#isDead ? forever() : result;
      },
      return: async () => (await stream?.return()) ?? { done: true, value: undefined },
    };
  }

  async #open(resource: Resource, options: WatchOptions, signal: AbortSignal): Promise<WatchStream> {
    const { server, clock, network } = this.#options;
    server.kindOf(resource);
    const delayMs = (): number => network.watchDelayMs(resource);
    const stream = await this.#ask(
      this.#request('watch', resource, { namespace: options.namespace }),
      signal,
      () => new WatchStream({ server, clock, resource, options, signal, delayMs }),
    );
    this.#streams.add(stream);
    return stream;
  }
}

function givenUp({ verb, resource }: Request): ApiError {
  return new ApiError('aborted', `${verb} ${resource.plural}: given up`);
}

function forever(): Promise<never> {
  return new Promise(() => undefined);
}
