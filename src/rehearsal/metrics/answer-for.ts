/**
 * Finds a value that a metric's conditions call good, or bad: for metrics whose answers nobody here can know, only what is made of them. Tries
 * what the conditions themselves speak of: their numbers, texts and the fields that they read.
 */
import { type Conditions, evaluateConditions } from '../../core/analysis/condition/evaluate-conditions.ts';
import type { MetricValue } from '../../core/analysis/metric-value.ts';

/** Undefined where no value was found. Without conditions every value is good. */
export function answerFor(conditions: Conditions, isGood: boolean): MetricValue | undefined {
  const wanted = isGood ? 'Successful' : 'Failed';
  for (const result of candidates(`${conditions.successCondition ?? ''} ${conditions.failureCondition ?? ''}`)) {
    const value: MetricValue = { kind: 'value', result, text: JSON.stringify(result) };
    if (evaluateConditions(conditions, value).phase === wanted) return value;
  }
  return undefined;
}

/** True where both a good and a bad value are known. */
export function isSolved(conditions: Conditions): boolean {
  const hasAny = (conditions.successCondition ?? '') !== '' || (conditions.failureCondition ?? '') !== '';
  return answerFor(conditions, true) !== undefined && (!hasAny || answerFor(conditions, false) !== undefined);
}

function* candidates(text: string): Generator<unknown> {
  const paths = [...text.matchAll(/result((?:\??\.[A-Za-z_]\w*|\[(?:"[^"]*"|'[^']*')\])+)/g)].map(([, path = '']) => path);
  for (const value of simple(text)) {
    yield value;
    yield [value];
    if (paths.length > 0) {
      const object = {};
      for (const path of paths) put(object, path, value);
      yield object;
      yield [object];
    }
  }
}

function* simple(text: string): Generator<unknown> {
  const numbers = [...text.matchAll(/-?\d+(?:\.\d+)?/g)].map(([digits]) => Number(digits));
  const near = numbers.flatMap((number) => [
    number,
    number + 0.001,
    number - 0.001,
    number + 1,
    number - 1,
    number * 2,
    number / 2,
  ]);
  yield* [1, 0, 0.5, 100, true, false, ...near];
  for (const [, double, single] of text.matchAll(/"([^"]*)"|'([^']*)'/g)) yield double ?? single;
  yield* ['', 'something else', null, 1e9, -1e9];
}

/** `path`: `.data?.ok` or `["data"].ok` */
function put(object: object, path: string, value: unknown): void {
  const names = [...path.matchAll(/\??\.(\w+)|\[["']([^"']*)["']\]/g)].map(([, dotted, quoted]) => dotted ?? quoted ?? '');
  let at = object as Record<string, unknown>;
  for (const [index, name] of names.entries()) {
    if (index === names.length - 1) at[name] ??= value;
    else {
      const next = typeof at[name] === 'object' && at[name] !== null ? (at[name] as Record<string, unknown>) : {};
      at[name] = next;
      at = next;
    }
  }
}
