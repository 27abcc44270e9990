/**
 * Computes a checked tree. Every node costs a step and everything made is charged, so an evaluation ends in bounded time and memory; it sees nothing but
 * its environment, and throws nothing but Failure (and ValueTooDeep, which its caller turns into one).
 */
import type { Budget } from './budget.ts';
import { checkCount, checkValues } from './builtins/builtin.ts';
import { builtinOf } from './builtins/table.ts';
import { methodOf } from './builtins/times.ts';
import { takesPredicate } from './callables.ts';
import { Failure } from './condition-error.ts';
import { evaluateComparisons, evaluateOperator } from './evaluate-operator.ts';
import { evaluatePredicateCall } from './evaluate-predicate.ts';
import type { Patterns } from './pattern.ts';
import { type Scope, withVariable } from './scope.ts';
import type { Node, NodeOf } from './syntax.ts';
import { describeKind } from './type.ts';
import { isList, isMap, kindOf, mayBeKey, type Value } from './value.ts';

export type ValueScope = Scope<Value>;

/** A method of a time may have to ask its zone. */
const METHOD_STEPS = 30;

/** What an optional link leaves behind when it finds nil: the rest of its chain is skipped. */
class Skipped extends Error {}
const SKIPPED = new Skipped();

export class Evaluator {
  readonly budget: Budget;
  readonly patterns: Patterns;
  private readonly nowMs: number | undefined;

  constructor(budget: Budget, patterns: Patterns, nowMs: number | undefined) {
    this.budget = budget;
    this.patterns = patterns;
    this.nowMs = nowMs;
  }

  evaluate(node: Node, scope: ValueScope): Value {
    this.budget.step(node.at);
    switch (node.kind) {
      case 'literal':
        return node.value;
      case 'array':
        this.budget.allocate(node.at, node.items.length);
        return node.items.map((item) => this.evaluate(item, scope));
      case 'map':
        return this.makeMap(node, scope);
      case 'name':
        return (scope.variables.has(node.name) ? scope.variables : scope.environment).get(node.name) ?? null;
      case 'environment':
        return scope.environment;
      case 'pointer':
        return scope.predicate?.[node.name] ?? null;
      case 'member':
        return this.member(node, scope);
      case 'slice':
        return this.slice(node, scope);
      case 'chain':
        return this.chain(node, scope);
      case 'call':
        return takesPredicate(node.name) ? evaluatePredicateCall(this, node, scope) : this.call(node, scope);
      case 'method':
        return this.method(node, scope);
      case 'predicate':
        throw new Failure('syntax', 'a predicate has no place here', node.at);
      case 'unary':
        return this.unary(node, scope);
      case 'binary':
        return evaluateOperator(this, node, scope);
      case 'comparisons':
        return evaluateComparisons(this, node, scope);
      case 'conditional':
        if (!this.truth(node.test, scope, 'the condition')) return this.evaluate(node.no, scope);
        return node.yes === undefined ? true : this.evaluate(node.yes, scope);
      case 'let':
        return this.evaluate(node.body, withVariable(scope, node.name, this.evaluate(node.value, scope)));
      case 'sequence':
        return node.items.map((item) => this.evaluate(item, scope)).at(-1) ?? null;
    }
  }

  truth(node: Node, scope: ValueScope, what: string): boolean {
    const value = this.evaluate(node, scope);
    if (typeof value !== 'boolean')
      throw new Failure('type', `${what} must be a bool, not ${describeKind(kindOf(value))}`, node.at);
    return value;
  }

  private makeMap(node: NodeOf<'map'>, scope: ValueScope): Value {
    this.budget.allocate(node.at, node.entries.length);
    const map = new Map<Value, Value>();
    for (const entry of node.entries) {
      const key = this.evaluate(entry.key, scope);
      if (typeof key !== 'string')
        throw new Failure('type', `a key of a map must be a string, not ${describeKind(kindOf(key))}`, entry.key.at);
      const value = this.evaluate(entry.value, scope);
      // Of two equal keys the first counts.
      if (!map.has(key)) map.set(key, value);
    }
    return map;
  }

  private member(node: NodeOf<'member'>, scope: ValueScope): Value {
    const object = this.evaluate(node.object, scope);
    if (object === null) {
      if (node.optional) throw SKIPPED;
      throw new Failure(
        'evaluation',
        'there is nothing here to take a field of (nil); write ?. instead of . where a value may be missing',
        node.at,
      );
    }
    const property = this.evaluate(node.property, scope);
    if (isList(object)) return itemAt(object, property, node.at);
    if (typeof object === 'string') return byteAt(object, property, this.budget, node.at);
    if (kindOf(object) === 'map' && typeof object === 'object' && isMap(object)) {
      if (mayBeKey(object, property)) return object.get(property) ?? null;
      throw new Failure('type', `a key of this map must be a string, not ${describeKind(kindOf(property))}`, node.at);
    }
    throw new Failure('type', `${describeKind(kindOf(object))} has no fields or items`, node.at);
  }

  private slice(node: NodeOf<'slice'>, scope: ValueScope): Value {
    const object = this.evaluate(node.object, scope);
    const bound = (part: Node | undefined): number | undefined => {
      const value = part === undefined ? undefined : this.evaluate(part, scope);
      if (value === undefined || typeof value === 'bigint') return value === undefined ? undefined : Number(value);
      throw new Failure('type', `the bound of a slice must be an int, not ${describeKind(kindOf(value))}`, node.at);
    };
    const [from, to] = [bound(node.from), bound(node.to)];
    if (isList(object)) {
      const part = object.slice(from, to);
      this.budget.allocate(node.at, part.length);
      return part;
    }
    if (typeof object !== 'string') throw new Failure('type', `${describeKind(kindOf(object))} cannot be sliced`, node.at);
    this.budget.allocate(node.at, object.length);
    const bytes = Buffer.from(object);
    return bytes.subarray(...within(bytes.length, from, to)).toString('utf8');
  }

  private chain(node: NodeOf<'chain'>, scope: ValueScope): Value {
    try {
      return this.evaluate(node.link, scope);
    } catch (error) {
      if (error === SKIPPED) return null;
      throw error;
    }
  }

  private call(node: Pick<NodeOf<'call'>, 'name' | 'args' | 'at'>, scope: ValueScope): Value {
    const builtin = builtinOf(node.name);
    if (builtin === undefined) throw new Failure('type', `there is no function ${node.name}`, node.at);
    const args = node.args.map((arg) => this.evaluate(arg, scope));
    const call = { name: node.name, at: node.at, budget: this.budget, nowMs: this.nowMs };
    checkValues(builtin, args, call);
    return builtin.run(args, call);
  }

  private method(node: NodeOf<'method'>, scope: ValueScope): Value {
    if (node.object.kind === 'environment') return this.call(node, scope);
    const object = this.evaluate(node.object, scope);
    if (object === null && node.optional) throw SKIPPED;
    const method = methodOf(kindOf(object), node.name);
    if (method === undefined) throw new Failure('type', `${describeKind(kindOf(object))} has no method ${node.name}`, node.at);
    const args = [object, ...node.args.map((arg) => this.evaluate(arg, scope))];
    const call = { name: node.name, at: node.at, budget: this.budget, nowMs: this.nowMs };
    checkCount(method, node.name, args.length, node.at);
    this.budget.step(node.at, METHOD_STEPS);
    checkValues(method, args, call);
    return method.run(args, call);
  }

  private unary(node: NodeOf<'unary'>, scope: ValueScope): Value {
    if (node.operator === 'not') return !this.truth(node.operand, scope, 'what not negates');
    const value = this.evaluate(node.operand, scope);
    if (typeof value === 'bigint') return node.operator === '-' ? BigInt.asIntN(64, -value) : value;
    if (typeof value === 'number') return node.operator === '-' ? -value : value;
    throw new Failure('type', `${node.operator} needs a number, not ${describeKind(kindOf(value))}`, node.at);
  }
}

/** Numbers out of JSON are floats and count things all the same: what is behind their point is cut off. */
function place(index: Value, at: number): number {
  const number = typeof index === 'bigint' || typeof index === 'number' ? Number(index) : Number.NaN;
  if (Number.isFinite(number)) return Math.trunc(number);
  throw new Failure('type', `an index must be a whole number, not ${describeKind(kindOf(index))}`, at);
}

/** Strings are made of bytes, and an item of one is the number of such. */
function byteAt(text: string, index: Value, budget: Budget, at: number): Value {
  budget.step(at, 1 + text.length / 16);
  const byte = Buffer.from(text).at(place(index, at));
  if (byte !== undefined) return BigInt(byte);
  throw new Failure('evaluation', `there is no byte ${index} in a string of ${Buffer.byteLength(text)}`, at);
}

function itemAt(list: readonly Value[], index: Value, at: number): Value {
  const item = list.at(place(index, at));
  if (item !== undefined) return item;
  const hint =
    list.length === 0
      ? 'the list is empty; test it first, as in len(result) > 0 and result[0] < 5'
      : `the list has ${list.length} items, counted from 0`;
  throw new Failure('evaluation', `there is no item ${index}: ${hint}`, at);
}

/** Bounds of a slice as whole places of the string; a character is never cut in two here, its rest is replaced as in any broken UTF-8. */
function within(length: number, from = 0, to = length): [number, number] {
  const place = (bound: number): number => Math.min(length, Math.max(0, bound < 0 ? length + bound : bound));
  return [place(from), Math.max(place(from), place(to))];
}
