/**
 * What several watches have told, in the order in which the API server wrote it. Each kind of object has a watch of its own, and what was
 * written first may be told last: the order in which it was told says nothing.
 */
import type { KubeObject } from '../../src/api/kubernetes.ts';
import type { Page } from '../../src/runtime/cluster.ts';

/** One write; versions of all kinds count together. */
export interface Written {
  readonly at: bigint;
}

export interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly isGone: boolean;
}

interface Newest {
  readonly at: bigint;
  readonly isGone: boolean;
}

export class WrittenOrder<V extends Written> {
  readonly #versions: V[] = [];
  /** kind -> name -> its newest version */
  readonly #newest = new Map<string, Map<string, Newest>>();

  get all(): readonly V[] {
    return this.#versions;
  }

  add(version: V, { kind, name, isGone }: Subject): void {
    const place = this.#versions.findLastIndex(({ at }) => at <= version.at) + 1;
    this.#versions.splice(place, 0, version);
    const ofKind = this.#newest.get(kind) ?? new Map<string, Newest>();
    this.#newest.set(kind, ofKind);
    if (version.at >= (ofKind.get(name)?.at ?? 0n)) ofKind.set(name, { at: version.at, isGone });
  }

  /** A mark to look back to: the newest version that was told. */
  mark(): bigint {
    return this.#versions.at(-1)?.at ?? 0n;
  }

  /** What was written after the mark, whenever it was told. */
  since(mark: bigint): readonly V[] {
    return this.#versions.filter(({ at }) => at > mark);
  }

  /** Whether everything that a list of this kind shows was told, and the end of what it shows no more. */
  hasAll(kind: string, { items, resourceVersion }: Page<KubeObject>): boolean {
    const newest = this.#newest.get(kind) ?? new Map<string, Newest>();
    const names = new Set(items.map(({ metadata }) => metadata.name));
    const isTold = ({ metadata }: KubeObject): boolean =>
      (newest.get(metadata.name)?.at ?? -1n) >= BigInt(metadata.resourceVersion ?? 0);
    const isThereOrGone = ([name, { at, isGone }]: readonly [string, Newest]): boolean =>
      isGone || names.has(name) || at > BigInt(resourceVersion);
    return items.every(isTold) && [...newest].every(isThereOrGone);
  }
}
