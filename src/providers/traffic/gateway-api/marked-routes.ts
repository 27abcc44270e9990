/** Gives routes back by the marks that they wear: for Rollouts that are gone, or that steer no routes any more. */
import type { Cluster } from '../../../runtime/cluster.ts';
import { everyOne } from '../every-one.ts';
import type { RouteReleaser } from '../traffic-router.ts';
import { planMarkedRelease } from './plan-route.ts';
import { type RouteSource, strayRoute } from './route-selection.ts';
import { writeRoute } from './route-writer.ts';

export class MarkedRoutes implements RouteReleaser {
  readonly #cluster: Cluster;
  readonly #source: RouteSource;

  constructor(cluster: Cluster, source: RouteSource) {
    this.#cluster = cluster;
    this.#source = source;
  }

  rollouts(): Iterable<string> {
    return this.#source.markedRollouts();
  }

  has(rollout: string): boolean {
    return this.#source.marked(rollout).length > 0;
  }

  async release(rollout: string, signal: AbortSignal): Promise<readonly string[]> {
    const plan = planMarkedRelease;
    const refusals = await everyOne(this.#source.marked(rollout).map(strayRoute), async (stray) => {
      const { resource, namespace, name, live } = stray;
      const written = await writeRoute(this.#cluster, stray, { newest: live, plan: (route) => plan(route, rollout), signal });
      return written.kind === 'refused' ? [`${resource.kind} ${namespace}/${name} ${written.message}`] : [];
    });
    return refusals.flat();
  }
}
