/** What the play needs: a Kubernetes with a gateway and Prometheus, Rampart at work, and the shop's first version behind a route. stages/ sets it. */
import type { Clock } from '../src/runtime/clock.ts';
import type { Cluster, JsonPatchOperation } from '../src/runtime/cluster.ts';
import type { Outcome, Traffic } from './shop/traffic.ts';

export interface Stage {
  /** For whoever watches the play and sends versions out. */
  readonly world: World;
  /** Namespace of the shop. */
  readonly namespace: string;
  readonly withinMs: Patience;
  /** What changes in the Rollout when this version (`v2`) goes out. */
  release(version: string): readonly JsonPatchOperation[];
  /** `verb resource` -> requests that Rampart made to the Kubernetes API so far; undefined where nobody counts them. */
  apiRequests(): Promise<Readonly<Record<string, number>> | undefined>;
  /** Logs and files of this run; undefined where there are none. */
  readonly runDir: string | undefined;
  /** Says how to look at it and leaves it up: until `asked` aborts where it ends with this process, else for good. Nothing is to be stopped after it. */
  keep(asked: AbortSignal): Promise<void>;
  /** Takes everything away that setting it brought. A second call does nothing. */
  stop(): Promise<void>;
}

/** What the play goes by and what it does: the API, the time, and requests to the shop. */
export interface World {
  readonly clock: Clock;
  /** A client of its own. */
  connect(): WorldClient;
  startTraffic(options: WorldTraffic): Traffic;
  /** Where requests go, for messages. */
  readonly address: string;
}

export interface WorldClient {
  readonly cluster: Cluster;
  close(): Promise<void>;
}

export interface WorldTraffic {
  readonly requestsPerSecond: number;
  readonly onResponse: (outcome: Outcome) => void;
}

/** How long each part of the play may take, milliseconds. */
export interface Patience {
  readonly open: number;
  readonly promoted: number;
  readonly takenBack: number;
}

export interface StageSetting {
  /** Hears what is being done, a few words each. */
  readonly tell: (words: string) => void;
  /** Prints for people who asked to keep the stage. */
  readonly print: (text: string) => void;
  /** Aborts when someone wants to go home: setting the stage then rejects, with everything taken away that it had brought. */
  readonly signal: AbortSignal;
}
