/**
 * `rampart.dev/on-failure: undo`: after a failed analysis or a missed deadline the stable revision's template goes back into the spec.
 * The failure stays visible in an annotation and in the abort, which outlives the undo, and the template that failed is not tried again
 * until a person retries. An abort by a person undoes nothing.
 */
import type { PodTemplate } from '../../api/kubernetes.ts';
import { annotations, onFailureUndo } from '../../api/names.ts';
import { findNewReplicaSet } from './identity/find-replica-set.ts';
import { podTemplateHash } from './identity/pod-template-hash.ts';
import { ownTemplate } from './injected/injected-template.ts';
import type { ObservedRollout } from './observed-rollout.ts';
import { hashOf, type Situation } from './situation.ts';

/** What `rampart.dev/last-failure` holds. */
export interface LastFailure {
  readonly revision: number;
  /** Pod-template hash of the version that failed. */
  readonly hash: string;
  readonly reason: string;
  /** RFC 3339; also the `abortedAt` of the abort that it caused. */
  readonly time: string;
  /** When the try that failed began, by which its story is known. */
  readonly startedAt?: string | undefined;
}

type OfRollout = Pick<Situation, 'rollout'>;

export function undoesFailures({ rollout }: OfRollout): boolean {
  return rollout.metadata.annotations?.[annotations.onFailure] === onFailureUndo;
}

/** Undefined where there is none or where it is not one of ours. */
export function lastFailure({ rollout }: OfRollout): LastFailure | undefined {
  const text = rollout.metadata.annotations?.[annotations.lastFailure];
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { revision, hash, reason, time, startedAt } = value as Record<string, unknown>;
  if (typeof revision !== 'number' || typeof hash !== 'string' || typeof reason !== 'string' || typeof time !== 'string')
    return undefined;
  return { revision, hash, reason, time, startedAt: typeof startedAt === 'string' ? startedAt : undefined };
}

/** The time of the abort that stays in force although the spec is the stable one again, because it was put back by ourselves. */
export function abortAfterUndo(situation: Situation): string | undefined {
  const { status, stable, hash } = situation;
  const failure = undoesFailures(situation) ? lastFailure(situation) : undefined;
  const ours =
    failure !== undefined && status.abort === true && status.abortedAt !== undefined && status.currentPodHash === failure.hash;
  return ours && stable !== undefined && hash === status.stableRS ? status.abortedAt : undefined;
}

/** Why the current template is not to be tried: it failed, and nobody has asked for another try. */
export function failedBefore(situation: Situation): string | undefined {
  const { stable, hash, status } = situation;
  const failure = undoesFailures(situation) ? lastFailure(situation) : undefined;
  if (failure === undefined || failure.hash !== hash || stable === undefined || hash === status.stableRS) return undefined;
  return `this template failed at ${failure.time} as revision ${failure.revision} (${failure.reason}); change it, or retry to try it again`;
}

/** When the current template failed, if that was noted before a pass ended early: its abort keeps that time. */
export function timeOfFailure(situation: Situation): string | undefined {
  const failure = undoesFailures(situation) ? lastFailure(situation) : undefined;
  return failure?.hash === situation.hash ? failure.time : undefined;
}

/** The annotation that tells of a failure, written in the pass that aborts. */
export function failureAnnotation(situation: Situation, reason: string, time: string): Readonly<Record<string, string>> {
  const { revision, hash, status } = situation;
  const failure: LastFailure = { revision, hash, reason, time, startedAt: status.duration?.rolloutStartedAt };
  return { [annotations.lastFailure]: JSON.stringify(failure) };
}

/** The template to put back now: once the abort that the failure caused is stored, and while the spec is one that can be obeyed. */
export function templateToPutBack(
  situation: Situation,
): { readonly template: PodTemplate; readonly failure: LastFailure } | undefined {
  const { status, stable, current, frozen } = situation;
  const failure = undoesFailures(situation) && !frozen ? lastFailure(situation) : undefined;
  if (failure === undefined || stable === undefined || stable === current) return undefined;
  if (status.abort !== true || status.abortedAt !== failure.time || status.currentPodHash !== failure.hash) return undefined;
  // The same template given again within the second of the failure has a revision of its own.
  if (situation.hash !== failure.hash || situation.revision !== failure.revision) return undefined;
  return { template: ownTemplate(stable.replicaSet), failure };
}

/** The failure for which the stable template was put back, where that is stored and the abort it caused is still in force. */
export function failureTakenBack({
  rollout,
  replicaSets,
}: Pick<ObservedRollout, 'rollout' | 'replicaSets'>): LastFailure | undefined {
  const { status } = rollout;
  const failure = undoesFailures({ rollout }) ? lastFailure({ rollout }) : undefined;
  if (failure === undefined || status?.abort !== true || status.abortedAt !== failure.time) return undefined;
  const template = rollout.spec.template ?? {};
  const wanted = findNewReplicaSet(template, replicaSets, podTemplateHash(template, status.collisionCount ?? undefined));
  return wanted !== undefined && hashOf(wanted) === status.stableRS ? failure : undefined;
}
