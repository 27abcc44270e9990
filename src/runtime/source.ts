/** Where a controller's keys come from: changes in a store, mapped to the objects that must be looked at because of them. */
import type { KubeObject } from '../api/kubernetes.ts';
import { keyText, keyTextOf } from './object-key.ts';
import type { Store } from './store.ts';
import type { Lane } from './workqueue.ts';

export type Enqueue = (key: string, lane?: Lane) => void;

export interface Source {
  /** Subscribes; returns what ends the subscription. */
  start(enqueue: Enqueue): () => void;
}

/** Each object of the store, when it changes. `lane` says how urgent its present state is. */
export function fromSelf<T extends KubeObject>(store: Store<T>, lane?: (object: T) => Lane): Source {
  return {
    start: (enqueue) =>
      store.onChange((old, now) => {
        const object = now ?? old;
        if (object !== undefined) enqueue(keyTextOf(object), lane?.(object));
      }),
  };
}

/** The controlling owner of each object that changes, if it is of this group and kind; the former one too where it changed. */
export function fromOwner<T extends KubeObject>(
  store: Store<T>,
  owner: { readonly group: string; readonly kind: string },
  lane?: (object: T) => Lane,
): Source {
  const keys = (object: T): readonly string[] => {
    const reference = object.metadata.ownerReferences?.find((candidate) => candidate.controller === true);
    if (reference === undefined || reference.kind !== owner.kind || groupOf(reference.apiVersion) !== owner.group) return [];
    return [keyText({ namespace: object.metadata.namespace, name: reference.name })];
  };
  return fromMapped(store, keys, lane);
}

/** Whatever keys a change leads to: those of the old state and those of the new one, each once. `lane` says how urgent the present state is. */
export function fromMapped<T extends KubeObject>(
  store: Store<T>,
  keys: (object: T) => Iterable<string>,
  lane?: (object: T) => Lane,
): Source {
  return {
    start: (enqueue) =>
      store.onChange((old, now) => {
        const found = new Set<string>();
        for (const object of [old, now]) if (object !== undefined) for (const key of keys(object)) found.add(key);
        for (const key of found) enqueue(key, now && lane?.(now));
      }),
  };
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
