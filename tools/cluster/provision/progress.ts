/**
 * How far a row of steps has come and how long it will still take. Starts from a table of expected durations and corrects itself by the pace of
 * what is finished. Pure; drawing lives in progress-view.ts.
 */

export interface Step {
  readonly name: string;
  readonly expectedMs: number;
}

export interface FinishedStep extends Step {
  readonly actualMs: number;
}

export interface Progress {
  /** 0 to 1, never 1 before the last step is finished. */
  readonly fraction: number;
  readonly remainingMs: number;
}

/** A step that has used its expected time is taken to be this far along. */
const longestShare = 0.9;

export function progressOf(
  finished: readonly FinishedStep[],
  current: { readonly step: Step; readonly elapsedMs: number } | undefined,
  waiting: readonly Step[],
): Progress {
  const pace = paceOf(finished);
  const spentMs = finished.reduce((sum, step) => sum + step.actualMs, 0);
  const waitingMs = waiting.reduce((sum, step) => sum + step.expectedMs * pace, 0);
  if (current === undefined) {
    const totalMs = spentMs + waitingMs;
    return { fraction: waiting.length === 0 ? 1 : totalMs === 0 ? 0 : spentMs / totalMs, remainingMs: waitingMs };
  }
  const currentMs = Math.max(current.step.expectedMs * pace, current.elapsedMs / longestShare);
  const totalMs = spentMs + currentMs + waitingMs;
  return {
    fraction: totalMs === 0 ? 0 : (spentMs + current.elapsedMs) / totalMs,
    remainingMs: currentMs - current.elapsedMs + waitingMs,
  };
}

/** Actual over expected time of what is finished, kept between a fiftieth and fifty so that one odd step cannot make nonsense of the rest. */
function paceOf(finished: readonly FinishedStep[]): number {
  const expectedMs = finished.reduce((sum, step) => sum + step.expectedMs, 0);
  if (expectedMs === 0) return 1;
  const actualMs = finished.reduce((sum, step) => sum + step.actualMs, 0);
  return Math.min(50, Math.max(0.02, actualMs / expectedMs));
}

/** "about 4 min", "about 20 s"; rounded up, since a wait that ends early annoys nobody. */
export function roughly(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds > 90 ? `about ${Math.ceil(seconds / 60)} min` : `about ${Math.max(5, Math.ceil(seconds / 5) * 5)} s`;
}
