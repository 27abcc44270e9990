/** The names that may be called, and where among their arguments a predicate stands: all that the parser has to know of functions. */

/** function -> position of its predicate. Where the argument is optional (count, sum) a plain call works too. */
const PREDICATES: ReadonlyMap<string, number> = new Map(
  [
    'all',
    'any',
    'none',
    'one',
    'map',
    'filter',
    'find',
    'findIndex',
    'findLast',
    'findLastIndex',
    'groupBy',
    'count',
    'sum',
    'sortBy',
    'reduce',
  ].map((name) => [name, 1]),
);

const PLAIN = [
  'len type get int float string toJSON fromJSON toBase64 fromBase64 toPairs fromPairs keys values',
  'trim trimPrefix trimSuffix upper lower split splitAfter replace repeat indexOf lastIndexOf hasPrefix hasSuffix join',
  'first last take reverse sort concat flatten uniq',
  'abs ceil floor round min max mean median bitand bitor bitxor bitnand bitnot bitshl bitshr bitushr',
  'now duration date timezone',
].flatMap((line) => line.split(' '));

/** What the environment of a condition adds to the built-in functions. */
const ENVIRONMENT_FUNCTIONS = ['asInt', 'asFloat', 'isNaN', 'isInf', 'isNil', 'default'] as const;

export const CALLABLE: ReadonlySet<string> = new Set([...PREDICATES.keys(), ...PLAIN, ...ENVIRONMENT_FUNCTIONS]);

export function isPredicatePosition(name: string, position: number): boolean {
  return PREDICATES.get(name) === position;
}

export function takesPredicate(name: string): boolean {
  return PREDICATES.has(name);
}
