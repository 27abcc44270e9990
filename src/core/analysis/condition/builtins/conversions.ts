/** Functions from one kind to another, those that the environment of a condition adds among them. What cannot be converted exactly is an error. */
import { formatJson, formatValue } from '../go-format.ts';
import { Duration } from '../time-value.ts';
import { BOOL, FLOAT, INT, STRING, UNKNOWN } from '../type.ts';
import { kindOf, sizeOf, toValue, type Value } from '../value.ts';
import { ANY, type Builtin, type Call, evaluationFailure, NUMBER, TEXT } from './builtin.ts';

const MAX_INT = 2n ** 63n - 1n;
/** No longer, zeros aside, than what fits: a text may have millions of digits. */
const INTEGER = /^[+-]?0*[0-9]{1,19}$/;

function toInt(value: Value, call: Call): bigint {
  if (typeof value === 'bigint') return value;
  if (value instanceof Duration && call.name === 'int') return value.ns;
  if (typeof value === 'number') {
    // Go leaves what happens past 64 bits, and to NaN, to the processor; a verdict must not hang on that.
    if (!(Math.abs(value) < 2 ** 63))
      throw evaluationFailure(call, `${formatValue(value)} does not fit into an int; test it with isNaN or isInf first`);
    return BigInt(Math.trunc(value));
  }
  if (typeof value === 'string' && INTEGER.test(value)) {
    const parsed = BigInt(value.replace(/^\+/, ''));
    if (parsed <= MAX_INT && parsed >= -MAX_INT - 1n) return parsed;
  }
  throw inconvertible(value, 'an int', call);
}

const DECIMAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

function toFloat(value: Value, call: Call): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') {
    const word = /^([+-]?)(?:(inf|infinity)|(nan))$/i.exec(value);
    if (word !== null && word[2] !== undefined) return word[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    if (word !== null && word[1] === '') return Number.NaN;
    const parsed = DECIMAL.test(value) ? Number(value) : Number.NaN;
    if (Number.isFinite(parsed)) return parsed;
  }
  throw inconvertible(value, 'a float', call);
}

function inconvertible(value: Value, wanted: string, call: Call): Error {
  const found = typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : `a value of kind ${kindOf(value)}`;
  return evaluationFailure(call, `cannot make ${wanted} of ${found}`);
}

function fromJson(text: string, call: Call): Value {
  call.budget.allocate(call.at, text.length);
  try {
    const parsed: unknown = JSON.parse(text, (_key, value: unknown) => {
      if (typeof value === 'number' && !Number.isFinite(value)) throw new SyntaxError('a number is too large');
      return value;
    });
    return toValue(parsed);
  } catch (error) {
    throw evaluationFailure(call, error instanceof SyntaxError ? 'the string is not JSON' : 'the JSON is nested too deep');
  }
}

function printed(value: Value, call: Call, print: (value: Value) => string | undefined): string {
  call.budget.step(call.at, sizeOf(value, call.budget.stepsLeft));
  const text = print(value);
  if (text === undefined)
    throw evaluationFailure(call, 'the value has no JSON: NaN, infinities and maps with keys other than strings do not');
  call.budget.allocate(call.at, text.length);
  return text;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function fromBase64(text: string, call: Call): string {
  const packed = text.replace(/[\r\n]/g, '');
  if (!BASE64.test(packed)) throw evaluationFailure(call, 'the string is not base64');
  call.budget.allocate(call.at, packed.length);
  return Buffer.from(packed, 'base64').toString('utf8');
}

const asText = (value: Value | undefined): string => (typeof value === 'string' ? value : '');

/** 15 or "15" or 15.7 -> 15. */
const toIntBuiltin = (params: Builtin['params']): Builtin => ({
  params,
  result: () => INT,
  run: ([value = null], call) => toInt(value, call),
});
const toFloatBuiltin = (params: Builtin['params']): Builtin => ({
  params,
  result: () => FLOAT,
  run: ([value = null], call) => toFloat(value, call),
});

export const CONVERSION_BUILTINS: Readonly<Record<string, Builtin>> = {
  int: toIntBuiltin([['int', 'float', 'string', 'duration']]),
  float: toFloatBuiltin([['int', 'float', 'string']]),
  string: {
    params: [ANY],
    result: () => STRING,
    run: ([value = null], call) => (typeof value === 'string' ? value : printed(value, call, formatValue)),
  },
  toJSON: { params: [ANY], result: () => STRING, run: ([value = null], call) => printed(value, call, formatJson) },
  fromJSON: { params: [TEXT], result: () => UNKNOWN, run: ([text], call) => fromJson(asText(text), call) },
  toBase64: {
    params: [TEXT],
    result: () => STRING,
    run: ([text], call) => {
      call.budget.allocate(call.at, asText(text).length * 2);
      return Buffer.from(asText(text)).toString('base64');
    },
  },
  fromBase64: { params: [TEXT], result: () => STRING, run: ([text], call) => fromBase64(asText(text), call) },
  asInt: toIntBuiltin([ANY]),
  asFloat: toFloatBuiltin([ANY]),
  isNaN: { params: [NUMBER], result: () => BOOL, run: ([value]) => Number.isNaN(value) },
  isInf: {
    params: [NUMBER],
    result: () => BOOL,
    run: ([value]) => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY,
  },
  isNil: { params: [ANY], result: () => BOOL, run: ([value = null]) => value === null },
  default: { params: [ANY, ANY], result: () => UNKNOWN, run: ([value = null, otherwise = null]) => value ?? otherwise },
};
