import { expect, test } from 'vitest';
import type { AnalysisRun } from '../../api/analysis-run.ts';
import type { Announcement } from '../../core/decision.ts';
import type { EventNote } from '../../runtime/event.ts';
import { announceRun } from './announce.ts';

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function said(reason: string, identity: string): Announcement {
  return { type: 'Normal', reason, message: reason, identity };
}

test('metrics stand in the order of the spec, and the run behind them', () => {
  const run: AnalysisRun = {
    metadata: { name: 'run', namespace: 'shop', uid: 'u-run' },
    spec: { metrics: ['z', 'latency', 'a'].map((name) => ({ name, provider: {} })) },
  };
  const notes: EventNote[] = [];
  const recorder = { record: (_: unknown, note: EventNote) => notes.push(note) > 0 };
  const announcements = ['z', 'latency', 'a'].map((name) =>
    said('MetricSuccessful', `2026-01-01T00:00:00Z/metric/${name}/Successful`),
  );
  announceRun(run, [...announcements, said('AnalysisRunSuccessful', '2026-01-01T00:00:00Z/run/Successful')], {
    recorder,
    log: quiet,
  });
  expect(notes.map(({ order }) => order)).toEqual([[0], [1], [2], [3]]);
});
