/** A place in the list of tokens, and the two bounds of the tree being built: its number of nodes and its height. */
import { Failure } from './condition-error.ts';
import type { Token } from './lexer.ts';
import type { Node } from './syntax.ts';

const MAX_NODES = 10_000;
const MAX_HEIGHT = 250;
const OPERATOR_WORDS: ReadonlySet<string> = new Set([
  'and',
  'or',
  'not',
  'in',
  'matches',
  'contains',
  'startsWith',
  'endsWith',
  'let',
  'if',
  'else',
  'true',
  'false',
  'nil',
]);

/** The two rules that operands need of the grammar above them. */
export interface Grammar {
  expression(stream: TokenStream): Node;
  sequence(stream: TokenStream): Node;
}

export class TokenStream {
  readonly grammar: Grammar;
  private readonly tokens: readonly Token[];
  private readonly heights = new WeakMap<Node, number>();
  private position = 0;
  private nodes = 0;
  private depth = 0;
  /** How many predicates are open here; `#` has a meaning only inside one. */
  predicates = 0;

  constructor(tokens: readonly Token[], grammar: Grammar) {
    this.grammar = grammar;
    this.tokens = tokens;
  }

  get peek(): Token {
    return this.at(this.position);
  }

  get ahead(): Token {
    return this.at(this.position + 1);
  }

  get atEnd(): boolean {
    return this.peek.kind === 'end';
  }

  next(): Token {
    const token = this.peek;
    this.position += 1;
    return token;
  }

  isSymbol(value: string): boolean {
    return this.peek.kind === 'symbol' && this.peek.value === value;
  }

  isWord(value: string): boolean {
    return this.peek.kind === 'word' && this.peek.value === value;
  }

  takeSymbol(value: string): boolean {
    const found = this.isSymbol(value);
    if (found) this.position += 1;
    return found;
  }

  takeWord(value: string): boolean {
    const found = this.isWord(value);
    if (found) this.position += 1;
    return found;
  }

  expectSymbol(value: string): void {
    if (!this.takeSymbol(value)) throw this.unexpected(`"${value}"`);
  }

  expectName(what: string): string {
    const token = this.peek;
    if (token.kind !== 'word' || OPERATOR_WORDS.has(token.value)) throw this.unexpected(what);
    this.position += 1;
    return token.value;
  }

  unexpected(wanted: string): Failure {
    const token = this.peek;
    const found = token.kind === 'end' ? 'the expression ends' : `there is ${JSON.stringify(token.value.toString())}`;
    return new Failure('syntax', `${found} where ${wanted} should be`, token.at);
  }

  /** Parses one level deeper, and refuses to go deeper than a stack can bear. */
  nested<T>(parse: () => T): T {
    this.depth += 1;
    if (this.depth > MAX_HEIGHT) throw this.tooDeep();
    const result = parse();
    this.depth -= 1;
    return result;
  }

  /** Registers a node made of these children. */
  node<N extends Node>(node: N, children: readonly (Node | undefined)[] = []): N {
    this.nodes += 1;
    if (this.nodes > MAX_NODES) {
      throw new Failure(
        'limit',
        `an expression may have at most ${MAX_NODES} parts; compute some of it in the query instead`,
        node.at,
      );
    }
    let height = 0;
    for (const child of children) {
      if (child !== undefined) height = Math.max(height, this.heights.get(child) ?? 0);
    }
    if (height >= MAX_HEIGHT) throw this.tooDeep();
    this.heights.set(node, height + 1);
    return node;
  }

  private tooDeep(): Failure {
    return new Failure('limit', `an expression may be nested at most ${MAX_HEIGHT} levels deep; split it with let`, this.peek.at);
  }

  private at(position: number): Token {
    const token = this.tokens[Math.min(position, this.tokens.length - 1)];
    if (token === undefined) throw new Failure('syntax', 'the expression is empty', 0);
    return token;
  }
}
