/**
 * Several routers of one Rollout as one: each is asked at every look, and all of them have to agree before anything counts as confirmed.
 * What one of them cannot do keeps the others from nothing, since an abort has to reach every road that it can.
 */
import type { Problem } from '../../api/problem.ts';
import type { DesiredRoutes, RouteEvidence } from '../../core/rollout/routes.ts';
import { everyOne } from './every-one.ts';
import type { RouteReleaser, TrafficRouter } from './traffic-router.ts';

export class CompositeRouter implements TrafficRouter {
  readonly #routers: readonly TrafficRouter[];

  constructor(routers: readonly TrafficRouter[]) {
    this.#routers = routers;
  }

  problems(services: Pick<DesiredRoutes, 'stableService' | 'canaryService'>): readonly Problem[] {
    return this.#routers.flatMap((router) => router.problems(services));
  }

  async converge(desired: DesiredRoutes, signal: AbortSignal): Promise<RouteEvidence> {
    const words = await everyOne(this.#routers, (router) => router.converge(desired, signal));
    const settlings = words.flatMap(({ state, settlesAtMs }) =>
      state === 'pending' && settlesAtMs !== undefined ? settlesAtMs : [],
    );
    const deeds = words.flatMap((word) => word.deeds ?? []);
    return {
      desired,
      state: worst(words.map(({ state }) => state)),
      message: words.flatMap(({ message }) => (message === '' ? [] : [message])).join('; '),
      liveCanaryWeight: Math.max(0, ...words.map((word) => word.liveCanaryWeight)),
      reasserted: words.some(({ reasserted }) => reasserted),
      ...(settlings.length > 0 && { settlesAtMs: Math.min(...settlings) }),
      ...(deeds.length > 0 && { deeds }),
    };
  }

  stillConfirms(desired: DesiredRoutes): boolean {
    return this.#routers.every((router) => router.stillConfirms(desired));
  }

  steers(): ReadonlySet<string> {
    return new Set(this.#routers.flatMap((router) => [...router.steers()]));
  }

  async release(signal: AbortSignal, kept?: ReadonlySet<string>): Promise<void> {
    await everyOne(this.#routers, (router) => router.release(signal, kept));
  }
}

export class CompositeReleaser implements RouteReleaser {
  readonly #releasers: readonly RouteReleaser[];

  constructor(releasers: readonly RouteReleaser[]) {
    this.#releasers = releasers;
  }

  rollouts(): Iterable<string> {
    return this.#releasers.flatMap((releaser) => [...releaser.rollouts()]);
  }

  has(rollout: string): boolean {
    return this.#releasers.some((releaser) => releaser.has(rollout));
  }

  async release(rollout: string, signal: AbortSignal): Promise<readonly string[]> {
    return (await everyOne(this.#releasers, (releaser) => releaser.release(rollout, signal))).flat();
  }
}

/** What several words come to. */
export function worst(states: readonly RouteEvidence['state'][]): RouteEvidence['state'] {
  return states.includes('failed') ? 'failed' : states.includes('pending') ? 'pending' : 'confirmed';
}
