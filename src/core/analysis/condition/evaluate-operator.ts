/** Binary operators in an evaluation: the lazy ones (and, or, ??), the charged ones (+ on strings, ranges, equality), and the rest by operators.ts. */
import { Failure } from './condition-error.ts';
import type { Evaluator, ValueScope } from './evaluator.ts';
import { arithmetic, contained, mismatch, ordered, textToCompare } from './operators.ts';
import type { NodeOf } from './syntax.ts';
import { equal, sizeOf, type Value } from './value.ts';

export function evaluateOperator(evaluator: Evaluator, node: NodeOf<'binary'>, scope: ValueScope): Value {
  const side = (part: 'left' | 'right'): boolean => evaluator.truth(node[part], scope, `the ${part} side of ${node.operator}`);
  switch (node.operator) {
    case 'and':
      return side('left') && side('right');
    case 'or':
      return side('left') || side('right');
    case '??':
      return evaluator.evaluate(node.left, scope) ?? evaluator.evaluate(node.right, scope);
    default:
      return compute(evaluator, node, evaluator.evaluate(node.left, scope), evaluator.evaluate(node.right, scope));
  }
}

/** Ends at the first two that are not in order. */
export function evaluateComparisons(evaluator: Evaluator, node: NodeOf<'comparisons'>, scope: ValueScope): boolean {
  let left = evaluator.evaluate(node.first, scope);
  for (const { operator, operand, at } of node.rest) {
    const right = evaluator.evaluate(operand, scope);
    evaluator.budget.step(at, textToCompare(left, right));
    if (!ordered(operator, left, right, at)) return false;
    left = right;
  }
  return true;
}

function compute(evaluator: Evaluator, node: NodeOf<'binary'>, left: Value, right: Value): Value {
  const { operator, at } = node;
  const { budget } = evaluator;
  switch (operator) {
    case '==':
    case '!=':
      budget.step(at, Math.min(sizeOf(left, budget.stepsLeft), sizeOf(right, budget.stepsLeft)));
      return equal(left, right) === (operator === '==');
    case '<':
    case '>':
    case '<=':
    case '>=':
      budget.step(at, textToCompare(left, right));
      return ordered(operator, left, right, at);
    case 'in':
      budget.step(at, sizeOf(right, budget.stepsLeft));
      return contained(left, right, at);
    case '..':
      return range(evaluator, left, right, at);
    case 'matches':
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      if (typeof left !== 'string' || typeof right !== 'string') throw mismatch(operator, left, right, at);
      if (operator === 'matches') return evaluator.patterns.matches(left, right, budget, at);
      if (operator === 'contains') budget.search(at, left.length, right.length);
      else budget.step(at, 1 + left.length / 16);
      return operator === 'contains'
        ? left.includes(right)
        : operator === 'startsWith'
          ? left.startsWith(right)
          : left.endsWith(right);
    case 'and':
    case 'or':
    case '??':
      throw new Failure('syntax', `${operator} cannot be computed here`, at);
    default:
      if (typeof left === 'string' && typeof right === 'string') budget.allocate(at, left.length + right.length);
      return arithmetic(operator, left, right, at);
  }
}

function range(evaluator: Evaluator, left: Value, right: Value, at: number): Value {
  const [from, to] = [bound(left), bound(right)];
  if (from === undefined || to === undefined) throw mismatch('..', left, right, at);
  const size = to < from ? 0n : to - from + 1n;
  evaluator.budget.allocate(at, Number(size));
  return Array.from({ length: Number(size) }, (_, index) => from + BigInt(index));
}

/** Numbers out of JSON are floats: what is behind their point is cut off. */
function bound(value: Value): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : undefined;
}
