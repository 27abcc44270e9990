/** Whether an expression asks if there is data at all: only then may its answer to missing data be a success. */
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

function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'literal':
    case 'name':
    case 'environment':
    case 'pointer':
      return [];
    case 'array':
    case 'sequence':
      return node.items;
    case 'map':
      return node.entries.flatMap(({ key, value }) => [key, value]);
    case 'member':
      return [node.object, node.property];
    case 'slice':
      return [node.object, node.from, node.to].filter((part) => part !== undefined);
    case 'chain':
      return [node.link];
    case 'call':
      return node.args;
    case 'method':
      return [node.object, ...node.args];
    case 'predicate':
      return [node.body];
    case 'unary':
      return [node.operand];
    case 'binary':
      return [node.left, node.right];
    case 'conditional':
      return [node.test, node.yes, node.no];
    case 'let':
      return [node.value, node.body];
  }
}
