/** What the head of a Rollout's view and the row in a list both say: strategy, step, weights, versions. Read from what is stored. */
import type { ReplicaSet } from '../../api/kubernetes.ts';
import { annotations, labels } from '../../api/names.ts';
import type { Rollout } from '../../api/rollout.ts';
import { weightAt } from '../../core/rollout/steps.ts';

export interface RolloutFacts {
  readonly strategy: 'canary' | 'blue-green' | 'none';
  /** Undefined without steps. */
  readonly step: { readonly done: number; readonly of: number } | undefined;
  /** What the steps ask for; undefined without steps. */
  readonly setWeight: number | undefined;
  /** What the routes were last told; undefined where pods carry the traffic. */
  readonly actualWeight: number | undefined;
}

export function rolloutFacts({ spec, status }: Rollout): RolloutFacts {
  const { canary, blueGreen } = spec.strategy ?? {};
  const steps = canary?.steps ?? [];
  const done = Math.min(steps.length, Math.max(0, status?.currentStepIndex ?? 0));
  const max = canary?.trafficRouting?.maxTrafficWeight ?? 100;
  const isAborted = status?.abort === true;
  return {
    strategy: canary !== undefined ? 'canary' : blueGreen !== undefined ? 'blue-green' : 'none',
    step: steps.length === 0 ? undefined : { done, of: steps.length },
    setWeight: canary === undefined ? undefined : isAborted ? 0 : weightAt(steps, done, max),
    actualWeight: canary?.trafficRouting === undefined ? undefined : (status?.canary?.weights?.canary.weight ?? 0),
  };
}

export type Role = 'stable' | 'canary' | 'active' | 'preview';

/** What the pods of this hash are for users. */
export function rolesOf({ spec, status }: Rollout, hash: string | undefined): readonly Role[] {
  if (hash === undefined || hash === '' || status === undefined) return [];
  const roles: Role[] = [];
  const isCurrent = hash === status.currentPodHash && hash !== status.stableRS && status.stableRS !== undefined;
  if (hash === status.stableRS) roles.push('stable');
  if (spec.strategy?.canary !== undefined && isCurrent) roles.push('canary');
  if (hash === status.blueGreen?.activeSelector) roles.push('active');
  if (hash === status.blueGreen?.previewSelector && hash !== status.blueGreen?.activeSelector) roles.push('preview');
  return roles;
}

export function hashOf({ metadata }: ReplicaSet): string | undefined {
  return metadata.labels?.[labels.podTemplateHash];
}

/** 0 where it has none. */
export function revisionOf({ metadata }: { readonly metadata: ReplicaSet['metadata'] }): number {
  return Number(metadata.annotations?.[annotations.revision] ?? 0) || 0;
}

/** Images of its containers, in their order. */
export function imagesOf(
  template: { readonly spec?: Readonly<Record<string, unknown>> | undefined } | undefined,
): readonly string[] {
  const containers: unknown = template?.spec?.containers;
  if (!Array.isArray(containers)) return [];
  return containers.flatMap((one: unknown) => {
    const image: unknown = typeof one === 'object' && one !== null ? (one as { readonly image?: unknown }).image : undefined;
    return typeof image === 'string' ? [image] : [];
  });
}
