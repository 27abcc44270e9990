/** What `rampart backtest` was asked for: times, incidents, arguments and headers, read from its flags. Throws CommandError with what to write instead. */
import { readFileSync } from 'node:fs';
import { parseDuration } from '../../api/duration.ts';
import type { Incident } from '../../rehearsal/backtest/incidents.ts';
import { messageOf } from '../../runtime/log.ts';
import { CommandError, type CommandLine, textFlag, usageError } from '../command.ts';

export interface BacktestSettings {
  readonly files: readonly string[];
  readonly address: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly incidents: readonly Incident[];
  readonly template: string | undefined;
  readonly args: ReadonlyMap<string, string>;
  readonly headers: readonly { readonly key: string; readonly value: string }[];
  readonly stepMs: number | undefined;
  readonly everyMs: number | undefined;
  readonly longestMs: number;
  readonly graceMs: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export function readSettings(line: CommandLine, nowMs: number): BacktestSettings {
  const files = [...(line.flags.get('filename') ?? []), ...line.operands];
  if (files.length === 0) throw usageError('say which template: -f FILE, several times if need be');
  const address = textFlag(line, 'prometheus');
  if (address === undefined) throw usageError('say whom to ask: --prometheus URL, such as http://localhost:9090');
  const untilMs = wholeSeconds(momentFlag(line, 'until', nowMs) ?? Math.floor(nowMs / 60_000) * 60_000);
  const fromMs = wholeSeconds(momentFlag(line, 'since', untilMs) ?? untilMs - 14 * dayMs);
  if (untilMs > nowMs) throw usageError('--until is in the future');
  if (fromMs >= untilMs) throw usageError('--since is not before --until');
  return {
    files,
    address,
    fromMs,
    untilMs,
    incidents: (line.flags.get('incident') ?? []).map((text) => incident(text, fromMs, untilMs)),
    template: textFlag(line, 'template'),
    args: new Map((line.flags.get('arg') ?? []).map(pair)),
    headers: (line.flags.get('header') ?? []).flatMap(headers),
    stepMs: spanFlag(line, 'step'),
    everyMs: spanFlag(line, 'every'),
    longestMs: spanFlag(line, 'for') ?? hourMs,
    graceMs: spanFlag(line, 'grace', 0) ?? 5 * 60_000,
  };
}

function momentFlag(line: CommandLine, name: string, endMs: number): number | undefined {
  const text = textFlag(line, name);
  if (text === undefined) return undefined;
  const ms = moment(text) ?? readSpan(text);
  if (ms === undefined)
    throw usageError(`--${name} is a time such as 2026-11-02T10:00Z, or so long ago, such as 14d or 36h; got "${text}"`);
  return moment(text) ?? endMs - ms;
}

const timeOfDay = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** RFC 3339, seconds optional; a day alone is its beginning in UTC. */
function moment(text: string): number | undefined {
  const ms = timeOfDay.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** `14d`, `2w`, `1d12h`, and Go's durations. */
function readSpan(text: string): number | undefined {
  const [, weeks = '0', days = '0', rest = ''] = /^(?:(\d+)w)?(?:(\d+)d)?(.*)$/.exec(text) ?? [];
  const ms = rest === '' ? 0 : parseDuration(rest);
  if (text === '' || typeof ms !== 'number' || ms < 0) return undefined;
  return (Number(weeks) * 7 + Number(days)) * dayMs + ms;
}

function spanFlag(line: CommandLine, name: string, leastMs = 1000): number | undefined {
  const text = textFlag(line, name);
  if (text === undefined) return undefined;
  const ms = readSpan(text);
  if (ms === undefined || ms < leastMs)
    throw usageError(`--${name} must be a duration of ${leastMs / 1000}s or more, such as 5m, got "${text}"`);
  return wholeSeconds(ms);
}

function incident(text: string, fromMs: number, untilMs: number): Incident {
  const [start = '', end = '', ...more] = text.split('/');
  const startMs = moment(start);
  const spanMs = readSpan(end);
  const endMs = moment(end) ?? (startMs === undefined || spanMs === undefined ? undefined : startMs + spanMs);
  if (startMs === undefined || endMs === undefined || more.length > 0 || endMs <= startMs) {
    throw usageError(`--incident is START/LENGTH or START/END, such as 2026-11-02T10:00Z/20m; got "${text}"`);
  }
  if (startMs < fromMs || endMs > untilMs)
    throw usageError(`the incident ${text} is not between --since and --until, so nothing would be known of it`);
  return { startMs, endMs };
}

function pair(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals <= 0) throw usageError(`--arg is NAME=VALUE, got "${text.slice(0, 20)}"`);
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** `Name: value`, or `@FILE` with such lines, so that a secret need not stand on the command line. */
function headers(text: string): readonly { readonly key: string; readonly value: string }[] {
  if (text.startsWith('@')) return linesOf(text.slice(1)).map(header);
  return [header(text)];
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8')
      .split(/\r?\n/)
      .filter((one) => one.trim() !== '');
  } catch (cause) {
    throw new CommandError(`${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function header(text: string): { readonly key: string; readonly value: string } {
  const colon = text.indexOf(':');
  if (colon <= 0) throw usageError('--header is "NAME: VALUE", or @FILE with such lines');
  return { key: text.slice(0, colon).trim(), value: text.slice(colon + 1).trim() };
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
