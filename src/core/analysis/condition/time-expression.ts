/** Expressions that give a moment, as `now() - duration("1h")`: the bounds of a Prometheus range query. */
import { compileCondition, evaluate } from './condition.ts';
import { ConditionError } from './condition-error.ts';
import { Time } from './time-value.ts';

/** Milliseconds since the epoch. `nowMs` is what `now()` says. */
export function evaluateTime(text: string, nowMs: number): number | ConditionError {
  const compiled = compileCondition(text);
  if (compiled instanceof ConditionError) return compiled;
  const value = evaluate(compiled, { values: {}, nowMs }, 'time');
  if (value instanceof ConditionError) return value;
  return value instanceof Time ? value.ms : new ConditionError('type', 'expected a time, as in now() - duration("1h")', text, 0);
}
