import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeDiff } from './merge-diff.ts';

/** RFC 7386, as the API server applies it. */
function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyMergePatch(result[key], value);
  }
  return result;
}

const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.integer(), { maxLength: 3 }));
const json = fc.letrec((tie) => ({
  map: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.oneof(leaf, tie('map')), { maxKeys: 4 }),
})).map;

describe('mergeDiff', () => {
  it('turns the first value into the second when it is applied, and says nothing when they are equal', () => {
    fc.assert(
      fc.property(json, json, (from, to) => {
        const patch = mergeDiff(from as never, to as never);
        expect(applyMergePatch(from, patch ?? {})).toEqual(to);
        expect(mergeDiff(to as never, structuredClone(to) as never)).toBeUndefined();
      }),
    );
  });

  it('removes what is undefined and replaces lists whole', () => {
    expect(mergeDiff({ a: 1, l: [1, 2] }, { a: undefined, l: [1] })).toEqual({ a: null, l: [1] });
  });
});
