/** Types as the checker knows them before anything is evaluated. `unknown` fits everything and is checked again when the value is there. */
import type { Value, ValueKind } from './value.ts';
import { kindOf } from './value.ts';

export type Type =
  | { readonly kind: Exclude<ValueKind, 'array' | 'map'> | 'unknown' }
  | { readonly kind: 'array'; readonly item: Type }
  | { readonly kind: 'map'; readonly stringKeys: boolean; readonly item: Type };

export const UNKNOWN: Type = { kind: 'unknown' };
export const NIL: Type = { kind: 'nil' };
export const BOOL: Type = { kind: 'bool' };
export const INT: Type = { kind: 'int' };
export const FLOAT: Type = { kind: 'float' };
export const STRING: Type = { kind: 'string' };
export const TIME: Type = { kind: 'time' };
export const DURATION: Type = { kind: 'duration' };
export const TIMEZONE: Type = { kind: 'timezone' };
export const ENUM: Type = { kind: 'enum' };
export const MAP: Type = { kind: 'map', stringKeys: true, item: UNKNOWN };

export function listOf(item: Type): Type {
  return { kind: 'array', item };
}

export function sameType(left: Type, right: Type): boolean {
  if (left.kind === 'array' && right.kind === 'array') return sameType(left.item, right.item);
  if (left.kind === 'map' && right.kind === 'map') return left.stringKeys === right.stringKeys && sameType(left.item, right.item);
  return left.kind === right.kind;
}

export function isNumber(type: Type): boolean {
  return type.kind === 'int' || type.kind === 'float';
}

/**
 * The type of a value of the environment. Measurements are lists of numbers and are typed so; what comes out of JSON (`typed` false) has lists and
 * maps of anything.
 */
export function typeOf(value: Value, typed: boolean): Type {
  const kind = kindOf(value);
  // Nothing was measured: what it would have been is not known.
  if (kind === 'nil') return UNKNOWN;
  if (kind === 'map') return MAP;
  if (kind !== 'array') return { kind };
  const items = Array.isArray(value) ? (value as readonly Value[]) : [];
  return listOf(typed && items.every((item) => typeof item === 'number') ? FLOAT : UNKNOWN);
}

/** A type in words, for messages. */
export function describeType(type: Type): string {
  switch (type.kind) {
    case 'unknown':
      return 'an unknown value';
    case 'array':
      return isNumber(type.item) ? 'a list of numbers' : type.item.kind === 'string' ? 'a list of strings' : 'a list';
    case 'map':
      return 'a map';
    default:
      return describeKind(type.kind);
  }
}

const WORDS: Readonly<Record<ValueKind, string>> = {
  nil: 'nil',
  bool: 'a bool',
  int: 'an int',
  float: 'a float',
  string: 'a string',
  array: 'a list',
  map: 'a map',
  time: 'a time',
  duration: 'a duration',
  timezone: 'a timezone',
  enum: 'a month or weekday',
};

export function describeKind(kind: ValueKind): string {
  return WORDS[kind];
}
