/**
 * What a rehearsal says: plain data, made by the player and read by the views (terminal, JSON, HTML). `-o json` prints it as it is, so a
 * field that is changed here is changed for users; docs/reference/rehearse.md describes it. Times are seconds since the new version was
 * applied; weights and ratios are as users know them: percent of `maxTrafficWeight`, and 0 to 1.
 */

export interface Rehearsal {
  /** What the manifests did not say and was taken for granted, in one sentence each. */
  readonly assumptions: readonly string[];
  readonly rollouts: readonly RehearsedRollout[];
}

export interface RehearsedRollout {
  readonly namespace: string;
  readonly name: string;
  readonly strategy: 'canary' | 'canary with routes' | 'blue-green' | 'rolling' | 'recreate';
  /** What the manifests leave open, worst first. */
  readonly findings: readonly LeftOpen[];
  readonly scenarios: readonly PlayedScenario[];
}

/** A hole in a manifest: what may happen, and what to change. */
export interface LeftOpen {
  /** Stable name, such as `analysis-cannot-fail`. */
  readonly rule: string;
  /** `risk`: users can be hurt by it. `advice`: worth a thought. */
  readonly level: 'risk' | 'advice';
  /** Where in which object, such as `AnalysisTemplate success-rate: spec.metrics[0].successCondition`. */
  readonly where: string;
  readonly says: string;
  readonly change: string;
}

/**
 * `completed`: the new version is stable. `aborted`: the old one has all the traffic again. `waiting`: paused for a person. `stuck`: neither, until the end of the
 * rehearsal. `gone`: the Rollout was deleted.
 */
export type Ending = 'completed' | 'aborted' | 'waiting' | 'stuck' | 'gone';

export interface PlayedScenario {
  /** As `--scenario` takes it, such as `errors-at-step=2`. */
  readonly name: string;
  /** One line that says what happens in it. */
  readonly title: string;
  readonly seed: number;
  readonly ending: Ending;
  /** A good version must complete (or wait where the manifest says so), a bad one must be taken back. */
  readonly endsWell: boolean;
  /** Why it ended as it did, in a sentence. */
  readonly why: string;
  /** Until the last change of the rehearsal. */
  readonly durationSeconds: number;
  /** From the moment on which users met the fault to the one from which no request reaches it; undefined where they never met one, Infinity (JSON: null) where it never ends. */
  readonly secondsToSafe: number | undefined;
  readonly requests: number;
  readonly failedRequests: number;
  /** Failed requests by the weight that the new version had, smallest weight first. */
  readonly failedAtWeight: readonly { readonly weight: number; readonly requests: number; readonly failed: number }[];
  readonly mostPods: number;
  /** Above `spec.replicas`. */
  readonly mostExtraPods: number;
  /** At the end. */
  readonly phase: string;
  readonly message: string;
  readonly samples: readonly Sample[];
  readonly events: readonly ToldEvent[];
  /** What the scenario did to the world: `the new version begins to answer errors`. */
  readonly marks: readonly { readonly atSeconds: number; readonly text: string }[];
}

/** How things stand from this moment until the next sample. */
export interface Sample {
  readonly atSeconds: number;
  /** Percent of the requests that the new version is given: by weight where traffic is routed, else by its share of the ready pods. */
  readonly weight: number;
  readonly pods: { readonly stable: PodCount; readonly new: PodCount; readonly other: PodCount };
  readonly requestsPerSecond: number;
  /** Share of all requests that are answered well; 1 where there are none. */
  readonly successRatio: number;
  /** The same of those that the new version answers; undefined where it answers none. */
  readonly newSuccessRatio: number | undefined;
  /** Index of the step in progress. */
  readonly step: number | undefined;
  readonly phase: string;
}

export interface PodCount {
  readonly ready: number;
  readonly total: number;
}

export interface ToldEvent {
  readonly atSeconds: number;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}
