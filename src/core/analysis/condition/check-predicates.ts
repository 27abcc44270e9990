/** The types of functions with a predicate: what `#` is in it, what it must give, and what the function gives. */
import { Failure } from './condition-error.ts';
import { type Scope, withPredicate } from './scope.ts';
import type { Node, NodeOf } from './syntax.ts';
import { BOOL, describeType, INT, listOf, type Type, UNKNOWN } from './type.ts';

type Check = (node: Node, scope: Scope<Type>) => Type;

interface Shape {
  readonly least: number;
  readonly most: number;
  /** Whether the predicate answers yes or no. */
  readonly test: boolean;
  readonly result: (item: Type, body: Type) => Type;
}

const test = (result: Shape['result'], least = 2): Shape => ({ least, most: 2, test: true, result });
const item = (type: Type): Type => type;

const SHAPES: ReadonlyMap<string, Shape> = new Map([
  ['all', test(() => BOOL)],
  ['any', test(() => BOOL)],
  ['none', test(() => BOOL)],
  ['one', test(() => BOOL)],
  ['filter', test((type) => listOf(type))],
  ['find', test(item)],
  ['findLast', test(item)],
  ['findIndex', test(() => INT)],
  ['findLastIndex', test(() => INT)],
  ['count', test(() => INT, 1)],
  ['map', { least: 2, most: 2, test: false, result: (_item, body) => listOf(body) }],
  ['sum', { least: 1, most: 2, test: false, result: (type, body) => (body.kind === 'nil' ? type : body) }],
  ['groupBy', { least: 2, most: 2, test: false, result: (type) => ({ kind: 'map', stringKeys: false, item: listOf(type) }) }],
  ['sortBy', { least: 2, most: 3, test: false, result: (type) => listOf(type) }],
  ['reduce', { least: 2, most: 3, test: false, result: () => UNKNOWN }],
]);

export function checkPredicateCall(node: NodeOf<'call'>, scope: Scope<Type>, check: Check): Type {
  const shape = SHAPES.get(node.name);
  const [list, predicate, last] = node.args;
  if (shape === undefined || list === undefined || node.args.length < shape.least || node.args.length > shape.most) {
    throw new Failure('type', `${node.name} takes a list and a predicate, as in ${node.name}(result, # > 0)`, node.at);
  }
  const type = check(list, scope);
  if (type.kind !== 'array' && type.kind !== 'unknown') {
    throw new Failure('type', `${node.name} works on a list, not on ${describeType(type)}`, list.at);
  }
  const itemType = type.kind === 'array' ? type.item : UNKNOWN;
  if (last !== undefined) check(last, scope);
  if (predicate === undefined || predicate.kind !== 'predicate') return shape.result(itemType, itemType);
  const acc = node.name === 'reduce' ? UNKNOWN : undefined;
  const body = check(predicate.body, withPredicate(scope, { item: itemType, index: INT, acc }));
  if (shape.test && body.kind !== 'bool' && body.kind !== 'unknown') {
    throw new Failure(
      'type',
      `the predicate of ${node.name} must be a comparison (a bool), not ${describeType(body)}`,
      predicate.at,
    );
  }
  return shape.result(itemType, body);
}
