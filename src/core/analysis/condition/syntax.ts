/** The tree of an expression. Every node knows its place in the text (`at`, an offset) and its height, which bounds recursion everywhere else. */

export type UnaryOperator = 'not' | '-' | '+';

export type OrderingOperator = '<' | '>' | '<=' | '>=';

export type BinaryOperator =
  | 'or'
  | 'and'
  | '=='
  | '!='
  | OrderingOperator
  | 'in'
  | 'matches'
  | 'contains'
  | 'startsWith'
  | 'endsWith'
  | '..'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '**'
  | '??';

interface At {
  readonly at: number;
}

export type Literal = null | boolean | bigint | number | string;

export type Node =
  | (At & { readonly kind: 'literal'; readonly value: Literal })
  | (At & { readonly kind: 'array'; readonly items: readonly Node[] })
  | (At & { readonly kind: 'map'; readonly entries: readonly { readonly key: Node; readonly value: Node }[] })
  | (At & { readonly kind: 'name'; readonly name: string })
  /** `$env`: everything an expression can see, as a map. */
  | (At & { readonly kind: 'environment' })
  /** `#`, `#index` and `#acc` of the closest predicate. */
  | (At & { readonly kind: 'pointer'; readonly name: 'item' | 'index' | 'acc' })
  /** `a.b`, `a[b]`, and with `optional` `a?.b`, `a?.[b]`. */
  | (At & { readonly kind: 'member'; readonly object: Node; readonly property: Node; readonly optional: boolean })
  | (At & { readonly kind: 'slice'; readonly object: Node; readonly from: Node | undefined; readonly to: Node | undefined })
  /** Where an optional member ends: all of the chain is nil when one of its optional links is. */
  | (At & { readonly kind: 'chain'; readonly link: Node })
  | (At & { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[] })
  | (At & {
      readonly kind: 'method';
      readonly object: Node;
      readonly name: string;
      readonly args: readonly Node[];
      readonly optional: boolean;
    })
  /** The expression given to `filter`, `all` and the like. */
  | (At & { readonly kind: 'predicate'; readonly body: Node })
  | (At & { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Node })
  | (At & { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node })
  /** `a < b < c`: each is held against the next. */
  | (At & { readonly kind: 'comparisons'; readonly first: Node; readonly rest: readonly Comparison[] })
  /** Without `yes`, as in `a ?: b`, it is the test's own value. */
  | (At & { readonly kind: 'conditional'; readonly test: Node; readonly yes: Node | undefined; readonly no: Node })
  | (At & { readonly kind: 'let'; readonly name: string; readonly value: Node; readonly body: Node })
  | (At & { readonly kind: 'sequence'; readonly items: readonly Node[] });

export interface Comparison extends At {
  readonly operator: OrderingOperator;
  readonly operand: Node;
}

export type NodeOf<K extends Node['kind']> = Extract<Node, { readonly kind: K }>;
