/** Bad input for the properties in test/properties/hostile: what was recorded in test/corpora, what is too large to be recorded, and ways to put it into good objects. */
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';

export function corpus<T>(name: string): readonly T[] {
  return JSON.parse(readFileSync(new URL(`../corpora/${name}.json`, import.meta.url), 'utf8')) as T[];
}

/** Lives drawn by each property: few in every run of the unit tests, as many as one likes where RAMPART_HOSTILE_RUNS says so. */
export function hostileRuns(usual: number): number {
  return Number(process.env.RAMPART_HOSTILE_RUNS ?? usual);
}

/** Time for a property: one that would go on for ever fails by it. */
export const hostileTimeoutMs = Math.max(60_000, hostileRuns(0) * 1000);

/** `depth` lists within each other. */
export function deep(depth: number): unknown {
  let value: unknown = [];
  for (let level = 1; level < depth; level += 1) value = [value];
  return value;
}

/** Texts over which an expression that can take the same characters twice would think for hours. */
export const longTexts: readonly string[] = [
  ...['0', '1', 'a', '-', '.', '/', ' ', ':', '@', '{', '[', '(', '*', '\\', '"'].flatMap((one) => [
    `${one.repeat(50_000)}!`,
    `a${one.repeat(50_000)}a`,
  ]),
  ...['1s', 'a.', 'a-', '{{', '{{args.', '1.', ":a'", '1e', '💥'].map((two) => `${two.repeat(25_000)}!`),
];

/**
 * What the work gives. Work that does not end is ended, and fails: a test's own time limit is only looked at when it gives up its thread. The limit is far above what anything
 * takes that looks at each character a few times.
 */
export function ended<T>(work: () => T, limitMs = 10_000): T {
  return runInNewContext('work()', { work }, { timeout: limitMs }) as T;
}

/** As JSON; what is deeper than JavaScript can write is written by hand. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `${'['.repeat(9_000)}${']'.repeat(9_000)}`;
  }
}

/** What nobody means, of every type: recorded, long, wide and deep. The API server takes objects as deep as that. */
export const hostileValues: readonly unknown[] = [
  ...corpus<unknown>('values'),
  'x'.repeat(100_000),
  `${'1'.repeat(100_000)}x`,
  `${'0'.repeat(100_000)}x`,
  `${'-'.repeat(100_000)}x`,
  `${' '.repeat(100_000)}x`,
  Array.from({ length: 1000 }, () => ({})),
  Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`key-${index}`, index])),
  deep(200),
  deep(9_000),
];

export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...hostileValues) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
);

type Path = readonly (string | number)[];

/** Where something can be put into the value, itself excepted. Beyond a few levels nobody looks. */
function places(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null || path.length > 12) return [];
  return Object.entries(value)
    .slice(0, 50)
    .flatMap(([key, inner]) => {
      const at = [...path, Array.isArray(value) ? Number(key) : key];
      return [at, ...places(inner, at)];
    });
}

function withValue(into: unknown, [head, ...rest]: Path, value: unknown): unknown {
  if (head === undefined) return value;
  if (Array.isArray(into)) return into.map((item, index) => (index === head ? withValue(item, rest, value) : item));
  const fields = into as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(fields).map(([key, item]) => [key, key === head ? withValue(item, rest, value) : item]));
}

/** Something is put somewhere; `at` says where, whatever its size. */
export interface Spoiling {
  readonly at: number;
  readonly value: unknown;
}

export const spoilings: fc.Arbitrary<readonly Spoiling[]> = fc.array(fc.record({ at: fc.nat(), value: hostileValue }), {
  minLength: 1,
  maxLength: 3,
});

/** The value with that in it, at places that it has. */
export function spoilt<T>(value: T, what: readonly Spoiling[]): T {
  return what.reduce<unknown>((changed, { at, value: hostile }) => {
    const all = places(changed);
    const place = all[at % Math.max(1, all.length)];
    return place === undefined ? changed : withValue(changed, place, hostile);
  }, value) as T;
}

/** Nobody has put anything where every object sees it. */
export function isUnpolluted(): boolean {
  return !('polluted' in {});
}
