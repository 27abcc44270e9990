/**
 * Which ReplicaSet runs a pod template already: the one that carries its hash, else one whose template means the same. (ReplicaSets of
 * the incumbent's first releases, labelled with a Deployment-style hash, are found by meaning.) One without any hash, left behind by a
 * Deployment, is no revision: no Service could select its pods alone.
 */
import type { PodTemplate, ReplicaSet } from '../../../api/kubernetes.ts';
import { labels } from '../../../api/names.ts';
import { wornMetadata } from './ephemeral-metadata.ts';
import { templatesEqual } from './template-equality.ts';

/**
 * The ReplicaSet of `template`, whose own hash (with the collision count) is `hash`. The oldest wins where several fit. Undefined if
 * there is none yet.
 */
export function findNewReplicaSet(template: PodTemplate, replicaSets: readonly ReplicaSet[], hash: string): ReplicaSet | undefined {
  const hashed = replicaSets.filter((one) => one.metadata.labels?.[labels.podTemplateHash] !== undefined);
  const labelled = oldest(hashed.filter((one) => one.metadata.labels?.[labels.podTemplateHash] === hash));
  return labelled ?? oldest(hashed.filter((one) => templatesEqual(template, one.spec.template, wornMetadata(one))));
}

function oldest(replicaSets: readonly ReplicaSet[]): ReplicaSet | undefined {
  const age = (one: ReplicaSet) => `${one.metadata.creationTimestamp ?? '9999'} ${one.metadata.name}`;
  return replicaSets.reduce<ReplicaSet | undefined>(
    (first, one) => (first === undefined || age(one) < age(first) ? one : first),
    undefined,
  );
}
