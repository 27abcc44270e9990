/**
 * Remembers what this process wrote and has not yet seen come back, so that nobody decides on a view older than that. It forgets a
 * write when the view reaches it, and hands a key to `overdue` when that takes too long; it leaves looking it up to its owner.
 */
import type { KubeObject } from '../api/kubernetes.ts';
import type { Clock } from './clock.ts';
import { isOlder } from './resource-version.ts';
import { TimerHeap } from './timer-heap.ts';

export interface OwnWritesOptions {
  readonly clock: Clock;
  /** After this time a write that was not seen is overdue. Default 10 s. */
  readonly timeoutMs?: number;
  /** Writes remembered at most; of more, the oldest is overdue at once. Default 10,000. */
  readonly limit?: number;
  /** Called with each overdue key, which stays behind until `settle` or until it is seen. */
  readonly overdue: (key: string) => void;
}

type Expected =
  /** The view must show this version or a newer one, or have moved past it. */
  | { readonly kind: 'version'; readonly resourceVersion: string; readonly owners: readonly string[] }
  /** The view must no longer show this object, or show it as going away. */
  | { readonly kind: 'absence'; readonly uid: string | undefined; readonly owners: readonly string[] };

export class OwnWrites {
  readonly #timeoutMs: number;
  readonly #limit: number;
  readonly #overdue: (key: string) => void;
  /** key -> what the view must show, oldest first */
  readonly #expected = new Map<string, Expected>();
  /** owner uid -> how many expected writes are to objects of that owner */
  readonly #byOwner = new Map<string, number>();
  readonly #timers: TimerHeap;

  constructor(options: OwnWritesOptions) {
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#limit = options.limit ?? 10_000;
    this.#overdue = options.overdue;
    this.#timers = new TimerHeap(options.clock, (key) => this.#fire(key));
  }

  get size(): number {
    return this.#expected.size;
  }

  /** An object was created or changed to this version. `owners` are uids. */
  wrote(key: string, resourceVersion: string, owners: readonly string[]): void {
    const present = this.#expected.get(key);
    if (present?.kind === 'version' && isOlder(resourceVersion, present.resourceVersion)) return;
    this.#expect(key, { kind: 'version', resourceVersion, owners });
  }

  /** An object was asked to go away. An undefined uid means whatever had that name. */
  deleted(key: string, uid: string | undefined, owners: readonly string[]): void {
    this.#expect(key, { kind: 'absence', uid, owners });
  }

  /** The view now shows this object under the key. */
  saw(key: string, object: KubeObject): void {
    const expected = this.#expected.get(key);
    if (expected === undefined) return;
    const { uid, resourceVersion, deletionTimestamp } = object.metadata;
    const isMet =
      expected.kind === 'version'
        ? !isOlder(resourceVersion, expected.resourceVersion)
        : deletionTimestamp !== undefined || (expected.uid !== undefined && uid !== expected.uid);
    if (isMet) this.settle(key);
  }

  /** The view dropped the object, at this version of the resource. */
  sawDeleted(key: string, resourceVersion: string | undefined): void {
    const expected = this.#expected.get(key);
    if (expected === undefined) return;
    if (expected.kind === 'absence' || !isOlder(resourceVersion, expected.resourceVersion)) this.settle(key);
  }

  /** The view now shows everything up to this version of the resource. */
  sawUpTo(resourceVersion: string): void {
    for (const [key, expected] of this.#expected) {
      if (expected.kind === 'version' && !isOlder(resourceVersion, expected.resourceVersion)) this.settle(key);
    }
  }

  behind(key: string): boolean {
    return this.#expected.has(key);
  }

  /** True while a write to any object of this owner was not seen. */
  behindOwner(uid: string): boolean {
    return this.#byOwner.has(uid);
  }

  /** Forgets the write: it was seen, or looked up. */
  settle(key: string): void {
    const expected = this.#expected.get(key);
    if (expected === undefined) return;
    this.#expected.delete(key);
    this.#timers.cancel(key);
    for (const owner of expected.owners) {
      const left = (this.#byOwner.get(owner) ?? 0) - 1;
      if (left > 0) this.#byOwner.set(owner, left);
      else this.#byOwner.delete(owner);
    }
  }

  #expect(key: string, expected: Expected): void {
    this.settle(key);
    this.#expected.set(key, expected);
    for (const owner of expected.owners) this.#byOwner.set(owner, (this.#byOwner.get(owner) ?? 0) + 1);
    this.#timers.schedule(key, this.#timeoutMs);
    if (this.#expected.size <= this.#limit) return;
    const [oldest] = this.#expected.keys();
    if (oldest === undefined) return;
    this.settle(oldest);
    this.#overdue(oldest);
  }

  #fire(key: string): void {
    if (!this.#expected.has(key)) return;
    this.#timers.schedule(key, this.#timeoutMs);
    this.#overdue(key);
  }
}
