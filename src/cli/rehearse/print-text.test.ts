import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  goodScenario,
  madeRehearsal,
  madeScenario,
  takenBackScenario,
  unnoticedScenario,
} from '../../../test/support/made-rehearsal.ts';
import type { PlayedScenario, Rehearsal } from '../../rehearsal/report.ts';
import { printRehearsal, type TextOptions } from './print-text.ts';
import { shortStory } from './story.ts';
import { clockTime, count, failures, share, timeToSafe } from './wording.ts';
import { wrapped } from './wrap.ts';

const plain: TextOptions = { width: 80, color: false };

function rehearsalOf(...scenarios: readonly PlayedScenario[]): Rehearsal {
  return { ...madeRehearsal, rollouts: madeRehearsal.rollouts.map((one) => ({ ...one, scenarios })) };
}

const widthOf = (text: string) => Math.max(...text.split('\n').map((line) => [...line].length));

test('assumptions come first, then what is left open, the scenarios, and what it comes to', () => {
  const text = printRehearsal(madeRehearsal, plain);
  const order = [
    'Taken for granted',
    'Rollout shop',
    'Left open',
    'versions-not-told-apart',
    'Played',
    'not ok',
    'At worst:',
    '1 risk, 1 advice',
  ];
  const found = order.map((part) => text.indexOf(part));
  expect(found).toEqual(found.toSorted((a, b) => a - b));
  expect(found).not.toContain(-1);
});

test('a scenario is a line: how it ends, until when, what failed at which weight, how many pods more', () => {
  const text = printRehearsal(rehearsalOf(goodScenario, takenBackScenario), plain);
  expect(text).toMatch(/^ {2}ok +errors-at-step=1 +aborted +3m1s +181 at 10 % +11 \(\+1\)$/m);
  expect(text).toMatch(/^ {2}ok +good +completed +- +none +20 \(\+10\)$/m);
});

test.each([
  [40, 80],
  [80, 80],
  [97, 97],
  [200, 120],
])('a terminal of %i columns: no line is longer than %i', (width, most) => {
  const long = { ...unnoticedScenario, name: `errors=${'x'.repeat(130)}`, why: 'y'.repeat(300) };
  for (const verbose of [true, false])
    expect(widthOf(printRehearsal(rehearsalOf(long, goodScenario), { width, color: false, verbose }))).toBeLessThanOrEqual(most);
});

test('colour changes no letter and moves none', () => {
  const coloured = printRehearsal(madeRehearsal, { ...plain, color: true, verbose: true });
  expect(coloured).not.toBe(stripVTControlCharacters(coloured));
  expect(stripVTControlCharacters(coloured)).toBe(printRehearsal(madeRehearsal, { ...plain, verbose: true }));
});

test('a log that knows ASCII alone gets nothing else', () => {
  const text = printRehearsal(madeRehearsal, { ...plain, verbose: true, unicode: false });
  expect(/^[\n\x20-\x7e]*$/.test(text)).toBe(true);
  expect(text).toMatch(/weight +\.+=+@+ +to 100 %/);
});

test('the way is drawn of what did not end well, and of all where that is asked', () => {
  const charts = (verbose: boolean) => printRehearsal(madeRehearsal, { ...plain, verbose }).match(/^ +weight /gm)?.length;
  expect([charts(false), charts(true)]).toEqual([1, 3]);
});

test('stories that end alike are told twice in full, and then in short', () => {
  const alike = ['a', 'b', 'c'].map((name) => ({ ...unnoticedScenario, name }));
  const text = printRehearsal(rehearsalOf(...alike), plain);
  expect(text.match(/^ +weight /gm)).toHaveLength(2);
  expect(text).toContain('It ends as a does; --verbose tells how.');
  expect(printRehearsal(rehearsalOf(...alike), { ...plain, verbose: true }).match(/^ +weight /gm)).toHaveLength(3);
});

test('the chart: weight rises in its places, failures are seen though they are few, marks point at their time', () => {
  const lines = printRehearsal(rehearsalOf(unnoticedScenario), { ...plain, width: 100 }).split('\n');
  const row = (label: string) => (lines.find((line) => line.trimStart().startsWith(label)) ?? '').slice(20, 82);
  expect(row('weight')).toMatch(/^▁{23}▄{35}█{4}/);
  expect(row('failing')).toMatch(/^ {23}▄{35}█{4}/);
  expect(lines.find((line) => /^ +\^$/.test(line))?.indexOf('^')).toBe(20 + 23);
  expect(row('|0:00')).toMatch(/^\|0:00 +\|5:00 +\|10:00 +\|15:00/);
});

test('a moment without samples, and one second, are drawn as well', () => {
  const none = madeScenario([], { endsWell: false, mostPods: 0, mostExtraPods: 0 });
  expect(printRehearsal(rehearsalOf(none), plain)).toContain('not ok');
  const still = madeScenario([{ seconds: 0, weight: 0, newPods: 0, newSuccess: 1, step: undefined, phase: '' }], {
    endsWell: false,
  });
  expect(printRehearsal(rehearsalOf(still), plain)).toContain('|0:00');
});

test('names and messages cannot paint over what others say', () => {
  const hostile = '\u001b[2J\u001b[Hok\r\nall is well\u202e';
  const text = printRehearsal(
    {
      assumptions: [hostile],
      rollouts: [
        {
          namespace: hostile,
          name: hostile,
          strategy: 'canary',
          findings: [{ rule: 'x', level: 'risk', where: hostile, says: hostile, change: hostile }],
          scenarios: [
            {
              ...unnoticedScenario,
              name: hostile,
              title: hostile,
              why: hostile,
              phase: hostile,
              message: hostile,
              marks: [{ atSeconds: 1, text: hostile }],
              events: [{ atSeconds: 1, type: 'Warning', reason: hostile, message: hostile }],
            },
          ],
        },
      ],
    },
    { ...plain, verbose: true },
  );
  for (const control of ['\u001b', '\r', '\u202e']) expect(text).not.toContain(control);
  expect(text).not.toMatch(/^all is well/m);
});

test('what is well says so', () => {
  const text = printRehearsal(
    { assumptions: [], rollouts: [{ ...rehearsalOf(goodScenario).rollouts[0], findings: [] } as never] },
    plain,
  );
  expect(text).toContain('The scenario ends well.');
  expect(text).toContain('Nothing is left open');
  expect(text).not.toContain('Taken for granted');
});

describe('a story', () => {
  const event = (atSeconds: number, reason: string, message = 'm', type: 'Normal' | 'Warning' = 'Normal') => ({
    atSeconds,
    reason,
    message,
    type,
  });

  test('keeps marks and what ends it, tells repeats once, and says what it leaves out', () => {
    const { moments, left } = shortStory(
      {
        marks: [{ atSeconds: 5, text: 'it begins' }],
        events: [
          ...Array.from({ length: 20 }, (_, index) => event(index, 'RolloutStepCompleted', `step ${index}`)),
          event(3, 'ScalingReplicaSet'),
          event(6, 'AnalysisRunError', 'no answer', 'Warning'),
          event(7, 'AnalysisRunError', 'no answer', 'Warning'),
          event(30, 'RolloutAborted', 'taken back', 'Warning'),
        ],
      },
      4,
    );
    expect(moments.map(({ text }) => text)).toEqual(['step 0', 'it begins', 'no answer (2 times)', 'taken back']);
    expect(left).toBe(19);
  });
});

test.each([
  [0, '0:00'],
  [65.4, '1:05'],
  [3661, '1:01:01'],
])('%d seconds are %s', (seconds, text) => {
  expect(clockTime(seconds)).toBe(text);
});

test('numbers are worded for people', () => {
  expect([0, 0.4, 999.6, 1_234_567].map(count)).toEqual(['0', '<1', '1,000', '1,234,567']);
  expect([0, 0.00001, 0.0712, 0.5, 0.99999, 1].map(share)).toEqual(['0 %', '<0.01 %', '7.1 %', '50 %', '>99.99 %', '100 %']);
  const toSafe = [undefined, 0.2, 61, Number.POSITIVE_INFINITY, null].map((secondsToSafe) =>
    timeToSafe({ secondsToSafe: secondsToSafe as number }),
  );
  expect(toSafe).toEqual(['-', '<1s', '1m1s', 'never', 'never']);
  expect(failures({ failedRequests: 3, failedAtWeight: [] })).toBe('3');
});

test('words are broken only where no line could hold them', () => {
  expect(wrapped('one two abcdefghijkl', { width: 8, first: '- ', rest: '  ' })).toEqual([
    '- one',
    '  two',
    '  abcdef',
    '  ghijkl',
  ]);
});
