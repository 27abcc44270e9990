/**
 * The conditions of a Rollout, all computed anew in every pass. Each keeps the time of its last news and of its last change of status,
 * and says of which generation it speaks, so that waiting for one right after a change never succeeds on the old state.
 */
import {
  type ConditionReason,
  type ConditionStatus,
  type ConditionType,
  conditionMessages,
  conditionReasons,
  conditionTypes,
} from '../../api/reasons.ts';
import type { RolloutCondition } from '../../api/rollout.ts';
import { invalidSpecMessage } from '../../api/validation/invalid-spec.ts';
import type { Advance } from './advance.ts';
import { activeMember } from './blue-green/selected.ts';
import { type Course, isStable } from './command.ts';
import { conditionOf, countPods, isComplete, isGivenTimeByRestart, isStuck, podsMoved } from './progress.ts';
import type { Situation } from './situation.ts';
import { abortedUntil, pausedUntil } from './what-next.ts';

interface News {
  readonly type: ConditionType;
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly message: string;
  /** Says the same again, and that it is new. */
  readonly bump?: boolean;
}

/** In the order in which they are written. */
export function conditionsOf(situation: Situation, course: Course, moved: Advance): readonly RolloutCondition[] {
  const news: (News | undefined)[] = [
    availability(situation),
    health(situation, course, moved),
    completion(situation, course, moved),
    pausing(situation, course, moved),
    progressing(situation, course, moved),
    replicaFailure(situation),
    invalidity(situation),
  ];
  return news.filter((one) => one !== undefined).map((one) => updated(situation, one));
}

function updated(situation: Situation, { type, status, reason, message, bump }: News): RolloutCondition {
  const { now, generation, status: stored } = situation;
  const old = conditionOf(situation, type);
  // The incumbent's CRD drops this field, and its conditions lack it: neither is a reason to write again.
  const unknown = old !== undefined && old.observedGeneration === undefined && stored.observedGeneration === String(generation);
  const same = old !== undefined && old.status === status && old.reason === reason && old.message === message && bump !== true;
  return {
    type,
    status,
    reason,
    message,
    lastUpdateTime: same ? old.lastUpdateTime : now,
    lastTransitionTime: old?.status === status ? old.lastTransitionTime : now,
    ...(unknown ? {} : { observedGeneration: generation }),
  };
}

function availability(situation: Situation): News | undefined {
  // Of a Rollout that was never begun there is nothing to say but what is wrong with it.
  const isKnown = conditionOf(situation, conditionTypes.available) !== undefined;
  if (situation.frozen && situation.hash === '' && !isKnown) return undefined;
  const serving = situation.blueGreen === undefined ? (situation.current ?? situation.stable) : activeMember(situation);
  const enough = serving !== undefined && countPods(situation).available >= situation.replicas;
  return {
    type: conditionTypes.available,
    status: enough ? 'True' : 'False',
    reason: conditionReasons.available,
    message: enough ? conditionMessages.available : conditionMessages.notAvailable,
  };
}

export function willBeStable(situation: Situation, moved: Advance): boolean {
  return moved.promoted !== undefined || isStable(situation);
}

/** Appears with the first success. */
function health(situation: Situation, course: Course, moved: Advance): News | undefined {
  const counts = countPods(situation);
  const { replicas, rollout, frozen } = situation;
  const calm = rollout.spec.paused !== true && moved.pauses.length === 0 && !course.aborted && !frozen;
  const alone = situation.blueGreen === undefined ? counts.replicas === replicas : isSelectedAlone(situation);
  const whole = counts.updated === replicas && counts.available === replicas && alone;
  const healthy = calm && whole && willBeStable(situation, moved) && situation.current !== undefined;
  if (!healthy && conditionOf(situation, conditionTypes.healthy) === undefined) return undefined;
  return {
    type: conditionTypes.healthy,
    status: healthy ? 'True' : 'False',
    reason: conditionReasons.rolloutHealthy,
    message: healthy ? conditionMessages.healthy : conditionMessages.notHealthy,
  };
}

/** Pods of the version before may still wait for their end; no Service selects them. */
function isSelectedAlone({ selected, hash }: Situation): boolean {
  return selected?.active === hash && (selected.preview === undefined || selected.preview === hash);
}

function completion(situation: Situation, course: Course, moved: Advance): News | undefined {
  if (situation.hash === '' && situation.frozen) return undefined;
  const done = willBeStable(situation, moved) && !course.aborted;
  return {
    type: conditionTypes.completed,
    status: done ? 'True' : 'False',
    reason: conditionReasons.rolloutCompleted,
    message: conditionMessages.completed,
  };
}

/** Appears with the first pause or abort; an abort leaves its status as it was, since nothing goes on until a person says so. */
function pausing(situation: Situation, course: Course, moved: Advance): News | undefined {
  const old = conditionOf(situation, conditionTypes.paused);
  const paused = isPaused(situation, moved) || (course.aborted && old?.status === 'True');
  if (!paused && !course.aborted && old === undefined) return undefined;
  const waits = course.aborted ? abortedUntil(situation, moved) : pausedUntil(situation, moved);
  return {
    type: conditionTypes.paused,
    status: paused ? 'True' : 'False',
    reason: conditionReasons.rolloutPaused,
    message: paused || course.aborted ? waits : conditionMessages.notPaused,
  };
}

export function isPaused({ rollout }: Situation, moved: Advance): boolean {
  return rollout.spec.paused === true || moved.pauses.length > 0;
}

function progressing(situation: Situation, course: Course, moved: Advance): News | undefined {
  const { hash, frozen, name, current, observed, status } = situation;
  if (hash === '' && frozen) return undefined;
  const old = conditionOf(situation, conditionTypes.progressing);
  const replicaSet = current?.name ?? `${name}-${hash}`;
  const say = (state: ConditionStatus, reason: ConditionReason, message: string, bump = false): News => ({
    type: conditionTypes.progressing,
    status: state,
    reason,
    message,
    bump,
  });
  if (course.aborted) return abortNews(situation, course, old);
  const failure = observed.failures.find(({ effect }) => effect.kind === 'create-replica-set');
  if (failure !== undefined) return say('False', conditionReasons.replicaSetCreateError, failure.message);
  if (moved.promoted !== undefined || isComplete(situation)) {
    return say('True', conditionReasons.newReplicaSetAvailable, conditionMessages.replicaSetCompleted(replicaSet));
  }
  if (isPaused(situation, moved)) return say('Unknown', conditionReasons.rolloutPaused, conditionMessages.paused);
  if (course.restarted) {
    return current === undefined
      ? say('True', conditionReasons.newReplicaSetCreated, conditionMessages.replicaSetCreated(replicaSet), true)
      : say('True', conditionReasons.foundNewReplicaSet, conditionMessages.replicaSetFound(replicaSet), true);
  }
  if (course.retried) return say('Unknown', conditionReasons.rolloutRetry, conditionMessages.retry, true);
  if (old?.reason === conditionReasons.rolloutPaused)
    return say('Unknown', conditionReasons.rolloutResumed, conditionMessages.resumed, true);
  const moves = podsMoved(situation, countPods(situation)) || moved.index !== (status.currentStepIndex ?? moved.index);
  const updating = conditionMessages.replicaSetProgressing(replicaSet);
  if (old?.reason === conditionReasons.newReplicaSetAvailable) {
    const scaled = current === undefined || moved.pods.current !== current.size || current.total !== current.size;
    return scaled
      ? say('True', conditionReasons.replicaSetUpdated, updating)
      : say('True', conditionReasons.replicaSetNotAvailable, conditionMessages.replicaSetNotAvailable(replicaSet));
  }
  if (moves) return say('True', conditionReasons.replicaSetUpdated, updating, true);
  if (isStuck(situation, course))
    return say('False', conditionReasons.progressDeadlineExceeded, conditionMessages.replicaSetTimeout(replicaSet));
  if (old?.reason === conditionReasons.progressDeadlineExceeded && isGivenTimeByRestart(situation))
    return say('True', conditionReasons.replicaSetUpdated, updating, true);
  if (
    old === undefined ||
    old.reason === conditionReasons.rolloutAborted ||
    old.reason === conditionReasons.replicaSetCreateError
  ) {
    return say('True', conditionReasons.replicaSetUpdated, updating);
  }
  return { ...old, type: conditionTypes.progressing, status: statusWord(old.status) };
}

function abortNews({ revision }: Situation, course: Course, old: RolloutCondition | undefined): News {
  const { rolloutAborted } = conditionReasons;
  const known = !course.abortedNow && old?.reason === rolloutAborted ? old.message : undefined;
  return {
    type: conditionTypes.progressing,
    status: 'False',
    reason: rolloutAborted,
    message: known ?? conditionMessages.aborted(revision, course.abortDetail),
    bump: course.abortedNow,
  };
}

function statusWord(status: string): ConditionStatus {
  return status === 'True' || status === 'False' ? status : 'Unknown';
}

/** What a ReplicaSet says of pods that could not be made. */
function replicaFailure({ current, stable, older }: Situation): News | undefined {
  for (const member of [current, stable, ...older]) {
    const failure = member?.replicaSet.status?.conditions?.find(
      ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
    );
    if (failure !== undefined) {
      return {
        type: conditionTypes.replicaFailure,
        status: 'True',
        reason: failure.reason ?? 'FailedCreate',
        message: failure.message ?? '',
      };
    }
  }
  return undefined;
}

function invalidity({ problems, name }: Situation): News | undefined {
  if (problems.length === 0) return undefined;
  const { invalidSpec } = conditionTypes;
  return {
    type: invalidSpec,
    status: 'True',
    reason: conditionReasons.invalidSpec,
    message: invalidSpecMessage(name, problems),
  };
}
