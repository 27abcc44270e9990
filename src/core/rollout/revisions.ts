/** The numbers of revisions and the ReplicaSets that carry them: what a new one looks like, and how a reused one gets its new number. */
import type { PodTemplate, ReplicaSet } from '../../api/kubernetes.ts';
import { annotations, argoApiVersion, labels } from '../../api/names.ts';
import { readableTemplate } from './identity/pod-template-hash.ts';
import { injectedTemplate } from './injected/injected-template.ts';
import { injectionFor } from './injected/injection.ts';
import type { Situation } from './situation.ts';

/** 0 where a ReplicaSet has no number. */
export function revisionOf(replicaSet: ReplicaSet): number {
  const revision = Number(replicaSet.metadata.annotations?.[annotations.revision] ?? '');
  return Number.isSafeInteger(revision) && revision > 0 ? revision : 0;
}

/** True for a ReplicaSet that was made for an earlier revision than the one that it carries. */
export function wasReused({ metadata }: ReplicaSet): boolean {
  return metadata.annotations?.[annotations.revisionHistory] !== undefined;
}

/** The annotations that give a reused ReplicaSet its new number and remember the one it had. */
export function renumbered(replicaSet: ReplicaSet, revision: number): Record<string, string> {
  const old = revisionOf(replicaSet);
  if (old === revision) return {};
  if (old === 0) return { [annotations.revision]: String(revision) };
  const history = replicaSet.metadata.annotations?.[annotations.revisionHistory];
  return {
    [annotations.revision]: String(revision),
    [annotations.revisionHistory]: history ? `${history},${old}` : String(old),
  };
}

const notCopied: ReadonlySet<string> = new Set([
  annotations.lastApplied,
  annotations.revision,
  annotations.revisionHistory,
  annotations.desiredReplicas,
  annotations.ephemeralMetadata,
  annotations.scaleDownDeadline,
  annotations.notified,
  annotations.lastFailure,
  annotations.workloadGeneration,
  annotations.replacedWorkload,
  annotations.scalings,
  annotations.wasStable,
  annotations.coveredMetadata,
  annotations.podsToChange,
  annotations.rollbackWithinWindow,
  annotations.initialRevision,
]);

/** Noted with the number of a revision behind the first that begins while there is no stable version: its end is that of the first deployment. */
export function initialNote({ stable, revision }: Situation): Readonly<Record<string, string>> {
  return stable === undefined && revision > 1 ? { [annotations.initialRevision]: String(revision) } : {};
}

/** Whether the revision that a ReplicaSet carries began while there was no stable version. */
export function isInitial(replicaSet: ReplicaSet): boolean {
  const revision = revisionOf(replicaSet);
  return revision === 1 || replicaSet.metadata.annotations?.[annotations.initialRevision] === String(revision);
}

/** The ReplicaSet of the current template, to be created with so many pods. */
export function newReplicaSet(situation: Situation, size: number): ReplicaSet {
  const { rollout, hash, revision, replicas } = situation;
  const { spec, metadata } = rollout;
  const own: PodTemplate = readableTemplate(spec.template ?? {});
  const { template, notes } = injectedTemplate(own, injectionFor(situation, undefined));
  const copied = Object.entries(metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key));
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${metadata.name}-${hash}`,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels: { ...own.metadata?.labels, [labels.podTemplateHash]: hash },
      annotations: {
        ...Object.fromEntries(copied),
        ...notes,
        ...initialNote(situation),
        [annotations.revision]: String(revision),
        [annotations.desiredReplicas]: String(replicas),
      },
      ownerReferences: [controllerReference(situation)],
    },
    spec: {
      replicas: size,
      ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, [labels.podTemplateHash]: hash } },
      template: {
        ...template,
        metadata: { ...template.metadata, labels: { ...template.metadata?.labels, [labels.podTemplateHash]: hash } },
      },
    },
  };
}

/** What makes an object a child of the Rollout. */
export function controllerReference({ rollout }: Situation) {
  return {
    apiVersion: argoApiVersion,
    kind: 'Rollout',
    name: rollout.metadata.name,
    uid: rollout.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}
