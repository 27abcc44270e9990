/** Text -> tokens. Accepts what expr-lang 1.17 accepts, and says where and what it does not. Literals are read by literals.ts. */
import { Failure } from './condition-error.ts';
import { readNumber, readString } from './literals.ts';

export type Token =
  | { readonly kind: 'number'; readonly value: bigint | number; readonly at: number; readonly end: number }
  | { readonly kind: 'string'; readonly value: string; readonly at: number; readonly end: number }
  /** Names and words alike; `and`, `in`, `let` and the others become operators by their place. */
  | { readonly kind: 'word'; readonly value: string; readonly at: number; readonly end: number }
  | { readonly kind: 'symbol'; readonly value: string; readonly at: number; readonly end: number }
  | { readonly kind: 'end'; readonly value: ''; readonly at: number; readonly end: number };

const SYMBOLS = ['?.', '??', '..', '**', '==', '!=', '<=', '>=', '&&', '||'] as const;
const SINGLE = '+-*/%^<>!?:.,;|#()[]{}=';
const WORD_START = /[\p{L}_$]/u;
const WORD = /[\p{L}\p{Nd}_$]+/uy;
const SPACE = /\s/;

export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (true) {
    at = skipBlank(text, at);
    if (at >= text.length) {
      tokens.push({ kind: 'end', value: '', at: text.length, end: text.length });
      return tokens;
    }
    const token = nextToken(text, at);
    tokens.push(token);
    at = token.end;
  }
}

function nextToken(text: string, at: number): Token {
  const first = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (isDigit(first) || (first === '.' && isDigit(text[at + 1] ?? ''))) {
    const { value, end } = readNumber(text, at);
    return { kind: 'number', value, at, end };
  }
  if (first === '"' || first === "'" || first === '`') {
    const { value, end } = readString(text, at);
    return { kind: 'string', value, at, end };
  }
  if (WORD_START.test(first)) {
    WORD.lastIndex = at;
    const value = WORD.exec(text)?.[0] ?? first;
    return { kind: 'word', value, at, end: at + value.length };
  }
  const pair = text.slice(at, at + 2);
  const symbol = SYMBOLS.find((candidate) => candidate === pair) ?? (SINGLE.includes(first) ? first : undefined);
  // `a ?.5 : 1` is a ternary with a number, not an optional member.
  if (symbol === '?.' && isDigit(text[at + 2] ?? '')) return { kind: 'symbol', value: '?', at, end: at + 1 };
  if (symbol !== undefined) return { kind: 'symbol', value: symbol, at, end: at + symbol.length };
  throw new Failure('syntax', `the character ${JSON.stringify(first)} has no meaning here; remove it or put it into quotes`, at);
}

function skipBlank(text: string, start: number): number {
  let at = start;
  while (at < text.length) {
    if (SPACE.test(text[at] ?? '')) at += 1;
    else if (text.startsWith('//', at)) {
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end + 1;
    } else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2);
      if (end < 0) throw new Failure('syntax', 'this comment has no end; close it with */', at);
      at = end + 2;
    } else return at;
  }
  return at;
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9' && char.length === 1;
}
