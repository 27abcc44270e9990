/**
 * What a JSONPath of Kubernetes' dialect is made of once it is read: `{...}` actions, each a walk of steps from the document (or, within
 * `{range}`, from one of its items). parse-json-path.ts reads them, find-json-path.ts carries them out.
 */

export type Action =
  | { readonly kind: 'path'; readonly steps: readonly Step[] }
  | { readonly kind: 'range'; readonly steps: readonly Step[]; readonly body: readonly Action[] };

export type Step =
  | { readonly kind: 'field'; readonly name: string }
  /** `[start:end:stride]`; what is not written is undefined. */
  | { readonly kind: 'slice'; readonly start: number | undefined; readonly end: number | undefined; readonly stride: number }
  | { readonly kind: 'index'; readonly index: number }
  /** `.*`: the values of a map or a list. */
  | { readonly kind: 'wildcard' }
  /** `..`: every map and list from here on, this one first. */
  | { readonly kind: 'descent' }
  | { readonly kind: 'union'; readonly branches: readonly (readonly Step[])[] }
  | { readonly kind: 'filter'; readonly left: Operand; readonly test: Test | undefined };

/** Without a test a filter asks whether the left side is there. */
export interface Test {
  readonly operator: Operator;
  readonly right: Operand;
}

export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type Operand =
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'path'; readonly steps: readonly Step[] };

/** The path does not read, or does not fit the document. */
export class JsonPathError extends Error {}
