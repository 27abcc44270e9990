/** Sizes of the ReplicaSets of one Rollout, as a strategy wants them next, and until when those stay that are on their way out. */
import { annotations } from '../../api/names.ts';
import { type Member, type Situation, timestamp } from './situation.ts';

export interface PodPlan {
  /** Pods of the current template. */
  readonly current: number;
  /** Pods of the stable ReplicaSet where it is not the current one. */
  readonly stable: number;
  /** In the order of `situation.older`. */
  readonly older: readonly number[];
  /** ReplicaSet name -> its scale-down deadline, null to lift it. */
  readonly deadlines: ReadonlyMap<string, string | null>;
}

type Deadlines = Map<string, string | null>;

export function deadlineOf({ replicaSet }: Member): string | undefined {
  return replicaSet.metadata.annotations?.[annotations.scaleDownDeadline];
}

/** In so many seconds at the earliest; deadlines are whole seconds. */
export function deadlineIn({ nowMs }: Situation, seconds: number): string {
  return timestamp(nowMs + seconds * 1000 + 999);
}

/** A ReplicaSet that is current or stable again is not on its way out. */
export function liftedDeadlines({ current, stable }: Situation): ReadonlyMap<string, string | null> {
  const lifted = new Map<string, string | null>();
  for (const member of [current, stable]) {
    if (member !== undefined && deadlineOf(member) !== undefined) lifted.set(member.name, null);
  }
  return lifted;
}

/** The newest of the older versions that wait for their deadlines, as many as may; all where there is no limit. */
export function withinLimit({ older, nowMs }: Situation, limit: number | undefined): ReadonlySet<Member> {
  const waiting = older.filter((member) => member.size > 0 && Date.parse(deadlineOf(member) ?? '') > nowMs);
  return new Set(limit === undefined ? older : waiting.toReversed().slice(0, limit));
}

/** All of its pods until its deadline, none after it, without one, or where it is not among those that may wait. */
export function keptUntilDeadline(
  { nowMs }: Situation,
  member: Member,
  { deadlines, waiting }: { readonly deadlines: Deadlines; readonly waiting?: ReadonlySet<Member> },
): number {
  const deadline = deadlineOf(member);
  const mayWait = waiting === undefined || waiting.has(member);
  if (deadline !== undefined && Date.parse(deadline) > nowMs && mayWait) return member.size;
  if (deadline !== undefined) deadlines.set(member.name, null);
  return 0;
}

/** The version that an abort left: kept until nobody is sent to it (`released`) and stable is whole, and then for `delay` seconds; 0 keeps it. */
export function keptAfterAbort(
  situation: Situation,
  { released, delay }: { readonly released: boolean; readonly delay: number },
  deadlines: Deadlines,
): number {
  const { current, stable, replicas } = situation;
  if (current === undefined || current.size === 0) return 0;
  deadlines.delete(current.name);
  if (delay === 0 || !released) return current.size;
  if (deadlineOf(current) !== undefined) return keptUntilDeadline(situation, current, { deadlines });
  if ((stable?.available ?? 0) >= replicas) deadlines.set(current.name, deadlineIn(situation, delay));
  return current.size;
}

/** With the deadline of the version that was stable until now, whose pods stay for so many seconds. */
export function withFarewell<Plan extends PodPlan>(situation: Situation, pods: Plan, delay: number): Plan {
  const { stable } = situation;
  if (stable === undefined || delay <= 0) return pods;
  return { ...pods, deadlines: new Map([...pods.deadlines, [stable.name, deadlineIn(situation, delay)]]) };
}
