/** PromQL as text -> a small tree. The grammar is Prometheus' own; what the virtual Prometheus cannot evaluate is refused by name. */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { RE2JS } from 're2js';

export interface Matcher {
  readonly label: string;
  /** As it is written, such as `=~` and a regular expression. */
  readonly op: string;
  readonly value: string;
  readonly matches: (value: string) => boolean;
}

export interface Grouping {
  readonly kind: 'by' | 'without';
  readonly labels: readonly string[];
}

export interface Matching {
  readonly kind: 'on' | 'ignoring';
  readonly labels: readonly string[];
}

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | {
      readonly kind: 'selector';
      readonly name: string;
      readonly matchers: readonly Matcher[];
      /** Undefined: the newest value of each series. */
      readonly rangeMs: number | undefined;
      readonly offsetMs: number;
    }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | {
      readonly kind: 'aggregate';
      readonly op: string;
      readonly grouping: Grouping | undefined;
      readonly parameter: Expression | undefined;
      readonly arg: Expression;
    }
  | {
      readonly kind: 'binary';
      readonly op: string;
      readonly bool: boolean;
      readonly matching: Matching | undefined;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'negative'; readonly arg: Expression };

/** What is wrong with a query, in a sentence. */
export class PromqlError extends Error {}

const parsed = new Map<string, Expression>();
const mostRemembered = 200;

export function parsePromql(text: string): Expression {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const top = parser.parse(text).topNode.firstChild;
  if (top === null) throw new PromqlError('the query is empty');
  const made = new Reader(text).expression(top);
  if (parsed.size >= mostRemembered) parsed.clear();
  parsed.set(text, made);
  return made;
}

const binaryOperators: Readonly<Record<string, string>> = {
  Add: '+',
  Sub: '-',
  Mul: '*',
  Div: '/',
  Mod: '%',
  Pow: '^',
  Eql: '==',
  EqlC: '==',
  Neq: '!=',
  Gtr: '>',
  Lss: '<',
  Gte: '>=',
  Lte: '<=',
  And: 'and',
  Or: 'or',
  Unless: 'unless',
};

class Reader {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  expression(node: SyntaxNode): Expression {
    switch (node.name) {
      case 'ParenExpr':
        return this.expression(this.#only(node, (name) => name.endsWith('Expr') || isOperand(name)));
      case 'NumberDurationLiteral':
        return { kind: 'number', value: this.#number(node) };
      case 'VectorSelector':
        return this.#selector(node, undefined);
      case 'MatrixSelector':
        return this.#selector(this.#child(node, 'VectorSelector'), durationMs(this.#words(this.#child(node, 'DurationExpr'))));
      case 'OffsetExpr':
        return this.#offset(node);
      case 'FunctionCall':
        return {
          kind: 'call',
          name: this.#words(this.#child(node, 'FunctionIdentifier')),
          args: this.#operands(this.#child(node, 'FunctionCallBody')),
        };
      case 'AggregateExpr':
        return this.#aggregate(node);
      case 'BinaryExpr':
        return this.#binary(node);
      case 'UnaryExpr': {
        const [operand] = this.#operands(node);
        if (operand === undefined) throw this.#odd(node);
        return this.#words(node).trimStart().startsWith('-') ? { kind: 'negative', arg: operand } : operand;
      }
      default:
        throw this.#odd(node);
    }
  }

  #selector(node: SyntaxNode, rangeMs: number | undefined): Expression {
    const identifier = node.getChild('Identifier');
    const list = node.getChild('LabelMatchers');
    const matchers =
      list === null ? [] : [...children(list)].filter(({ name }) => name.endsWith('LabelMatcher')).map((one) => this.#matcher(one));
    return { kind: 'selector', name: identifier === null ? '' : this.#words(identifier), matchers, rangeMs, offsetMs: 0 };
  }

  #matcher(node: SyntaxNode): Matcher {
    const label = this.#words(node.firstChild ?? node).replace(/^["']|["']$/g, '');
    const op = this.#words(this.#child(node, 'MatchOp'));
    const value = unquoted(this.#words(this.#child(node, 'StringLiteral')));
    if (op === '=') return { label, op, value, matches: (one) => one === value };
    if (op === '!=') return { label, op, value, matches: (one) => one !== value };
    const pattern = RE2JS.compile(value, RE2JS.DOTALL);
    return { label, op, value, matches: (one) => pattern.matches(one) === (op === '=~') };
  }

  #offset(node: SyntaxNode): Expression {
    const [inner] = this.#operands(node);
    const duration = node.getChild('OffsetDurationExpr');
    if (inner?.kind !== 'selector' || duration === null) throw this.#odd(node);
    return { ...inner, offsetMs: durationMs(this.#words(duration)) };
  }

  #aggregate(node: SyntaxNode): Expression {
    const modifier = node.getChild('AggregateModifier');
    const args = this.#operands(this.#child(node, 'FunctionCallBody'));
    const arg = args.at(-1);
    if (arg === undefined) throw this.#odd(node);
    const labels = modifier === null ? [] : this.#labels(modifier);
    return {
      kind: 'aggregate',
      op: this.#words(this.#child(node, 'AggregateOp')),
      grouping: modifier === null ? undefined : { kind: modifier.getChild('By') === null ? 'without' : 'by', labels },
      parameter: args.length > 1 ? args[0] : undefined,
      arg,
    };
  }

  #binary(node: SyntaxNode): Expression {
    const [left, right] = this.#operands(node);
    const operator = [...children(node)].find(({ name }) => binaryOperators[name] !== undefined);
    const op = binaryOperators[operator?.name ?? ''];
    if (left === undefined || right === undefined || op === undefined) throw this.#odd(node);
    const clause = node.getChild('MatchingModifierClause');
    if (clause?.getChild('GroupLeft') || clause?.getChild('GroupRight'))
      throw new PromqlError('group_left and group_right are not known to the virtual Prometheus');
    const labels = clause === null ? [] : this.#labels(clause);
    return {
      kind: 'binary',
      op,
      bool: node.getChild('BoolModifier') !== null,
      matching: clause === null ? undefined : { kind: clause.getChild('On') === null ? 'ignoring' : 'on', labels },
      left,
      right,
    };
  }

  #labels(node: SyntaxNode): readonly string[] {
    const list = node.getChild('GroupingLabels');
    return list === null ? [] : list.getChildren('LabelName').map((label) => this.#words(label));
  }

  #operands(node: SyntaxNode): readonly Expression[] {
    return [...children(node)]
      .filter(({ name }) => (name.endsWith('Expr') && !name.endsWith('DurationExpr') ? true : isOperand(name)))
      .map((one) => this.expression(one));
  }

  #number(node: SyntaxNode): number {
    const text = this.#words(node);
    if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    if (/^nan$/i.test(text)) return Number.NaN;
    return /[a-z]$/.test(text) ? durationMs(this.#words(node)) / 1000 : Number(text);
  }

  #child(node: SyntaxNode, name: string): SyntaxNode {
    const found = node.getChild(name);
    if (found === null) throw this.#odd(node);
    return found;
  }

  #only(node: SyntaxNode, picks: (name: string) => boolean): SyntaxNode {
    const found = [...children(node)].find(({ name }) => picks(name));
    if (found === undefined) throw this.#odd(node);
    return found;
  }

  #words(node: SyntaxNode): string {
    return this.#text.slice(node.from, node.to);
  }

  #odd(node: SyntaxNode): PromqlError {
    return new PromqlError(`cannot be evaluated here: ${this.#words(node).slice(0, 80)} (${node.name})`);
  }
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** A duration as PromQL writes it, such as `1h30m` or `-5m`; a plain number is seconds. NaN where it is neither. */
export function durationMs(text: string): number {
  const trimmed = text.trim();
  const sign = trimmed.startsWith('-') ? -1 : 1;
  const parts = [...trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w|y)/g)];
  if (parts.length === 0) return Number(trimmed) * 1000;
  return sign * parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? 0), 0);
}

const operands: ReadonlySet<string> = new Set([
  'NumberDurationLiteral',
  'VectorSelector',
  'MatrixSelector',
  'FunctionCall',
  'StringLiteral',
]);

function isOperand(name: string): boolean {
  return operands.has(name);
}

function* children(node: SyntaxNode): Generator<SyntaxNode> {
  for (let child = node.firstChild; child !== null; child = child.nextSibling) yield child;
}

function unquoted(text: string): string {
  if (text.startsWith('`')) return text.slice(1, -1);
  return text.slice(1, -1).replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one === 't' ? '\t' : one));
}
