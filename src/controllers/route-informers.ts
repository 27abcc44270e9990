/**
 * Watches the routes that routers read. Their kinds may not exist in a cluster, or not be allowed: then there are none, which is
 * looked at again from time to time.
 */

import type { KubeObject } from '../api/kubernetes.ts';
import { ApiError, type Cluster, type Resource } from '../runtime/cluster.ts';
import { Informer } from '../runtime/informer.ts';
import type { InformerSettings } from './stores.ts';

export interface RouteInformer {
  readonly informer: Informer<KubeObject>;
  /** Settles when its store can be relied on: it is complete, or the kind is not to be had. */
  readonly settled: Promise<void>;
}

/** A kind that is not to be had is asked for again after this time at the latest. */
const absentRetryMs = 60_000;

export function createRouteInformer(resource: Resource, settings: InformerSettings): RouteInformer {
  const { labelSelector: _, namespace: __, ...everything } = settings;
  const absent = Promise.withResolvers<void>();
  const informer = new Informer<KubeObject>({
    ...everything,
    resource,
    backoffMaxMs: absentRetryMs,
    // Said once by the composition root; a cluster without these routes is no fault.
    log: { ...settings.log, warn: settings.log.debug },
    metrics: {
      ...settings.metrics,
      failed: (plural, code) => {
        settings.metrics?.failed?.(plural, code);
        if (code === 'not-found' || code === 'forbidden') absent.resolve();
      },
    },
  });
  return { informer, settled: Promise.race([informer.store.whenSynced(), absent.promise]) };
}

/** The first of these versions of a kind that the cluster serves; the first of all where it serves none, or cannot be asked. */
export async function servedVersion(
  cluster: Cluster,
  versions: readonly [Resource, ...Resource[]],
  signal: AbortSignal,
): Promise<Resource> {
  for (const resource of versions) {
    try {
      await cluster.list(resource, { limit: 1 }, signal);
      return resource;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'not-found') continue;
      return resource;
    }
  }
  return versions[0];
}
