/** Limits on single numbers. */
import type { Problem } from '../problem.ts';

/** One problem for each number below zero; what is absent is fine. */
export function notNegative(path: string, values: Readonly<Record<string, number | undefined>>): Problem[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value !== undefined && value < 0 ? [{ path: `${path}.${name}`, message: `must not be negative, got ${value}` }] : [],
  );
}
