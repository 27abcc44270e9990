/** Operators on values, with Go's numbers: ints wrap at 64 bits, / and ** make floats, % takes ints, an int compares with a float by value. */
import { Failure } from './condition-error.ts';
import type { BinaryOperator, OrderingOperator } from './syntax.ts';
import { Duration, Time } from './time-value.ts';
import { describeKind } from './type.ts';
import { equal, isList, isMap, kindOf, mayBeKey, type Value } from './value.ts';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '**';

export function mismatch(operator: BinaryOperator, left: Value, right: Value, at: number): Failure {
  const hint = left === null || right === null ? '; say what to use instead of nil, as in (x ?? 0)' : '';
  return new Failure(
    'type',
    `${operator} does not work between ${describeKind(kindOf(left))} and ${describeKind(kindOf(right))}${hint}`,
    at,
  );
}

export function arithmetic(operator: ArithmeticOperator, left: Value, right: Value, at: number): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') return onInts(operator, left, right, at);
  const [a, b] = [toFloat(left), toFloat(right)];
  if (a !== undefined && b !== undefined && operator !== '%') return onFloats(operator, a, b);
  const special = onTimes(operator, left, right);
  if (special === undefined) throw mismatch(operator, left, right, at);
  return special;
}

function toFloat(value: Value): number | undefined {
  return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : undefined;
}

function onInts(operator: ArithmeticOperator, left: bigint, right: bigint, at: number): Value {
  switch (operator) {
    case '+':
      return BigInt.asIntN(64, left + right);
    case '-':
      return BigInt.asIntN(64, left - right);
    case '*':
      return BigInt.asIntN(64, left * right);
    case '%':
      if (right === 0n)
        throw new Failure('evaluation', 'the right side of % is zero; test it first, as in x != 0 and y % x == 0', at);
      return left % right;
    default:
      return onFloats(operator, Number(left), Number(right));
  }
}

function onFloats(operator: Exclude<ArithmeticOperator, '%'>, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '**':
      return power(left, right);
  }
}

/** IEEE 754's pow, as Go has it: JavaScript alone differs for a base of one. */
function power(base: number, exponent: number): number {
  if (base === 1) return 1;
  return base === -1 && (exponent === Number.POSITIVE_INFINITY || exponent === Number.NEGATIVE_INFINITY) ? 1 : base ** exponent;
}

function onTimes(operator: ArithmeticOperator, left: Value, right: Value): Value | undefined {
  if (operator === '+') {
    if (typeof left === 'string' && typeof right === 'string') return left + right;
    if (left instanceof Time && right instanceof Duration) return new Time(left.ns + right.ns, left.zone);
    if (left instanceof Duration && right instanceof Time) return new Time(right.ns + left.ns, right.zone);
    if (left instanceof Duration && right instanceof Duration) return new Duration(left.ns + right.ns);
  }
  if (operator === '-') {
    if (left instanceof Time && right instanceof Duration) return new Time(left.ns - right.ns, left.zone);
    if (left instanceof Time && right instanceof Time) return new Duration(left.ns - right.ns);
    if (left instanceof Duration && right instanceof Duration) return new Duration(left.ns - right.ns);
  }
  return operator === '*' ? scale(left, right) : undefined;
}

function scale(left: Value, right: Value): Value | undefined {
  const [duration, factor] = left instanceof Duration ? [left, right] : [right, left];
  if (!(duration instanceof Duration)) return undefined;
  if (typeof factor === 'bigint') return new Duration(duration.ns * factor);
  return typeof factor === 'number' ? Number(duration.ns) * factor : undefined;
}

/** Below zero when `left` comes first. NaN is before nothing and after nothing. */
export function compareValues(left: Value, right: Value, at: number): number {
  const order = tryCompare(left, right);
  if (order === undefined) throw mismatch('<', left, right, at);
  return Number.isNaN(order) ? 0 : order;
}

export function ordered(operator: OrderingOperator, left: Value, right: Value, at: number): boolean {
  const order = tryCompare(left, right);
  if (order === undefined) throw mismatch(operator, left, right, at);
  switch (operator) {
    case '<':
      return order < 0;
    case '>':
      return order > 0;
    case '<=':
      return order <= 0;
    case '>=':
      return order >= 0;
  }
}

/** undefined: cannot be compared; NaN: neither less, equal nor more. */
function tryCompare(left: Value, right: Value): number | undefined {
  if (typeof left === 'bigint' && typeof right === 'bigint') return left < right ? -1 : left > right ? 1 : 0;
  const [a, b] = [toFloat(left), toFloat(right)];
  if (a !== undefined && b !== undefined) return a < b ? -1 : a > b ? 1 : a === b ? 0 : Number.NaN;
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right);
  if (left instanceof Time && right instanceof Time) return left.compare(right);
  return left instanceof Duration && right instanceof Duration ? left.compare(right) : undefined;
}

/** The steps that comparing two texts takes; none where there are no two. */
export function textToCompare(left: Value, right: Value): number {
  return typeof left === 'string' && typeof right === 'string' ? Math.min(left.length, right.length) / 16 : 0;
}

/** By code points, which is the order of UTF-8 bytes. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  let index = 0;
  while (left.charCodeAt(index) === right.charCodeAt(index)) index += 1;
  const [a, b] = [left.charCodeAt(index), right.charCodeAt(index)];
  if (Number.isNaN(a)) return -1;
  if (Number.isNaN(b)) return 1;
  // A surrogate stands for a code point above all that need none.
  const [wideA, wideB] = [a >= 0xd800 && a <= 0xdfff, b >= 0xd800 && b <= 0xdfff];
  if (wideA !== wideB) return wideA ? 1 : -1;
  return a < b ? -1 : 1;
}

export function contained(item: Value, container: Value, at: number): boolean {
  if (container === null) return false;
  if (isList(container)) return container.some((other) => equal(item, other));
  if (kindOf(container) === 'map' && typeof container === 'object' && isMap(container)) {
    if (!mayBeKey(container, item)) throw mismatch('in', item, container, at);
    return container.has(item);
  }
  throw mismatch('in', item, container, at);
}
