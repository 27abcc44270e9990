/** Numbers and strings as they stand in the text. Integers are 64 bits wide (bigint), everything with a dot or an exponent is a float (number). */
import { Failure } from './condition-error.ts';

const MAX_INT = 2n ** 63n - 1n;
const PREFIXED = /0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+/y;
const DECIMAL = /[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?(?:[eE][+-]?[0-9_]*)?|\.[0-9][0-9_]*(?:[eE][+-]?[0-9_]*)?/y;
const WORD_CHAR = /[\p{L}\p{Nd}_$]/u;

interface Read<T> {
  readonly value: T;
  readonly end: number;
}

export function readNumber(text: string, at: number): Read<bigint | number> {
  const written = match(PREFIXED, text, at) ?? match(DECIMAL, text, at) ?? text[at] ?? '';
  const end = at + written.length;
  if (WORD_CHAR.test(text[end] ?? '')) {
    throw new Failure(
      'syntax',
      `${JSON.stringify(written + (text[end] ?? ''))} is neither a number nor a name; names begin with a letter`,
      at,
    );
  }
  const digits = written.replaceAll('_', '');
  if (/^0[xXoObB]/.test(digits)) {
    if (digits.length === 2) throw new Failure('syntax', `the number ${written} has no digits`, at);
    return { value: integer(digits.toLowerCase(), written, at), end };
  }
  if (/^[0-9]+$/.test(digits)) return { value: integer(digits, written, at), end };
  if (/[eE][+-]?$/.test(digits)) throw new Failure('syntax', `the exponent of ${written} has no digits; write 1e3 or 1.5e-3`, at);
  const value = Number(digits);
  if (!Number.isFinite(value)) throw new Failure('syntax', `the number ${written} is too large for a float`, at);
  return { value, end };
}

function integer(digits: string, written: string, at: number): bigint {
  const value = BigInt(digits.replace(/^0+(?=[0-9])/, ''));
  if (value > MAX_INT)
    throw new Failure('syntax', `the integer ${written} needs more than 64 bits; write it with a dot to make it a float`, at);
  return value;
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

export function readString(text: string, at: number): Read<string> {
  const quote = text[at] ?? '';
  return quote === '`' ? readRaw(text, at) : readEscaped(text, at, quote);
}

/** Between backticks nothing is an escape, save two backticks for one. */
function readRaw(text: string, at: number): Read<string> {
  let value = '';
  let from = at + 1;
  while (true) {
    const close = text.indexOf('`', from);
    if (close < 0) throw unterminated('`', at);
    value += text.slice(from, close);
    if (text[close + 1] !== '`') return { value: value.toWellFormed(), end: close + 1 };
    value += '`';
    from = close + 2;
  }
}

function readEscaped(text: string, at: number, quote: string): Read<string> {
  let value = '';
  let next = at + 1;
  while (next < text.length) {
    const char = text[next] ?? '';
    if (char === quote) return { value: value.toWellFormed(), end: next + 1 };
    if (char === '\n') throw unterminated(quote, at);
    if (char !== '\\') {
      value += char;
      next += 1;
      continue;
    }
    const found = readEscape(text, next, quote);
    value += found.value;
    next = found.end;
  }
  throw unterminated(quote, at);
}

const SIMPLE: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\' };
const CODES: readonly RegExp[] = [/x([0-9a-fA-F]{2})/y, /u([0-9a-fA-F]{4})/y, /u\{([0-9a-fA-F]{1,6})\}/y, /U([0-9a-fA-F]{8})/y];
const OCTAL = /[0-3][0-7]{2}/y;

function readEscape(text: string, at: number, quote: string): Read<string> {
  const char = text[at + 1] ?? '';
  if (char === quote) return { value: quote, end: at + 2 };
  if (Object.hasOwn(SIMPLE, char)) return { value: SIMPLE[char] ?? '', end: at + 2 };
  for (const pattern of CODES) {
    pattern.lastIndex = at + 1;
    const found = pattern.exec(text);
    if (found === null) continue;
    const code = Number.parseInt(found[1] ?? '', 16);
    if (code > 0x10ffff) break;
    return { value: String.fromCodePoint(code), end: at + 1 + found[0].length };
  }
  const octal = match(OCTAL, text, at + 1);
  if (octal !== undefined) return { value: String.fromCodePoint(Number.parseInt(octal, 8)), end: at + 4 };
  throw new Failure('syntax', `\\${char} is not an escape; write \\\\ for a backslash, or put the string between backticks`, at);
}

function unterminated(quote: string, at: number): Failure {
  return new Failure('syntax', `this string has no end; close it with ${quote}`, at);
}
