/** Go's durations ("1h30m") and reference layouts ("2006-01-02 15:04:05"), read and written. */
import { type Civil, Duration, formatOffset, MONTHS, pad, Time, Timezone, WEEKDAYS } from './time-value.ts';

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);
const PART = /([0-9]*)(?:\.([0-9]*))?(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y;

/** undefined when the text is no duration, or one of more than 64 bits. */
export function parseDuration(text: string): Duration | undefined {
  const body = text.replace(/^[+-]/, '');
  if (body === '0') return new Duration(0n);
  let total = 0n;
  let at = 0;
  if (body === '' || body.length > 100) return undefined;
  while (at < body.length) {
    PART.lastIndex = at;
    const found = PART.exec(body);
    if (found === null) return undefined;
    const [all, whole = '', part = '', unitName = ''] = found;
    if (whole === '' && part === '') return undefined;
    const unit = UNITS.get(unitName) ?? 1n;
    total += BigInt(whole || '0') * unit + (part === '' ? 0n : (BigInt(part) * unit) / 10n ** BigInt(part.length));
    at += all.length;
  }
  const signed = text.startsWith('-') ? -total : total;
  return signed === BigInt.asIntN(64, signed) ? new Duration(signed) : undefined;
}

interface Field {
  /** What stands for it in a layout. */
  readonly token: string;
  readonly pattern: string;
  readonly write: (civil: Civil, time: Time) => string;
  readonly read: (text: string, into: Partial<Reading>) => void;
}

interface Reading {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  pm: boolean;
  zone: Timezone;
}

const SHORT_MONTHS = MONTHS.map((name) => name.slice(0, 3));
const SHORT_DAYS = WEEKDAYS.map((name) => name.slice(0, 3));
const nothing = (): void => undefined;
const numberField = (
  token: string,
  pattern: string,
  name: 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second',
  write: Field['write'],
): Field => ({
  token,
  pattern,
  write,
  read: (text, into) => {
    into[name] = Number(text);
  },
});
const monthField = (token: string, names: readonly string[]): Field => ({
  token,
  pattern: names.join('|'),
  write: (civil) => names[civil.month - 1] ?? '',
  read: (text, into) => {
    into.month = names.indexOf(text) + 1;
  },
});
const readZone = (text: string, into: Partial<Reading>): void => {
  const found = /^([+-])(\d\d):?(\d\d)$/.exec(text);
  const seconds = found === null ? 0 : (Number(found[2]) * 3600 + Number(found[3]) * 60) * (found[1] === '-' ? -1 : 1);
  into.zone = text === 'Z' || text === 'UTC' ? Timezone.utc : Timezone.fixed(found === null ? text : '', seconds);
};
const zoneField = (token: string, pattern: string, separator: string, z: boolean): Field => ({
  token,
  pattern,
  write: (_civil, time) => {
    const seconds = time.zone.offsetSeconds(time.ms);
    return z && seconds === 0 ? 'Z' : formatOffset(seconds, separator);
  },
  read: readZone,
});

/** Longer tokens before those they begin with. */
const FIELDS: readonly Field[] = [
  monthField('January', MONTHS),
  { token: 'Monday', pattern: WEEKDAYS.join('|'), write: (civil) => WEEKDAYS[civil.weekday] ?? '', read: nothing },
  zoneField('Z07:00', 'Z|[+-]\\d\\d:\\d\\d', ':', true),
  zoneField('Z0700', 'Z|[+-]\\d{4}', '', true),
  zoneField('-07:00', '[+-]\\d\\d:\\d\\d', ':', false),
  zoneField('-0700', '[+-]\\d{4}', '', false),
  { token: 'MST', pattern: '[A-Z]{3,4}|[+-]\\d\\d', write: (_civil, time) => time.zone.abbreviation(time.ms), read: readZone },
  monthField('Jan', SHORT_MONTHS),
  { token: 'Mon', pattern: SHORT_DAYS.join('|'), write: (civil) => SHORT_DAYS[civil.weekday] ?? '', read: nothing },
  numberField('2006', '\\d{4}', 'year', (civil) => pad(civil.year, 4)),
  numberField('01', '\\d\\d', 'month', (civil) => pad(civil.month)),
  numberField('02', '\\d\\d', 'day', (civil) => pad(civil.day)),
  numberField('_2', ' ?\\d\\d?', 'day', (civil) => String(civil.day).padStart(2)),
  numberField('15', '\\d\\d', 'hour', (civil) => pad(civil.hour)),
  numberField('03', '\\d\\d', 'hour', (civil) => pad(civil.hour % 12 || 12)),
  numberField('04', '\\d\\d', 'minute', (civil) => pad(civil.minute)),
  { ...numberField('05', '\\d\\d(?:\\.\\d{1,9})?', 'second', (civil) => pad(civil.second)), read: readSecond },
  {
    token: '06',
    pattern: '\\d\\d',
    write: (civil) => pad(civil.year % 100),
    read: (text, into) => {
      into.year = Number(text) + (Number(text) >= 69 ? 1900 : 2000);
    },
  },
  {
    token: 'PM',
    pattern: 'AM|PM',
    write: (civil) => (civil.hour >= 12 ? 'PM' : 'AM'),
    read: (text, into) => {
      into.pm = text === 'PM';
    },
  },
  numberField('1', '\\d\\d?', 'month', (civil) => String(civil.month)),
  numberField('2', '\\d\\d?', 'day', (civil) => String(civil.day)),
  numberField('3', '\\d\\d?', 'hour', (civil) => String(civil.hour % 12 || 12)),
  numberField('4', '\\d\\d?', 'minute', (civil) => String(civil.minute)),
  numberField('5', '\\d\\d?', 'second', (civil) => String(civil.second)),
];

function readSecond(text: string, into: Partial<Reading>): void {
  const [whole = '', part = ''] = text.split('.');
  into.second = Number(whole);
  into.nanosecond = Number(part.padEnd(9, '0'));
}

function layoutParts(layout: string): readonly (Field | string)[] {
  const parts: (Field | string)[] = [];
  let at = 0;
  while (at < layout.length) {
    const found = FIELDS.find((field) => layout.startsWith(field.token, at));
    parts.push(found ?? layout.charAt(at));
    at += found?.token.length ?? 1;
  }
  return parts;
}

export function formatLayout(time: Time, layout: string): string {
  const civil = time.civil;
  return layoutParts(layout)
    .map((part) => (typeof part === 'string' ? part : part.write(civil, time)))
    .join('');
}

/** A moment as `layout` writes it; where the text names no zone, in `zone`. undefined when it does not fit or is no date. */
export function parseLayout(text: string, layout: string, zone: Timezone): Time | undefined {
  if (text.length > 200 || layout.length > 200) return undefined;
  const parts = layoutParts(layout);
  const pattern = parts
    .map((part) => (typeof part === 'string' ? part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&') : `(${part.pattern})`))
    .join('');
  const fields = parts.filter((part) => typeof part !== 'string');
  // Each field can match in two ways at most, so this bounds the matching.
  if (fields.length > 16) return undefined;
  const found = new RegExp(`^${pattern}$`).exec(text);
  if (found === null) return undefined;
  const reading: Partial<Reading> = {};
  for (const [index, field] of fields.entries()) field.read((found[index + 1] ?? '').trim(), reading);
  const { year = 0, month = 1, day = 1, minute = 0, second = 0, nanosecond = 0 } = reading;
  const hour = reading.pm === undefined ? (reading.hour ?? 0) : ((reading.hour ?? 0) % 12) + (reading.pm ? 12 : 0);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return Time.fromCivil({ year, month, day, hour, minute, second, nanosecond }, reading.zone ?? zone);
}

/** Tried in this order when `date` is given no layout. */
export const DATE_LAYOUTS: readonly string[] = [
  '2006-01-02',
  '15:04:05',
  '2006-01-02 15:04:05',
  '2006-01-02T15:04:05Z07:00',
  '02 Jan 06 15:04 MST',
  'Monday, 02-Jan-06 15:04:05 MST',
  'Mon, 02 Jan 2006 15:04:05 MST',
];
