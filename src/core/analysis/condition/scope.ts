/** What names mean at one place of an expression: `let` variables and the predicates around it, over the environment. For types and for values alike. */

export interface PredicateScope<T> {
  readonly item: T;
  readonly index: T;
  readonly acc: T | undefined;
}

export interface Scope<T> {
  readonly environment: ReadonlyMap<string, T>;
  readonly variables: ReadonlyMap<string, T>;
  readonly predicate: PredicateScope<T> | undefined;
}

export function withVariable<T>(scope: Scope<T>, name: string, value: T): Scope<T> {
  return { ...scope, variables: new Map(scope.variables).set(name, value) };
}

export function withPredicate<T>(scope: Scope<T>, predicate: PredicateScope<T>): Scope<T> {
  return { ...scope, predicate };
}
