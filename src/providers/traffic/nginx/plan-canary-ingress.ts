/** What has to be written so that a live canary Ingress is as it shall be: nothing, the whole object, or a merge patch of what differs. */
import { isDeepStrictEqual } from 'node:util';
import { annotations as names } from '../../../api/names.ts';
import {
  type CanaryIntent,
  type CanaryOwner,
  canaryAnnotations,
  canarySpec,
  liveWeight,
  markText,
  ownerReference,
  ownership,
  ownKeys,
  weights,
} from './canary-ingress.ts';
import type { Ingress, IngressSpec } from './ingress-object.ts';

export type CanaryPlan =
  /** `ingress` undefined: it is not there, and shall not be. */
  | { readonly kind: 'as-is'; readonly ingress: Ingress | undefined }
  | { readonly kind: 'create'; readonly ingress: Ingress }
  /** Guarded by the version that was read. `changes`: the same for the same difference, whenever it is found. */
  | { readonly kind: 'patch'; readonly body: object; readonly changes: string }
  /** Nothing can be written now. `message` follows its name. `passes`: it is a matter of time. */
  | { readonly kind: 'problem'; readonly message: string; readonly passes: boolean };

export interface CanaryPlace {
  readonly name: string;
  /** As it is; undefined where it is not there. */
  readonly live: Ingress | undefined;
  readonly nowMs: number;
}

/** `stable`: the user's Ingress. */
export function planCanary(stable: Ingress, intent: CanaryIntent, { name, live, nowMs }: CanaryPlace): CanaryPlan {
  const wanted = canaryAnnotations(stable, intent);
  const spec = canarySpec(stable, intent);
  const mark = { [names.weightsOf]: markText(intent, Object.keys(wanted)) };
  if (live === undefined) {
    const stamp = intent.canaryWeight > 0 ? stampOf(nowMs) : {};
    const metadata = {
      name,
      namespace: intent.owner.namespace,
      annotations: { ...wanted, ...mark, ...stamp },
      ownerReferences: [ownerReference(intent.owner)],
    };
    return { kind: 'create', ingress: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata, spec } };
  }
  const problem = ownerProblem(live, intent.owner);
  if (problem !== undefined) return problem;
  const annotations = annotationChanges(live, intent, wanted);
  const changes = { ...ownerChange(live, intent.owner), ...specChange(live.spec ?? {}, spec) };
  if (Object.keys(annotations).length === 0 && Object.keys(changes).length === 0) return { kind: 'as-is', ingress: live };
  const isMet = intent.canaryWeight > 0 || liveWeight(live, intent.routing.prefix, intent.maxWeight) > 0;
  const worn = { ...annotations, ...mark, ...(isMet && stampOf(nowMs)) };
  return { kind: 'patch', body: patchBody(live, worn, changes), changes: JSON.stringify([annotations, changes]) };
}

/** Where nobody can say what the canary Ingress shall be: no more weight than wanted, and otherwise as it is. */
export function planLowered(intent: CanaryIntent, { live, nowMs }: CanaryPlace): CanaryPlan {
  if (live === undefined || ownerProblem(live, intent.owner) !== undefined) return { kind: 'as-is', ingress: undefined };
  if (liveWeight(live, intent.routing.prefix, intent.maxWeight) <= intent.canaryWeight) return { kind: 'as-is', ingress: live };
  const taken = weights(intent);
  return { kind: 'patch', body: patchBody(live, { ...taken, ...stampOf(nowMs) }, {}), changes: JSON.stringify(taken) };
}

function ownerProblem(live: Ingress, owner: CanaryOwner): CanaryPlan | undefined {
  const whose = ownership(live, owner);
  if (whose === 'other') {
    const message = `is there and is not this Rollout's: it has another owner, or none; it is left alone, so rename it or take it away`;
    return { kind: 'problem', message, passes: false };
  }
  if (whose === 'gone' || live.metadata.deletionTimestamp !== undefined)
    return { kind: 'problem', message: 'is being removed with what it belonged to, and is made anew then', passes: true };
  return undefined;
}

function annotationChanges(
  live: Ingress,
  intent: CanaryIntent,
  wanted: Readonly<Record<string, string>>,
): Readonly<Record<string, string | null>> {
  const worn = live.metadata.annotations ?? {};
  const strange = ownKeys(live, intent.owner, intent.routing.prefix).filter((key) => !Object.hasOwn(wanted, key));
  return Object.fromEntries([
    ...Object.entries(wanted).filter(([key, value]) => worn[key] !== value),
    ...strange.map((key) => [key, null] as const),
  ]);
}

function ownerChange({ metadata }: Ingress, owner: CanaryOwner): object {
  const present = metadata.ownerReferences ?? [];
  if (present.some(({ uid }) => uid === owner.uid)) return {};
  return { ownerReferences: [...present, ownerReference(owner)] };
}

/** Fields of the spec that differ, each whole: all of them are ours. */
function specChange(live: IngressSpec, wanted: IngressSpec): object {
  const fields = (['ingressClassName', 'rules', 'tls', 'defaultBackend'] as const).filter(
    (field) => !isDeepStrictEqual(live[field], wanted[field]),
  );
  return fields.length === 0 ? {} : { spec: Object.fromEntries(fields.map((field) => [field, wanted[field] ?? null])) };
}

function patchBody(
  live: Ingress,
  annotations: object,
  changes: { readonly ownerReferences?: unknown; readonly spec?: unknown },
): object {
  const { ownerReferences, spec } = changes;
  const metadata = {
    resourceVersion: live.metadata.resourceVersion,
    annotations,
    ...(ownerReferences !== undefined && { ownerReferences }),
  };
  return { metadata, ...(spec !== undefined && { spec }) };
}

function stampOf(nowMs: number): Readonly<Record<string, string>> {
  return { [names.weightedAt]: new Date(nowMs).toISOString() };
}
