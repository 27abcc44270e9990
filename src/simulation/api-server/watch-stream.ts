/**
 * One watch on the virtual API server: what happens to a selection of objects after a version, in order, with bookmarks, an end after the
 * time asked for, and whatever a bad network makes of it.
 */
import type { KubeObject, Resource } from '../../api/kubernetes.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import { ApiError, type WatchEvent, type WatchOptions } from '../../runtime/cluster.ts';
import type { ApiServer } from './api-server.ts';
import { kindText } from './kinds.ts';
import { type Selects, selectsBy } from './selectors.ts';
import type { Change } from './storage.ts';

export interface WatchParts {
  readonly server: ApiServer;
  readonly clock: Clock;
  readonly resource: Resource;
  readonly options: WatchOptions;
  readonly signal: AbortSignal;
  /** How late a change that happens now is told. */
  delayMs(): number;
}

/** `ended`: in order; `broken`: the connection is gone; `gone`: the server says that the version is too old; `silent`: nothing comes any more. */
export type Interruption = 'ended' | 'broken' | 'gone' | 'silent';

type Entry = WatchEvent<KubeObject> | 'end' | ApiError;

/** As a kube-apiserver sends them. */
const bookmarkEveryMs = 60_000;
const defaultTimeoutSeconds = 1800;
const done = { done: true, value: undefined } as const;

export class WatchStream implements AsyncIterator<WatchEvent<KubeObject>> {
  readonly #parts: WatchParts;
  readonly #selects: Selects | undefined;
  readonly #queue: Entry[] = [];
  readonly #ends: (() => void)[] = [];
  #waiting: ((result: IteratorResult<WatchEvent<KubeObject>>) => void) | undefined;
  #failing: ((error: ApiError) => void) | undefined;
  /** Before this moment nothing more is told: what is late stays in order. */
  #toldUntilMs = 0;
  #isSilent = false;
  #isEnded = false;

  /** Throws ApiError where the watch cannot be opened. */
  constructor(parts: WatchParts) {
    this.#parts = parts;
    const { options, signal, server, resource, clock } = parts;
    this.#selects = selectsBy(options);
    const timeoutMs = (options.timeoutSeconds ?? defaultTimeoutSeconds) * 1000;
    const timer = clock.setTimer(timeoutMs, () => this.interrupt('ended'));
    const abort = (): void => this.#finish();
    signal.addEventListener('abort', abort, { once: true });
    this.#ends.push(
      () => timer.cancel(),
      () => signal.removeEventListener('abort', abort),
      server.storage.onChange(kindText(resource), (change) => this.#see(change)),
    );
    this.#begin();
    this.#bookmarkLater();
  }

  next(): Promise<IteratorResult<WatchEvent<KubeObject>>> {
    const entry = this.#queue.shift();
    if (entry instanceof ApiError) return Promise.reject(entry);
    if (entry === 'end') this.#finish();
    else if (entry !== undefined) return Promise.resolve({ done: false, value: entry });
    if (this.#isEnded) return Promise.resolve(done);
    return new Promise((resolve, reject) => {
      this.#waiting = resolve;
      this.#failing = reject;
    });
  }

  async return(): Promise<IteratorResult<WatchEvent<KubeObject>>> {
    this.#finish();
    return done;
  }

  interrupt(how: Interruption): void {
    if (this.#isEnded) return;
    if (how === 'silent') this.#isSilent = true;
    else if (how === 'broken') this.#tell(new ApiError('unreachable', 'the connection was reset'));
    else {
      if (how === 'gone') this.#tell({ type: 'ERROR', error: tooOld() });
      this.#tell('end');
    }
  }

  bookmark(): void {
    const resourceVersion = String(this.#parts.server.storage.version);
    this.#later({ type: 'BOOKMARK', resourceVersion, initialEventsEnd: false }, 0);
  }

  /** What was there before the watch. */
  #begin(): void {
    const { server, options, resource } = this.#parts;
    const { storage } = server;
    const version = Number(options.resourceVersion ?? 0);
    if (version > 0 && !options.sendInitialEvents) {
      if (version < storage.compactedTo) this.interrupt('gone');
      else for (const change of storage.since(kindText(resource), version)) this.#see(change, true);
      return;
    }
    const present = [...server.list(resource, { namespace: options.namespace }).items];
    for (const object of present) if (this.#isSelected(object)) this.#tell({ type: 'ADDED', object });
    if (options.sendInitialEvents)
      this.#tell({ type: 'BOOKMARK', resourceVersion: String(storage.version), initialEventsEnd: true });
  }

  #see(change: Change, isPast = false): void {
    const wasSelected = change.old !== undefined && this.#isSelected(change.old);
    const isSelected = !change.isGone && this.#isSelected(change.object);
    if (!wasSelected && !isSelected) return;
    const type = !isSelected ? 'DELETED' : wasSelected ? 'MODIFIED' : 'ADDED';
    // What leaves a selection is told as it was, under the version of the change.
    const object = isSelected || change.isGone ? change.object : leaving(change);
    this.#later({ type, object }, isPast ? 0 : this.#parts.delayMs());
  }

  #isSelected(object: KubeObject): boolean {
    const { namespace } = this.#parts.options;
    return (namespace === undefined || object.metadata.namespace === namespace) && (this.#selects?.(object) ?? true);
  }

  #later(entry: Entry, delayMs: number): void {
    const { clock } = this.#parts;
    const now = clock.monotonic();
    this.#toldUntilMs = Math.max(this.#toldUntilMs, now + delayMs);
    if (this.#toldUntilMs <= now) this.#tell(entry);
    else clock.setTimer(this.#toldUntilMs - now, () => this.#tell(entry));
  }

  #bookmarkLater(): void {
    let timer: Timer;
    const again = (): void => {
      timer = this.#parts.clock.setTimer(bookmarkEveryMs, () => {
        this.bookmark();
        again();
      });
    };
    again();
    this.#ends.push(() => timer.cancel());
  }

  #tell(entry: Entry): void {
    if (this.#isEnded || this.#isSilent) return;
    const { kind } = entryKind(entry);
    const [resolve, reject] = [this.#waiting, this.#failing];
    if (resolve === undefined || reject === undefined) {
      this.#queue.push(entry);
      return;
    }
    this.#waiting = undefined;
    this.#failing = undefined;
    if (kind === 'error') reject(entry as ApiError);
    else if (kind === 'event') resolve({ done: false, value: entry as WatchEvent<KubeObject> });
    else {
      this.#finish();
      resolve(done);
    }
  }

  #finish(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#queue.length = 0;
    for (const end of this.#ends) end();
    this.#waiting?.(done);
    this.#waiting = undefined;
  }

  get resource(): Resource {
    return this.#parts.resource;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }
}

function entryKind(entry: Entry): { readonly kind: 'error' | 'end' | 'event' } {
  return { kind: entry instanceof ApiError ? 'error' : entry === 'end' ? 'end' : 'event' };
}

function leaving({ old, object }: Change): KubeObject {
  const metadata = { ...(old ?? object).metadata, resourceVersion: object.metadata.resourceVersion };
  return { ...(old ?? object), metadata };
}

function tooOld(): ApiError {
  return new ApiError('gone', 'The resourceVersion for the provided watch is too old. (410)', { status: 410, reason: 'Expired' });
}
