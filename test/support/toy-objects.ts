/** What the API server of a toy world makes of the writes to it. */
import type { AnalysisRun } from '../../src/api/analysis-run.ts';
import type { EndpointSlice, ReplicaSet, Service } from '../../src/api/kubernetes.ts';
import { annotations, labels } from '../../src/api/names.ts';
import type { Rollout, RolloutSpec } from '../../src/api/rollout.ts';
import type { Effect } from '../../src/core/rollout/decision.ts';
import type { ObservedWorkload } from '../../src/core/rollout/observed-workload.ts';
import { mergePatched } from './merge-patch.ts';

export interface Pod {
  readonly name: string;
  readonly readyAtMs: number;
  /** Whole seconds, as creation times are. */
  readonly bornMs: number;
  readonly metadata: NonNullable<ReplicaSet['spec']['template']['metadata']>;
}

type Annotations = Readonly<Record<string, string>>;
type EffectOf<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

export function rolloutOf(name: string, spec: RolloutSpec, worn?: Annotations): Rollout {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, namespace: 'default', uid: 'u-shop', generation: 1, ...(worn ? { annotations: worn } : {}) },
    spec,
  };
}

export function shopService(name: string): Service {
  return { metadata: { name, namespace: 'default' }, spec: { selector: { app: 'shop' }, ports: [{ port: 80 }] } };
}

export function storedReplicaSet(replicaSet: ReplicaSet, nowMs: number): ReplicaSet {
  const born = { uid: `u-${replicaSet.metadata.name}`, generation: 1, creationTimestamp: new Date(nowMs).toISOString() };
  return { ...replicaSet, metadata: { ...replicaSet.metadata, ...born }, status: { replicas: 0 } };
}

export function patchedReplicaSet(old: ReplicaSet, { replicas, annotations: patch }: EffectOf<'patch-replica-set'>): ReplicaSet {
  const generation = (old.metadata.generation ?? 0) + (replicas === undefined ? 0 : 1);
  return {
    ...old,
    metadata: { ...old.metadata, generation, annotations: annotationsWith(old.metadata.annotations, patch) },
    spec: { ...old.spec, ...(replicas === undefined ? {} : { replicas }) },
  };
}

export type Verdict = 'Running' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive';

/** One that has its verdict already keeps it. */
export function judgedRun(run: AnalysisRun, nowMs: number, phase: Verdict, message: string | undefined): AnalysisRun {
  const known = run.status?.phase;
  if (known !== undefined && known !== 'Running' && known !== 'Pending') return run;
  const startedAt = run.status?.startedAt ?? new Date(nowMs).toISOString();
  return { ...run, status: { phase, startedAt, ...(message === undefined ? {} : { message }) } };
}

export function scaledWorkload(old: ObservedWorkload | undefined, replicas: number): ObservedWorkload {
  if (old === undefined) throw new Error('no Deployment');
  return { ...old, replicas, generation: (old.generation ?? 0) + 1 };
}

/** Notes do not change the generation; the template does. */
export function dressedReplicaSet(old: ReplicaSet, { annotations: patch, template }: EffectOf<'dress-replica-set'>): ReplicaSet {
  const generation = (old.metadata.generation ?? 0) + (template === undefined ? 0 : 1);
  const spec = template === undefined ? old.spec : (mergePatched(old.spec, { template }) as ReplicaSet['spec']);
  return {
    ...old,
    metadata: { ...old.metadata, generation, annotations: annotationsWith(old.metadata.annotations, patch) },
    spec,
  };
}

export function switchedService(old: Service, { managedBy, hash }: EffectOf<'switch-service'>): Service {
  return {
    metadata: { ...old.metadata, annotations: { [annotations.managedBy]: managedBy } },
    spec: { ...old.spec, selector: { ...old.spec.selector, [labels.podTemplateHash]: hash } },
  };
}

/** All of them where it selects no version in particular. */
export function selectedBy({ spec }: Service, replicaSets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const hash = spec.selector?.[labels.podTemplateHash];
  return replicaSets.filter(({ metadata }) => hash === undefined || metadata.labels?.[labels.podTemplateHash] === hash);
}

export function sliceOf(service: string, pods: readonly Pod[]): EndpointSlice {
  const ready = pods.map(({ name }) => ({
    addresses: ['10.0.0.1'],
    conditions: { ready: true },
    targetRef: { kind: 'Pod', name },
  }));
  return { metadata: { name: `${service}-1` }, endpoints: ready };
}

/** Null removes. */
export function annotationsWith(
  old: Annotations | undefined,
  patch: Readonly<Record<string, string | null>> | undefined,
): Annotations {
  const entries = Object.entries({ ...old, ...patch }).filter((entry): entry is [string, string] => entry[1] !== null);
  return Object.fromEntries(entries);
}

export function terminate(runs: Map<string, AnalysisRun>, name: string): void {
  const run = runs.get(name);
  if (run !== undefined) runs.set(name, { ...run, spec: { ...run.spec, terminate: true } });
}
