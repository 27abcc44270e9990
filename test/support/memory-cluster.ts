/**
 * A small API server in memory for tests of the runtime: versions, conflicts, pages and watches with a history that can be compacted,
 * and faults on demand. It interprets no object; the contract suites hold richer implementations to the real server.
 */
import type { KubeObject } from '../../src/api/kubernetes.ts';
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
} from '../../src/runtime/cluster.ts';
import { mergePatched } from './merge-patch.ts';

interface Change {
  readonly version: number;
  readonly resource: string;
  readonly event: WatchEvent<KubeObject>;
}

interface Open {
  readonly resource: string;
  readonly queue: WatchEvent<KubeObject>[];
  isBroken: boolean;
  isEnded: boolean;
  wake: () => void;
}

export class MemoryCluster implements Cluster {
  version = 1;
  streamsLists = true;
  /** Asked before each request; what it returns is thrown. */
  fault: (verb: string, resource: Resource, name?: string) => ApiError | undefined = () => undefined;
  /** verb and plural of each write that was accepted */
  readonly writes: string[] = [];
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  #history: Change[] = [];
  #compactedTo = 0;
  readonly #open = new Set<Open>();

  // What tests do to it

  put(resource: Resource, object: KubeObject): KubeObject {
    const all = this.#all(resource);
    const key = keyOf(object.metadata);
    const present = all.get(key);
    const metadata = {
      ...object.metadata,
      uid: present?.metadata.uid ?? `uid-${this.version + 1}`,
      resourceVersion: String(++this.version),
    };
    const stored = { ...object, metadata };
    all.set(key, stored);
    this.#changed(resource, { type: present === undefined ? 'ADDED' : 'MODIFIED', object: stored });
    return stored;
  }

  remove(resource: Resource, key: ObjectKey): void {
    const present = this.#all(resource).get(keyOf(key));
    if (present === undefined) return;
    this.#all(resource).delete(keyOf(key));
    const metadata = { ...present.metadata, resourceVersion: String(++this.version) };
    this.#changed(resource, { type: 'DELETED', object: { ...present, metadata } });
  }

  objects(resource: Resource): readonly KubeObject[] {
    return [...this.#all(resource).values()];
  }

  /** Forgets the history: watches from older versions are gone. */
  compact(): void {
    this.#compactedTo = this.version;
    this.#history = [];
  }

  bookmark(): void {
    for (const open of this.#open)
      this.#tell(open, { type: 'BOOKMARK', resourceVersion: String(this.version), initialEventsEnd: false });
  }

  /** Ends every watch: in order, with an error of the connection, or as too old. */
  interrupt(how: 'ended' | 'broken' | 'gone'): void {
    for (const open of this.#open) {
      if (how === 'gone') this.#tell(open, { type: 'ERROR', error: new ApiError('gone', 'too old', { status: 410 }) });
      open.isBroken = how === 'broken';
      open.isEnded = true;
      open.wake();
    }
  }

  // Cluster

  async get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, signal?: AbortSignal): Promise<T | undefined> {
    this.#check('get', resource, signal, key.name);
    return this.#all(resource).get(keyOf(key)) as T | undefined;
  }

  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions, signal?: AbortSignal): Promise<Page<T>> {
    this.#check('list', resource, signal);
    const [version, after] = (options.continueToken ?? `${this.version}/`).split(/\/(.*)/s);
    if (Number(version) < this.#compactedTo) throw new ApiError('gone', 'the list is too old to go on', { status: 410 });
    const left = this.#at(resource, Number(version)).filter((object) => keyOf(object.metadata) > (after ?? ''));
    const items = left.slice(0, options.limit ?? left.length) as unknown as T[];
    const last = items.at(-1);
    const continueToken = items.length < left.length && last !== undefined ? `${version}/${keyOf(last.metadata)}` : undefined;
    return { items, resourceVersion: String(version), continueToken };
  }

  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    this.#check('watch', resource, signal);
    if (options.sendInitialEvents && !this.streamsLists)
      throw new ApiError('invalid', 'sendInitialEvents is forbidden', { status: 422 });
    if (Number(options.resourceVersion) < this.#compactedTo) throw new ApiError('gone', 'too old', { status: 410 });
    const open: Open = { resource: plural(resource), queue: [], isBroken: false, isEnded: false, wake: () => undefined };
    if (options.sendInitialEvents) {
      for (const object of this.objects(resource)) open.queue.push({ type: 'ADDED', object });
      open.queue.push({ type: 'BOOKMARK', resourceVersion: String(this.version), initialEventsEnd: true });
    } else {
      const since = Number(options.resourceVersion);
      for (const change of this.#history)
        if (change.version > since && change.resource === open.resource) open.queue.push(change.event);
    }
    this.#open.add(open);
    const abort = (): void => open.wake();
    signal.addEventListener('abort', abort);
    try {
      yield* this.#events<T>(open, signal);
    } finally {
      this.#open.delete(open);
      signal.removeEventListener('abort', abort);
    }
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<CreateResult<T>> {
    this.#check('create', resource, signal, object.metadata.name);
    if (this.#all(resource).has(keyOf(object.metadata))) return { outcome: 'already-exists' };
    this.writes.push(`create ${resource.plural}`);
    return { outcome: 'done', object: this.put(resource, object) as T };
  }

  async replace<T extends KubeObject>(resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<WriteResult<T>> {
    this.#check('update', resource, options.signal, object.metadata.name);
    const present = this.#all(resource).get(keyOf(object.metadata));
    if (present === undefined) return { outcome: 'not-found' };
    const expected = object.metadata.resourceVersion;
    if (expected !== undefined && expected !== present.metadata.resourceVersion) return { outcome: 'conflict' };
    this.writes.push(`update ${resource.plural}`);
    return { outcome: 'done', object: this.put(resource, object) as T };
  }

  /** Only merge patches; a scale answers with a Scale. */
  async patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<WriteResult<T>> {
    this.#check('patch', resource, options.signal, key.name);
    const present = this.#all(resource).get(keyOf(key));
    if (present === undefined) return { outcome: 'not-found' };
    const body = patch.body as Partial<KubeObject>;
    const expected = body.metadata?.resourceVersion;
    if (expected !== undefined && expected !== present.metadata.resourceVersion) return { outcome: 'conflict' };
    this.writes.push(`patch ${resource.plural}`);
    const stored = this.put(resource, mergePatched(present, body) as KubeObject) as T;
    if (options.subresource !== 'scale') return { outcome: 'done', object: stored };
    const { name, namespace, uid, resourceVersion } = stored.metadata;
    return { outcome: 'done', object: { kind: 'Scale', metadata: { name, namespace, uid, resourceVersion } } as unknown as T };
  }

  async delete<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options: DeleteOptions = {},
  ): Promise<'done' | 'conflict' | 'not-found'> {
    this.#check('delete', resource, options.signal, key.name);
    const present = this.#all(resource).get(keyOf(key));
    if (present === undefined) return 'not-found';
    if (options.uid !== undefined && options.uid !== present.metadata.uid) return 'conflict';
    this.writes.push(`delete ${resource.plural}`);
    this.remove(resource, key);
    return 'done';
  }

  async evict(pod: ObjectKey, signal?: AbortSignal): Promise<'done' | 'blocked' | 'not-found'> {
    const pods: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
    const outcome = await this.delete(pods, pod, signal === undefined ? {} : { signal });
    return outcome === 'conflict' ? 'blocked' : outcome;
  }

  async *#events<T extends KubeObject>(open: Open, signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
    while (!signal.aborted) {
      const event = open.queue.shift();
      if (event !== undefined) yield event as WatchEvent<T>;
      else if (open.isBroken) throw new ApiError('unreachable', 'the connection was reset');
      else if (open.isEnded) return;
      else
        await new Promise<void>((resolve) => {
          open.wake = resolve;
        });
    }
  }

  #check(verb: string, resource: Resource, signal: AbortSignal | undefined, name?: string): void {
    if (signal?.aborted) throw new ApiError('aborted', 'given up');
    const fault = this.fault(verb, resource, name);
    if (fault !== undefined) throw fault;
  }

  #all(resource: Resource): Map<string, KubeObject> {
    const all = this.#objects.get(plural(resource)) ?? new Map<string, KubeObject>();
    this.#objects.set(plural(resource), all);
    return all;
  }

  /** The objects in order of their keys, as they were at a version that is still in the history. */
  #at(resource: Resource, version: number): readonly KubeObject[] {
    const state = new Map(this.#all(resource));
    const before = new Map<string, KubeObject | undefined>();
    for (const change of this.#history) {
      if (change.resource !== plural(resource) || change.event.type === 'BOOKMARK' || change.event.type === 'ERROR') continue;
      const key = keyOf(change.event.object.metadata);
      if (change.version <= version) before.set(key, change.event.type === 'DELETED' ? undefined : change.event.object);
      else if (!before.has(key)) before.set(key, change.event.type === 'ADDED' ? undefined : state.get(key));
    }
    for (const [key, object] of before) {
      if (object === undefined) state.delete(key);
      else state.set(key, object);
    }
    return [...state.values()].sort((a, b) => (keyOf(a.metadata) < keyOf(b.metadata) ? -1 : 1));
  }

  #changed(resource: Resource, event: WatchEvent<KubeObject>): void {
    this.#history.push({ version: this.version, resource: plural(resource), event });
    for (const open of this.#open) if (open.resource === plural(resource)) this.#tell(open, event);
  }

  #tell(open: Open, event: WatchEvent<KubeObject>): void {
    if (open.isEnded) return;
    open.queue.push(event);
    open.wake();
  }
}

function plural(resource: Resource): string {
  return `${resource.group}/${resource.plural}`;
}

function keyOf(key: ObjectKey): string {
  return `${key.namespace ?? ''}/${key.name}`;
}
