/** What `undo` writes: the template of an earlier revision, without anything that a controller put into it. */
import type { ReplicaSet } from '../../api/kubernetes.ts';
import type { Rollout } from '../../api/rollout.ts';
import { ownTemplate } from '../../core/rollout/injected/injected-template.ts';
import type { JsonPatchOperation } from '../../runtime/cluster.ts';
import { revisionOf } from '../view/rollout-facts.ts';

/** Whose template is meant: the Rollout's own, or that of the object it refers to. */
export interface TemplateHome {
  readonly kind: string;
  /** JSON pointer of the pod template in it. */
  readonly pointer: string;
}

export function templateHome({ spec }: Rollout): TemplateHome {
  const kind = spec.workloadRef?.kind ?? 'Rollout';
  return { kind, pointer: kind === 'PodTemplate' ? '/template' : '/spec/template' };
}

export interface Undo {
  readonly revision: number;
  readonly patch: readonly JsonPatchOperation[];
}

/** `toRevision` 0 is the one before the newest. A sentence where there is nothing to go back to. */
export function undo(
  rollout: Rollout,
  replicaSets: readonly ReplicaSet[],
  toRevision: number,
): Undo | { readonly refused: string } {
  const revisions = replicaSets
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined && revisionOf({ metadata }) > 0)
    .toSorted((a, b) => revisionOf(b) - revisionOf(a));
  const known = revisions.map((one) => revisionOf(one)).join(', ');
  const wanted = toRevision === 0 ? revisions[1] : revisions.find((one) => revisionOf(one) === toRevision);
  if (wanted === undefined) {
    if (revisions.length === 0) return { refused: 'it has no revision yet' };
    return {
      refused: toRevision === 0 ? `there is only revision ${known}` : `there is no revision ${toRevision}; there is ${known}`,
    };
  }
  const revision = revisionOf(wanted);
  if (revision === revisionOf(rollout)) return { refused: `revision ${revision} is the one in its spec` };
  const path = templateHome(rollout).pointer;
  return { revision, patch: [{ op: 'replace', path, value: ownTemplate(wanted) }] };
}
