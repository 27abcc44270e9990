/**
 * Follows one collection for ever: list, watch, and both again after whatever goes wrong (410, a restarted API server, a broken
 * connection). The callbacks see every object at least once per change and every disappearance, also one that happened while blind.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeObject } from '../../../src/api/kubernetes.ts';
import { type KubeApi, KubeApiError } from './kube-api.ts';

export interface ObjectWatchHandlers<T> {
  readonly changed: (object: T) => void;
  readonly gone: (object: T) => void;
  /** Something went wrong; it is tried again by itself. */
  readonly troubled?: (message: string) => void;
}

interface ObjectList<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items?: readonly T[];
}

const retryMs = { initial: 50, max: 2000 };

/** Returns when the signal is aborted. `path`: the collection, with selectors in its query. */
export async function watchObjects<T extends KubeObject>(
  api: KubeApi,
  path: string,
  handlers: ObjectWatchHandlers<T>,
  signal: AbortSignal,
): Promise<void> {
  const known = new Map<string, T>();
  let version: string | undefined;
  let waitMs = retryMs.initial;
  while (!signal.aborted) {
    try {
      version ??= await relist(api, path, known, handlers);
      waitMs = retryMs.initial;
      for await (const { type, object } of api.watch(path, version, signal)) {
        if (type === 'ERROR') throw new KubeApiError(Number(object.code ?? 0), String(object.message));
        version = (object as unknown as KubeObject).metadata.resourceVersion ?? version;
        if (type !== 'BOOKMARK') take(type, object as unknown as T, known, handlers);
      }
    } catch (error) {
      if (signal.aborted) return;
      const status = error instanceof KubeApiError ? error.status : 0;
      if (status !== 0 && status < 500 && status !== 429) version = undefined;
      handlers.troubled?.(`${path}: ${String(error)}`);
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, retryMs.max);
    }
  }
}

async function relist<T extends KubeObject>(
  api: KubeApi,
  path: string,
  known: Map<string, T>,
  handlers: ObjectWatchHandlers<T>,
): Promise<string> {
  const list = await api.get<ObjectList<T>>(path);
  const present = new Set((list.items ?? []).map(({ metadata }) => metadata.uid ?? ''));
  for (const [uid, object] of [...known]) {
    if (present.has(uid)) continue;
    known.delete(uid);
    handlers.gone(object);
  }
  for (const object of list.items ?? []) take('MODIFIED', object, known, handlers);
  return list.metadata.resourceVersion;
}

function take<T extends KubeObject>(type: string, object: T, known: Map<string, T>, handlers: ObjectWatchHandlers<T>): void {
  const uid = object.metadata.uid ?? '';
  if (type === 'DELETED') {
    known.delete(uid);
    handlers.gone(object);
    return;
  }
  known.set(uid, object);
  handlers.changed(object);
}
