import { expect, test } from 'vitest';
import { beganMs, history, minuteMs, minutes, tested } from '../../../test/support/made-history.ts';
import { errorStretches, withCloser } from './report.ts';

const ratio = { name: 'errors', interval: '1m', count: 5, failureLimit: 1, successCondition: 'result[0] < 0.05' };
/** Few errors, always other ones. */
const quiet = (minute: number) => [0.001 + (minute % 7) / 10_000];

test('a template that is quiet and catches what was marked is good', () => {
  const metric = history(ratio, 6, (minute) => (minute >= 120 && minute <= 140 ? [0.2] : quiet(minute)));
  const report = tested([metric], 6, { incidents: [minutes(120, 140)] });
  expect(report.isGood).toBe(true);
  expect(report.falseAlarms).toBe(0);
  // 6 hours, a start every five minutes, the first included; the last run of four minutes that the history holds starts at 5:55.
  expect(report.runs).toEqual({ played: 72, passed: 68, aborted: 4, inconclusive: 0 });
  expect(report.incidents).toMatchObject([{ isCaught: true, met: 5, aborted: 4, firstAfterMs: minuteMs }]);
  expect(report.episodes).toHaveLength(1);
  const [episode] = report.episodes;
  expect(episode).toMatchObject({ runs: 4, incident: 0, firstAbortMs: beganMs + 121 * minuteMs });
  expect(episode?.first.message).toBe('Metric "errors" assessed Failed due to failed (2) > failureLimit (1)');
  expect(episode?.first.looks.map(({ atMs, value }) => [(atMs - beganMs) / minuteMs, value.result])).toEqual([
    [120, [0.2]],
    [121, [0.2]],
  ]);
});

test('what is bad outside of the incidents is a false alarm, once for all runs in a row', () => {
  const metric = history(ratio, 6, (minute) =>
    (minute >= 60 && minute < 80) || (minute >= 200 && minute < 203) ? [0.5] : quiet(minute),
  );
  const report = tested([metric], 6, { incidents: [minutes(300, 320)] });
  expect(report.isGood).toBe(false);
  expect(report.incidents).toMatchObject([{ isCaught: false, aborted: 0, firstAfterMs: undefined }]);
  expect(report.episodes.map(({ runs, incident }) => [runs, incident])).toEqual([
    [4, undefined],
    [1, undefined],
  ]);
  expect(report.falseAlarms).toBe(5);
  expect(report.timeline.filter(({ runs }) => runs === 'aborted').length).toBeGreaterThan(2);
  expect(report.timeline.some(({ hasIncident }) => hasIncident)).toBe(true);
});

test('an abort shortly after an incident is the incident’s', () => {
  const metric = history(ratio, 3, (minute) => (minute >= 62 && minute <= 64 ? [0.5] : quiet(minute)));
  const incidents = [minutes(50, 60)];
  expect(tested([metric], 3, { incidents, graceMs: 0 }).falseAlarms).toBe(1);
  expect(tested([metric], 3, { incidents })).toMatchObject({ falseAlarms: 0, isGood: true });
});

test.each<readonly [condition: string, countsAs: string, aborted: boolean]>([
  ['result[0] < 0.05', 'Error', true],
  ['len(result) == 0 || result[0] < 0.05', 'Successful', false],
  ['len(result) > 0 && result[0] < 0.05', 'Failed', true],
])('no data under %s', (successCondition, countsAs, aborted) => {
  const metric = history({ ...ratio, successCondition }, 6, (minute) => (minute >= 100 && minute < 160 ? [] : quiet(minute)));
  const report = tested([metric], 6);
  expect(report.metrics[0]?.noData).toMatchObject({
    looks: 60,
    countsAs,
    longest: { fromMs: beganMs + 100 * minuteMs, toMs: beganMs + 159 * minuteMs },
  });
  expect(report.runs.aborted > 0).toBe(aborted);
});

test('a value that the conditions cannot judge is told with the first example', () => {
  const metric = history({ ...ratio, successCondition: 'result[1] < 0.05' }, 2, (minute) => (minute === 30 ? [0.1] : [0, 0.01]));
  const [figures] = tested([metric], 2).metrics;
  expect(figures).toMatchObject({
    mostSeries: 2,
    unreadable: { looks: 1, first: { atMs: beganMs + 30 * minuteMs, value: '[0.1]' } },
  });
  expect(figures?.unreadable.first?.message).toContain('could not evaluate successCondition');
});

test('before there was anything nothing is played, and without anything nothing is said', () => {
  const late = history(ratio, 6, (minute) => (minute < 180 ? [] : quiet(minute)));
  expect(tested([late], 6)).toMatchObject({ historyFromMs: beganMs + 180 * minuteMs, runs: { aborted: 0 }, isGood: true });
  const never = history(ratio, 6, () => []);
  expect(tested([never], 6)).toMatchObject({ historyFromMs: undefined, runs: { played: 0 }, isGood: false });
});

test('a run without an end is ended as a rollout would, and may abort until then', () => {
  const endless = { ...ratio, count: undefined, failureLimit: 3 };
  const metric = history(endless, 6, (minute) => (minute % 30 === 0 ? [0.5] : quiet(minute)));
  expect(tested([metric], 6, { longestMs: 60 * minuteMs }).runs.aborted).toBe(0);
  expect(tested([metric], 6, { longestMs: 150 * minuteMs }).runs.aborted).toBeGreaterThan(0);
});

test('a dry run decides nothing', () => {
  const metric = history(ratio, 3, () => [0.5]);
  const dry = { ...metric, plan: { ...metric.plan, dryRun: true } };
  expect(tested([history({ ...ratio, name: 'good' }, 3, quiet), dry], 3)).toMatchObject({ falseAlarms: 0, isGood: true });
});

test('behind an error a run asks again after ten seconds, so a gap is looked at more closely', () => {
  const metric = history(ratio, 3, (minute) => (minute === 60 ? [] : quiet(minute)));
  expect(errorStretches(metric)).toEqual([{ fromMs: beganMs + 60 * minuteMs, toMs: beganMs + 61 * minuteMs }]);
  // What was there between two looks is not known: as long as the gap.
  expect(tested([metric], 3).runs.aborted).toBe(1);
  // Asked: it was over after half a minute.
  const closer = [0, 10, 20, 30, 40, 50].map((seconds) => {
    const atMs = beganMs + 60 * minuteMs + seconds * 1000;
    const [good] = metric.values;
    return seconds < 30
      ? { ...metric.values[60], atMs, result: [], verdict: errorOf(metric) }
      : { ...good, atMs, result: [0.001], verdict: { phase: 'Successful' as const, message: '' } };
  });
  expect(tested([metric], 3, { closer: new Map([['errors', withCloser(metric, closer)]]) }).runs.aborted).toBe(0);
});

function errorOf({ values }: ReturnType<typeof history>) {
  const found = values.find(({ verdict }) => verdict.phase === 'Error');
  if (found === undefined) throw new Error('there is no error');
  return found.verdict;
}
