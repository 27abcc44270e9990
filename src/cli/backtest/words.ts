/** Times, numbers and counts of a backtest as people read them. Times are UTC. */

/** `2026-11-02 10:05`, with seconds where there are any. */
export function moment(ms: number): string {
  return `${day(ms, true)} ${timeOf(ms)}`;
}

/** The time alone, where the day is that of `nearMs`. */
export function clock(ms: number, nearMs: number): string {
  return day(ms, true) === day(nearMs, true) ? timeOf(ms) : moment(ms);
}

/** `11-02`, or `2026-11-02`. */
export function day(ms: number, withYear = false): string {
  const text = new Date(ms).toISOString();
  return text.slice(withYear ? 0 : 5, 10);
}

/** Three digits, without an exponent where people would not write one. */
export function figure(number: number): string {
  if (!Number.isFinite(number)) return String(number);
  const rounded = Number(number.toPrecision(3));
  return Math.abs(rounded) >= 1e-6 && Math.abs(rounded) < 1e9 ? plain(rounded) : String(rounded);
}

function plain(number: number): string {
  const [whole = '', fraction] = number.toFixed(9).split('.');
  const rest = (fraction ?? '').replace(/0+$/, '');
  return rest === '' ? whole : `${whole}.${rest}`;
}

/** `1 run`, `4,032 runs`. */
export function plural(count: number, word: string): string {
  return `${String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')} ${word}${count === 1 ? '' : 's'}`;
}

function timeOf(ms: number): string {
  const text = new Date(ms).toISOString();
  return text.slice(11, text.slice(17, 19) === '00' ? 16 : 19);
}
