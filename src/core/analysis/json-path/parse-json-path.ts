/**
 * Reads JSONPath as kubectl and the Kubernetes libraries write it (https://kubernetes.io/docs/reference/kubectl/jsonpath/): `{$.a['b'][0:2]}`,
 * `{..name}`, `{.items[?(@.ok==true)]}`, `{range .items[*]}{.x}{end}`. Text around the braces is allowed and gives no value.
 */
import { type Action, JsonPathError, type Operand, type Operator, type Step } from './json-path.ts';

const MAX_LENGTH = 4096;
const MAX_DEPTH = 20;
const SLICE = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/;
const COMPARISON = /^([^!<>=]+)([!<>=]+)(.+)$/s;
const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const OPERATORS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

/** The path, or what is wrong with it. */
export function parseJsonPath(text: string): readonly Action[] | JsonPathError {
  try {
    if (text.length > MAX_LENGTH) throw new JsonPathError(`it is longer than ${MAX_LENGTH} characters`);
    const actions = nest(split(text));
    if (actions.length === 0) throw new JsonPathError(`there is no {...} in it; write for instance {$.data.ok}`);
    return actions;
  } catch (error) {
    if (error instanceof JsonPathError) return error;
    throw error;
  }
}

/** What stands in each pair of braces. */
function split(text: string): readonly string[] {
  const found: string[] = [];
  for (let at = text.indexOf('{'); at >= 0; at = text.indexOf('{', at)) {
    const end = closing(text, at + 1, '}');
    found.push(text.slice(at + 1, end).trim());
    at = end + 1;
  }
  return found;
}

/** Where `close` stands outside of quotes. */
function closing(text: string, from: number, close: string): number {
  let quote = '';
  for (let at = from; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\') at += 1;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === close) return at;
  }
  throw new JsonPathError(`the "${close}" is missing that ends ${JSON.stringify(text.slice(Math.max(0, from - 1)))}`);
}

function nest(texts: readonly string[]): readonly Action[] {
  const open: { readonly steps: readonly Step[]; readonly body: Action[] }[] = [{ steps: [], body: [] }];
  for (const text of texts) {
    const inner = open.at(-1);
    if (inner === undefined) break;
    if (text === 'end') {
      open.pop();
      const outer = open.at(-1);
      if (outer === undefined) throw new JsonPathError('there is an {end} without a {range}');
      outer.body.push({ kind: 'range', ...inner });
    } else if (/^range\s/.test(text)) {
      if (open.length > MAX_DEPTH) throw new JsonPathError('it is nested too deep');
      open.push({ steps: parseSteps(text.slice('range'.length).trim()), body: [] });
    } else if (!isQuoted(text)) inner.body.push({ kind: 'path', steps: parseSteps(text) });
  }
  const [whole, unended] = open;
  if (unended !== undefined) throw new JsonPathError('a {range} has no {end}');
  return whole?.body ?? [];
}

function isQuoted(text: string): boolean {
  return /^(["']).*\1$/s.test(text);
}

function parseSteps(text: string, depth = 0): readonly Step[] {
  if (depth > MAX_DEPTH) throw new JsonPathError('it is nested too deep');
  const steps: Step[] = [];
  let at = /^[$@]/.test(text) ? 1 : 0;
  while (at < text.length) {
    const rest = text.slice(at);
    if (rest.startsWith('..')) {
      if (steps.at(-1)?.kind === 'descent') throw new JsonPathError('".." stands twice in a row');
      steps.push({ kind: 'descent' });
      // A name may follow at once, anything else brings its own sign.
      at += 2;
      const name = fieldName(text, at);
      if (name !== '') steps.push(named(name));
      at += name.length;
    } else if (rest.startsWith('.')) {
      const name = fieldName(text, at + 1);
      if (name === '' && rest !== '.') throw new JsonPathError(`a name is missing after "${text.slice(0, at + 1)}"`);
      // `{.}` is the document itself.
      if (name !== '') steps.push(named(name));
      at += 1 + name.length;
    } else if (rest.startsWith('[?(')) {
      const end = closing(text, at + 3, ')');
      if (text.charAt(end + 1) !== ']') throw new JsonPathError('a filter must end in ")]"');
      steps.push(parseFilter(text.slice(at + 3, end), depth));
      at = end + 2;
    } else if (rest.startsWith('[')) {
      const end = closing(text, at + 1, ']');
      steps.push(...parseSubscript(text.slice(at + 1, end), depth));
      at = end + 1;
    } else if (/^\s/.test(rest)) at += 1;
    else throw new JsonPathError(`it cannot be read from ${JSON.stringify(rest.slice(0, 40))} on; a field is written .name`);
  }
  return steps;
}

/** With its escapes: a dot within a name is written `\.`. */
function fieldName(text: string, from: number): string {
  return /^(?:\\[\s\S]|[^\s.,[\]$@{}\\])*/.exec(text.slice(from))?.[0] ?? '';
}

function named(name: string): Step {
  return name === '*' ? { kind: 'wildcard' } : { kind: 'field', name: name.replaceAll(/\\([\s\S])/g, '$1') };
}

function parseSubscript(text: string, depth: number): readonly Step[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length > 1) return [{ kind: 'union', branches: parts.map((part) => parseSteps(`[${part}]`, depth + 1)) }];
  const [part = ''] = parts;
  if (part === '*') return [{ kind: 'slice', start: undefined, end: undefined, stride: 1 }];
  const key = /^'([^']*)'$/.exec(part)?.[1];
  // The dialect reads dots in a quoted name as steps, unless they are escaped.
  if (key !== undefined) return [...key.matchAll(/(?:\\[\s\S]|[^.\\])+/g)].map(([name]) => named(name));
  const slice = SLICE.exec(part);
  if (slice === null || part === '')
    throw new JsonPathError(`[${part}] is no index; write [0], [1:3], [*], ['name'] or [?(@.a=="b")]`);
  const [, start = '', end, stride] = slice;
  if (end === undefined) return [{ kind: 'index', index: Number(start) }];
  return [{ kind: 'slice', start: bound(start), end: bound(end.slice(1)), stride: strideOf(stride) }];
}

function bound(text: string): number | undefined {
  return /\d/.test(text) ? Number(text) : undefined;
}

function strideOf(text = ''): number {
  const stride = bound(text.slice(1)) ?? 1;
  if (stride <= 0) throw new JsonPathError('the third part of a slice must be above 0');
  return stride;
}

function parseFilter(text: string, depth: number): Step {
  const comparison = COMPARISON.exec(text);
  if (comparison === null) return { kind: 'filter', left: parseOperand(text, depth), test: undefined };
  const [, left = '', operator = '', right = ''] = comparison;
  if (!isOperator(operator)) throw new JsonPathError(`"${operator}" compares nothing; write ==, !=, <, <=, > or >=`);
  return { kind: 'filter', left: parseOperand(left, depth), test: { operator, right: parseOperand(right, depth) } };
}

function isOperator(text: string): text is Operator {
  return OPERATORS.has(text);
}

function parseOperand(given: string, depth: number): Operand {
  const text = given.trim();
  if (text === '') throw new JsonPathError('a filter compares with nothing');
  if (isQuoted(text)) return { kind: 'literal', value: text.slice(1, -1).replaceAll(/\\([\s\S])/g, '$1') };
  if (NUMBER.test(text)) return { kind: 'literal', value: Number(text) };
  if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true' };
  return { kind: 'path', steps: parseSteps(text, depth + 1) };
}
