/**
 * Turns the results of single probes into what they mean: pure thresholds, as Kubernetes counts them. When to probe and how is the
 * prober's.
 */
import type { Probe } from './pod-types.ts';

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

export interface ProbeTally {
  readonly kind: ProbeKind;
  /** What the probe says by now. Startup is undecided until it passes or gives up; readiness starts false, liveness true. */
  readonly verdict: 'pass' | 'fail' | 'undecided';
  readonly successes: number;
  readonly failures: number;
}

export function newTally(kind: ProbeKind): ProbeTally {
  return { kind, verdict: kind === 'startup' ? 'undecided' : kind === 'readiness' ? 'fail' : 'pass', successes: 0, failures: 0 };
}

/** The tally after one more result. */
export function count(tally: ProbeTally, probe: Probe, passed: boolean): ProbeTally {
  const successes = passed ? tally.successes + 1 : 0;
  const failures = passed ? 0 : tally.failures + 1;
  const { kind } = tally;
  if (successes >= (probe.successThreshold ?? 1)) return { kind, verdict: 'pass', successes, failures };
  if (failures >= (probe.failureThreshold ?? 3)) return { kind, verdict: 'fail', successes, failures };
  return { kind, verdict: tally.verdict, successes, failures };
}

const earlyMs = { first: 25, most: 200 };

/**
 * Milliseconds until the next probe. A container that has just started and has not passed yet is tried again after 25, 50, 100 and then every
 * 200 ms until its first period is over, so that it counts as ready soon after it listens; those extra failures are not counted (`early`).
 * `tries`: how often this was asked since the start.
 */
export function nextProbe(probe: Probe, everPassed: boolean, tries: number): { delayMs: number; early: boolean } {
  const periodMs = (probe.periodSeconds ?? 10) * 1000;
  const delayMs = earlyDelay(tries);
  let elapsedMs = 0;
  for (let before = 0; before < tries && elapsedMs < periodMs; before++) elapsedMs += earlyDelay(before);
  if (everPassed || elapsedMs >= periodMs) return { delayMs: periodMs, early: false };
  return elapsedMs + delayMs >= periodMs ? { delayMs: periodMs - elapsedMs, early: false } : { delayMs, early: true };
}

function earlyDelay(tries: number): number {
  return tries > 3 ? earlyMs.most : Math.min(earlyMs.first * 2 ** tries, earlyMs.most);
}
