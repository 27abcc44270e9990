/** What the demo knows at one moment, and what happened so far: the only input of the view and of the bill. Times are milliseconds since the demo began. */

export interface Scene {
  readonly nowMs: number;
  /** What is being shown, in a few words: `version 2, a good one`. */
  readonly title: string;
  readonly phase: string;
  readonly message: string;
  /** Each step in words, as `setWeight 10`. */
  readonly steps: readonly string[];
  /** Index of the step under way; equal to the number of steps when all are done; undefined before there are any. */
  readonly currentStep: number | undefined;
  /** Share of the traffic that the gateway's route gives to the canary Service, in percent. */
  readonly canaryWeight: number;
  readonly revisions: readonly Revision[];
  readonly happenings: readonly Happening[];
}

/** One version of the shop that has pods or meets traffic. */
export interface Revision {
  readonly version: string;
  readonly role: 'stable' | 'canary' | 'old';
  readonly readyPods: number;
  readonly pods: number;
  /** Answers from this version since the demo began. */
  readonly sent: number;
  readonly failed: number;
  /** Share of good answers over the last two seconds, 0 to 1; undefined without any. */
  readonly recentSuccess: number | undefined;
}

export interface Happening {
  readonly atMs: number;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}
