/** Numbers that may be written as percentages: `maxSurge`, `maxUnavailable`. */

export type IntOrPercent =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'percent'; readonly value: number }
  | { readonly kind: 'error'; readonly error: string };

/** Text without a percent sign is a percentage too, as the incumbent reads it. `error` is a sentence without a subject. */
export function parseIntOrPercent(value: number | string): IntOrPercent {
  if (typeof value === 'number') {
    return value < 0 ? { kind: 'error', error: `must not be negative, got ${value}` } : { kind: 'number', value };
  }
  const digits = /^(\d+)%?$/.exec(value)?.[1];
  if (digits === undefined)
    return { kind: 'error', error: `must be a number or a percentage such as 25%, got ${JSON.stringify(value)}` };
  return { kind: 'percent', value: Number(digits) };
}
