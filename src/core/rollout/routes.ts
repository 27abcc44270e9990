/** What a rollout wants of its routes, and what a router has seen of them. */

export interface StringMatch {
  readonly exact?: string | undefined;
  readonly prefix?: string | undefined;
  readonly regex?: string | undefined;
}

/** Requests with all of these headers go to the canary. */
export interface HeaderRoute {
  readonly kind: 'header';
  readonly name: string;
  readonly match: readonly { readonly headerName: string; readonly headerValue: StringMatch }[];
}

/** Requests that meet any of these conditions are copied to the canary. */
export interface MirrorRoute {
  readonly kind: 'mirror';
  readonly name: string;
  readonly match: readonly {
    readonly method?: StringMatch | undefined;
    readonly path?: StringMatch | undefined;
    /** name of a header -> its value */
    readonly headers?: Readonly<Record<string, StringMatch>> | undefined;
  }[];
  /** Undefined: all of them. */
  readonly percentage?: number | undefined;
}

export type ManagedRoute = HeaderRoute | MirrorRoute;

/** A share of the traffic that goes to neither version, taken from stable. */
export interface AdditionalRoute {
  readonly service: string;
  readonly weight: number;
  /** port of the stable Service -> the port of this one that stands for it; the same port where it is not named */
  readonly ports?: Readonly<Record<string, number>>;
}

/** The whole of what the routes shall look like; weights sum to `maxWeight`. */
export interface DesiredRoutes {
  readonly stableService: string;
  readonly canaryService: string;
  readonly canaryWeight: number;
  readonly stableWeight: number;
  /** 100 unless the user sets `trafficRouting.maxTrafficWeight`. */
  readonly maxWeight: number;
  /** Weighted templates of an experiment; empty elsewhere. */
  readonly additional: readonly AdditionalRoute[];
  /** What steps have added beside the weights, in the order of precedence. */
  readonly managedRoutes: readonly ManagedRoute[];
}

/** What the data plane is known to do, told for the routes that were asked for. */
export interface RouteEvidence {
  /** The routes that this evidence speaks of. */
  readonly desired: DesiredRoutes;
  /** `confirmed`: every route carries them and its gateway accepted that generation; `pending`: written, not yet accepted; `failed`: could not be written or was refused. */
  readonly state: 'confirmed' | 'pending' | 'failed';
  /** For people: what is missing or went wrong, naming the route and its gateway. Empty when confirmed. */
  readonly message: string;
  /** The largest canary weight found in a live route after this pass: what users may still be meeting. */
  readonly liveCanaryWeight: number;
  /** True if this pass found our fields changed by someone else and wrote them again. */
  readonly reasserted: boolean;
  /** The failure that people have been told of; kept until the routes are confirmed. */
  readonly toldFailure?: string;
  /** When what is pending is taken as done if nothing happens until then, in milliseconds since the epoch; undefined where a change is awaited. */
  readonly settlesAtMs?: number;
  /** What was written into objects of the router's own, in its order; undefined where nothing was. */
  readonly deeds?: readonly RouteDeed[];
}

/** A write that people are told of under a reason of its own. */
export interface RouteDeed {
  readonly reason: 'CreatingCanaryIngress' | 'PatchingCanaryIngress';
  readonly message: string;
  /** The version of the object that it made: no two deeds have the same. */
  readonly identity: string;
}

export function sameRoutes(a: DesiredRoutes, b: DesiredRoutes): boolean {
  return (
    a.canaryWeight === b.canaryWeight &&
    a.stableWeight === b.stableWeight &&
    a.maxWeight === b.maxWeight &&
    a.canaryService === b.canaryService &&
    a.stableService === b.stableService &&
    sameAdditional(a.additional, b.additional) &&
    sameManagedRoutes(a.managedRoutes, b.managedRoutes)
  );
}

export function sameAdditional(a: readonly AdditionalRoute[], b: readonly AdditionalRoute[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Both come from the same spec, so that their fields stand in the same order. */
export function sameManagedRoutes(a: readonly ManagedRoute[], b: readonly ManagedRoute[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
