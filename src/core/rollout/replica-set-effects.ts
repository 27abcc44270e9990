/** Turns planned sizes into writes: one patch per ReplicaSet at most, with everything that changes about it, larger ones before smaller. */
import { annotations } from '../../api/names.ts';
import type { Advance } from './advance.ts';
import type { Effect } from './decision.ts';
import { comesDown } from './descent.ts';
import { initialNote, newReplicaSet, renumbered, revisionOf } from './revisions.ts';
import { isWindowRollback } from './rollback-window.ts';
import { recordScaling, type Scaling } from './scaling-record.ts';
import type { Member, Situation } from './situation.ts';
import { type Chapter, deedOrder } from './story-order.ts';

export interface ReplicaSetEffects {
  readonly create: readonly Effect[];
  /** Patches that say how long pods stay, and take none: they go before what makes those pods superfluous. */
  readonly keep: readonly Effect[];
  /** Other patches that add pods or change none. */
  readonly raise: readonly Effect[];
  readonly lower: readonly Effect[];
  /** In the order of the effects. */
  readonly scalings: readonly Scaling[];
}

/** Changes of size are told behind everything else that a pass does, up before down. */
const firstScaling = { up: 40, down: 1_040 } as const;

export function replicaSetEffects(situation: Situation, { pods, retires }: Advance, chapter: Chapter): ReplicaSetEffects {
  const { current, stable, older, frozen, hash, revision } = situation;
  const create: Effect[] = [];
  const keep: Effect[] = [];
  const raise: Effect[] = [];
  const lower: Effect[] = [];
  const up: Scaling[] = [];
  const down: Scaling[] = [];
  const noted = (scaling: Omit<Scaling, 'order'>): Scaling => {
    const isLess = scaling.to < scaling.from;
    const nth = isLess ? firstScaling.down + down.length : firstScaling.up + up.length;
    const ordered = { ...scaling, order: deedOrder(chapter, nth) };
    (isLess ? down : up).push(ordered);
    return ordered;
  };
  const patch = (member: Member, wanted: number): void => {
    const { name, replicaSet } = member;
    const size = wanted > member.size && comesDown(member) ? member.size : wanted;
    const number = member === current ? revision : member.revision;
    const generation = replicaSet.metadata.generation ?? 0;
    const scaling = size === member.size ? undefined : noted({ name, revision: number, from: member.size, to: size, generation });
    const deadline = pods.deadlines.get(name);
    const effect = patchOf(situation, member, scaling, leaving(deadline, retires === name));
    const isKept = size >= member.size && typeof deadline === 'string';
    if (effect !== undefined) (size < member.size ? lower : isKept ? keep : raise).push(effect);
  };
  if (current !== undefined) patch(current, pods.current);
  else if (!frozen && hash !== '') {
    const made = newReplicaSet(situation, pods.current);
    const { name } = made.metadata;
    const scaling = pods.current > 0 ? noted({ name, revision, from: 0, to: pods.current, generation: 0 }) : undefined;
    const worn = { ...made.metadata.annotations, ...(scaling && recordScaling(undefined, scaling)) };
    create.push({ kind: 'create-replica-set', replicaSet: { ...made, metadata: { ...made.metadata, annotations: worn } } });
  }
  if (stable !== undefined && stable !== current) patch(stable, pods.stable);
  for (const [index, member] of older.entries()) patch(member, pods.older[index] ?? member.size);
  return { create, keep, raise, lower, scalings: [...up, ...down] };
}

/** What is noted on a ReplicaSet that is on its way out. */
function leaving(deadline: string | null | undefined, retires: boolean): Readonly<Record<string, string | null>> {
  return {
    ...(deadline === undefined ? {} : { [annotations.scaleDownDeadline]: deadline }),
    ...(retires && deadline !== undefined ? { [annotations.wasStable]: 'true' } : {}),
  };
}

function patchOf(
  situation: Situation,
  member: Member,
  scaling: Scaling | undefined,
  noted: Readonly<Record<string, string | null>>,
): Effect | undefined {
  const { rollout, replicas, frozen, current, stable, revision } = situation;
  const { replicaSet } = member;
  const living = member === current || member === stable;
  const wanted: Record<string, string | null> = {};
  if (member === current && !frozen && revisionOf(replicaSet) !== revision)
    Object.assign(wanted, renumbered(replicaSet, revision), initialNote(situation));
  if (member === current && !frozen && isWindowRollback(situation)) {
    const mark = { [annotations.rollbackWithinWindow]: String(revision) };
    if (replicaSet.metadata.annotations?.[annotations.rollbackWithinWindow] !== String(revision)) Object.assign(wanted, mark);
  }
  if (living && replicaSet.metadata.annotations?.[annotations.desiredReplicas] !== String(replicas)) {
    wanted[annotations.desiredReplicas] = String(replicas);
  }
  Object.assign(wanted, noted);
  if (scaling !== undefined) Object.assign(wanted, recordScaling(replicaSet, scaling));
  const minReady = rollout.spec.minReadySeconds ?? 0;
  const readyLate = living && !frozen && (replicaSet.spec.minReadySeconds ?? 0) !== minReady;
  const adopt = !(replicaSet.metadata.ownerReferences ?? []).some((owner) => owner.controller === true);
  if (Object.keys(wanted).length === 0 && !readyLate && !adopt) return undefined;
  return {
    kind: 'patch-replica-set',
    name: member.name,
    uid: member.uid,
    ...(scaling === undefined ? {} : { replicas: scaling.to }),
    ...(Object.keys(wanted).length === 0 ? {} : { annotations: wanted }),
    ...(readyLate ? { minReadySeconds: minReady } : {}),
    ...(adopt ? { adopt: true as const } : {}),
  };
}
