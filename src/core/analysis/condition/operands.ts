/** What operators stand between: literals, names, calls, lists, maps, parentheses, and the members, slices and methods that follow them. */
import { CALLABLE, isPredicatePosition } from './callables.ts';
import { Failure } from './condition-error.ts';
import type { Node } from './syntax.ts';
import type { TokenStream } from './token-stream.ts';

/** With `piped`, reads the call that a pipe leads into and gives it `piped` as its first argument. */
export function parseOperand(stream: TokenStream, piped: Node | undefined): Node {
  if (piped !== undefined) {
    const { at } = stream.peek;
    const name = stream.expectName('the name of a function after |, as in result | len()');
    return parsePostfix(stream, parseCall(stream, name, at, piped));
  }
  const token = stream.peek;
  if (token.kind === 'number') {
    stream.next();
    return stream.node({ kind: 'literal', at: token.at, value: token.value });
  }
  if (token.kind === 'string') {
    stream.next();
    return parsePostfix(stream, stream.node({ kind: 'literal', at: token.at, value: token.value }));
  }
  if (token.kind === 'word') return parseWord(stream, token.value, token.at);
  return parsePostfix(stream, parseBracketed(stream, token.at));
}

const CONSTANTS = new Map<string, null | boolean>([
  ['true', true],
  ['false', false],
  ['nil', null],
]);

function parseWord(stream: TokenStream, word: string, at: number): Node {
  const constant = CONSTANTS.get(word);
  if (constant !== undefined) {
    stream.next();
    return stream.node({ kind: 'literal', at, value: constant });
  }
  if (word === '$env') {
    stream.next();
    return parsePostfix(stream, stream.node({ kind: 'environment', at }));
  }
  const name = stream.expectName('a value');
  const operand = stream.isSymbol('(') ? parseCall(stream, name, at, undefined) : stream.node({ kind: 'name', at, name });
  return parsePostfix(stream, operand);
}

function parseBracketed(stream: TokenStream, at: number): Node {
  if (stream.takeSymbol('(')) {
    const inner = stream.grammar.sequence(stream);
    stream.expectSymbol(')');
    return inner;
  }
  if (stream.takeSymbol('[')) {
    const items = parseList(stream, ']', () => stream.grammar.expression(stream));
    return stream.node({ kind: 'array', at, items }, items);
  }
  if (stream.takeSymbol('{')) {
    const entries = parseList(stream, '}', () => parseEntry(stream));
    return stream.node(
      { kind: 'map', at, entries },
      entries.flatMap((entry) => [entry.key, entry.value]),
    );
  }
  if (stream.predicates > 0 && stream.takeSymbol('#')) return parsePointer(stream, at);
  if (stream.predicates > 0 && stream.isSymbol('.')) return stream.node({ kind: 'pointer', at, name: 'item' });
  if (stream.isSymbol('#'))
    throw new Failure('syntax', '# stands for an item and has a meaning only inside a predicate, as in all(result, # < 5)', at);
  throw stream.unexpected('a value');
}

function parsePointer(stream: TokenStream, at: number): Node {
  const token = stream.peek;
  // Only a word that touches the # belongs to it.
  if (token.kind !== 'word' || token.at !== at + 1) return stream.node({ kind: 'pointer', at, name: 'item' });
  if (token.value !== 'index' && token.value !== 'acc') {
    throw new Failure('syntax', `#${token.value} is not known; there are #, #index and #acc`, at);
  }
  stream.next();
  return stream.node({ kind: 'pointer', at, name: token.value });
}

function parseEntry(stream: TokenStream): { readonly key: Node; readonly value: Node } {
  const token = stream.peek;
  let key: Node;
  if (stream.takeSymbol('(')) {
    key = stream.grammar.expression(stream);
    stream.expectSymbol(')');
  } else if (token.kind === 'string' || token.kind === 'number' || (token.kind === 'word' && CONSTANTS.has(token.value))) {
    stream.next();
    key = stream.node({ kind: 'literal', at: token.at, value: String(token.value) });
  } else {
    key = stream.node({ kind: 'literal', at: token.at, value: stream.expectName('a key: a name, a string or a number') });
  }
  stream.expectSymbol(':');
  return { key, value: stream.grammar.expression(stream) };
}

/** Items with commas between them, and one allowed after the last. */
function parseList<T>(stream: TokenStream, close: string, item: () => T): readonly T[] {
  const items: T[] = [];
  while (!stream.takeSymbol(close)) {
    items.push(item());
    if (stream.takeSymbol(',')) continue;
    stream.expectSymbol(close);
    break;
  }
  return items;
}

function parseCall(stream: TokenStream, name: string, at: number, piped: Node | undefined): Node {
  stream.expectSymbol('(');
  if (!CALLABLE.has(name)) throw new Failure('type', `there is no function ${name}${suggestion(name)}`, at);
  const args: Node[] = piped === undefined ? [] : [piped];
  parseList(stream, ')', () =>
    args.push(isPredicatePosition(name, args.length) ? parsePredicate(stream) : stream.grammar.expression(stream)),
  );
  return stream.node({ kind: 'call', at, name, args }, args);
}

function suggestion(name: string): string {
  const near = [...CALLABLE].find((known) => known.toLowerCase() === name.toLowerCase());
  return near === undefined ? '' : `; did you mean ${near}?`;
}

/** `{ body }` or the body alone. A brace always opens a predicate here: a map to return needs its own, as in map(list, {{a: #}}). */
function parsePredicate(stream: TokenStream): Node {
  const { at } = stream.peek;
  stream.predicates += 1;
  let body: Node;
  if (stream.takeSymbol('{')) {
    body = stream.grammar.sequence(stream);
    stream.expectSymbol('}');
  } else {
    body = stream.grammar.expression(stream);
  }
  stream.predicates -= 1;
  return stream.node({ kind: 'predicate', at, body }, [body]);
}

function parsePostfix(stream: TokenStream, operand: Node): Node {
  let node = operand;
  let optional = false;
  while (true) {
    const { at } = stream.peek;
    if (stream.isSymbol('.') || stream.isSymbol('?.')) {
      const here = stream.next().value === '?.';
      optional ||= here;
      node = here && stream.takeSymbol('[') ? parseIndex(stream, node, at, true) : parseField(stream, node, here);
    } else if (stream.takeSymbol('[')) {
      node = parseIndex(stream, node, at, false);
    } else {
      return optional ? stream.node({ kind: 'chain', at: operand.at, link: node }, [node]) : node;
    }
  }
}

function parseField(stream: TokenStream, object: Node, optional: boolean): Node {
  const token = stream.peek;
  if (token.kind !== 'word') throw stream.unexpected('the name of a field');
  stream.next();
  if (stream.takeSymbol('(')) {
    const args = parseList(stream, ')', () => stream.grammar.expression(stream));
    return stream.node({ kind: 'method', at: token.at, object, name: token.value, args, optional }, [object, ...args]);
  }
  const property = stream.node({ kind: 'literal', at: token.at, value: token.value });
  return stream.node({ kind: 'member', at: token.at, object, property, optional }, [object, property]);
}

function parseIndex(stream: TokenStream, object: Node, at: number, optional: boolean): Node {
  const from = stream.isSymbol(':') ? undefined : stream.grammar.expression(stream);
  if (!stream.takeSymbol(':')) {
    stream.expectSymbol(']');
    if (from === undefined) throw stream.unexpected('an index');
    return stream.node({ kind: 'member', at, object, property: from, optional }, [object, from]);
  }
  const to = stream.isSymbol(']') ? undefined : stream.grammar.expression(stream);
  stream.expectSymbol(']');
  return stream.node({ kind: 'slice', at, object, from, to }, [object, from, to]);
}
