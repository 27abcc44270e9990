/** A store and the watcher that fills it, for one resource. Controllers read the store; the informer only starts and ends. */
import type { KubeObject } from '../api/kubernetes.ts';
import { Store, type StoreOptions } from './store.ts';
import type { WatchState } from './watch-machine.ts';
import { Watcher, type WatcherOptions } from './watcher.ts';

export interface InformerOptions<T extends KubeObject>
  extends Omit<StoreOptions<T>, 'fetch' | 'takesOwnWrites'>,
    Omit<WatcherOptions<T>, 'sink'> {}

export class Informer<T extends KubeObject> {
  readonly store: Store<T>;
  readonly #watcher: Watcher<T>;

  constructor(options: InformerOptions<T>) {
    const { cluster, resource } = options;
    this.store = new Store({
      ...options,
      takesOwnWrites: ownWrites(options),
      fetch: (key) => cluster.get(resource, key),
    });
    this.#watcher = new Watcher({ ...options, sink: this.store });
  }

  get state(): WatchState {
    return this.#watcher.state;
  }

  /** Watches until the signal aborts; never rejects. `store.whenSynced()` tells when the store can be used. */
  run(signal: AbortSignal): Promise<void> {
    return this.#watcher.run(signal);
  }
}

/** A write can take an object out of what a watch shows; labels are compared, fields are not. */
function ownWrites({ labelSelector, fieldSelector }: Pick<WatcherOptions<KubeObject>, 'labelSelector' | 'fieldSelector'>) {
  if (fieldSelector !== undefined) return 'never';
  return labelSelector === undefined ? 'always' : 'with-same-labels';
}

/** Resolves with true when every store has its first complete list, with false when the signal aborts before. */
export async function whenSynced(stores: readonly { whenSynced(): Promise<void> }[], signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const abort = (): void => resolve();
  signal.addEventListener('abort', abort, { once: true });
  await Promise.race([aborted, Promise.all(stores.map((store) => store.whenSynced()))]);
  signal.removeEventListener('abort', abort);
  return !signal.aborted;
}
