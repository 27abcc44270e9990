/**
 * Finds before evaluation what cannot be right: unknown names, operators and functions on kinds they do not take. The environment's values give the types;
 * where a type is not known the evaluator checks again. Constant patterns are pattern.ts's.
 */
import { checkCount, checkTypes } from './builtins/builtin.ts';
import { builtinOf } from './builtins/table.ts';
import { methodOf } from './builtins/times.ts';
import { takesPredicate } from './callables.ts';
import { checkBinary } from './check-operators.ts';
import { checkPredicateCall } from './check-predicates.ts';
import { Failure } from './condition-error.ts';
import { type Scope, withVariable } from './scope.ts';
import type { Node, NodeOf } from './syntax.ts';
import { BOOL, describeType, FLOAT, INT, isNumber, listOf, MAP, NIL, STRING, sameType, type Type, UNKNOWN } from './type.ts';

export type TypeScope = Scope<Type>;

export function check(node: Node, scope: TypeScope): Type {
  switch (node.kind) {
    case 'literal':
      return typeOfLiteral(node.value);
    case 'array':
      return checkArray(node, scope);
    case 'map':
      for (const { key, value } of node.entries) {
        expect(check(key, scope), ['string'], 'a key of a map', key.at);
        check(value, scope);
      }
      return MAP;
    case 'name':
      return checkName(node, scope);
    case 'environment':
      return MAP;
    case 'pointer':
      return checkPointer(node, scope);
    case 'member':
      return checkMember(node, scope);
    case 'slice':
      return checkSlice(node, scope);
    case 'chain':
      check(node.link, scope);
      return UNKNOWN;
    case 'call':
      return takesPredicate(node.name) ? checkPredicateCall(node, scope, check) : checkCall(node, scope);
    case 'method':
      return checkMethod(node, scope);
    case 'predicate':
      throw new Failure('syntax', 'a predicate has no place here', node.at);
    case 'unary':
      return checkUnary(node, scope);
    case 'binary':
      return checkBinary(node, check(node.left, scope), check(node.right, scope));
    case 'comparisons':
      return checkComparisons(node, scope);
    case 'conditional':
      return checkConditional(node, scope);
    case 'let':
      return checkLet(node, scope);
    case 'sequence':
      return node.items.map((item) => check(item, scope)).at(-1) ?? NIL;
  }
}

function typeOfLiteral(value: NodeOf<'literal'>['value']): Type {
  if (value === null) return NIL;
  switch (typeof value) {
    case 'boolean':
      return BOOL;
    case 'bigint':
      return INT;
    case 'number':
      return FLOAT;
    default:
      return STRING;
  }
}

function checkArray(node: NodeOf<'array'>, scope: TypeScope): Type {
  const types = node.items.map((item) => check(item, scope));
  const [first] = types;
  return listOf(first !== undefined && first.kind !== 'nil' && types.every((type) => sameType(type, first)) ? first : UNKNOWN);
}

function checkName(node: NodeOf<'name'>, scope: TypeScope): Type {
  const type = scope.variables.get(node.name) ?? scope.environment.get(node.name);
  if (type !== undefined) return type;
  const isFunction = builtinOf(node.name) !== undefined || takesPredicate(node.name);
  const hint = isFunction
    ? `${node.name} is a function; call it, as in ${node.name}(result)`
    : `there is no ${node.name}; the measured value is called result`;
  throw new Failure('type', hint, node.at);
}

function checkPointer(node: NodeOf<'pointer'>, scope: TypeScope): Type {
  const type = scope.predicate?.[node.name];
  if (type === undefined) throw new Failure('type', `#${node.name} has a meaning only in the predicate of reduce`, node.at);
  return type;
}

function checkMember(node: NodeOf<'member'>, scope: TypeScope): Type {
  if (node.object.kind === 'environment' && node.property.kind === 'literal' && typeof node.property.value === 'string') {
    const type = scope.environment.get(node.property.value);
    if (type === undefined && !node.optional)
      throw new Failure('type', `there is no ${node.property.value}; the measured value is called result`, node.at);
    return type ?? NIL;
  }
  const object = check(node.object, scope);
  const property = check(node.property, scope);
  switch (object.kind) {
    case 'unknown':
      return UNKNOWN;
    case 'array':
      expect(property, ['int'], 'the index of a list', node.property.at);
      return object.item;
    case 'map':
      if (object.stringKeys) expect(property, ['string'], 'a key of this map', node.property.at);
      return object.item;
    case 'nil':
      if (node.optional) return NIL;
      throw new Failure('type', 'nil has no fields; write ?. instead of . where a value may be missing', node.at);
    default:
      throw new Failure('type', `${describeType(object)} has no fields or items`, node.at);
  }
}

function checkSlice(node: NodeOf<'slice'>, scope: TypeScope): Type {
  const object = check(node.object, scope);
  for (const bound of [node.from, node.to]) {
    if (bound !== undefined) expect(check(bound, scope), ['int'], 'the bound of a slice', bound.at);
  }
  return expect(object, ['array', 'string'], 'what is sliced', node.at);
}

function checkCall(node: NodeOf<'call'>, scope: TypeScope): Type {
  const builtin = builtinOf(node.name);
  if (builtin === undefined) throw new Failure('type', `there is no function ${node.name}`, node.at);
  const types = node.args.map((arg) => check(arg, scope));
  checkCount(builtin, node.name, types.length, node.at);
  checkTypes(builtin, node.name, types, node.at);
  const [container, index] = types;
  if (node.name === 'get' && container !== undefined && index !== undefined) {
    if (container.kind === 'array') expect(index, ['int'], 'the index of a list', node.at);
    if (container.kind === 'map' && container.stringKeys) expect(index, ['string'], 'a key of this map', node.at);
  }
  return builtin.result(types);
}

function checkMethod(node: NodeOf<'method'>, scope: TypeScope): Type {
  if (node.object.kind === 'environment') return checkCall({ kind: 'call', at: node.at, name: node.name, args: node.args }, scope);
  const object = check(node.object, scope);
  const types = [object, ...node.args.map((arg) => check(arg, scope))];
  if (object.kind === 'unknown') return UNKNOWN;
  const method = methodOf(object.kind, node.name);
  if (method === undefined) throw new Failure('type', `${describeType(object)} has no method ${node.name}`, node.at);
  checkCount(method, node.name, types.length, node.at);
  checkTypes(method, node.name, types, node.at);
  return method.result(types);
}

function checkUnary(node: NodeOf<'unary'>, scope: TypeScope): Type {
  const operand = check(node.operand, scope);
  if (node.operator === 'not') {
    if (operand.kind === 'nil') return BOOL;
    expect(operand, ['bool'], 'what not negates', node.at);
    return BOOL;
  }
  if (operand.kind === 'unknown' || isNumber(operand)) return operand;
  throw new Failure('type', `${node.operator} needs a number, not ${describeType(operand)}`, node.at);
}

function checkComparisons(node: NodeOf<'comparisons'>, scope: TypeScope): Type {
  let left = check(node.first, scope);
  for (const { operator, operand, at } of node.rest) {
    const right = check(operand, scope);
    checkBinary({ operator, at }, left, right);
    left = right;
  }
  return BOOL;
}

function checkConditional(node: NodeOf<'conditional'>, scope: TypeScope): Type {
  expect(check(node.test, scope), ['bool'], 'the condition', node.test.at);
  const [yes, no] = [node.yes === undefined ? BOOL : check(node.yes, scope), check(node.no, scope)];
  return sameType(yes, no) ? yes : UNKNOWN;
}

function checkLet(node: NodeOf<'let'>, scope: TypeScope): Type {
  if (scope.variables.has(node.name))
    throw new Failure('type', `${node.name} is declared already; give the second one another name`, node.at);
  if (builtinOf(node.name) !== undefined || takesPredicate(node.name)) {
    throw new Failure('type', `${node.name} is the name of a function; give the variable another one`, node.at);
  }
  return check(node.body, withVariable(scope, node.name, check(node.value, scope)));
}

function expect(type: Type, kinds: readonly Type['kind'][], what: string, at: number): Type {
  if (type.kind === 'unknown' || kinds.includes(type.kind)) return type;
  const wanted = kinds.map((kind) => (kind === 'array' ? 'a list' : kind === 'int' ? 'an int' : `a ${kind}`)).join(' or ');
  throw new Failure('type', `${what} must be ${wanted}, not ${describeType(type)}`, at);
}
