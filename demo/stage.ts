/** What the play needs: a Kubernetes with a gateway and Prometheus, Rampart at work, and the shop's first version behind a route. stages/ sets it. */
import type { JsonPatchOperation } from '../src/runtime/cluster.ts';

export interface Stage {
  /** Kubeconfig file for whoever watches the play and sends versions out. */
  readonly kubeconfig: string;
  /** Namespace of the shop. */
  readonly namespace: string;
  /** Where the gateway answers this program, without a path. */
  readonly gatewayUrl: string;
  /** Host header of the shop's route. */
  readonly host: string;
  readonly withinMs: Patience;
  /** What changes in the Rollout when this version (`v2`) goes out. */
  release(version: string): readonly JsonPatchOperation[];
  /** `verb resource` -> requests that Rampart made to the Kubernetes API so far; undefined where nobody counts them. */
  apiRequests(): Promise<Readonly<Record<string, number>> | undefined>;
  /** Logs and files of this run. */
  readonly runDir: string;
  /** Says how to look at it and leaves it up: until `asked` aborts where it ends with this process, else for good. Nothing is to be stopped after it. */
  keep(asked: AbortSignal): Promise<void>;
  /** Takes everything away that setting it brought. A second call does nothing. */
  stop(): Promise<void>;
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
