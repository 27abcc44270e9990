import { expect, test } from 'vitest';
import { readArguments } from '../arguments.ts';
import { backtestCommand } from './backtest-command.ts';
import { readSettings } from './settings.ts';

const nowMs = Date.parse('2026-11-16T12:00:30Z');

function settings(...args: readonly string[]) {
  const line = readArguments(args, backtestCommand.flags);
  if (line === 'help') throw new Error('help was asked for');
  return readSettings(line, nowMs);
}

const needed = ['-f', 'shop.yaml', '--prometheus', 'http://localhost:9090'];

test('two weeks up to now, where nothing is said', () => {
  expect(settings(...needed)).toMatchObject({
    files: ['shop.yaml'],
    address: 'http://localhost:9090',
    fromMs: Date.parse('2026-11-02T12:00Z'),
    untilMs: Date.parse('2026-11-16T12:00Z'),
    incidents: [],
    longestMs: 3_600_000,
    graceMs: 300_000,
  });
});

test.each<readonly [args: readonly string[], from: string, until: string]>([
  [['--since', '36h'], '2026-11-15T00:00Z', '2026-11-16T12:00Z'],
  [['--since', '1w1d12h'], '2026-11-08T00:00Z', '2026-11-16T12:00Z'],
  [['--since', '2026-11-02', '--until', '2026-11-03T06:00+06:00'], '2026-11-02T00:00Z', '2026-11-03T00:00Z'],
  [['--since', '2d', '--until', '1d'], '2026-11-13T12:00:30Z', '2026-11-15T12:00:30Z'],
])('%j', (args, from, until) => {
  expect(settings(...needed, ...args)).toMatchObject({ fromMs: Date.parse(from), untilMs: Date.parse(until) });
});

test('incidents, arguments, headers and spans', () => {
  const incidents = ['--incident', '2026-11-02T14:00Z/20m', '--incident', '2026-11-03T10:00Z/2026-11-03T11:00Z'];
  const more = [
    '-a',
    'hash=.+',
    '--arg',
    'least=a=b',
    '--header',
    'X-Scope-OrgID: shop',
    '--every',
    '15m',
    '--for',
    '2h',
    '--grace',
    '0s',
  ];
  expect(settings(...needed, ...incidents, ...more)).toMatchObject({
    incidents: [
      { startMs: Date.parse('2026-11-02T14:00Z'), endMs: Date.parse('2026-11-02T14:20Z') },
      { startMs: Date.parse('2026-11-03T10:00Z'), endMs: Date.parse('2026-11-03T11:00Z') },
    ],
    args: new Map([
      ['hash', '.+'],
      ['least', 'a=b'],
    ]),
    headers: [{ key: 'X-Scope-OrgID', value: 'shop' }],
    everyMs: 900_000,
    longestMs: 7_200_000,
    graceMs: 0,
  });
});

test.each<readonly [args: readonly string[], words: string]>([
  [['-f', 'x'], 'say whom to ask: --prometheus URL'],
  [['--prometheus', 'http://x'], 'say which template: -f FILE'],
  [[...needed, '--since', 'yesterday'], '--since is a time such as 2026-11-02T10:00Z, or so long ago, such as 14d'],
  [[...needed, '--until', '2027-01-01'], '--until is in the future'],
  [[...needed, '--since', '1d', '--until', '2026-11-01'], '--since is not before --until'],
  [[...needed, '--incident', '2026-11-05T10:00Z'], '--incident is START/LENGTH or START/END'],
  [[...needed, '--incident', '2026-11-05T10:00Z/0s'], '--incident is START/LENGTH or START/END'],
  [[...needed, '--incident', '2026-10-05T10:00Z/20m'], 'is not between --since and --until'],
  [[...needed, '-a', 'hash'], '--arg is NAME=VALUE'],
  [[...needed, '--every', '0s'], '--every must be a duration of 1s or more'],
  [[...needed, '--header', 'Bearer sesame'], '--header is "NAME: VALUE"'],
])('%j is told', (args, words) => {
  const since = args.includes('2026-11-01') ? args.with(args.indexOf('1d'), '2026-11-02') : args;
  expect(() => settings(...since)).toThrow(words);
});
