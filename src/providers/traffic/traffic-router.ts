/** The port of traffic: one implementation for each kind of route object. */
import type { Problem } from '../../api/problem.ts';
import type { DesiredRoutes, RouteEvidence } from '../../core/rollout/routes.ts';

export interface TrafficRouter {
  /** What is wrong with the routes that the rollout names, before anything is touched; empty when nothing is. Reads only caches. */
  problems(desired: Pick<DesiredRoutes, 'stableService' | 'canaryService'>): readonly Problem[];

  /**
   * Makes the user's live routes carry these weights and says what the data plane has confirmed. Changes only the fields that it
   * owns, writes nothing where nothing differs, and never throws for what a user can cause: that is evidence in state `failed`.
   */
  converge(desired: DesiredRoutes, signal: AbortSignal): Promise<RouteEvidence>;

  /** Whether what `converge` has confirmed is so still: nobody has changed our fields, nothing has been refused since. Reads only caches. */
  stillConfirms(desired: DesiredRoutes): boolean;

  /** Keys of the objects that it writes weights into, or will. Reads only caches. */
  steers(): ReadonlySet<string>;

  /**
   * Gives the routes back as the user wrote them (stable whole, nothing of ours left), with edits made meanwhile kept. What is `kept`, by its key,
   * has another router by now and stays as it is.
   */
  release(signal: AbortSignal, kept?: ReadonlySet<string>): Promise<void>;
}

/** Gives routes back by what is written on them alone, where no Rollout is left that could make a router. */
export interface RouteReleaser {
  /** `namespace/name` of the Rollouts for which routes are marked, some perhaps more than once. Reads only caches. */
  rollouts(): Iterable<string>;

  /** Whether any route is marked for this Rollout. Reads only caches. */
  has(rollout: string): boolean;

  /** Gives back every route that is marked for it; what was refused for good is returned as sentences. Throws where trying again helps. */
  release(rollout: string, signal: AbortSignal): Promise<readonly string[]>;
}
