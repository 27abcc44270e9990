/** Collects, from the stores alone, what a decision about one Experiment may look at. No request is made here. */
import type { Experiment } from '../../api/experiment.ts';
import type { KubeObject } from '../../api/kubernetes.ts';
import { rollouts } from '../../api/resources.ts';
import { isInUse } from '../../core/experiment/in-use.ts';
import type { ExperimentFailure, ObservedExperiment } from '../../core/experiment/observed-experiment.ts';
import type { Store } from '../../runtime/store.ts';
import { decodeOnce as decodeRollout } from '../rollout/decoded.ts';
import type { Stores } from '../stores.ts';
import { decodeOnce } from './references.ts';

export function gather(stores: Stores, stored: Experiment, failures: readonly ExperimentFailure[]): ObservedExperiment {
  const { experiment, problems } = decodeOnce(stored);
  const { namespace, uid = '', ownerReferences = [] } = experiment.metadata;
  const owned = <T extends KubeObject>(store: Store<T>): readonly T[] =>
    store
      .byOwner(uid)
      .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.controller === true));
  const taken = <T extends KubeObject>(store: Store<T>) => ({ has: (name: string) => store.get(namespace, name) !== undefined });
  const services = owned(stores.services);
  const maker = ownerReferences.find(({ kind, controller }) => kind === rollouts.kind && controller === true);
  const rollout = maker === undefined ? undefined : stores.rollouts.get(namespace, maker.name);
  const isMaker = rollout !== undefined && rollout.metadata.uid === maker?.uid;
  return {
    experiment,
    problems,
    replicaSets: owned(stores.replicaSets),
    services,
    analysisRuns: owned(stores.analysisRuns),
    names: {
      replicaSets: taken(stores.replicaSets),
      services: taken(stores.services),
      analysisRuns: taken(stores.analysisRuns),
    },
    analysisTemplates: { get: (name) => stores.analysisTemplates.get(namespace, name) },
    clusterAnalysisTemplates: { get: (name) => stores.clusterAnalysisTemplates.get(undefined, name) },
    inUse: isMaker && isInUse(decodeRollout(rollout).rollout, experiment, services),
    failures,
  };
}
