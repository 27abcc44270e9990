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
  const schedule = (probe: Probe, count: number) =>
    Array.from({ length: count }, (_, tries) => nextProbe(probe, false, tries)).map(
      ({ delayMs, early }) => `${delayMs}${early ? '' : '!'}`,
    );

  it('tries early and often until the first period is over, then counts and keeps to the period', () => {
    expect(schedule({ periodSeconds: 1 }, 9).join(' ')).toBe('25 50 100 200 200 200 200 25! 1000!');
    expect(nextProbe({}, false, 1000)).toEqual({ delayMs: 10_000, early: false });
  });

  it('keeps to the period once it has passed', () => {
    expect(nextProbe({}, true, 0)).toEqual({ delayMs: 10_000, early: false });
  });
});
