/**
 * The phase of a Rollout as a client may show it: the stored one, unless the controller has not yet seen what the spec or a command
 * says. The incumbent's plugin and Argo CD judge by the same rules.
 */
import { annotations } from '../../api/names.ts';
import { phaseMessages } from '../../api/reasons.ts';
import type { Rollout, RolloutPhase } from '../../api/rollout.ts';

export interface SeenPhase {
  /** `Unknown` where no controller has ever looked at it. */
  readonly phase: RolloutPhase | 'Unknown';
  readonly message: string;
}

export function seenPhase(rollout: Rollout): SeenPhase {
  const { status, metadata, spec } = rollout;
  if (status?.phase === undefined) return { phase: 'Unknown', message: 'no controller has looked at it yet' };
  if (isOlder(status.observedGeneration, metadata.generation)) return { phase: 'Progressing', message: phaseMessages.specObserved };
  const workload = Number(metadata.annotations?.[annotations.workloadGeneration]);
  if (spec.workloadRef !== undefined && isOlder(status.workloadObservedGeneration, workload))
    return { phase: 'Progressing', message: `${phaseMessages.specObserved} for the reference workload` };
  if (status.controllerPause === true && (status.pauseConditions ?? []).length === 0 && status.phase === 'Paused')
    return { phase: 'Progressing', message: phaseMessages.unpause };
  return { phase: status.phase, message: status.message ?? '' };
}

/** What is no number, or larger, counts as seen. */
function isOlder(observed: string | undefined, generation: number | undefined): boolean {
  if (observed === undefined || !/^\d+$/.test(observed) || generation === undefined || Number.isNaN(generation)) return false;
  return Number(observed) < generation;
}
