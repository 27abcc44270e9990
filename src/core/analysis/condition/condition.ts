/**
 * The door of the condition language, compatible with expr-lang 1.17: a text is compiled once and evaluated against environments. Whatever the text and
 * the values, the answer is a value or a ConditionError, within bounded time and memory. Evaluation sees its environment and the given clock, nothing else.
 */
import { Budget } from './budget.ts';
import { check } from './checker.ts';
import { ConditionError, Failure } from './condition-error.ts';
import { Evaluator } from './evaluator.ts';
import { parse } from './parser.ts';
import { Patterns } from './pattern.ts';
import type { Node } from './syntax.ts';
import { describeType, NIL, type Type, typeOf } from './type.ts';
import { toValue, type Value, ValueTooDeep } from './value.ts';

export interface CompiledCondition {
  readonly text: string;
  readonly tree: Node;
}

export interface Environment {
  /** name -> value of JSON's shape; Maps, bigints (as ints) and the language's own times are taken too. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What `now()` says, in milliseconds since the epoch; without it `now()` is an error. */
  readonly nowMs?: number;
  /** How lists are typed: `measured` (the default) makes a list of numbers one of floats, `json` lets every item be anything. */
  readonly lists?: 'measured' | 'json';
}

/** An expression that failed is returned, not thrown. */
export function compileCondition(text: string): CompiledCondition | ConditionError {
  return guarded(text, () => ({ text, tree: parse(text) }));
}

/**
 * The value of a compiled expression, checked against the types of the environment first. With `wanted`, a result of another kind is an error too.
 * Returns a ConditionError for everything that can be wrong, and never throws.
 */
export function evaluate(compiled: CompiledCondition, environment: Environment, wanted?: 'bool' | 'time'): Value | ConditionError {
  return guarded(compiled.text, () => {
    const entries = Object.entries(environment.values).map(([name, value]): [string, Value] => [name, toValue(value)]);
    const types = new Map(entries.map(([name, value]): [string, Type] => [name, typeOf(value, environment.lists !== 'json')]));
    const type = check(compiled.tree, { environment: types, variables: new Map(), predicate: undefined });
    if (wanted !== undefined && type.kind !== wanted && type.kind !== 'unknown') throw unwanted(wanted, type);
    const [budget, patterns] = [new Budget(), new Patterns()];
    patterns.compileConstants(compiled.tree, budget);
    const evaluator = new Evaluator(budget, patterns, environment.nowMs);
    const value = evaluator.evaluate(compiled.tree, { environment: new Map(entries), variables: new Map(), predicate: undefined });
    const found = value === null ? NIL : typeOf(value, true);
    if (wanted !== undefined && found.kind !== wanted) throw unwanted(wanted, found);
    return value;
  });
}

function unwanted(wanted: 'bool' | 'time', found: Type): Failure {
  const hint = wanted === 'bool' ? 'compare it with something, as in result[0] >= 0.95' : 'write it as in now() - duration("1h")';
  return new Failure(
    'type',
    `expected ${wanted}, but got ${goName(found)}: the expression gives ${describeType(found)}; ${hint}`,
    0,
  );
}

/** The name that users of expr-lang know the type by. */
function goName(type: Type): string {
  switch (type.kind) {
    case 'float':
      return 'float64';
    case 'array':
      return type.item.kind === 'float' ? '[]float64' : '[]interface {}';
    case 'map':
      return 'map[string]interface {}';
    default:
      return type.kind;
  }
}

function guarded<T>(text: string, run: () => T): T | ConditionError {
  try {
    return run();
  } catch (error) {
    if (error instanceof Failure) return new ConditionError(error.code, error.message, text, error.at);
    if (error instanceof ValueTooDeep) return new ConditionError('limit', 'a value is nested too deep', text, 0);
    // A stack or a string that outgrew the engine: the bounds above should have come first, but a condition must not end the process.
    if (error instanceof RangeError) return new ConditionError('limit', 'the expression is too large to evaluate', text, 0);
    throw error;
  }
}
