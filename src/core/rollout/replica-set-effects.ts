/** Turns planned sizes into writes: one patch per ReplicaSet at most, with everything that changes about it, larger ones before smaller. */
import { annotations } from '../../api/names.ts';
import type { Advance } from './advance.ts';
import type { Effect } from './decision.ts';
import { newReplicaSet, renumbered } from './revisions.ts';
import type { Member, Situation } from './situation.ts';

/** A change of size, for people. */
export interface Scaling {
  readonly name: string;
  readonly revision: number;
  readonly from: number;
  readonly to: number;
  /** The ReplicaSet's generation before the change: what makes this change the only one of its kind. */
  readonly generation: number;
}

export interface ReplicaSetEffects {
  readonly create: readonly Effect[];
  /** Patches that add pods or change none. */
  readonly raise: readonly Effect[];
  readonly lower: readonly Effect[];
  /** In the order of the effects. */
  readonly scalings: readonly Scaling[];
}

export function replicaSetEffects(situation: Situation, { pods }: Advance): ReplicaSetEffects {
  const { current, stable, older, frozen, hash, revision } = situation;
  const create: Effect[] = [];
  const raise: Effect[] = [];
  const lower: Effect[] = [];
  const up: Scaling[] = [];
  const down: Scaling[] = [];
  const patch = (member: Member, size: number): void => {
    const effect = patchOf(situation, member, size, pods.deadlines.get(member.name));
    if (effect !== undefined) (size < member.size ? lower : raise).push(effect);
    if (size === member.size) return;
    const generation = member.replicaSet.metadata.generation ?? 0;
    const number = member === current ? revision : member.revision;
    (size < member.size ? down : up).push({ name: member.name, revision: number, from: member.size, to: size, generation });
  };
  if (current !== undefined) patch(current, pods.current);
  else if (!frozen && hash !== '') {
    const replicaSet = newReplicaSet(situation, pods.current);
    create.push({ kind: 'create-replica-set', replicaSet });
    if (pods.current > 0) up.push({ name: replicaSet.metadata.name, revision, from: 0, to: pods.current, generation: 0 });
  }
  if (stable !== undefined && stable !== current) patch(stable, pods.stable);
  for (const [index, member] of older.entries()) patch(member, pods.older[index] ?? member.size);
  return { create, raise, lower, scalings: [...up, ...down] };
}

function patchOf(situation: Situation, member: Member, size: number, deadline: string | null | undefined): Effect | undefined {
  const { rollout, replicas, frozen, current, stable, revision } = situation;
  const { replicaSet } = member;
  const living = member === current || member === stable;
  const wanted: Record<string, string | null> = member === current && !frozen ? { ...renumbered(replicaSet, revision) } : {};
  if (living && replicaSet.metadata.annotations?.[annotations.desiredReplicas] !== String(replicas)) {
    wanted[annotations.desiredReplicas] = String(replicas);
  }
  if (deadline !== undefined) wanted[annotations.scaleDownDeadline] = deadline;
  const minReady = rollout.spec.minReadySeconds ?? 0;
  const readyLate = living && !frozen && (replicaSet.spec.minReadySeconds ?? 0) !== minReady;
  const adopt = !(replicaSet.metadata.ownerReferences ?? []).some((owner) => owner.controller === true);
  if (Object.keys(wanted).length === 0 && size === member.size && !readyLate && !adopt) return undefined;
  return {
    kind: 'patch-replica-set',
    name: member.name,
    uid: member.uid,
    ...(size === member.size ? {} : { replicas: size }),
    ...(Object.keys(wanted).length === 0 ? {} : { annotations: wanted }),
    ...(readyLate ? { minReadySeconds: minReady } : {}),
    ...(adopt ? { adopt: true as const } : {}),
  };
}
