/**
 * Carries out the effects of a decision in their order, each idempotent. What the API server refuses for good comes back as a failure, for
 * the next decision to put into words; what may pass is thrown and tried again.
 */
import type { Experiment } from '../../api/experiment.ts';
import * as resources from '../../api/resources.ts';
import type { ExperimentEffect } from '../../core/experiment/decision.ts';
import type { ExperimentFailure } from '../../core/experiment/observed-experiment.ts';
import { ApiError, type Cluster } from '../../runtime/cluster.ts';

export interface World {
  readonly cluster: Pick<Cluster, 'create' | 'patch' | 'delete'>;
  readonly signal: AbortSignal;
}

/** `stale`: the world is not as the decision saw it. */
export type Applied = { readonly outcome: 'done' | 'stale' } | { readonly outcome: 'failed'; readonly failure: ExperimentFailure };

export async function applyEffects(experiment: Experiment, effects: readonly ExperimentEffect[], world: World): Promise<Applied> {
  for (const effect of effects) {
    try {
      if (!(await applyEffect(experiment, effect, world))) return { outcome: 'stale' };
    } catch (error) {
      if (!(error instanceof ApiError) || error.isTransient || error.code === 'aborted') throw error;
      return { outcome: 'failed', failure: { effect, message: error.message } };
    }
  }
  return { outcome: 'done' };
}

/** False where the object is not as the decision saw it. */
async function applyEffect({ metadata }: Experiment, effect: ExperimentEffect, { cluster, signal }: World): Promise<boolean> {
  const key = (name: string) => ({ namespace: metadata.namespace, name });
  switch (effect.kind) {
    case 'create-replica-set':
      return (await cluster.create(resources.replicaSets, effect.replicaSet, signal)).outcome === 'done';
    case 'patch-replica-set': {
      const patch = { type: 'merge', body: replicaSetPatch(effect) } as const;
      return (await cluster.patch(resources.replicaSets, key(effect.name), patch, { signal })).outcome === 'done';
    }
    case 'create-service':
      return (await cluster.create(resources.services, effect.service, signal)).outcome === 'done';
    case 'patch-service': {
      const patch = { type: 'merge', body: { metadata: { uid: effect.uid }, spec: effect.spec } } as const;
      return (await cluster.patch(resources.services, key(effect.name), patch, { signal })).outcome === 'done';
    }
    case 'delete-service':
      return (await cluster.delete(resources.services, key(effect.name), { uid: effect.uid, signal })) !== 'conflict';
    case 'create-analysis-run':
      return (await cluster.create(resources.analysisRuns, effect.run, signal)).outcome === 'done';
    case 'terminate-analysis-run': {
      const patch = { type: 'merge', body: { spec: { terminate: true } } } as const;
      return (await cluster.patch(resources.analysisRuns, key(effect.name), patch, { signal })).outcome !== 'conflict';
    }
    default:
      return effect satisfies never;
  }
}

function replicaSetPatch(effect: Extract<ExperimentEffect, { readonly kind: 'patch-replica-set' }>): unknown {
  const { replicas, annotations, minReadySeconds, uid } = effect;
  const spec = { ...(replicas !== undefined && { replicas }), ...(minReadySeconds !== undefined && { minReadySeconds }) };
  return {
    // The uid makes the patch miss a ReplicaSet of the same name that came after the one decided on.
    metadata: { uid, ...(annotations !== undefined && { annotations }) },
    ...(Object.keys(spec).length > 0 && { spec }),
  };
}
