/**
 * What etcd is to the virtual API server: the objects of every kind, one count of versions for all of them, and the history of changes
 * that watches and pages are served from until it is compacted. It checks nothing.
 */
import type { KubeObject } from '../../api/kubernetes.ts';
import { ApiError } from '../../runtime/cluster.ts';
import { keyTextOf } from '../../runtime/object-key.ts';

/** One version of one object; `old` is undefined for a new object, `now` for one that is gone. */
export interface Change {
  readonly version: number;
  /** `group/plural` */
  readonly kind: string;
  readonly key: string;
  readonly old: KubeObject | undefined;
  /** The object, or its last state under the version of its deletion. */
  readonly object: KubeObject;
  readonly isGone: boolean;
  /** Who asked for it. */
  readonly actor: string;
}

export type ChangeListener = (change: Change) => void;

interface Table {
  readonly objects: Map<string, KubeObject>;
  history: Change[];
}

export class Storage {
  #version = 1;
  #compactedTo = 0;
  /** `group/plural` -> objects by `namespace/name`, and what became of them */
  readonly #tables = new Map<string, Table>();
  /** `group/plural` -> who is told of its changes, at once and in this order */
  readonly #listeners = new Map<string, Set<ChangeListener>>();

  get version(): number {
    return this.#version;
  }

  get compactedTo(): number {
    return this.#compactedTo;
  }

  get(kind: string, key: string): KubeObject | undefined {
    return this.#tables.get(kind)?.objects.get(key);
  }

  /** In no particular order. */
  all(kind: string): Iterable<KubeObject> {
    return this.#tables.get(kind)?.objects.values() ?? [];
  }

  kinds(): Iterable<string> {
    return this.#tables.keys();
  }

  /** Stores the object under the next version. */
  put(kind: string, object: KubeObject, actor: string): KubeObject {
    const key = keyTextOf(object);
    const table = this.#table(kind);
    const old = table.objects.get(key);
    const stored = withVersion(object, ++this.#version);
    table.objects.set(key, stored);
    this.#tell(table, { version: this.#version, kind, key, old, object: stored, isGone: false, actor });
    return stored;
  }

  remove(kind: string, key: string, actor: string): void {
    const table = this.#table(kind);
    const old = table.objects.get(key);
    if (old === undefined) return;
    table.objects.delete(key);
    const object = withVersion(old, ++this.#version);
    this.#tell(table, { version: this.#version, kind, key, old, object, isGone: true, actor });
  }

  /** The objects of a kind as they were at a version. Throws `gone` where that is compacted. */
  at(kind: string, version: number): Iterable<KubeObject> {
    if (version === this.#version) return this.all(kind);
    const table = this.#table(kind);
    const objects = new Map(table.objects);
    const since = this.since(kind, version);
    for (let index = since.length - 1; index >= 0; index--) {
      const change = since[index];
      if (change?.old === undefined) objects.delete(change?.key ?? '');
      else objects.set(change.key, change.old);
    }
    return objects.values();
  }

  /** The changes of a kind after a version, oldest first. Throws `gone` where that is compacted. */
  since(kind: string, version: number): readonly Change[] {
    if (version < this.#compactedTo) throw tooOld(version, this.#compactedTo);
    const { history } = this.#table(kind);
    let first = history.length;
    while (first > 0 && (history[first - 1]?.version ?? 0) > version) first -= 1;
    return history.slice(first);
  }

  /** Forgets how things came to be as they were at this version. */
  compact(version = this.#version): void {
    if (version <= this.#compactedTo) return;
    this.#compactedTo = version;
    for (const table of this.#tables.values()) table.history = table.history.filter((change) => change.version > version);
  }

  /** Returns what ends the subscription. */
  onChange(kind: string, listener: ChangeListener): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Every change of every kind. */
  onAnyChange(listener: ChangeListener): () => void {
    return this.onChange('*', listener);
  }

  #tell(table: Table, change: Change): void {
    table.history.push(change);
    for (const listener of this.#listeners.get(change.kind) ?? []) listener(change);
    for (const listener of this.#listeners.get('*') ?? []) listener(change);
  }

  #table(kind: string): Table {
    const known = this.#tables.get(kind);
    if (known !== undefined) return known;
    const made: Table = { objects: new Map(), history: [] };
    this.#tables.set(kind, made);
    return made;
  }
}

function withVersion(object: KubeObject, version: number): KubeObject {
  return Object.freeze({ ...object, metadata: Object.freeze({ ...object.metadata, resourceVersion: String(version) }) });
}

function tooOld(version: number, compactedTo: number): ApiError {
  return new ApiError('gone', `too old resource version: ${version} (${compactedTo})`, { status: 410, reason: 'Expired' });
}
