/**
 * Watches the routes that routers read. Their kinds may not exist in a cluster, or not be allowed: then there are none, which is
 * looked at again from time to time.
 */
import type { KubeObject } from '../api/kubernetes.ts';
import { readRouteMarks } from '../api/route-mark.ts';
import { sleep } from '../runtime/clock.ts';
import { ApiError, type Resource } from '../runtime/cluster.ts';
import { Informer } from '../runtime/informer.ts';
import { quieter } from '../runtime/log.ts';
import type { InformerSettings } from './stores.ts';

export interface RouteInformer {
  readonly informer: Informer<KubeObject>;
  /** Settles when its store can be relied on: it is complete, or the kind is not to be had. */
  readonly settled: Promise<void>;
  /** Why the store is empty; undefined where it is not, or not yet known. */
  trouble(): 'not-found' | 'forbidden' | undefined;
}

/** A kind that is not to be had is asked for again after this time at the latest. */
const absentRetryMs = 60_000;

export function createRouteInformer(resource: Resource, settings: InformerSettings): RouteInformer {
  const { labelSelector: _, ...everything } = settings;
  const absent = Promise.withResolvers<void>();
  let refused: 'not-found' | 'forbidden' | undefined;
  const informer = new Informer<KubeObject>({
    ...everything,
    resource,
    indexes: { mark: markedFor },
    backoffMaxMs: absentRetryMs,
    // Said once by the composition root; a cluster without these routes is no fault.
    log: quieter(settings.log, 'warn'),
    metrics: {
      ...settings.metrics,
      failed: (plural, code) => {
        settings.metrics?.failed?.(plural, code);
        if (code !== 'not-found' && code !== 'forbidden') return;
        refused = code;
        absent.resolve();
      },
    },
  });
  return {
    informer,
    settled: Promise.race([informer.store.whenSynced(), absent.promise]),
    trouble: () => (informer.store.hasSynced ? undefined : refused),
  };
}

/** `namespace/name` of the Rollouts that a route is marked for. */
export function markedFor({ metadata }: KubeObject): readonly string[] {
  return [...readRouteMarks(metadata).keys()];
}

const unreachableRetryMs = 1_000;

/**
 * The first of these versions of a kind that the cluster serves, asked for in the namespace that is watched; the first of all where it
 * serves none, or may not be asked. Waits while the API server cannot be reached, until the signal aborts.
 */
export async function servedVersion(
  versions: readonly [Resource, ...Resource[]],
  { cluster, clock, namespace }: Pick<InformerSettings, 'cluster' | 'clock' | 'namespace'>,
  signal: AbortSignal,
): Promise<Resource> {
  for (const resource of versions) {
    while (!signal.aborted) {
      try {
        await cluster.list(resource, { limit: 1, namespace }, signal);
        return resource;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (error.code === 'not-found') break;
        if (error.code === 'forbidden') return resource;
        await sleep(clock, unreachableRetryMs, signal);
      }
    }
  }
  return versions[0];
}
