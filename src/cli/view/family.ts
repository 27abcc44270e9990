/** A Rollout or an Experiment with all that belongs to it, found by owner among the objects of its namespace. */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import { decodeExperiment } from '../../api/decode.ts';
import type { Experiment } from '../../api/experiment.ts';
import type { KubeObject, ReplicaSet } from '../../api/kubernetes.ts';
import type { Rollout } from '../../api/rollout.ts';
import type { Pod } from './pod-state.ts';

/** Of one namespace, whoever owns them. */
export interface Surroundings {
  readonly replicaSets: readonly ReplicaSet[];
  readonly pods: readonly Pod[];
  readonly analysisRuns: readonly AnalysisRun[];
  readonly experiments: readonly Experiment[];
}

export interface PodGroup {
  readonly replicaSet: ReplicaSet;
  /** By name. */
  readonly pods: readonly Pod[];
}

export interface Family {
  readonly groups: readonly PodGroup[];
  readonly analysisRuns: readonly AnalysisRun[];
  readonly experiments: readonly { readonly experiment: Experiment; readonly family: Family }[];
}

export interface RolloutFamily extends Family {
  readonly rollout: Rollout;
}

export function familyOf(owner: KubeObject, all: Surroundings): Family {
  const owned = <T extends KubeObject>(objects: readonly T[], by: KubeObject): readonly T[] =>
    objects
      .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === by.metadata.uid) === true)
      .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return {
    groups: owned(all.replicaSets, owner).map((replicaSet) => ({ replicaSet, pods: owned(all.pods, replicaSet) })),
    analysisRuns: owned(all.analysisRuns, owner),
    experiments: owned(all.experiments, owner).map((found) => {
      const { experiment } = decodeExperiment(found);
      return { experiment, family: familyOf(experiment, all) };
    }),
  };
}
