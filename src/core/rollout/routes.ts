/** What a rollout wants of its routes, and what a router has seen of them. */

export interface StringMatch {
  readonly exact?: string;
  readonly prefix?: string;
  readonly regex?: string;
}

export interface HeaderRoute {
  readonly name: string;
  readonly match: readonly { readonly headerName: string; readonly headerValue: StringMatch }[];
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
  readonly additional: readonly { readonly service: string; readonly weight: number }[];
  /** Managed header routes, in the order of precedence. */
  readonly headerRoutes: readonly HeaderRoute[];
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
}
