/** Whether an expression asks if there is data at all: only then may its answer to missing data be a success. */
import { childrenOf } from './children.ts';
import type { Node } from './syntax.ts';

const QUESTIONS: ReadonlySet<string> = new Set(['len', 'isNil', 'default']);

/** True for `len(result) == 0`, `isNil(result)`, `default(result, 0)`, `result == nil`, `result == []`, `result ?? 0`; not for `all(result, # < 5)`. */
export function asksForData(node: Node): boolean {
  if (node.kind === 'call' && QUESTIONS.has(node.name) && isMeasured(node.args[0])) return true;
  if (node.kind === 'binary' && (node.operator === '==' || node.operator === '!=')) {
    if (isMeasured(node.left) && isNothing(node.right)) return true;
    if (isMeasured(node.right) && isNothing(node.left)) return true;
  }
  if (node.kind === 'binary' && node.operator === '??' && mentionsMeasured(node.left)) return true;
  return childrenOf(node).some(asksForData);
}

function isMeasured(node: Node | undefined): boolean {
  return node?.kind === 'name';
}

function mentionsMeasured(node: Node): boolean {
  return isMeasured(node) || childrenOf(node).some(mentionsMeasured);
}

function isNothing(node: Node): boolean {
  return (node.kind === 'literal' && node.value === null) || (node.kind === 'array' && node.items.length === 0);
}
