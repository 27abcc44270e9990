/** Functions that make times, and the methods of Go's time, duration and timezone. `now()` is the caller's clock. */
import { formatValue } from '../go-format.ts';
import { DATE_LAYOUTS, formatLayout, parseDuration, parseLayout } from '../go-time.ts';
import { Duration, GoEnum, Time, Timezone } from '../time-value.ts';
import { BOOL, DURATION, ENUM, FLOAT, INT, STRING, TIME, TIMEZONE, type Type } from '../type.ts';
import type { Value } from '../value.ts';
import { type Builtin, type Call, evaluationFailure, type Param, TEXT, WHOLE } from './builtin.ts';

const asText = (value: Value | undefined): string => (typeof value === 'string' ? value : '');

/** Steps for what the calendar takes: a zone that is looked up, a date that is read. */
const CALENDAR_STEPS = 100;

function zoneNamed(name: string, call: Call): Timezone {
  call.budget.step(call.at, CALENDAR_STEPS);
  const zone = Timezone.named(name);
  if (zone === undefined)
    throw evaluationFailure(call, `there is no timezone ${JSON.stringify(name.slice(0, 60))}; use a name such as Europe/Zurich`);
  return zone;
}

function makeDate(args: readonly Value[], call: Call): Time {
  const [first] = args;
  const [given, rest] = first instanceof Timezone ? [first, args.slice(1)] : [undefined, args];
  const [text, layout, zoneName] = rest;
  call.budget.step(call.at, CALENDAR_STEPS);
  if (typeof text !== 'string' || (layout !== undefined && typeof layout !== 'string')) {
    throw evaluationFailure(call, 'it takes the date, and if wanted its layout and its timezone, all as strings');
  }
  const zone = zoneName === undefined ? (given ?? Timezone.utc) : zoneNamed(asText(zoneName), call);
  for (const candidate of layout === undefined ? DATE_LAYOUTS : [layout]) {
    const time = parseLayout(text, candidate, zone);
    if (time !== undefined) return time;
  }
  throw evaluationFailure(
    call,
    `${JSON.stringify(text.slice(0, 60))} is no date${layout === undefined ? '; write it as in 2006-01-02T15:04:05Z' : ` in the layout ${layout.slice(0, 60)}`}`,
  );
}

export const TIME_BUILTINS: Readonly<Record<string, Builtin>> = {
  now: {
    params: [['timezone']],
    optional: 1,
    result: () => TIME,
    run: ([zone], call) => {
      if (call.nowMs === undefined) throw evaluationFailure(call, 'there is no clock here; compare with a date instead');
      return Time.fromMs(call.nowMs, zone instanceof Timezone ? zone : Timezone.utc);
    },
  },
  duration: {
    params: [TEXT],
    result: () => DURATION,
    run: ([text], call) => {
      const duration = parseDuration(asText(text));
      if (duration === undefined)
        throw evaluationFailure(call, `${JSON.stringify(asText(text).slice(0, 60))} is no duration; write it as in 1h30m or 500ms`);
      return duration;
    },
  },
  date: { params: [['string', 'timezone'], TEXT, TEXT, TEXT], optional: 3, result: () => TIME, run: makeDate },
  timezone: { params: [TEXT], result: () => TIMEZONE, run: ([name], call) => zoneNamed(asText(name), call) },
};

/** A method is a built-in whose first argument is what it is called on. */
function method(
  kind: 'time' | 'duration' | 'timezone' | 'enum',
  result: Type,
  run: (args: readonly Value[], call: Call) => Value,
  params: readonly Param[] = [],
): Builtin {
  return { params: [[kind], ...params], result: () => result, run };
}

const onTime = (result: Type, run: (time: Time) => Value): Builtin =>
  method('time', result, ([self], call) => (self instanceof Time ? run(self) : impossible(call)));
const onDuration = (result: Type, run: (ns: bigint) => Value): Builtin =>
  method('duration', result, ([self], call) => (self instanceof Duration ? run(self.ns) : impossible(call)));
const withTime = (result: Type, run: (time: Time, other: Time) => Value): Builtin =>
  method(
    'time',
    result,
    ([self, other], call) => (self instanceof Time && other instanceof Time ? run(self, other) : impossible(call)),
    [['time']],
  );
const withDuration = (run: (time: Time, other: bigint) => Time): Builtin =>
  method(
    'time',
    TIME,
    ([self, by], call) => (self instanceof Time && by instanceof Duration ? run(self, by.ns) : impossible(call)),
    [['duration']],
  );
const named = (kind: 'duration' | 'timezone' | 'enum' | 'time'): Builtin =>
  method(kind, STRING, ([self = null]) => formatValue(self));
const rounded = (half: boolean): Builtin =>
  method(
    'duration',
    DURATION,
    ([self, to], call) =>
      self instanceof Duration && to instanceof Duration ? new Duration(roundTo(self.ns, to.ns, half)) : impossible(call),
    [['duration']],
  );

function impossible(call: Call): never {
  throw evaluationFailure(call, 'it does not fit this value');
}

function roundTo(ns: bigint, unit: bigint, half: boolean): bigint {
  if (unit <= 0n) return ns;
  const rest = ns % unit;
  const down = ns - rest;
  const size = rest < 0n ? -rest : rest;
  return half && size * 2n >= unit ? down + (ns < 0n ? -unit : unit) : down;
}

function addDate([self, years, months, days]: readonly Value[], call: Call): Value {
  if (!(self instanceof Time)) return impossible(call);
  const civil = self.civil;
  const date = new Date(0);
  date.setUTCFullYear(civil.year + Number(years), civil.month - 1 + Number(months), civil.day + Number(days));
  date.setUTCHours(civil.hour, civil.minute, civil.second);
  const moved = Number.isNaN(date.getTime())
    ? undefined
    : Time.fromCivil({ ...civil, year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }, self.zone);
  if (moved === undefined) throw evaluationFailure(call, 'the date is out of range');
  return moved;
}

function yearDay(time: Time): bigint {
  const { year, month, day } = time.civil;
  return BigInt(Math.round((Date.UTC(2000 + (year % 400), month - 1, day) - Date.UTC(2000 + (year % 400), 0, 1)) / 86_400_000) + 1);
}

const TIME_METHODS: Readonly<Record<string, Builtin>> = {
  Year: onTime(INT, (time) => BigInt(time.civil.year)),
  Month: onTime(ENUM, (time) => new GoEnum('time.Month', BigInt(time.civil.month))),
  Day: onTime(INT, (time) => BigInt(time.civil.day)),
  Hour: onTime(INT, (time) => BigInt(time.civil.hour)),
  Minute: onTime(INT, (time) => BigInt(time.civil.minute)),
  Second: onTime(INT, (time) => BigInt(time.civil.second)),
  Nanosecond: onTime(INT, (time) => BigInt(time.civil.nanosecond)),
  Weekday: onTime(ENUM, (time) => new GoEnum('time.Weekday', BigInt(time.civil.weekday))),
  YearDay: onTime(INT, yearDay),
  Unix: onTime(INT, (time) => time.seconds),
  UnixMilli: onTime(INT, (time) => BigInt(time.ms)),
  UnixMicro: onTime(INT, (time) => time.ns / 1000n),
  UnixNano: onTime(INT, (time) => BigInt.asIntN(64, time.ns)),
  UTC: onTime(TIME, (time) => new Time(time.ns, Timezone.utc)),
  IsZero: onTime(BOOL, (time) => time.seconds === -62135596800n),
  String: named('time'),
  Sub: withTime(DURATION, (time, other) => new Duration(time.ns - other.ns)),
  Before: withTime(BOOL, (time, other) => time.ns < other.ns),
  After: withTime(BOOL, (time, other) => time.ns > other.ns),
  Equal: withTime(BOOL, (time, other) => time.ns === other.ns),
  Compare: withTime(INT, (time, other) => BigInt(time.compare(other))),
  Add: withDuration((time, by) => new Time(time.ns + by, time.zone)),
  /** Go counts from year 1, which is a whole number of days before 1970. */
  Truncate: withDuration((time, by) => new Time(time.ns - (by <= 0n ? 0n : (time.ns + 62135596800_000_000_000n) % by), time.zone)),
  AddDate: method('time', TIME, addDate, [WHOLE, WHOLE, WHOLE]),
  In: method(
    'time',
    TIME,
    ([self, zone], call) => (self instanceof Time && zone instanceof Timezone ? new Time(self.ns, zone) : impossible(call)),
    [['timezone']],
  ),
  Format: method(
    'time',
    STRING,
    ([self, layout], call) => (self instanceof Time ? formatLayout(self, asText(layout).slice(0, 200)) : impossible(call)),
    [TEXT],
  ),
};

const DURATION_METHODS: Readonly<Record<string, Builtin>> = {
  Hours: onDuration(FLOAT, (ns) => Number(ns) / 3.6e12),
  Minutes: onDuration(FLOAT, (ns) => Number(ns) / 6e10),
  Seconds: onDuration(FLOAT, (ns) => Number(ns) / 1e9),
  Milliseconds: onDuration(INT, (ns) => ns / 1_000_000n),
  Microseconds: onDuration(INT, (ns) => ns / 1_000n),
  Nanoseconds: onDuration(INT, (ns) => ns),
  Abs: onDuration(DURATION, (ns) => new Duration(ns < 0n ? -ns : ns)),
  Round: rounded(true),
  Truncate: rounded(false),
  String: named('duration'),
};

export function methodOf(kind: string, name: string): Builtin | undefined {
  const table =
    kind === 'time'
      ? TIME_METHODS
      : kind === 'duration'
        ? DURATION_METHODS
        : kind === 'timezone' || kind === 'enum'
          ? { String: named(kind) }
          : {};
  return Object.hasOwn(table, name) ? (table as Readonly<Record<string, Builtin>>)[name] : undefined;
}
