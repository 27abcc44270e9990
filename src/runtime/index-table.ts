/** One index of a store: value -> keys of the objects that have it. Order of keys is the order in which they came. */
import type { KubeObject } from '../api/kubernetes.ts';

/** The values under which an object is found; none keeps it out of the index. */
export type IndexFunction<T> = (object: T) => readonly string[];

export class IndexTable<T extends KubeObject> {
  readonly #values: IndexFunction<T>;
  readonly #keys = new Map<string, Set<string>>();

  constructor(values: IndexFunction<T>) {
    this.#values = values;
  }

  keys(value: string): Iterable<string> {
    return this.#keys.get(value) ?? [];
  }

  change(key: string, old: T | undefined, now: T | undefined): void {
    const before = old === undefined ? [] : this.#values(old);
    const after = now === undefined ? [] : this.#values(now);
    for (const value of before) if (!after.includes(value)) this.#drop(value, key);
    for (const value of after) this.#put(value, key);
  }

  #put(value: string, key: string): void {
    const keys = this.#keys.get(value);
    if (keys === undefined) this.#keys.set(value, new Set([key]));
    else keys.add(key);
  }

  #drop(value: string, key: string): void {
    const keys = this.#keys.get(value);
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(value);
  }
}
