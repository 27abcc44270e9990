/**
 * What a scenario is: plain data that says how a version is, what becomes of the world, and what people do meanwhile. The catalogue makes those that
 * everybody needs, scenario files those of one's own; the player plays both alike.
 */

/**
 * A moment. `seconds` after the new version was applied; when the Rollout comes to the step of this index; when the new version is given this many
 * percent of the requests; or at this part (0 to 1) of the time that the good version needs. A moment that never comes is no error: what waits for it does not happen.
 */
export type When =
  | { readonly seconds: number }
  | { readonly step: number }
  | { readonly weight: number }
  | { readonly ofTheWay: number };

/** How a version answers, from a moment on. Several add up: the worst of those that hold counts. */
export interface Answers {
  readonly from: When;
  /** From the beginning on for so long; for ever if absent. */
  readonly forSeconds?: number;
  /** The share of requests that is answered with an error, 0 to 1. */
  readonly errorRatio?: number;
  /** Until the errors are as many as `errorRatio` says, growing evenly. */
  readonly growsOverSeconds?: number;
  /** Only while the version is given more than so many percent of the requests. */
  readonly aboveWeight?: number;
  /** Half of the answers take longer. */
  readonly medianSeconds?: number;
}

/** How the pods of a version live; healthy if absent. */
export type PodFate =
  | { readonly kind: 'healthy' }
  /** The image cannot be pulled. */
  | { readonly kind: 'never-start' }
  /** They run and do not get ready. */
  | { readonly kind: 'never-ready' }
  /** The container ends so long after each start. */
  | { readonly kind: 'crash'; readonly afterSeconds: number }
  /** Those that are ready at this moment, and those that come later, are not any more. */
  | { readonly kind: 'lose-readiness'; readonly when: When };

export interface VersionConduct {
  readonly answers?: readonly Answers[];
  readonly pods?: PodFate;
}

export type Action =
  | { readonly do: 'prometheus'; readonly health: 'up' | 'down' | 'empty' | 'nan' }
  /** It answers after so long. */
  | { readonly do: 'prometheus-slow'; readonly seconds: number }
  /** The gateway does not take what is written into routes, or takes it again. */
  | { readonly do: 'gateway'; readonly refuses: boolean }
  | { readonly do: 'api-server'; readonly awayForSeconds: number }
  /** The controller is killed, and is back after so long. */
  | { readonly do: 'kill-controller'; readonly backAfterSeconds: number }
  | { readonly do: 'abort' }
  | { readonly do: 'retry' }
  /** Skips what is waited for now; `full` skips all that is left. */
  | { readonly do: 'promote'; readonly full?: boolean }
  /** A person changes the steps, or where there are none a field beside them. */
  | { readonly do: 'edit' }
  | { readonly do: 'scale'; readonly times: number }
  /** Deletes the Rollout and leaves its pods. */
  | { readonly do: 'delete' }
  /** The template of the version before is put back. */
  | { readonly do: 'undo' }
  /** Another version is applied; it is good. */
  | { readonly do: 'next-version' };

export interface TimedAction {
  readonly when: When;
  readonly action: Action;
}

/**
 * `completes`: the newest version becomes stable. `taken-back`: the old one gets all requests again. `safe`: it does not go on, nothing fails any more, and the
 * status says so. `settles`: completes or is taken back. `gone`: the Rollout is deleted, and nothing fails because of it.
 */
export type Expectation = 'completes' | 'taken-back' | 'safe' | 'settles' | 'gone';

export interface Scenario {
  /** As `--scenario` takes it, options included. */
  readonly name: string;
  /** One line that says what happens in it. */
  readonly title: string;
  readonly expects: Expectation;
  readonly newVersion?: VersionConduct;
  readonly actions?: readonly TimedAction[];
  /** A person promotes so long after each pause that has no duration; null: nobody does. 60 if absent. */
  readonly promotesAfterSeconds?: number | null;
  /** Kills the controller behind writes instead: played once for each of so many of them, evenly spread, and the worst is told. */
  readonly killedBehindWrites?: number;
}
