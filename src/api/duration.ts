/** Go durations, as manifests write them: `300ms`, `1.5h`, `1h30m`. */

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
/** No two parts of it can take the same digits: what does not fit is known after one look, however long it is. */
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y;
/** Go keeps nanoseconds in 64 bits: a little over 292 years. */
const MAX_MS = 9_223_372_036_854;

/** What is wrong with a duration: a sentence without a subject that says what to write instead. */
export interface DurationError {
  readonly error: string;
}

/** Milliseconds of a Go duration, possibly fractional or negative; an error for anything else. */
export function parseDuration(text: string): number | DurationError {
  const sign = text.startsWith('-') ? -1 : 1;
  const body = /^[+-]/.test(text) ? text.slice(1) : text;
  if (body === '0') return 0;
  let ms = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < body.length) {
    const part = PART.exec(body);
    if (part === null) return { error: notADuration(text) };
    ms += Number(part[1]) * (UNIT_MS[part[2] ?? ''] ?? Number.NaN);
  }
  if (body === '') return { error: notADuration(text) };
  if (ms > MAX_MS) return { error: `must be shorter than 292 years, got ${JSON.stringify(text)}` };
  return sign * ms;
}

/** Milliseconds of a pause: whole seconds as a number or as its digits, else a Go duration. */
export function parsePauseDuration(value: number | string): number | DurationError {
  if (typeof value === 'number') return value * 1000;
  if (/^[+-]?\d+$/.test(value)) return Number(value) * 1000;
  return parseDuration(value);
}

function notADuration(text: string): string {
  return `must be a duration such as 30s, 5m or 1h30m, got ${JSON.stringify(text)}`;
}
