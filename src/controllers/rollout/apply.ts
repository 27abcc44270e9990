/**
 * Carries out the effects of a decision in their order. Each is idempotent, so a pass that was cut short is simply repeated. What the
 * API server refuses for good comes back as a failure, for the next decision to put into words; what may pass is thrown and tried again.
 */
import { annotations, labels } from '../../api/names.ts';
import * as resources from '../../api/resources.ts';
import type { Rollout } from '../../api/rollout.ts';
import type { Effect } from '../../core/rollout/decision.ts';
import type { EffectFailure } from '../../core/rollout/observed-rollout.ts';
import type { RouteEvidence } from '../../core/rollout/routes.ts';
import type { TrafficRouter } from '../../providers/traffic/traffic-router.ts';
import { ApiError, type Cluster, type JsonPatchOperation, type ObjectKey, type Patch } from '../../runtime/cluster.ts';
import { createRun } from './create-run.ts';

export interface World {
  readonly cluster: Cluster;
  readonly router: TrafficRouter | undefined;
  readonly signal: AbortSignal;
}

export interface Applied {
  /** `done`: all of them; `failed`: see `failures`; `stale`: the world is not as the decision saw it, look again. */
  readonly outcome: 'done' | 'failed' | 'stale';
  readonly failures: readonly EffectFailure[];
  /** What the router said, if it was asked. */
  readonly routes: RouteEvidence | undefined;
  /** The Rollout's resourceVersion after our own writes to it. */
  readonly resourceVersion: string | undefined;
}

export async function applyEffects(rollout: Rollout, effects: readonly Effect[], world: World): Promise<Applied> {
  let routes: RouteEvidence | undefined;
  let { resourceVersion } = rollout.metadata;
  for (const effect of effects) {
    try {
      if (effect.kind === 'converge-routes') {
        routes = await world.router?.converge(effect.desired, world.signal);
        continue;
      }
      if (effect.kind === 'patch-rollout') {
        const patched = await patchRollout(rollout, resourceVersion, effect, world);
        if (patched === undefined) return { outcome: 'stale', failures: [], routes, resourceVersion };
        resourceVersion = patched.metadata.resourceVersion;
        continue;
      }
      if (!(await applyEffect(rollout, effect, world))) return { outcome: 'stale', failures: [], routes, resourceVersion };
    } catch (error) {
      if (!(error instanceof ApiError) || error.isTransient || error.code === 'aborted') throw error;
      return { outcome: 'failed', failures: [{ effect, message: error.message }], routes, resourceVersion };
    }
  }
  return { outcome: 'done', failures: [], routes, resourceVersion };
}

type PlainEffect = Exclude<Effect, { readonly kind: 'converge-routes' | 'patch-rollout' }>;

/** False where the object is not as the decision saw it. */
async function applyEffect(rollout: Rollout, effect: PlainEffect, { cluster, signal }: World): Promise<boolean> {
  const { namespace } = rollout.metadata;
  const key = (name: string): ObjectKey => ({ namespace, name });
  switch (effect.kind) {
    case 'create-replica-set':
      return (await cluster.create(resources.replicaSets, effect.replicaSet, signal)).outcome === 'done';
    case 'patch-replica-set':
      return (
        (
          await cluster.patch(
            resources.replicaSets,
            key(effect.name),
            { type: 'merge', body: replicaSetPatch(rollout, effect) },
            { signal },
          )
        ).outcome === 'done'
      );
    case 'dress-replica-set': {
      const { uid, annotations: notes, template } = effect;
      const body = { metadata: { uid, annotations: notes }, ...(template !== undefined && { spec: { template } }) };
      const patched = await cluster.patch(resources.replicaSets, key(effect.name), { type: 'merge', body }, { signal });
      return patched.outcome === 'done';
    }
    case 'delete-replica-set':
      return (
        (await cluster.delete(resources.replicaSets, key(effect.name), { uid: effect.uid, propagation: 'Background', signal })) !==
        'conflict'
      );
    case 'scale-deployment': {
      const patch = { type: 'merge', body: { metadata: { uid: effect.uid }, spec: { replicas: effect.replicas } } } as const;
      const scaled = await cluster.patch(resources.deployments, key(effect.name), patch, { subresource: 'scale', signal });
      return scaled.outcome === 'done';
    }
    case 'switch-service': {
      const body = {
        metadata: { annotations: { [annotations.managedBy]: effect.managedBy } },
        spec: { selector: { [labels.podTemplateHash]: effect.hash } },
      };
      return (await cluster.patch(resources.services, key(effect.name), { type: 'merge', body }, { signal })).outcome === 'done';
    }
    case 'create-analysis-run':
      return await createRun(rollout, effect.run, cluster, signal);
    case 'terminate-analysis-run': {
      const body = { spec: { terminate: true } };
      return (
        (await cluster.patch(resources.analysisRuns, key(effect.name), { type: 'merge', body }, { signal })).outcome !== 'conflict'
      );
    }
    case 'create-experiment':
      return (await cluster.create(resources.experiments, effect.experiment, signal)).outcome === 'done';
    case 'terminate-experiment': {
      const patch = { type: 'merge', body: { spec: { terminate: true } } } as const;
      return (await cluster.patch(resources.experiments, key(effect.name), patch, { signal })).outcome !== 'conflict';
    }
    case 'delete-experiment':
      return (
        (await cluster.delete(resources.experiments, key(effect.name), { uid: effect.uid, propagation: 'Background', signal })) !==
        'conflict'
      );
    case 'delete-analysis-run':
      return (
        (await cluster.delete(resources.analysisRuns, key(effect.name), { uid: effect.uid, propagation: 'Background', signal })) !==
        'conflict'
      );
    default:
      return effect satisfies never;
  }
}

function replicaSetPatch(rollout: Rollout, effect: Extract<Effect, { readonly kind: 'patch-replica-set' }>): unknown {
  const { replicas, annotations, minReadySeconds, adopt, uid } = effect;
  const { name, uid: owner } = rollout.metadata;
  const reference = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    name,
    uid: owner,
    controller: true,
    blockOwnerDeletion: true,
  };
  const spec = { ...(replicas !== undefined && { replicas }), ...(minReadySeconds !== undefined && { minReadySeconds }) };
  return {
    // The uid makes the patch miss a ReplicaSet of the same name that came after the one decided on.
    metadata: { uid, ...(annotations !== undefined && { annotations }), ...(adopt === true && { ownerReferences: [reference] }) },
    ...(Object.keys(spec).length > 0 && { spec }),
  };
}

/** Guarded: undefined where someone has written to the Rollout since it was looked at. */
async function patchRollout(
  rollout: Rollout,
  resourceVersion: string | undefined,
  effect: Extract<Effect, { readonly kind: 'patch-rollout' }>,
  { cluster, signal }: World,
): Promise<Rollout | undefined> {
  const { namespace, name } = rollout.metadata;
  const patch = rolloutPatch(rollout, resourceVersion, effect);
  const result = await cluster.patch(resources.rollouts, { namespace, name }, patch, { signal });
  return result.outcome === 'done' ? result.object : undefined;
}

function rolloutPatch(
  rollout: Rollout,
  resourceVersion: string | undefined,
  effect: Extract<Effect, { readonly kind: 'patch-rollout' }>,
): Patch {
  const { annotations, replicas, template } = effect;
  if (template === undefined) {
    const metadata = { resourceVersion, ...(annotations !== undefined && { annotations }) };
    return { type: 'merge', body: { metadata, ...(replicas !== undefined && { spec: { replicas } }) } };
  }
  // A merge patch would keep fields that the failed version added: the template is replaced whole, behind a test.
  const present = rollout.metadata.annotations;
  const changes = Object.entries(annotations ?? {}).filter(([key, value]) => value !== null || present?.[key] !== undefined);
  return {
    type: 'json',
    body: [
      { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'replace', path: '/spec/template', value: template },
      ...(replicas === undefined ? [] : [{ op: 'add' as const, path: '/spec/replicas', value: replicas }]),
      ...(present === undefined && changes.length > 0 ? [{ op: 'add' as const, path: '/metadata/annotations', value: {} }] : []),
      ...changes.map(([key, value]): JsonPatchOperation => {
        const path = `/metadata/annotations/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        return value === null ? { op: 'remove', path } : { op: 'add', path, value };
      }),
    ],
  };
}
