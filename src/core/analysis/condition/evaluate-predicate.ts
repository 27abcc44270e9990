/** Functions with a predicate in an evaluation. Each item costs what its predicate costs; lists that are made are charged as they grow. */
import { ordering } from './builtins/collections.ts';
import { Failure } from './condition-error.ts';
import type { Evaluator, ValueScope } from './evaluator.ts';
import { arithmetic } from './operators.ts';
import { withPredicate } from './scope.ts';
import type { NodeOf } from './syntax.ts';
import { describeKind } from './type.ts';
import { isList, kindOf, type Value } from './value.ts';

interface Run {
  readonly name: string;
  readonly at: number;
  readonly items: readonly Value[];
  /** The predicate's value for an item; the item itself where there is no predicate. */
  readonly value: (index: number, acc?: Value) => Value;
  readonly test: (index: number) => boolean;
  /** The argument after the predicate, not evaluated before it is asked for. */
  readonly last: (() => Value) | undefined;
  readonly evaluator: Evaluator;
}

export function evaluatePredicateCall(evaluator: Evaluator, node: NodeOf<'call'>, scope: ValueScope): Value {
  const [listNode, predicate, lastNode] = node.args;
  const items = listNode === undefined ? null : evaluator.evaluate(listNode, scope);
  if (!isList(items)) throw new Failure('type', `${node.name} works on a list, not on ${describeKind(kindOf(items))}`, node.at);
  const value = (index: number, acc?: Value): Value => {
    evaluator.budget.step(node.at);
    const item = items[index] ?? null;
    if (predicate === undefined || predicate.kind !== 'predicate') return item;
    return evaluator.evaluate(predicate.body, withPredicate(scope, { item, index: BigInt(index), acc }));
  };
  const test = (index: number): boolean => {
    const answer = value(index);
    if (typeof answer === 'boolean') return answer;
    throw new Failure(
      'type',
      `the predicate of ${node.name} must be a bool, not ${describeKind(kindOf(answer))}`,
      predicate?.at ?? node.at,
    );
  };
  const last = lastNode === undefined ? undefined : () => evaluator.evaluate(lastNode, scope);
  const run = RUNS.get(node.name);
  if (run === undefined) throw new Failure('type', `there is no function ${node.name}`, node.at);
  return run({ name: node.name, at: node.at, items, value, test, last, evaluator });
}

const itemOf = (run: Run, index: number | undefined): Value => (index === undefined ? null : (run.items[index] ?? null));

/** These stop at the first answer, and make nothing: what an item costs is its predicate's steps alone. */
function first(run: Run, wanted = true): number | undefined {
  for (const index of run.items.keys()) if (run.test(index) === wanted) return index;
  return undefined;
}

function final(run: Run): number | undefined {
  for (let index = run.items.length - 1; index >= 0; index -= 1) if (run.test(index)) return index;
  return undefined;
}

function count(run: Run): number {
  let found = 0;
  for (const index of run.items.keys()) if (run.test(index)) found += 1;
  return found;
}

const RUNS: ReadonlyMap<string, (run: Run) => Value> = new Map<string, (run: Run) => Value>([
  ['all', (run) => first(run, false) === undefined],
  ['any', (run) => first(run) !== undefined],
  ['none', (run) => first(run) === undefined],
  ['one', (run) => count(run) === 1],
  ['count', (run) => BigInt(count(run))],
  ['find', (run) => itemOf(run, first(run))],
  ['findLast', (run) => itemOf(run, final(run))],
  ['findIndex', (run) => toInt(first(run))],
  ['findLastIndex', (run) => toInt(final(run))],
  [
    'filter',
    (run) =>
      made(
        run,
        (index) => run.test(index),
        (index) => itemOf(run, index),
      ),
  ],
  [
    'map',
    (run) =>
      made(
        run,
        () => true,
        (index) => run.value(index),
      ),
  ],
  ['sum', sum],
  ['groupBy', groupBy],
  ['sortBy', sortBy],
  ['reduce', reduce],
]);

function toInt(index: number | undefined): Value {
  return index === undefined ? null : BigInt(index);
}

function made(run: Run, keep: (index: number) => boolean, item: (index: number) => Value): Value {
  const list: Value[] = [];
  for (const index of run.items.keys()) {
    if (!keep(index)) continue;
    run.evaluator.budget.allocate(run.at, 1);
    list.push(item(index));
  }
  return list;
}

function sum(run: Run): Value {
  let total: Value | undefined;
  for (const index of run.items.keys()) {
    const value = run.value(index);
    const kind = kindOf(value);
    if (kind !== 'int' && kind !== 'float' && kind !== 'duration')
      throw new Failure('type', `sum adds numbers, not ${describeKind(kind)}`, run.at);
    total = total === undefined ? value : arithmetic('+', total, value, run.at);
  }
  return total ?? 0n;
}

function groupBy(run: Run): Value {
  const groups = new Map<Value, Value[]>();
  run.evaluator.budget.allocate(run.at, run.items.length);
  for (const index of run.items.keys()) {
    const key = run.value(index);
    if (typeof key === 'object' && key !== null)
      throw new Failure('type', `groupBy groups by a number, a string or a bool, not by ${describeKind(kindOf(key))}`, run.at);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [itemOf(run, index)]);
    else group.push(itemOf(run, index));
  }
  return groups;
}

function sortBy(run: Run): Value {
  const { budget } = run.evaluator;
  budget.allocate(run.at, run.items.length);
  const compare = ordering(run.last?.(), { name: run.name, at: run.at, budget, nowMs: undefined });
  const keyed = run.items.map((item, index) => ({ item, key: run.value(index) }));
  return keyed.sort((left, right) => compare(left.key, right.key)).map(({ item }) => item);
}

function reduce(run: Run): Value {
  const [head = null] = run.items;
  if (run.items.length === 0 && run.last === undefined) {
    throw new Failure(
      'evaluation',
      'reduce has nothing to begin with: the list is empty; give a first value, as in reduce(list, #acc + #, 0)',
      run.at,
    );
  }
  let acc = run.last === undefined ? head : run.last();
  for (const index of run.items.keys()) {
    if (index > 0 || run.last !== undefined) acc = run.value(index, acc);
  }
  return acc;
}
