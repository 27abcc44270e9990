/** Functions on numbers: the kind is kept where the language keeps it (abs, min, max), and made a float where it makes it one. */

import { compareValues } from '../operators.ts';
import { FLOAT, INT, isNumber, type Type, UNKNOWN } from '../type.ts';
import { kindOf, type Value } from '../value.ts';
import { type Builtin, type Call, evaluationFailure, NUMBER, WHOLE } from './builtin.ts';

const asNumber = (value: Value | undefined): number =>
  typeof value === 'bigint' ? Number(value) : typeof value === 'number' ? value : Number.NaN;
const asWhole = (value: Value | undefined): bigint => (typeof value === 'bigint' ? value : 0n);
const wrap = (value: bigint): bigint => BigInt.asIntN(64, value);

function rounding(round: (value: number) => number): Builtin {
  return { params: [NUMBER], result: () => FLOAT, run: ([value]) => round(asNumber(value)) };
}

function bitwise(compute: (left: bigint, right: bigint) => bigint): Builtin {
  return { params: [WHOLE, WHOLE], result: () => INT, run: ([left, right]) => wrap(compute(asWhole(left), asWhole(right))) };
}

function shift(compute: (value: bigint, count: bigint) => bigint): Builtin {
  return {
    params: [WHOLE, WHOLE],
    result: () => INT,
    run: ([value, by], call) => {
      const count = asWhole(by);
      if (count < 0n) throw evaluationFailure(call, `the shift must not be negative, it is ${count}`);
      return wrap(compute(asWhole(value), count > 64n ? 64n : count));
    },
  };
}

const roundHalfAway = (value: number): number => {
  const size = Math.abs(value);
  const down = Math.floor(size);
  return Math.sign(value) * (size - down >= 0.5 ? down + 1 : down) || value * 0;
};

const numeric = (value: Value): boolean => typeof value === 'bigint' || typeof value === 'number';

/** All numbers among the arguments, lists of them opened. */
function spread(args: readonly Value[], call: Call, accepts: (value: Value) => boolean, depth = 0): readonly Value[] {
  const found: Value[] = [];
  for (const arg of args) {
    call.budget.step(call.at);
    if (Array.isArray(arg) && depth < 50)
      for (const item of spread(arg as readonly Value[], call, accepts, depth + 1)) found.push(item);
    else if (accepts(arg)) found.push(arg);
    else throw evaluationFailure(call, `every item must be a number, one is of kind ${kindOf(arg)}`);
  }
  return found;
}

function extreme(sign: 1 | -1): Builtin {
  return {
    params: [['int', 'float', 'array', 'time', 'duration']],
    variadic: true,
    result: (types) => (types.length === 1 && types[0] !== undefined && isNumber(types[0]) ? types[0] : UNKNOWN),
    run: (args, call) => {
      let best: Value = null;
      for (const item of spread(
        args,
        call,
        (value) => numeric(value) || kindOf(value) === 'duration' || kindOf(value) === 'time',
      )) {
        if (best === null || sign * compareValues(item, best, call.at) > 0) best = item;
      }
      return best;
    },
  };
}

function averaging(compute: (numbers: readonly number[]) => number): Builtin {
  return {
    params: [['int', 'float', 'array']],
    variadic: true,
    result: () => FLOAT,
    run: (args, call) => {
      const numbers = spread(args, call, numeric).map(asNumber);
      return numbers.length === 0 ? 0 : compute(numbers);
    },
  };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

export const NUMBER_BUILTINS: Readonly<Record<string, Builtin>> = {
  abs: {
    params: [NUMBER],
    result: ([type = UNKNOWN]: readonly Type[]) => type,
    run: ([value]) => (typeof value === 'bigint' ? wrap(value < 0n ? -value : value) : Math.abs(asNumber(value))),
  },
  ceil: rounding(Math.ceil),
  floor: rounding(Math.floor),
  round: rounding(roundHalfAway),
  min: extreme(-1),
  max: extreme(1),
  mean: averaging((numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length),
  median: averaging(median),
  bitand: bitwise((left, right) => left & right),
  bitor: bitwise((left, right) => left | right),
  bitxor: bitwise((left, right) => left ^ right),
  bitnand: bitwise((left, right) => left & ~right),
  bitnot: { params: [WHOLE], result: () => INT, run: ([value]) => wrap(~asWhole(value)) },
  bitshl: shift((value, count) => value << count),
  bitshr: shift((value, count) => value >> count),
  bitushr: shift((value, count) => BigInt.asUintN(64, value) >> count),
};
