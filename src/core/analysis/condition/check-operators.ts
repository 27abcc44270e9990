/** Which binary operators take which types, and what they give. */
import { Failure } from './condition-error.ts';
import type { BinaryOperator, NodeOf } from './syntax.ts';
import { BOOL, DURATION, describeType, FLOAT, INT, isNumber, listOf, STRING, sameType, TIME, type Type, UNKNOWN } from './type.ts';

export function checkBinary(node: Pick<NodeOf<'binary'>, 'operator' | 'at'>, left: Type, right: Type): Type {
  const type = resultOf(node.operator, left, right);
  if (type === undefined) throw new Failure('type', misfit(node.operator, left, right), node.at);
  return type;
}

function resultOf(operator: BinaryOperator, left: Type, right: Type): Type | undefined {
  switch (operator) {
    case 'and':
    case 'or':
      return both(left, right, 'bool') ? BOOL : undefined;
    case '==':
    case '!=':
      return comparable(left, right) ? BOOL : undefined;
    case '<':
    case '>':
    case '<=':
    case '>=':
      return orderable(left, right) ? BOOL : undefined;
    case 'contains':
    case 'startsWith':
    case 'endsWith':
    case 'matches':
      return both(left, right, 'string') ? BOOL : undefined;
    case 'in':
      return holds(left, right) ? BOOL : undefined;
    case '..':
      return both(left, right, 'int') ? listOf(INT) : undefined;
    case '??':
      return left.kind === 'nil' ? right : right.kind === 'nil' || sameType(left, right) ? left : UNKNOWN;
    default:
      return arithmetic(operator, left, right);
  }
}

const loose = (type: Type, kind: Type['kind']): boolean => type.kind === 'unknown' || type.kind === kind;
const both = (left: Type, right: Type, kind: Type['kind']): boolean => loose(left, kind) && loose(right, kind);
const number = (type: Type): boolean => type.kind === 'unknown' || isNumber(type);

function comparable(left: Type, right: Type): boolean {
  if (left.kind === 'nil' || right.kind === 'nil' || left.kind === 'unknown' || right.kind === 'unknown') return true;
  return left.kind === right.kind || (isNumber(left) && isNumber(right));
}

const ORDERED: readonly Type['kind'][] = ['string', 'time', 'duration', 'int', 'float'];

function orderable(left: Type, right: Type): boolean {
  if (number(left) && number(right)) return true;
  return ORDERED.some((kind) => both(left, right, kind));
}

function holds(item: Type, container: Type): boolean {
  if (container.kind === 'unknown') return true;
  if (container.kind === 'array') return item.kind === 'nil' || comparable(item, container.item);
  return container.kind === 'map' && (!container.stringKeys || loose(item, 'string'));
}

function arithmetic(operator: '+' | '-' | '*' | '/' | '%' | '**', left: Type, right: Type): Type | undefined {
  const unsure = left.kind === 'unknown' || right.kind === 'unknown';
  if (operator === '%') return both(left, right, 'int') ? (unsure ? UNKNOWN : INT) : undefined;
  if (number(left) && number(right)) {
    if (operator === '/' || operator === '**') return FLOAT;
    return unsure ? UNKNOWN : left.kind === 'float' || right.kind === 'float' ? FLOAT : INT;
  }
  if (unsure) return mayMix(operator, left.kind === 'unknown' ? right : left) ? UNKNOWN : undefined;
  return special(operator, left, right);
}

/** Whether an operand of this type could be right beside one that is not known. */
function mayMix(operator: string, known: Type): boolean {
  if (operator === '+') return ['string', 'time', 'duration'].includes(known.kind);
  if (operator === '-') return ['time', 'duration'].includes(known.kind);
  return operator === '*' && known.kind === 'duration';
}

function special(operator: string, left: Type, right: Type): Type | undefined {
  const pair = `${left.kind} ${operator} ${right.kind}`;
  const results: Readonly<Record<string, Type>> = {
    'string + string': STRING,
    'time + duration': TIME,
    'duration + time': TIME,
    'duration + duration': DURATION,
    'time - duration': TIME,
    'time - time': DURATION,
    'duration - duration': DURATION,
    'duration * int': DURATION,
    'int * duration': DURATION,
    'duration * float': FLOAT,
    'float * duration': FLOAT,
  };
  return Object.hasOwn(results, pair) ? results[pair] : undefined;
}

/** What to say of the two types, with the remedy for the mistakes that are made most. */
function misfit(operator: BinaryOperator, left: Type, right: Type): string {
  const problem = `${operator} does not work between ${describeType(left)} and ${describeType(right)}`;
  if (operator === 'in' && right.kind === 'array') return `${problem} of another kind; compare like with like`;
  if (left.kind === 'array' || right.kind === 'array')
    return `${problem}; take one item, as in result[0], or test them all, as in all(result, # < 5)`;
  if (left.kind === 'nil' || right.kind === 'nil') return `${problem}; say what to use instead of nil, as in (result ?? 0)`;
  if (left.kind === 'map' || right.kind === 'map') return `${problem}; take a field of it, as in result.value`;
  if (left.kind === 'string' && isNumber(right)) return `${problem}; make it a number first, with asFloat(...) or asInt(...)`;
  if (isNumber(left) && right.kind === 'string') return `${problem}; make it a number first, with asFloat(...) or asInt(...)`;
  if (operator === '%') return `${problem}; make the float an int first, with int(...)`;
  return problem;
}
