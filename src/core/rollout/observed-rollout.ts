/**
 * Everything that a decision about one Rollout may look at, gathered before it: the object, what it owns, what it refers to, and what
 * came back from effects and routers. A decision is a function of this and the time.
 */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import type { AnalysisTemplate, ClusterAnalysisTemplate } from '../../api/analysis-template.ts';
import type { Experiment } from '../../api/experiment.ts';
import type { EndpointSlice, ReplicaSet, Service } from '../../api/kubernetes.ts';
import type { Problem } from '../../api/problem.ts';
import type { Rollout } from '../../api/rollout.ts';
import type { Effect } from './decision.ts';
import type { ObservedWorkload } from './observed-workload.ts';
import type { PodReport } from './pod-orders.ts';
import type { RouteEvidence } from './routes.ts';

export interface ObservedRollout {
  /** Parsed: a field of a wrong type is absent here and named in `problems`. */
  readonly rollout: Rollout;
  /** What parsing found wrong with the object itself, and why its `workloadRef` leads nowhere. */
  readonly problems: readonly Problem[];
  /** The object whose template `rollout` has here, in the place of a `workloadRef`. */
  readonly workload?: ObservedWorkload | undefined;
  /** ReplicaSets that this Rollout controls, and those without a controller that its selector matches. */
  readonly replicaSets: readonly ReplicaSet[];
  /** name -> ReplicaSets of the namespace named `<rollout>-...` that are not among `replicaSets`: names that are taken. */
  readonly foreignReplicaSets: ReadonlyMap<string, ReplicaSet>;
  /** Those that this Rollout owns. */
  readonly analysisRuns: readonly AnalysisRun[];
  /** Names that AnalysisRuns of the namespace have, whoever owns them: not all are free. */
  readonly analysisRunNames: Pick<ReadonlySet<string>, 'has'>;
  /** Those that this Rollout owns. */
  readonly experiments: readonly Experiment[];
  /** Names that Experiments of the namespace have, whoever owns them. */
  readonly experimentNames: Pick<ReadonlySet<string>, 'has'>;
  /** name -> Service, for those referred to that exist, and those of its experiments. */
  readonly services: ReadonlyMap<string, Service>;
  /** service name -> its EndpointSlices. */
  readonly endpointSlices: ReadonlyMap<string, readonly EndpointSlice[]>;
  /** Names of the other Rollouts of the namespace (a Service annotated for one that is gone may be taken over). */
  readonly otherRollouts: ReadonlySet<string>;
  /** name -> template, for those referred to, nested ones included, that exist. */
  readonly analysisTemplates: ReadonlyMap<string, AnalysisTemplate>;
  readonly clusterAnalysisTemplates: ReadonlyMap<string, ClusterAnalysisTemplate>;
  /** What the router says is wrong with the routes referred to; empty without traffic routing. */
  readonly routeProblems: readonly Problem[];
  /** The newest word of the router; undefined before the first converge of this process. */
  readonly routes: RouteEvidence | undefined;
  /** Effects of the pass before this one that could not be carried out, with the API server's reason. */
  readonly failures: readonly EffectFailure[];
  /** Since when decisions have held numbers back, in milliseconds since the epoch; undefined where the last one did not. */
  readonly numbersHeldSinceMs?: number | undefined;
  /** The pass before this one stored an abort and left its pods to this one. */
  readonly isAborting?: boolean | undefined;
  /** A status of the pass before this one could not be stored: pods do not wait for it. */
  readonly storesBadly?: boolean | undefined;
  /** id of an order -> what came of it last */
  readonly podReports?: ReadonlyMap<string, PodReport> | undefined;
}

export interface EffectFailure {
  readonly effect: Effect;
  /** Sentence for people: the API server's own words. */
  readonly message: string;
}
