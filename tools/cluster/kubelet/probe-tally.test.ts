import { describe, expect, it } from 'vitest';
import type { Probe } from './pod-types.ts';
import { count, newTally, nextProbe, type ProbeKind } from './probe-tally.ts';

function verdicts(kind: ProbeKind, probe: Probe, results: string): string {
  let tally = newTally(kind);
  return [...results]
    .map((result) => {
      tally = count(tally, probe, result === '+');
      return tally.verdict[0];
    })
    .join('');
}

describe('count', () => {
  it.each<[ProbeKind, Probe, string, string]>([
    ['readiness', {}, '+---+', 'pppfp'],
    ['readiness', { successThreshold: 2, failureThreshold: 1 }, '+++-++', 'fppffp'],
    ['liveness', { failureThreshold: 2 }, '+-+--', 'ppppf'],
    ['startup', { failureThreshold: 3 }, '--+', 'uup'],
    ['startup', { failureThreshold: 3 }, '---', 'uuf'],
  ])('%s %j after %s', (kind, probe, results, expected) => {
    expect(verdicts(kind, probe, results)).toBe(expected);
  });
});

describe('nextProbe', () => {
  it('tries early until the period is reached, then and after a first pass at the period', () => {
    expect(nextProbe({ periodSeconds: 1 }, false, 0)).toEqual({ delayMs: 25, early: true });
    expect(nextProbe({ periodSeconds: 1 }, false, 5)).toEqual({ delayMs: 800, early: true });
    expect(nextProbe({ periodSeconds: 1 }, false, 6)).toEqual({ delayMs: 1000, early: false });
    expect(nextProbe({}, true, 0)).toEqual({ delayMs: 10_000, early: false });
  });
});
