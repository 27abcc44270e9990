/**
 * What one look at a Rollout comes to: which ReplicaSet is the current one, which is stable, which are older, and how many pods each
 * has. Immutable and derived from the observed world alone; what is to be done about it is for others to decide.
 */
import type { ReplicaSet } from '../../api/kubernetes.ts';
import { annotations, labels } from '../../api/names.ts';
import type { Problem } from '../../api/problem.ts';
import type { BlueGreenStrategy, CanaryStep, CanaryStrategy, Rollout, RolloutStatus } from '../../api/rollout.ts';
import { type Selected, selectedBy } from './blue-green/selected.ts';
import { type Bounds, boundsFor } from './canary-replicas.ts';
import { findNewReplicaSet } from './identity/find-replica-set.ts';
import { podTemplateHash } from './identity/pod-template-hash.ts';
import { stepHash } from './identity/step-hash.ts';
import type { ObservedRollout } from './observed-rollout.ts';
import { sizeOfReferent } from './observed-workload.ts';
import { inTurn } from './ping-pong.ts';
import { rolloutProblems } from './problems.ts';
import { revisionOf } from './revisions.ts';

/** A ReplicaSet with its pods counted; `available` never exceeds `size`. */
export interface Member {
  readonly replicaSet: ReplicaSet;
  readonly name: string;
  readonly uid: string;
  readonly hash: string;
  readonly revision: number;
  /** Pods asked for. */
  readonly size: number;
  readonly available: number;
  readonly ready: number;
  /** Pods that exist. */
  readonly total: number;
  /** True while pods that are counted may be about to go: more than one change of its size has not been seen by its controller. */
  readonly unsettled: boolean;
}

export interface Situation {
  readonly observed: ObservedRollout;
  readonly rollout: Rollout;
  readonly status: RolloutStatus;
  readonly nowMs: number;
  /** `nowMs` as status writes times. */
  readonly now: string;
  readonly generation: number;
  readonly name: string;
  /** Pods wanted. */
  readonly replicas: number;
  /** Empty where the strategy is blue-green; its two Services are those of this moment. */
  readonly canary: CanaryStrategy;
  /** Undefined where the strategy is a canary. */
  readonly blueGreen: BlueGreenStrategy | undefined;
  /** What the Services of blue-green select; undefined for a canary. */
  readonly selected: Selected | undefined;
  readonly steps: readonly CanaryStep[];
  readonly routed: boolean;
  readonly maxWeight: number;
  readonly bounds: Bounds;
  readonly problems: readonly Problem[];
  /** True while the spec is invalid: nothing new begins; abort, scaling and safety go on. */
  readonly frozen: boolean;
  /** Of the current pod template. */
  readonly hash: string;
  readonly stepHash: string;
  readonly collisionCount: number | undefined;
  /** The template or the steps are not those that the status speaks of. */
  readonly templateChanged: boolean;
  readonly stepsChanged: boolean;
  /** Undefined until its ReplicaSet exists. */
  readonly current: Member | undefined;
  /** Undefined on a first deployment. May be the same as `current`. */
  readonly stable: Member | undefined;
  /** Neither current nor stable, oldest revision first; those without pods too. */
  readonly older: readonly Member[];
  /** Of the current template: what its ReplicaSet has or will get. */
  readonly revision: number;
}

/** Looks at everything once. */
export function survey(observed: ObservedRollout, nowMs: number): Situation {
  const { rollout } = observed;
  const status = rollout.status ?? {};
  const problems = rolloutProblems(observed);
  const frozen = problems.length > 0;
  const blueGreen = blueGreenOf(rollout, status, frozen);
  const canary: CanaryStrategy = blueGreen === undefined ? inTurn(rollout.spec?.strategy?.canary ?? {}, status.canary) : {};
  const steps = canary.steps ?? [];
  const identity = frozen ? frozenIdentity(observed, status) : identify(observed, status);
  const members = observed.replicaSets.filter((one) => one.metadata.deletionTimestamp === undefined).map(memberOf);
  const current = members.find(
    (one) => one.uid === identity.replicaSet?.metadata.uid && one.name === identity.replicaSet?.metadata.name,
  );
  const stable = status.stableRS ? members.find((one) => one.hash === status.stableRS) : undefined;
  const older = members.filter((one) => one !== current && one !== stable).sort((a, b) => a.revision - b.revision);
  const steps_ = frozen ? (status.currentStepHash ?? '') : blueGreen === undefined ? stepHash(canary.steps) : '';
  const replicas = isBadNumber(problems) ? replicasBefore(current ?? stable) : (rollout.spec?.replicas ?? sizeOfReferent(observed));
  const others = members.filter((one) => one !== current).reduce((newest, one) => Math.max(newest, one.revision), 0);
  return {
    observed,
    rollout,
    status,
    nowMs,
    now: timestamp(nowMs),
    generation: rollout.metadata.generation ?? 0,
    name: rollout.metadata.name,
    replicas,
    canary,
    blueGreen,
    selected: blueGreen && selectedBy(observed, blueGreen, status),
    steps,
    routed: canary.trafficRouting !== undefined,
    maxWeight: weightsOutOf(canary),
    // Bounds that are lost are taken for the strictest.
    bounds: boundsFor(
      replicas,
      canary.maxSurge,
      frozen && rollout.spec?.strategy?.canary === undefined ? 0 : canary.maxUnavailable,
    ),
    problems,
    frozen,
    hash: identity.hash,
    stepHash: steps_,
    collisionCount: identity.collisionCount,
    templateChanged: identity.hash !== (status.currentPodHash ?? ''),
    stepsChanged: steps_ !== (status.currentStepHash ?? ''),
    current,
    stable,
    older,
    revision: current !== undefined && current.revision > others ? current.revision : others + 1,
  };
}

/** The strategy of an invalid spec is not obeyed: the one that was under way is. */
function blueGreenOf({ spec }: Rollout, { blueGreen }: RolloutStatus, frozen: boolean): BlueGreenStrategy | undefined {
  const wanted = spec?.strategy?.blueGreen;
  if (!frozen) return wanted;
  return blueGreen?.activeSelector === undefined ? undefined : (wanted ?? { activeService: '' });
}

function isBadNumber(problems: readonly Problem[]): boolean {
  return problems.some(({ path }) => path === 'spec.replicas');
}

/** A maximum that nobody can mean counts as none. */
function weightsOutOf({ trafficRouting }: CanaryStrategy): number {
  const maxWeight = trafficRouting?.maxTrafficWeight ?? 100;
  return maxWeight >= 1 ? maxWeight : 100;
}

/** A number that nobody can mean takes no pods away: the one that was wanted last stays in force. */
function replicasBefore(member: Member | undefined): number {
  const wanted = Number(member?.replicaSet.metadata.annotations?.[annotations.desiredReplicas] ?? Number.NaN);
  return Number.isSafeInteger(wanted) && wanted >= 0 ? wanted : (member?.size ?? 1);
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timestamp(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

interface Identity {
  readonly hash: string;
  readonly collisionCount: number | undefined;
  readonly replicaSet: ReplicaSet | undefined;
}

/** Names that are taken by others make the hash move on; bounded, since each collision is one in four thousand million. */
const maxCollisions = 16;

function identify(observed: ObservedRollout, status: RolloutStatus): Identity {
  const { rollout } = observed;
  const template = rollout.spec?.template ?? {};
  let collisionCount = status.collisionCount ?? undefined;
  for (let attempt = 0; attempt < maxCollisions; attempt += 1) {
    const hash = podTemplateHash(template, collisionCount);
    const replicaSet = findNewReplicaSet(template, observed.replicaSets, hash);
    if (replicaSet !== undefined) return { hash: hashOf(replicaSet) ?? hash, collisionCount, replicaSet };
    if (!observed.foreignReplicaSets.has(`${rollout.metadata.name}-${hash}`)) return { hash, collisionCount, replicaSet };
    collisionCount = (collisionCount ?? 0) + 1;
  }
  return { hash: podTemplateHash(template, collisionCount), collisionCount, replicaSet: undefined };
}

/** An invalid spec is not obeyed: what was under way before stays the current one. */
function frozenIdentity(observed: ObservedRollout, status: RolloutStatus): Identity {
  const hash = status.currentPodHash ?? '';
  const replicaSet = hash === '' ? undefined : observed.replicaSets.find((one) => hashOf(one) === hash);
  return { hash, collisionCount: status.collisionCount ?? undefined, replicaSet };
}

export function hashOf(replicaSet: ReplicaSet): string | undefined {
  return replicaSet.metadata.labels?.[labels.podTemplateHash];
}

function memberOf(replicaSet: ReplicaSet): Member {
  const size = replicaSet.spec.replicas ?? 1;
  return {
    replicaSet,
    name: replicaSet.metadata.name,
    uid: replicaSet.metadata.uid ?? '',
    hash: hashOf(replicaSet) ?? '',
    revision: revisionOf(replicaSet),
    size,
    available: Math.min(size, replicaSet.status?.availableReplicas ?? 0),
    ready: replicaSet.status?.readyReplicas ?? 0,
    total: replicaSet.status?.replicas ?? 0,
    unsettled: (replicaSet.metadata.generation ?? 0) - (replicaSet.status?.observedGeneration ?? Number.NaN) > 1,
  };
}
