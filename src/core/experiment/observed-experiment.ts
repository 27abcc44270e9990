/** Everything that a decision about one Experiment may look at, gathered before it. A decision is a function of this and the time. */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import type { Experiment } from '../../api/experiment.ts';
import type { ReplicaSet, Service } from '../../api/kubernetes.ts';
import type { Problem } from '../../api/problem.ts';
import type { Templates } from '../analysis/template-closure.ts';
import type { ExperimentEffect } from './decision.ts';

type Names = Pick<ReadonlySet<string>, 'has'>;

export interface ObservedExperiment extends Templates {
  /** Parsed: a field of a wrong type is absent here and named in `problems`. */
  readonly experiment: Experiment;
  /** What parsing found wrong with it. */
  readonly problems: readonly Problem[];
  /** Those that it controls; of Services and AnalysisRuns as well. */
  readonly replicaSets: readonly ReplicaSet[];
  readonly services: readonly Service[];
  readonly analysisRuns: readonly AnalysisRun[];
  /** Names that objects of the namespace have, whoever owns them. */
  readonly names: { readonly replicaSets: Names; readonly services: Names; readonly analysisRuns: Names };
  /** True while routes of the Rollout that made it may send users to its Services: its pods stay until they do not. */
  readonly inUse: boolean;
  /** Effects of this pass that the API server refused, with its reason. */
  readonly failures: readonly ExperimentFailure[];
}

export interface ExperimentFailure {
  readonly effect: ExperimentEffect;
  /** Sentence for people: the API server's own words. */
  readonly message: string;
}
