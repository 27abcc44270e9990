import { describe, expect, it } from 'vitest';
import { billLines, makeBill, type Recording } from './bill.ts';

const recording: Recording = {
  sent: 1000,
  failures: [
    { at: 150, status: 500, version: 'v3', latencyMs: 1 },
    { at: 250, status: 500, version: 'v3', latencyMs: 1 },
  ],
  weights: [
    { atMs: 0, canaryWeight: 0 },
    { atMs: 100, canaryWeight: 10 },
    { atMs: 240, canaryWeight: 0 },
  ],
  badVersion: 'v3',
  goodVersionPromoted: true,
  badVersionTakenBack: true,
  firstFailedMeasurementMs: 200,
  weightZeroMs: 240,
  lastBadPodGoneMs: 5200,
  apiRequests: { 'patch rollouts/status': 7, 'create replicasets': 2, 'create events': 30, 'update leases': 9, 'list rollouts': 3 },
};

describe('the bill', () => {
  it('counts what failed, when, and what it took to end it', () => {
    expect(makeBill(recording)).toMatchObject({
      failedByBadVersion: 2,
      failedOtherwise: 0,
      failuresByWeight: { '0': 1, '10': 1 },
      msToWeightZero: 40,
      msToLastBadPodGone: 5000,
      apiWrites: 9,
      passed: true,
    });
  });

  it.each([
    ['a failure that the bad version did not cause', { failures: [{ at: 1, status: 503, version: undefined, latencyMs: 1 }] }],
    ['a connection that broke', { failures: [{ at: 1, status: 0, version: undefined, latencyMs: 1, error: 'reset' }] }],
    ['a good version that was not promoted', { goodVersionPromoted: false }],
    ['a bad version that stayed', { badVersionTakenBack: false }],
  ])('does not pass with %s', (_, change) => {
    expect(makeBill({ ...recording, ...change }).passed).toBe(false);
  });

  it('says that API writes are not known where nobody counted them, and leaves them out of the JSON', () => {
    const bill = makeBill({ ...recording, apiRequests: undefined });
    expect(billLines(bill).join('\n')).toContain('events aside        not known');
    expect(Object.keys(JSON.parse(JSON.stringify(bill)) as object)).not.toEqual(expect.arrayContaining(['apiWrites']));
    expect(JSON.stringify(makeBill(recording))).toContain('"apiWrites":9');
  });

  it('says never where something never happened', () => {
    expect(billLines(makeBill({ ...recording, weightZeroMs: undefined })).join('\n')).toContain('weight 0       never');
  });
});
