/** What a built-in function is: the kinds it takes, checked once before and once during evaluation by the same table, its result's type, and itself. */
import type { Budget } from '../budget.ts';
import { Failure } from '../condition-error.ts';
import { describeKind, describeType, type Type } from '../type.ts';
import { kindOf, type Value, type ValueKind } from '../value.ts';

export interface Call {
  readonly name: string;
  readonly at: number;
  readonly budget: Budget;
  /** Milliseconds since the epoch; undefined where there is no clock. */
  readonly nowMs: number | undefined;
}

/** Kinds that an argument may have; undefined for any. */
export type Param = readonly ValueKind[] | undefined;

export interface Builtin {
  readonly params: readonly Param[];
  /** How many of the last parameters may be left out. */
  readonly optional?: number;
  /** The last parameter may be repeated. */
  readonly variadic?: true;
  readonly result: (args: readonly Type[]) => Type;
  readonly run: (args: readonly Value[], call: Call) => Value;
}

export const ANY: Param = undefined;
export const TEXT: Param = ['string'];
export const NUMBER: Param = ['int', 'float'];
export const WHOLE: Param = ['int'];
export const LIST: Param = ['array'];
export const DICT: Param = ['map'];

export function evaluationFailure(call: Pick<Call, 'name' | 'at'>, problem: string): Failure {
  return new Failure('evaluation', `${call.name}: ${problem}`, call.at);
}

export function checkCount(builtin: Builtin, name: string, count: number, at: number): void {
  const most = builtin.params.length;
  const least = most - (builtin.optional ?? 0);
  if (count >= least && (count <= most || builtin.variadic)) return;
  const wanted = builtin.variadic ? `at least ${least}` : least === most ? `${most}` : `${least} to ${most}`;
  throw new Failure('type', `${name} takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${count}`, at);
}

export function checkTypes(builtin: Builtin, name: string, types: readonly Type[], at: number): void {
  for (const [index, type] of types.entries()) {
    const param = paramAt(builtin, index);
    if (param === undefined || type.kind === 'unknown' || param.includes(type.kind)) continue;
    throw misfit(name, index, param, describeType(type), at);
  }
}

export function checkValues(builtin: Builtin, args: readonly Value[], call: Call): void {
  for (const [index, arg] of args.entries()) {
    const param = paramAt(builtin, index);
    const kind = kindOf(arg);
    if (param !== undefined && !param.includes(kind)) throw misfit(call.name, index, param, describeKind(kind), call.at);
  }
}

function paramAt(builtin: Builtin, index: number): Param {
  return builtin.params[Math.min(index, builtin.params.length - 1)];
}

function misfit(name: string, index: number, param: readonly ValueKind[], found: string, at: number): Failure {
  const hint = found === 'nil' ? '; say what to use instead, as in (x ?? 0)' : '';
  return new Failure(
    'type',
    `argument ${index + 1} of ${name} must be ${param.map(describeKind).join(' or ')}, not ${found}${hint}`,
    at,
  );
}
