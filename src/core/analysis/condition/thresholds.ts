/**
 * The numbers that a condition holds what was measured against: in `result[0] < 0.05` the 0.05. Where each stands in the text, what
 * is held against it, and the condition with another number in its place.
 */
import { childrenOf } from './children.ts';
import { type CompiledCondition, evaluate } from './condition.ts';
import { formatPlain } from './go-format.ts';
import { readNumber } from './literals.ts';
import type { Node, OrderingOperator } from './syntax.ts';

export interface Threshold {
  readonly value: number;
  /** Where it stands in the text of the condition, a sign before it included: from `at`, up to `end`. */
  readonly at: number;
  readonly end: number;
  /** What is held against it. */
  readonly measured: Node;
}

/** In the order in which they stand in the text. How much data there is (`len(result) > 0`) is no threshold. */
export function thresholdsOf({ text, tree }: CompiledCondition): readonly Threshold[] {
  const found: Threshold[] = [];
  const visit = (node: Node): void => {
    if (node.kind === 'binary' && isOrdering(node.operator)) found.push(...between(node.left, node.right, text));
    if (node.kind === 'comparisons') {
      const operands = [node.first, ...node.rest.map(({ operand }) => operand)];
      for (const [index, operand] of operands.slice(1).entries()) found.push(...between(operands[index] ?? operand, operand, text));
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(tree);
  return found.toSorted((one, other) => one.at - other.at);
}

/** The condition with this number in the place of the threshold. */
export function withThreshold(text: string, { at, end }: Threshold, value: number): string {
  return `${text.slice(0, at)}${written(value)}${text.slice(end)}`;
}

/** An integer outside of what the language takes for one is written as a float. */
function written(value: number): string {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? `${formatPlain(value)}.0` : formatPlain(value);
}

/** True where all that is held against the threshold can be told from the result: no items of lists, no variables. */
export function isPlain({ measured }: Threshold): boolean {
  return !mentions(measured, 'pointer') && namesIn(measured).every((name) => name === 'result');
}

/** The finite numbers that were held against the threshold for this result; where that is not plain, all numbers of the result. */
export function measuredNumbers(threshold: Threshold, result: unknown): readonly number[] {
  if (!isPlain(threshold))
    return [result].flat(2).filter((item): item is number => typeof item === 'number' && Number.isFinite(item));
  const value = evaluate({ text: '', tree: threshold.measured }, { values: { result } });
  if (typeof value === 'bigint') return [Number(value)];
  return typeof value === 'number' && Number.isFinite(value) ? [value] : [];
}

function namesIn(node: Node): readonly string[] {
  return [...(node.kind === 'name' ? [node.name] : []), ...childrenOf(node).flatMap(namesIn)];
}

function between(left: Node, right: Node, text: string): readonly Threshold[] {
  for (const [literal, measured] of [
    [right, left],
    [left, right],
  ] as const) {
    const number = numberOf(literal, text);
    if (number !== undefined && isMeasured(measured)) return [{ ...number, measured }];
  }
  return [];
}

function numberOf(node: Node, text: string): Omit<Threshold, 'measured'> | undefined {
  if (node.kind === 'unary' && (node.operator === '-' || node.operator === '+')) {
    const inner = numberOf(node.operand, text);
    return inner && { ...inner, at: node.at, value: node.operator === '-' ? -inner.value : inner.value };
  }
  if (node.kind !== 'literal' || (typeof node.value !== 'number' && typeof node.value !== 'bigint')) return undefined;
  return { value: Number(node.value), at: node.at, end: readNumber(text, node.at).end };
}

function isMeasured(node: Node): boolean {
  if (node.kind === 'call' && node.name === 'len') return false;
  return mentions(node, 'name') || mentions(node, 'pointer');
}

function mentions(node: Node, kind: Node['kind']): boolean {
  return node.kind === kind || childrenOf(node).some((child) => mentions(child, kind));
}

function isOrdering(operator: string): operator is OrderingOperator {
  return operator === '<' || operator === '>' || operator === '<=' || operator === '>=';
}
