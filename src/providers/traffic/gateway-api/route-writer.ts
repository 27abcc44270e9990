/**
 * Brings one live route to what is wanted of it. A write never rests on an object that someone has changed since it was read: such a
 * conflict leads to a new look and a new plan, a bounded number of times.
 */
import { ApiError, type Cluster } from '../../../runtime/cluster.ts';
import type { RoutePlan } from './plan-route.ts';
import type { Route } from './route-object.ts';
import type { SelectedRoute } from './route-selection.ts';

export type RouteWrite =
  /** The route as it is now, with what was wanted. `changed`: this call wrote it. */
  | { readonly kind: 'carries'; readonly route: Route; readonly changed: boolean }
  | { readonly kind: 'missing' }
  /** `message` follows the route's name. `route`: as last seen. */
  | { readonly kind: 'refused'; readonly message: string; readonly route: Route };

const mostAttempts = 5;

/** `newest`: the route as this process knows it best; undefined asks the API server. Throws ApiError where trying again later can help. */
export async function writeRoute(
  cluster: Cluster,
  { resource, namespace, name }: SelectedRoute,
  {
    newest,
    plan: planFor,
    signal,
  }: { readonly newest: Route | undefined; readonly plan: (route: Route) => RoutePlan; readonly signal: AbortSignal },
): Promise<RouteWrite> {
  const key = { namespace, name };
  let route = newest ?? (await cluster.get<Route>(resource, key, signal));
  for (let attempt = 1; route !== undefined; attempt++) {
    const plan = planFor(route);
    if (plan.kind === 'problem') return { kind: 'refused', message: plan.message, route };
    if (plan.operations.length === 0) return { kind: 'carries', route, changed: false };
    try {
      const written = await cluster.patch<Route>(resource, key, { type: 'json', body: plan.operations }, { signal });
      if (written.outcome === 'done') return { kind: 'carries', route: written.object, changed: true };
      if (written.outcome === 'not-found') return { kind: 'missing' };
    } catch (error) {
      // An operation whose place has gone is refused as invalid: like a conflict, unless it stays so.
      if (!(error instanceof ApiError) || error.isTransient || error.code === 'aborted') throw error;
      if (error.code !== 'invalid' || attempt === mostAttempts)
        return { kind: 'refused', message: `could not be written: ${error.message}`, route };
    }
    if (attempt === mostAttempts)
      return {
        kind: 'refused',
        message: 'is being changed by someone else all the time; its weights will be written again',
        route,
      };
    route = await cluster.get<Route>(resource, key, signal);
  }
  return { kind: 'missing' };
}
