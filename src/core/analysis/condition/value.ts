/**
 * What expressions compute with, after Go's types: int is a bigint of 64 bits, float a number, a list an array, a map a Map. Values from outside are
 * copied into these, so an expression never touches an object that has a prototype. Functions on values are bounded in depth.
 */
import { Duration, GoEnum, Time, Timezone } from './time-value.ts';

export type Value = null | boolean | bigint | number | string | readonly Value[] | ValueMap | Time | Duration | Timezone | GoEnum;
export interface ValueMap extends ReadonlyMap<Value, Value> {}

export type ValueKind = 'nil' | 'bool' | 'int' | 'float' | 'string' | 'array' | 'map' | 'time' | 'duration' | 'timezone' | 'enum';

export const MAX_VALUE_DEPTH = 200;

export class ValueTooDeep extends Error {}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isMap(value: Value): value is ValueMap {
  return value instanceof Map;
}

export function kindOf(value: Value): ValueKind {
  if (value === null) return 'nil';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'float';
    case 'string':
      return 'string';
    default:
  }
  if (isList(value)) return 'array';
  if (value instanceof Time) return 'time';
  if (value instanceof Duration) return 'duration';
  if (value instanceof Timezone) return 'timezone';
  return value instanceof GoEnum ? 'enum' : 'map';
}

/** False for what is no string where the keys are: a mistake, which "not there" would hide. */
export function mayBeKey(map: ValueMap, key: Value): boolean {
  if (key === null || typeof key === 'string') return true;
  const [first] = map.keys();
  return first === undefined || typeof first !== 'string';
}

/** Copies a value of JSON's shape, or one of ours, taking own properties only. Anything else (functions, symbols) becomes nil. */
export function toValue(input: unknown, depth = 0): Value {
  if (depth > MAX_VALUE_DEPTH) throw new ValueTooDeep();
  if (input === null || input === undefined) return null;
  if (typeof input === 'boolean' || typeof input === 'number') return input;
  if (typeof input === 'bigint') return BigInt.asIntN(64, input);
  if (typeof input === 'string') return input.toWellFormed();
  if (Array.isArray(input)) return input.map((item: unknown) => toValue(item, depth + 1));
  if (input instanceof Time || input instanceof Duration || input instanceof Timezone || input instanceof GoEnum) return input;
  if (input instanceof Map) {
    const entries: readonly [unknown, unknown][] = [...input];
    return new Map(entries.map(([key, item]) => [toValue(key, depth + 1), toValue(item, depth + 1)]));
  }
  if (typeof input !== 'object') return null;
  return new Map(Object.entries(input).map(([key, item]: [string, unknown]) => [key.toWellFormed(), toValue(item, depth + 1)]));
}

/** Equality as `==` has it: numbers by value, lists item by item, maps with the types of their items. */
export function equal(left: Value, right: Value, exact = false, depth = 0): boolean {
  if (depth > MAX_VALUE_DEPTH) throw new ValueTooDeep();
  // A list that holds NaN is not equal to itself.
  if (left === right && !Array.isArray(left)) return true;
  if (typeof left === 'bigint' && typeof right === 'number') return !exact && Number(left) === right;
  if (typeof left === 'number' && typeof right === 'bigint') return !exact && left === Number(right);
  if (left === null || right === null || typeof left !== 'object' || typeof right !== 'object') return false;
  if (isList(left) || isList(right)) {
    if (!isList(left) || !isList(right) || left.length !== right.length) return false;
    return left.every((item, index) => equal(item, right[index] ?? null, exact, depth + 1));
  }
  if (isMap(left) || isMap(right)) {
    if (!isMap(left) || !isMap(right) || left.size !== right.size) return false;
    return [...left].every(([key, item]) => right.has(key) && equal(item, right.get(key) ?? null, true, depth + 1));
  }
  return sameMoment(left, right);
}

/** Printing a time asks its zone. */
const TIME_SIZE = 30;

/** How many items or characters a value holds, counted to a bound: what comparing or printing it costs. */
export function sizeOf(value: Value, bound: number, depth = 0): number {
  if (depth > MAX_VALUE_DEPTH) throw new ValueTooDeep();
  if (typeof value === 'string') return 1 + value.length / 16;
  if (value instanceof Time) return TIME_SIZE;
  let size = 1;
  const items = isList(value) ? value : value !== null && typeof value === 'object' && isMap(value) ? value.values() : [];
  for (const item of items) {
    size += sizeOf(item, bound - size, depth + 1);
    if (size > bound) return size;
  }
  return size;
}

function sameMoment(left: Value, right: Value): boolean {
  if (left instanceof Time) return right instanceof Time && left.compare(right) === 0;
  if (left instanceof Duration) return right instanceof Duration && left.compare(right) === 0;
  if (left instanceof Timezone) return right instanceof Timezone && left.compare(right) === 0;
  return left instanceof GoEnum && right instanceof GoEnum && left.compare(right) === 0;
}
