/**
 * Tokens -> tree, by precedence climbing, with expr-lang 1.17's table. The tree is bounded in size and in height, so that whatever walks it may recurse.
 * Operators and statements are here; operands (literals, calls, members) are in operands.ts.
 */
import { Failure } from './condition-error.ts';
import { tokenize } from './lexer.ts';
import { parseOperand } from './operands.ts';
import type { BinaryOperator, Comparison, Node, OrderingOperator } from './syntax.ts';
import { TokenStream } from './token-stream.ts';

const MAX_TEXT = 64 * 1024;

interface Infix {
  readonly operator: BinaryOperator;
  readonly power: number;
}

const UNARY_NOT = 50;
const UNARY_SIGN = 90;
const PIPE = 0;
const COALESCE = 500;
const COMPARISON = 20;

const INFIX = new Map<string, Infix>([
  ['or', { operator: 'or', power: 10 }],
  ['||', { operator: 'or', power: 10 }],
  ['and', { operator: 'and', power: 15 }],
  ['&&', { operator: 'and', power: 15 }],
  ...(['==', '!=', '<', '>', '<=', '>=', 'in', 'matches', 'contains', 'startsWith', 'endsWith'] as const).map(
    (operator): [string, Infix] => [operator, { operator, power: COMPARISON }],
  ),
  ['..', { operator: '..', power: 25 }],
  ['+', { operator: '+', power: 30 }],
  ['-', { operator: '-', power: 30 }],
  ['*', { operator: '*', power: 60 }],
  ['/', { operator: '/', power: 60 }],
  ['%', { operator: '%', power: 60 }],
  ['**', { operator: '**', power: 100 }],
  ['^', { operator: '**', power: 100 }],
  ['??', { operator: '??', power: COALESCE }],
]);
const NEGATABLE: ReadonlySet<string> = new Set(['in', 'matches', 'contains', 'startsWith', 'endsWith']);
const isOrdering = (operator: BinaryOperator): operator is OrderingOperator =>
  operator === '<' || operator === '>' || operator === '<=' || operator === '>=';

export function parse(text: string): Node {
  if (text.length > MAX_TEXT)
    throw new Failure('limit', `an expression may have at most ${MAX_TEXT} characters, this has ${text.length}`, 0);
  const stream = new TokenStream(tokenize(text), { expression: parseExpression, sequence: parseSequence });
  if (stream.atEnd) throw new Failure('syntax', 'the expression is empty; write one, for example result[0] >= 0.95', 0);
  const tree = parseSequence(stream);
  if (!stream.atEnd) throw stream.unexpected('an operator or the end of the expression');
  return tree;
}

/** `a; b; c`: the value is the last one's. A semicolon may also end the text. */
export function parseSequence(stream: TokenStream): Node {
  const at = stream.peek.at;
  const items = [parseExpression(stream)];
  while (stream.takeSymbol(';')) {
    if (stream.atEnd) break;
    items.push(parseExpression(stream));
  }
  const [only] = items;
  return items.length === 1 && only !== undefined ? only : stream.node({ kind: 'sequence', at, items }, items);
}

/** One expression with everything that may stand where an expression begins: `let`, `if`, ternaries and pipes. */
export function parseExpression(stream: TokenStream): Node {
  return stream.nested(() => {
    if (stream.isWord('let')) return parseLet(stream);
    if (stream.isWord('if')) return parseIf(stream);
    return parseTernary(stream, parseBinary(stream, PIPE));
  });
}

function parseLet(stream: TokenStream): Node {
  const { at } = stream.next();
  const name = stream.expectName('the name of the variable, as in let x = 1; x + 1');
  stream.expectSymbol('=');
  const value = parseExpression(stream);
  stream.expectSymbol(';');
  const body = parseSequence(stream);
  return stream.node({ kind: 'let', at, name, value, body }, [value, body]);
}

function parseIf(stream: TokenStream): Node {
  const { at } = stream.next();
  const test = parseExpression(stream);
  const yes = parseBlock(stream);
  if (!stream.takeWord('else')) throw stream.unexpected('else: an if is an expression and needs both sides');
  const no = stream.isWord('if') ? stream.nested(() => parseIf(stream)) : parseBlock(stream);
  return stream.node({ kind: 'conditional', at, test, yes, no }, [test, yes, no]);
}

function parseBlock(stream: TokenStream): Node {
  stream.expectSymbol('{');
  const body = parseSequence(stream);
  stream.expectSymbol('}');
  return body;
}

function parseTernary(stream: TokenStream, test: Node): Node {
  const { at } = stream.peek;
  if (!stream.takeSymbol('?')) return test;
  if (stream.takeSymbol(':')) {
    const no = parseExpression(stream);
    return stream.node({ kind: 'conditional', at, test, yes: undefined, no }, [test, no]);
  }
  const yes = parseExpression(stream);
  stream.expectSymbol(':');
  const no = parseExpression(stream);
  return stream.node({ kind: 'conditional', at, test, yes, no }, [test, yes, no]);
}

function parseBinary(stream: TokenStream, power: number): Node {
  let left = parseUnary(stream);
  let coalesced = false;
  // Whether `left` is an ordering that another one may continue, as in `1 < x < 3`.
  let ordered = false;
  while (true) {
    const negated = stream.isWord('not') && NEGATABLE.has(stream.ahead.value.toString());
    const token = negated ? stream.ahead : stream.peek;
    if (token.kind === 'symbol' && token.value === '|') {
      if (power > PIPE) return left;
      stream.next();
      left = parseOperand(stream, left);
      ordered = false;
      coalesced = false;
      continue;
    }
    const infix = token.kind === 'symbol' || token.kind === 'word' ? INFIX.get(token.value) : undefined;
    if (infix === undefined || infix.power < power) return left;
    if (coalesced && infix.operator !== '??') {
      throw new Failure('syntax', `put ?? and its sides into parentheses before you use ${token.value} with them`, token.at);
    }
    if (negated) stream.next();
    stream.next();
    const right = parseBinary(stream, infix.operator === '**' ? infix.power : infix.power + 1);
    const at = token.at;
    const { operator } = infix;
    left =
      ordered && isOrdering(operator)
        ? continued(stream, left, { operator, operand: right, at })
        : stream.node({ kind: 'binary', at, operator, left, right }, [left, right]);
    if (negated) left = stream.node({ kind: 'unary', at, operator: 'not', operand: left }, [left]);
    ordered = isOrdering(operator);
    coalesced = operator === '??';
  }
}

/** One more comparison behind those of `left`. */
function continued(stream: TokenStream, left: Node, next: Comparison): Node {
  if (left.kind === 'comparisons') {
    const { at, first } = left;
    const rest = [...left.rest, next];
    return stream.node({ kind: 'comparisons', at, first, rest }, [left, next.operand]);
  }
  if (left.kind !== 'binary' || !isOrdering(left.operator)) throw stream.unexpected('an operator');
  const { at, left: first, operator, right: operand } = left;
  return stream.node({ kind: 'comparisons', at, first, rest: [{ operator, operand, at }, next] }, [left, next.operand]);
}

function parseUnary(stream: TokenStream): Node {
  const { at } = stream.peek;
  if (stream.takeWord('not') || stream.takeSymbol('!')) {
    const operand = stream.nested(() => parseBinary(stream, UNARY_NOT));
    return stream.node({ kind: 'unary', at, operator: 'not', operand }, [operand]);
  }
  for (const operator of ['-', '+'] as const) {
    if (stream.takeSymbol(operator)) {
      const operand = stream.nested(() => parseBinary(stream, UNARY_SIGN));
      return stream.node({ kind: 'unary', at, operator, operand }, [operand]);
    }
  }
  return parseOperand(stream, undefined);
}
