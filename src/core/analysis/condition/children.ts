/** The nodes right below a node, for what walks a whole tree and cares for few of its kinds. */
import type { Node } from './syntax.ts';

export function childrenOf(node: Node): readonly Node[] {
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
    case 'comparisons':
      return [node.first, ...node.rest.map(({ operand }) => operand)];
    case 'conditional':
      return [node.test, node.yes, node.no].filter((part) => part !== undefined);
    case 'let':
      return [node.value, node.body];
  }
}
