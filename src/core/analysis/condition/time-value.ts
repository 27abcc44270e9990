/** Times, durations and timezones of the condition language, after Go's `time`: nanoseconds in a bigint, and a zone that knows its offset. */

const NS_PER_MS = 1_000_000n;
const NS_PER_S = 1_000_000_000n;

/** The calendar of a moment in some zone. */
export interface Civil {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

const MAX_ZONES = 100;

export class Timezone {
  readonly name: string;
  private readonly fixedSeconds: number | undefined;
  private readonly format: Intl.DateTimeFormat | undefined;

  private constructor(name: string, fixedSeconds: number | undefined, format: Intl.DateTimeFormat | undefined) {
    this.name = name;
    this.fixedSeconds = fixedSeconds;
    this.format = format;
  }

  /** name -> zone, of those asked for: making one takes a hundred times as long as using it. */
  private static readonly zones = new Map<string, Timezone>();

  static readonly utc = new Timezone('UTC', 0, undefined);

  static fixed(name: string, seconds: number): Timezone {
    return new Timezone(name, seconds, undefined);
  }

  /** By its IANA name; undefined when there is no such zone. */
  static named(name: string): Timezone | undefined {
    if (name === '' || name === 'UTC' || name === 'Local') return Timezone.utc;
    if (!/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(name)) return undefined;
    const known = Timezone.zones.get(name);
    if (known !== undefined) return known;
    try {
      const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
      const zone = new Timezone(name, undefined, format);
      if (Timezone.zones.size < MAX_ZONES) Timezone.zones.set(name, zone);
      return zone;
    } catch {
      return undefined;
    }
  }

  offsetSeconds(ms: number): number {
    if (this.format === undefined) return this.fixedSeconds ?? 0;
    const label = this.format.formatToParts(ms).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
    const found = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(label);
    if (found === null) return 0;
    const seconds = Number(found[2]) * 3600 + Number(found[3]) * 60 + Number(found[4] ?? 0);
    return found[1] === '-' ? -seconds : seconds;
  }

  abbreviation(ms: number): string {
    if (this.format === undefined) return this.name === '' ? formatOffset(this.fixedSeconds ?? 0, '') : this.name;
    return formatOffset(this.offsetSeconds(ms), '');
  }

  compare(other: Timezone): number {
    return this.name === other.name && this.fixedSeconds === other.fixedSeconds ? 0 : 1;
  }

  toString(): string {
    return this.name;
  }
}

export function formatOffset(seconds: number, separator: string): string {
  const size = Math.abs(seconds);
  return `${seconds < 0 ? '-' : '+'}${pad(Math.floor(size / 3600))}${separator}${pad(Math.floor((size % 3600) / 60))}`;
}

export function pad(value: number, width = 2): string {
  return String(Math.abs(value)).padStart(width, '0');
}

export class Duration {
  readonly ns: bigint;

  constructor(ns: bigint) {
    this.ns = BigInt.asIntN(64, ns);
  }

  compare(other: Duration): number {
    return this.ns < other.ns ? -1 : this.ns > other.ns ? 1 : 0;
  }
}

export class Time {
  readonly ns: bigint;
  readonly zone: Timezone;

  constructor(ns: bigint, zone: Timezone) {
    this.ns = ns;
    this.zone = zone;
  }

  static fromMs(ms: number, zone: Timezone): Time {
    return new Time(BigInt(Math.round(ms)) * NS_PER_MS, zone);
  }

  /** What a clock in `zone` shows; undefined when there is no such day or hour. */
  static fromCivil(civil: Omit<Civil, 'weekday'>, zone: Timezone): Time | undefined {
    const date = new Date(0);
    date.setUTCFullYear(civil.year, civil.month - 1, civil.day);
    date.setUTCHours(civil.hour, civil.minute, civil.second);
    if (date.getUTCMonth() !== civil.month - 1 || date.getUTCDate() !== civil.day) return undefined;
    const shown = date.getTime();
    const guess = zone.offsetSeconds(shown);
    const offset = zone.offsetSeconds(shown - guess * 1000);
    return new Time(BigInt(shown - offset * 1000) * NS_PER_MS + BigInt(civil.nanosecond), zone);
  }

  /** Milliseconds since the epoch, rounded down. */
  get ms(): number {
    const floor = this.ns / NS_PER_MS - (this.ns % NS_PER_MS < 0n ? 1n : 0n);
    return Number(floor);
  }

  get seconds(): bigint {
    return this.ns / NS_PER_S - (this.ns % NS_PER_S < 0n ? 1n : 0n);
  }

  get civil(): Civil {
    const date = new Date(this.ms + this.zone.offsetSeconds(this.ms) * 1000);
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
      nanosecond: Number(this.ns - this.seconds * NS_PER_S),
      weekday: date.getUTCDay(),
    };
  }

  compare(other: Time): number {
    return this.ns < other.ns ? -1 : this.ns > other.ns ? 1 : 0;
  }
}

export const MONTHS = 'January February March April May June July August September October November December'.split(' ');
export const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** A month or a weekday: a number with a name. */
export class GoEnum {
  readonly type: 'time.Month' | 'time.Weekday';
  readonly number: bigint;

  constructor(type: 'time.Month' | 'time.Weekday', number: bigint) {
    this.type = type;
    this.number = number;
  }

  get name(): string {
    return (this.type === 'time.Month' ? MONTHS[Number(this.number) - 1] : WEEKDAYS[Number(this.number)]) ?? '';
  }

  compare(other: GoEnum): number {
    return this.type === other.type && this.number === other.number ? 0 : 1;
  }
}
