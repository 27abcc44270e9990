/**
 * What `promote` writes for the Rollout as it is: pause conditions cleared, a step skipped, or everything. A write that counts a step
 * on is guarded by the version it was counted from, so that no step is skipped which the person has not seen.
 */
import type { Rollout } from '../../api/rollout.ts';
import { mergeStatus, resume, type Write } from './simple.ts';

export type PromoteMode = 'plain' | 'full' | 'skip-current-step' | 'skip-all-steps';

export interface Promotion {
  /** In their order. */
  readonly writes: readonly Write[];
  /** For the person: what it comes to. */
  readonly says: string;
}

/** A sentence where there is nothing to promote. */
export type NoPromotion = { readonly refused: string };

export function promotion(rollout: Rollout, mode: PromoteMode): Promotion | NoPromotion {
  switch (mode) {
    case 'full':
      return promoteFull(rollout);
    case 'skip-current-step':
    case 'skip-all-steps':
      return skip(rollout, mode);
    case 'plain':
      return promote(rollout);
  }
}

function promote(rollout: Rollout): Promotion | NoPromotion {
  const { spec, status } = rollout;
  const steps = spec.strategy?.canary?.steps ?? [];
  const isPaused = (status?.pauseConditions ?? []).length > 0;
  const index = status?.currentStepIndex;
  const next = index === undefined || index >= steps.length ? undefined : index + 1;
  const unpause = spec.paused === true ? [resume] : [];
  const undecided =
    status?.canary?.currentStepAnalysisRunStatus?.status === 'Inconclusive' && isPaused && status?.controllerPause === true;
  if (undecided && next !== undefined) {
    const write = mergeStatus({ pauseConditions: null, controllerPause: false, currentStepIndex: next });
    return {
      writes: [guarded(write, rollout), ...unpause],
      says: `goes on with step ${next + 1} in spite of an analysis that could not decide`,
    };
  }
  if (isPaused) return { writes: [mergeStatus({ pauseConditions: null }), ...unpause], says: 'goes on after its pause' };
  if (spec.strategy?.canary !== undefined && next !== undefined) {
    const write = mergeStatus({ pauseConditions: null, currentStepIndex: next });
    return { writes: [guarded(write, rollout), ...unpause], says: `skips step ${next}` };
  }
  if (unpause.length > 0) return { writes: unpause, says: 'is no longer held by spec.paused' };
  return { refused: 'it neither pauses nor has a step left' };
}

function promoteFull({ spec, status }: Rollout): Promotion | NoPromotion {
  const unpause = spec.paused === true ? [resume] : [];
  const isUpdating = status?.currentPodHash !== status?.stableRS;
  if (isUpdating)
    return {
      writes: [mergeStatus({ promoteFull: true }), ...unpause],
      says: 'is promoted without its remaining steps, pauses and analyses',
    };
  if (unpause.length > 0) return { writes: unpause, says: 'is no longer held by spec.paused' };
  return { refused: 'the version in its spec is the stable one already' };
}

function skip(rollout: Rollout, mode: 'skip-current-step' | 'skip-all-steps'): Promotion | NoPromotion {
  const { spec, status } = rollout;
  const steps = spec.strategy?.canary?.steps ?? [];
  if (steps.length === 0) return { refused: `there are no steps to skip: --${mode} is for canaries with steps` };
  const index = status?.currentStepIndex ?? 0;
  if (index >= steps.length) return { refused: 'all its steps are done' };
  const next = mode === 'skip-all-steps' ? steps.length : index + 1;
  const write = mergeStatus({ pauseConditions: null, currentStepIndex: next });
  return { writes: [guarded(write, rollout)], says: mode === 'skip-all-steps' ? 'skips all its steps' : `skips step ${next}` };
}

function guarded(write: Write, { metadata }: Rollout): Write {
  const { patch } = write;
  if (patch.type !== 'merge' || metadata.resourceVersion === undefined) return write;
  return {
    ...write,
    patch: { type: 'merge', body: { metadata: { resourceVersion: metadata.resourceVersion }, ...(patch.body as object) } },
  };
}
