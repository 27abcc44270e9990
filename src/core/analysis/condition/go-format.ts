/** Values as Go prints them: numbers, durations, times and the JSON of `encoding/json`. */
import { Failure } from './condition-error.ts';
import { compareText } from './operators.ts';
import { Duration, formatOffset, GoEnum, pad, Time, Timezone } from './time-value.ts';
import { isList, MAX_VALUE_DEPTH, type Value, type ValueMap } from './value.ts';

/** `%v` of a float64: shortest digits, with an exponent where Go writes one. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 6) return `${mantissa}e${exponent < 0 ? '-' : '+'}${pad(exponent)}`;
  return formatPlain(value);
}

/** Shortest digits without any exponent, as `strconv.FormatFloat(f, 'f', -1, 64)`. */
export function formatPlain(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, '0');
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

export function formatDuration(duration: Duration): string {
  const { ns } = duration;
  const size = ns < 0n ? -ns : ns;
  const sign = ns < 0n ? '-' : '';
  if (size === 0n) return '0s';
  const scaled = (unit: bigint, name: string) => `${sign}${fraction(size, unit)}${name}`;
  if (size < 1_000n) return scaled(1n, 'ns');
  if (size < 1_000_000n) return scaled(1_000n, 'µs');
  if (size < 1_000_000_000n) return scaled(1_000_000n, 'ms');
  const seconds = size / 1_000_000_000n;
  const [hours, minutes] = [seconds / 3600n, (seconds / 60n) % 60n];
  const rest = fraction(size % 60_000_000_000n, 1_000_000_000n);
  return `${sign}${hours > 0n ? `${hours}h` : ''}${seconds >= 60n ? `${minutes}m` : ''}${rest}s`;
}

function fraction(size: bigint, unit: bigint): string {
  const part = (size % unit).toString().padStart(unit.toString().length - 1, '0');
  const trimmed = unit === 1n ? '' : part.replace(/0+$/, '');
  return `${size / unit}${trimmed === '' ? '' : `.${trimmed}`}`;
}

function formatTime(time: Time): string {
  const { year, month, day, hour, minute, second, nanosecond } = time.civil;
  const part = nanosecond === 0 ? '' : `.${String(nanosecond).padStart(9, '0').replace(/0+$/, '')}`;
  const offset = formatOffset(time.zone.offsetSeconds(time.ms), '');
  return `${pad(year, 4)}-${pad(month)}-${pad(day)} ${pad(hour)}:${pad(minute)}:${pad(second)}${part} ${offset} ${time.zone.abbreviation(time.ms)}`;
}

export function formatRfc3339(time: Time): string {
  const { year, month, day, hour, minute, second, nanosecond } = time.civil;
  const part = nanosecond === 0 ? '' : `.${String(nanosecond).padStart(9, '0').replace(/0+$/, '')}`;
  const seconds = time.zone.offsetSeconds(time.ms);
  const zone = seconds === 0 ? 'Z' : formatOffset(seconds, ':');
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}${part}${zone}`;
}

/** What `string(x)` makes of a value. */
export function formatValue(value: Value, depth = 0): string {
  if (depth > MAX_VALUE_DEPTH) throw new Failure('limit', 'the value is nested too deep to be printed', 0);
  if (value === null) return '<nil>';
  if (typeof value === 'number') return formatFloat(value);
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map((item) => formatValue(item, depth + 1)).join(' ')}]`;
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Time) return formatTime(value);
  if (value instanceof Timezone || value instanceof GoEnum) return value.name;
  const entries = [...value].map(([key, item]): [string, string] => [formatValue(key, depth + 1), formatValue(item, depth + 1)]);
  entries.sort(([left], [right]) => compareText(left, right));
  return `map[${entries.map(([key, item]) => `${key}:${item}`).join(' ')}]`;
}

/** `encoding/json` with two blanks of indentation; undefined when the value has no JSON. */
export function formatJson(value: Value, indent = ''): string | undefined {
  if (indent.length > 2 * MAX_VALUE_DEPTH) return undefined;
  if (value === null) return 'null';
  if (typeof value === 'string') return quoteJson(value);
  if (typeof value === 'number') return Number.isFinite(value) ? formatJsonNumber(value) : undefined;
  if (typeof value !== 'object') return String(value);
  if (value instanceof Duration) return value.ns.toString();
  if (value instanceof Time) return `"${formatRfc3339(value)}"`;
  if (value instanceof GoEnum) return value.number.toString();
  if (value instanceof Timezone) return '{}';
  const inner = `${indent}  `;
  const parts: string[] = [];
  if (isList(value)) {
    for (const item of value) {
      const text = formatJson(item, inner);
      if (text === undefined) return undefined;
      parts.push(text);
    }
    return parts.length === 0 ? '[]' : `[\n${inner}${parts.join(`,\n${inner}`)}\n${indent}]`;
  }
  return formatJsonMap(value, indent, inner);
}

function formatJsonMap(value: ValueMap, indent: string, inner: string): string | undefined {
  const parts: [string, string][] = [];
  for (const [key, item] of value) {
    const text = typeof key === 'string' ? formatJson(item, inner) : undefined;
    if (text === undefined || typeof key !== 'string') return undefined;
    parts.push([key, `${quoteJson(key)}: ${text}`]);
  }
  parts.sort(([left], [right]) => compareText(left, right));
  return parts.length === 0 ? '{}' : `{\n${inner}${parts.map(([, text]) => text).join(`,\n${inner}`)}\n${indent}}`;
}

function formatJsonNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function quoteJson(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
