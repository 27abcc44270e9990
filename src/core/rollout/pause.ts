/** Pause conditions: why and since when the controller waits. */
import type { PauseCondition } from '../../api/rollout.ts';
import { pauseMs } from './steps.ts';

export type PauseReason = 'CanaryPauseStep' | 'BlueGreenPause' | 'InconclusiveAnalysisRun' | 'InconclusiveExperiment';

/** Keeps a condition that is there already, with the time at which it began. */
export function withPause(pauses: readonly PauseCondition[], reason: PauseReason, now: string): readonly PauseCondition[] {
  return pauses.some((pause) => pause.reason === reason) ? pauses : [...pauses, { reason, startTime: now }];
}

export function withoutStepPause(pauses: readonly PauseCondition[]): readonly PauseCondition[] {
  return pauses.filter((pause) => pause.reason !== 'CanaryPauseStep');
}

/** Milliseconds since the epoch; undefined for a pause that only a person ends. */
export function pauseEnd(pauses: readonly PauseCondition[], duration: number | string | undefined): number | undefined {
  const length = pauseMs(duration);
  const start = Date.parse(pauses.find((pause) => pause.reason === 'CanaryPauseStep')?.startTime ?? '');
  return length === undefined || Number.isNaN(start) ? undefined : start + length;
}
