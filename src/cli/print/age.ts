/** Lengths of time as people read them: the two largest units, nothing below a second. */

const units: readonly (readonly [string, number])[] = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
];

/** `4m12s`, `3h`, `2d5h`; `0s` for less than a second and for what lies in the future. */
export function lengthOf(ms: number): string {
  let seconds = Math.max(0, Math.floor(ms / 1000));
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(seconds / size);
    if (parts.length > 0 && (count === 0 || parts.length === 2)) break;
    if (count === 0) continue;
    parts.push(`${count}${unit}`);
    seconds -= count * size;
  }
  return parts.length === 0 ? '0s' : parts.join('');
}

/** How long ago a time of the API was; empty where it is not known. */
export function ageOf(time: string | undefined, nowMs: number): string {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? '' : lengthOf(nowMs - ms);
}
