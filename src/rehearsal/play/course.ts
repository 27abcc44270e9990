/** How a release stands: on its way, or at one of its ends; and whether it waits for a person. Functions of the Rollout and its traffic alone. */
import type { Rollout } from '../../api/rollout.ts';
import { pauseMs } from '../../core/rollout/steps.ts';
import type { Ending } from '../report.ts';

export interface CourseFacts {
  readonly rollout: Rollout | undefined;
  /** Hashes of the templates. */
  readonly oldHash: string;
  readonly newestHash: string | undefined;
  /** Percent of the requests that versions besides the old one are given. */
  readonly weight: number;
}

/** Undefined while it goes on. */
export function endOf({ rollout, oldHash, newestHash, weight }: CourseFacts): Exclude<Ending, 'stuck'> | undefined {
  if (rollout === undefined) return 'gone';
  const { status, metadata } = rollout;
  if (status?.observedGeneration !== String(metadata.generation)) return undefined;
  const { stableRS, currentPodHash, abort, phase } = status;
  const isNewest = currentPodHash === newestHash;
  if (isNewest && stableRS === currentPodHash && stableRS !== oldHash && phase === 'Healthy') return 'completed';
  const isBack = abort === true || (currentPodHash === oldHash && phase === 'Healthy');
  if (isBack && stableRS === oldHash && weight < leastWeight) return 'aborted';
  return isUndecided(rollout) ? 'waiting' : undefined;
}

const leastWeight = 0.5;

/** An analysis could not decide: a person has to. */
export function isUndecided({ status }: Rollout): boolean {
  return (status?.pauseConditions ?? []).some(({ reason }) => reason.startsWith('Inconclusive'));
}

/** It stands at a pause that only a person ends; the text tells one such pause from another. */
export function personalPause({ spec, status }: Rollout): string | undefined {
  if (spec.paused === true) return 'spec.paused';
  const pause = status?.pauseConditions?.[0];
  if (pause === undefined || status?.abort === true) return undefined;
  const at = `${pause.reason} ${pause.startTime} ${status?.currentStepIndex}`;
  if (pause.reason === 'BlueGreenPause') return (spec.strategy?.blueGreen?.autoPromotionSeconds ?? 0) > 0 ? undefined : at;
  if (pause.reason !== 'CanaryPauseStep') return undefined;
  const step = spec.strategy?.canary?.steps?.[status?.currentStepIndex ?? -1];
  return step?.pause !== undefined && pauseMs(step.pause.duration === '' ? undefined : step.pause.duration) === undefined
    ? at
    : undefined;
}
