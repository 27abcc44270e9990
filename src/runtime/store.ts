/**
 * The objects of one resource as last seen: trimmed, indexed, only ever replaced by newer ones. What this process writes enters at
 * once, so a decision never rests on something older; what it cannot show yet it reports as behind. It leaves watching to others.
 */
import type { KubeObject } from '../api/kubernetes.ts';
import type { Clock } from './clock.ts';
import { ApiError, type ObjectKey, type Resource } from './cluster.ts';
import { type IndexFunction, IndexTable } from './index-table.ts';
import { type Log, messageOf } from './log.ts';
import { keyText, keyTextOf, parseKeyText } from './object-key.ts';
import { OwnWrites } from './own-writes.ts';
import { isOlder } from './resource-version.ts';
import { trimBookkeeping } from './trim.ts';

/** Called after each change; `old` is undefined for a new object, `now` for one that is gone. Must not throw. */
export type ChangeListener<T> = (old: T | undefined, now: T | undefined) => void;

export interface StoreOptions<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Makes of an object as it travels the one that is kept, in the place of the one that is there. Bookkeeping is dropped before. May
   * throw: the object is then reported, and the last one that could be read stays.
   */
  readonly trim?: (object: T, kept: T | undefined) => T;
  /** index name -> the values under which an object is found by `byIndex` */
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /**
   * Whether what this process wrote enters at once. `with-same-labels` is for a watch that shows only objects of certain labels: one
   * that is kept and has the labels it had still belongs; everything else waits for the watch to say so. Default `always`.
   */
  readonly takesOwnWrites?: 'always' | 'with-same-labels' | 'never';
  /** Reads one object anew, when a write of our own was not seen in time. */
  readonly fetch?: (key: ObjectKey) => Promise<T | undefined>;
  readonly ownWriteTimeoutMs?: number;
}

/** Receives the complete present state piece by piece; what is not in it when it finishes is gone. */
export interface Relist<T extends KubeObject> {
  add(object: T): void;
  /** It was in the list and is gone before its end. */
  remove(object: T): void;
  /** `resourceVersion` of the list: what this process wrote after it stays. */
  finish(resourceVersion: string): void;
}

export class Store<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly #options: StoreOptions<T>;
  readonly #objects = new Map<string, T>();
  readonly #byOwner = new IndexTable<T>((object) => ownersOf(object));
  readonly #indexes = new Map<string, IndexTable<T>>();
  readonly #listeners = new Set<ChangeListener<T>>();
  readonly #ownWrites: OwnWrites;
  /** Everything up to this version was seen. */
  #seenUpTo: string | undefined;
  #hasSynced = false;
  readonly #synced = Promise.withResolvers<void>();

  constructor(options: StoreOptions<T>) {
    this.resource = options.resource;
    this.#options = options;
    for (const [name, values] of Object.entries(options.indexes ?? {})) this.#indexes.set(name, new IndexTable(values));
    this.#ownWrites = new OwnWrites({
      clock: options.clock,
      ...(options.ownWriteTimeoutMs === undefined ? {} : { timeoutMs: options.ownWriteTimeoutMs }),
      overdue: (key) => void this.#lookUp(key),
    });
  }

  /** True once a first complete list is in. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Resolves once a first complete list is in. */
  whenSynced(): Promise<void> {
    return this.#synced.promise;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#objects.get(keyText({ namespace, name }));
  }

  /** By the text form of its key, as a queue hands it out. */
  getByKey(key: string): T | undefined {
    return this.#objects.get(key);
  }

  /** All objects, or those of one namespace, in no particular order. */
  list(namespace?: string): readonly T[] {
    const all = [...this.#objects.values()];
    return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace);
  }

  keys(): Iterable<string> {
    return this.#objects.keys();
  }

  /** The objects whose ownerReferences name this uid. */
  byOwner(uid: string): readonly T[] {
    return this.#found(this.#byOwner.keys(uid));
  }

  /** The objects which the named index gave this value. Throws if there is no such index. */
  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`the store of ${this.resource.plural} has no index ${name}`);
    return this.#found(index.keys(value));
  }

  /** True while a write of this process to the object was not seen: do not decide on it, the next change comes soon. */
  isBehindOwnWrites(key: ObjectKey | string): boolean {
    return this.#ownWrites.behind(typeof key === 'string' ? key : keyText(key));
  }

  /** True while a write of this process to any object of this owner was not seen. */
  isBehindOwnWritesOfOwner(uid: string): boolean {
    return this.#ownWrites.behindOwner(uid);
  }

  /** Returns what ends the subscription. */
  onChange(listener: ChangeListener<T>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // What the watcher tells

  /** An object was added or changed on the server. */
  observe(object: T): void {
    this.#put(object);
    this.#advance(object.metadata.resourceVersion);
  }

  /** An object is gone; `object` is its last state, with the version of its deletion. */
  observeDeleted(object: T): void {
    this.#drop(object);
    this.#advance(object.metadata.resourceVersion);
  }

  /** Nothing else happened up to this version. */
  observeProgress(resourceVersion: string): void {
    this.#ownWrites.sawUpTo(resourceVersion);
    this.#advance(resourceVersion);
  }

  beginRelist(): Relist<T> {
    const seen = new Set<string>();
    const older: T[] = [];
    return {
      add: (object) => {
        const key = keyTextOf(object);
        seen.add(key);
        if (isOlder(object.metadata.resourceVersion, this.#objects.get(key)?.metadata.resourceVersion)) older.push(object);
        else this.#put(object);
      },
      remove: (object) => {
        seen.delete(keyTextOf(object));
        this.#drop(object);
      },
      finish: (resourceVersion) => {
        if (isOlder(resourceVersion, this.#seenUpTo)) this.#rewind(resourceVersion, older);
        for (const [key, kept] of this.#objects) {
          if (!seen.has(key) && !isOlder(resourceVersion, kept.metadata.resourceVersion))
            this.#vanished(key, kept, resourceVersion);
        }
        this.observeProgress(resourceVersion);
        this.#hasSynced = true;
        this.#synced.resolve();
      },
    };
  }

  // What this process did itself

  /** Takes in the server's answer to a write of this process. */
  recordWrite(object: T): void {
    const { resourceVersion } = object.metadata;
    if (resourceVersion === undefined || this.#isPast(resourceVersion)) return;
    if (this.#takes(object)) this.#put(object);
    const kept = this.#objects.get(keyTextOf(object));
    const isShown = kept !== undefined && !isOlder(kept.metadata.resourceVersion, resourceVersion);
    if (!isShown) this.#ownWrites.wrote(keyTextOf(object), resourceVersion, ownersOf(object));
  }

  /** A write whose answer is not the object itself (a scale) took the object to this version. */
  recordVersion(key: ObjectKey, resourceVersion: string): void {
    const kept = this.get(key.namespace, key.name);
    if (this.#isPast(resourceVersion) || !isOlder(kept?.metadata.resourceVersion ?? '0', resourceVersion)) return;
    this.#ownWrites.wrote(keyText(key), resourceVersion, ownersOf(kept));
  }

  /** The server accepted to delete the object. */
  recordDelete(key: ObjectKey, uid?: string): void {
    const kept = this.get(key.namespace, key.name);
    if (kept === undefined || kept.metadata.deletionTimestamp !== undefined) return;
    if (uid !== undefined && kept.metadata.uid !== uid) return;
    this.#ownWrites.deleted(keyText(key), uid ?? kept.metadata.uid, ownersOf(kept));
  }

  #takes(object: T): boolean {
    const { takesOwnWrites = 'always' } = this.#options;
    if (takesOwnWrites !== 'with-same-labels') return takesOwnWrites === 'always';
    const kept = this.#objects.get(keyTextOf(object));
    return kept !== undefined && kept.metadata.uid === object.metadata.uid && haveSameLabels(kept, object);
  }

  #found(keys: Iterable<string>): readonly T[] {
    const found: T[] = [];
    for (const key of keys) {
      const object = this.#objects.get(key);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  #put(object: T): void {
    const key = keyTextOf(object);
    const kept = this.#objects.get(key);
    const version = object.metadata.resourceVersion;
    if (kept !== undefined && (kept.metadata.resourceVersion === version || isOlder(version, kept.metadata.resourceVersion)))
      return;
    try {
      const bare = trimBookkeeping(object);
      this.#change(key, kept, this.#options.trim?.(bare, kept) ?? bare);
    } catch (error) {
      this.#options.log.error(`${this.resource.kind} ${key} cannot be read and is left as it was: ${messageOf(error)}`);
    }
    this.#ownWrites.saw(key, object);
  }

  /**
   * A list is never older than a watch that came before it, unless the cluster was restored from a backup: then what is older is
   * the truth, and what is newer was never there.
   */
  #rewind(resourceVersion: string, older: readonly T[]): void {
    this.#options.log.warn(
      `the cluster went back in time to version ${resourceVersion}: ${this.resource.plural} are taken as they are now`,
    );
    this.#seenUpTo = undefined;
    for (const [key, kept] of this.#objects) {
      if (isOlder(resourceVersion, kept.metadata.resourceVersion)) this.#vanished(key, kept, resourceVersion);
    }
    for (const object of older) this.#put(object);
  }

  #drop(object: T): void {
    const key = keyTextOf(object);
    const { resourceVersion } = object.metadata;
    const kept = this.#objects.get(key);
    if (kept !== undefined && !isOlder(resourceVersion, kept.metadata.resourceVersion)) this.#change(key, kept, undefined);
    this.#ownWrites.sawDeleted(key, resourceVersion);
  }

  #vanished(key: string, kept: T, resourceVersion: string): void {
    this.#change(key, kept, undefined);
    this.#ownWrites.sawDeleted(key, resourceVersion);
  }

  #change(key: string, old: T | undefined, now: T | undefined): void {
    if (now === undefined) this.#objects.delete(key);
    else this.#objects.set(key, now);
    this.#byOwner.change(key, old, now);
    for (const index of this.#indexes.values()) index.change(key, old, now);
    for (const listener of this.#listeners) {
      try {
        listener(old, now);
      } catch (error) {
        this.#options.log.error(`a listener failed on ${this.resource.kind} ${key}: ${messageOf(error)}`);
      }
    }
  }

  #advance(resourceVersion: string | undefined): void {
    if (resourceVersion === undefined || isOlder(resourceVersion, this.#seenUpTo)) return;
    this.#seenUpTo = resourceVersion;
  }

  /** The watch has passed this version: it knows better than the answer to a write what became of the object since. */
  #isPast(resourceVersion: string): boolean {
    return this.#seenUpTo !== undefined && !isOlder(this.#seenUpTo, resourceVersion);
  }

  async #lookUp(key: string): Promise<void> {
    const { fetch, log } = this.#options;
    log.warn(`a write to ${this.resource.kind} ${key} was not seen in time; reading it anew`);
    if (fetch === undefined) return this.#ownWrites.settle(key);
    const before = this.#objects.get(key);
    try {
      const object = await fetch(parseKeyText(key));
      if (object !== undefined) this.#put(object);
      else if (before !== undefined && this.#objects.get(key) === before) this.#change(key, before, undefined);
      this.#ownWrites.settle(key);
    } catch (error) {
      if (!(error instanceof ApiError && error.isTransient)) this.#ownWrites.settle(key);
      log.warn(`${this.resource.kind} ${key} could not be read: ${messageOf(error)}`);
    }
  }
}

function haveSameLabels(a: KubeObject, b: KubeObject): boolean {
  const [left, right] = [a.metadata.labels ?? {}, b.metadata.labels ?? {}];
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name]);
}

function ownersOf(object: KubeObject | undefined): readonly string[] {
  return object?.metadata.ownerReferences?.map((owner) => owner.uid) ?? [];
}
