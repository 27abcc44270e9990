/** What one process remembers of a Rollout besides the stores: nothing that a first look after a restart would not find again. */
import type { Rollout } from '../../api/rollout.ts';
import type { Announcement } from '../../core/decision.ts';
import type { Decision } from '../../core/rollout/decision.ts';
import type { RouteEvidence } from '../../core/rollout/routes.ts';
import type { TrafficRouter } from '../../providers/traffic/traffic-router.ts';

/** The router for the routes that a Rollout names; undefined where it names none that is served. */
export type RouterFactory = (rollout: Rollout) => TrafficRouter | undefined;

export interface Memory {
  readonly uid: string;
  /** The last state, for giving things back when the Rollout is gone from the stores. */
  rollout: Rollout;
  /** The routing that `router` was made for, as text, and its Services. */
  routing: string;
  services: string;
  router: TrafficRouter | undefined;
  /** The router's last word. */
  routes: RouteEvidence | undefined;
  /** Since when numbers wait to be written; undefined where none do. */
  numbersHeldSinceMs: number | undefined;
  /** identity -> what was done in a pass whose status could not be stored, and is told after the next one. */
  readonly untold: Map<string, Announcement>;
  /** A decision whose status was sent to the API server, while it is not known whether it was stored. */
  unsure: Pick<Decision, 'status' | 'announcements' | 'leavesPods'> | undefined;
  /** An abort is stored whose pods were left to the next pass, and which is told of with them. */
  isAborting: boolean;
  /** The pass before broke off: where it was the status that could not be stored, pods do not wait for it. */
  storesBadly: boolean;
  /** Passes in a row that found the world changed under them. */
  staleInARow: number;
  /** False while something may have been done that nobody has told: at the first look, and behind a pass that broke off. */
  hasCaughtUp: boolean;
  /** Until when the first look waits for what it has told to be written; undefined before it. */
  heldUntilMs: number | undefined;
}

export class Memories {
  readonly #routerFor: RouterFactory;
  /** key -> what is remembered */
  readonly #memories = new Map<string, Memory>();

  constructor(routerFor: RouterFactory) {
    this.#routerFor = routerFor;
  }

  /**
   * What is remembered of this very object, with a router for its present routes; `retired` is the router that it had before, `kept` what of
   * that one's routes the present router goes on with. A spec that is not obeyed retires none.
   */
  of(
    key: string,
    rollout: Rollout,
    isObeyed: () => boolean,
  ): { readonly memory: Memory; readonly retired?: TrafficRouter | undefined; readonly kept?: ReadonlySet<string> } {
    const uid = rollout.metadata.uid ?? '';
    const canary = rollout.spec.strategy?.canary;
    const services = JSON.stringify([canary?.stableService, canary?.canaryService, canary?.pingPong]);
    const routing = JSON.stringify([canary?.trafficRouting, services]);
    const known = this.#memories.get(key);
    if (known !== undefined && known.uid === uid && (known.routing === routing || !isObeyed())) {
      known.rollout = rollout;
      return { memory: known };
    }
    const memory: Memory = {
      uid,
      rollout,
      routing,
      services,
      router: this.#routerFor(rollout),
      routes: undefined,
      numbersHeldSinceMs: known?.uid === uid ? known.numbersHeldSinceMs : undefined,
      untold: known?.uid === uid ? known.untold : new Map(),
      unsure: undefined,
      storesBadly: known?.uid === uid && known.storesBadly,
      isAborting: known?.uid === uid && known.isAborting,
      staleInARow: 0,
      hasCaughtUp: known?.uid === uid && known.hasCaughtUp,
      heldUntilMs: known?.uid === uid ? known.heldUntilMs : undefined,
    };
    this.#memories.set(key, memory);
    // Weights of other Services are nobody's to go on with.
    const goesOn = known?.uid === uid && known.services === services;
    const kept = goesOn ? memory.router?.steers() : undefined;
    return { memory, retired: known?.router, ...(kept !== undefined && { kept }) };
  }

  /** What is remembered of an object that may be gone. */
  last(key: string): Memory | undefined {
    return this.#memories.get(key);
  }

  forget(key: string): void {
    this.#memories.delete(key);
  }
}
