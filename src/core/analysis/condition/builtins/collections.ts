/** Functions on lists and maps that take no predicate. What they make is charged to the budget before it is made. */
import { compareValues, textToCompare } from '../operators.ts';
import { INT, listOf, MAP, type Type, UNKNOWN } from '../type.ts';
import { equal, isList, isMap, kindOf, MAX_VALUE_DEPTH, sizeOf, type Value } from '../value.ts';
import { ANY, type Builtin, type Call, DICT, evaluationFailure, LIST, TEXT, WHOLE } from './builtin.ts';

const list = (value: Value | undefined): readonly Value[] => (value !== undefined && isList(value) ? value : []);
const itemOf = (type: Type | undefined): Type => (type?.kind === 'array' ? type.item : UNKNOWN);
const anyList = () => listOf(UNKNOWN);

function charged(call: Call, items: readonly Value[]): readonly Value[] {
  call.budget.allocate(call.at, items.length);
  return items;
}

function length(value: Value): number {
  if (typeof value === 'string') return [...value].length;
  if (isList(value)) return value.length;
  return value !== null && typeof value === 'object' && isMap(value) ? value.size : 0;
}

/** The comparison of sort and sortBy, each paid for; `order` is asc or desc. */
export function ordering(order: Value | undefined, call: Call): (left: Value, right: Value) => number {
  if (order !== undefined && order !== 'asc' && order !== 'desc')
    throw evaluationFailure(call, 'the order must be "asc" or "desc"');
  const sign = order === 'desc' ? -1 : 1;
  return (left, right) => {
    call.budget.step(call.at, 1 + textToCompare(left, right));
    return sign * compareValues(left, right, call.at);
  };
}

function flatten(items: readonly Value[], call: Call, into: Value[], depth: number): Value[] {
  if (depth > MAX_VALUE_DEPTH) throw evaluationFailure(call, 'the list is nested too deep');
  for (const item of items) {
    call.budget.allocate(call.at, 1);
    if (isList(item)) flatten(item, call, into, depth + 1);
    else into.push(item);
  }
  return into;
}

/** The first of each set of equal items. Scalars are found by hash, the rest one by one. */
function uniq(items: readonly Value[], call: Call): Value[] {
  const seen = new Set<Value>();
  const found: Value[] = [];
  for (const item of charged(call, items)) {
    const scalar = item === null || typeof item !== 'object';
    const key = typeof item === 'bigint' ? Number(item) : item;
    if (scalar && !Number.isNaN(key)) {
      if (seen.has(key)) continue;
      seen.add(key);
    } else {
      call.budget.step(call.at, 1 + found.length + sizeOf(item, call.budget.stepsLeft));
      if (found.some((other) => equal(item, other))) continue;
    }
    found.push(item);
  }
  return found;
}

function fromPairs(items: readonly Value[], call: Call): Value {
  call.budget.allocate(call.at, items.length);
  return new Map(
    items.map((pair): [Value, Value] => {
      if (!isList(pair) || pair.length !== 2)
        throw evaluationFailure(call, 'every item must be a list of a key and a value, as in [["a", 1]]');
      return [pair[0] ?? null, pair[1] ?? null];
    }),
  );
}

function get([value = null, index = null]: readonly Value[], call: Call): Value {
  if (isList(value)) {
    if (typeof index !== 'bigint') throw evaluationFailure(call, `the index must be an int, not of kind ${kindOf(index)}`);
    return value.at(Number(index)) ?? null;
  }
  return value !== null && typeof value === 'object' && isMap(value) ? (value.get(index) ?? null) : null;
}

const entriesOf = (value: Value | undefined): readonly (readonly [Value, Value])[] =>
  value !== undefined && value !== null && typeof value === 'object' && isMap(value) ? [...value] : [];

export const COLLECTION_BUILTINS: Readonly<Record<string, Builtin>> = {
  len: {
    params: [['string', 'array', 'map']],
    result: () => INT,
    run: ([value = null], call) => {
      if (typeof value === 'string') call.budget.step(call.at, 1 + value.length / 16);
      return BigInt(length(value));
    },
  },
  get: { params: [['array', 'map'], ANY], result: () => UNKNOWN, run: get },
  first: { params: [LIST], result: ([type]) => itemOf(type), run: ([value]) => list(value)[0] ?? null },
  last: { params: [LIST], result: ([type]) => itemOf(type), run: ([value]) => list(value).at(-1) ?? null },
  take: {
    params: [LIST, WHOLE],
    result: ([type]) => listOf(itemOf(type)),
    run: ([value, count], call) => {
      const wanted = Number(count);
      if (wanted < 0) throw evaluationFailure(call, `the number of items must not be negative, it is ${wanted}`);
      return charged(call, list(value).slice(0, wanted));
    },
  },
  reverse: { params: [LIST], result: anyList, run: ([value], call) => charged(call, list(value).toReversed()) },
  sort: {
    params: [LIST, TEXT],
    optional: 1,
    result: anyList,
    run: ([value, order], call) => charged(call, list(value).toSorted(ordering(order, call))),
  },
  concat: {
    params: [LIST],
    variadic: true,
    result: anyList,
    run: (args, call) => {
      for (const arg of args) call.budget.allocate(call.at, list(arg).length);
      return args.flatMap((arg) => [...list(arg)]);
    },
  },
  flatten: { params: [LIST], result: anyList, run: ([value], call) => flatten(list(value), call, [], 0) },
  uniq: { params: [LIST], result: anyList, run: ([value], call) => uniq(list(value), call) },
  keys: {
    params: [DICT],
    result: anyList,
    run: ([value], call) =>
      charged(
        call,
        entriesOf(value).map(([key]) => key),
      ),
  },
  values: {
    params: [DICT],
    result: anyList,
    run: ([value], call) =>
      charged(
        call,
        entriesOf(value).map(([, item]) => item),
      ),
  },
  toPairs: {
    params: [DICT],
    result: () => listOf(listOf(UNKNOWN)),
    run: ([value], call) =>
      charged(
        call,
        entriesOf(value).map(([key, item]) => [key, item]),
      ),
  },
  fromPairs: {
    params: [LIST],
    result: () => ({ ...MAP, stringKeys: false }),
    run: ([value], call) => fromPairs(list(value), call),
  },
};
