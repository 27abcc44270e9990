import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argumentsUsed, substituteArguments } from './arguments.ts';

function fill(value: unknown, args: Record<string, string>): { readonly value: unknown; readonly missing: readonly string[] } {
  const { value: filled, missing } = substituteArguments(value, new Map(Object.entries(args)));
  return { value: filled, missing };
}

const nasty = fc.string({
  unit: fc.constantFrom('"', '\\', '{', '}', ',', '\n', '$', '&', "'", 'a', '0', '\u2028', '\u0000', '😀'),
});

describe('arguments in metrics', () => {
  it.each([
    ['{{args.a}}', 'x'],
    ['{{ args.a }}', 'x'],
    ['<{{args.a}}|{{  args.b}}>', '<x|y z>'],
    ['{{args.a-b.c}}', 'dashed'],
    ['{{other}} {args.a} {{args.a}', '{{other}} {args.a} {{args.a}'],
    ['sum by (a) ({b="{{args.a}}"})', 'sum by (a) ({b="x"})'],
  ])('%s becomes %s', (text, expected) => {
    expect(fill(text, { a: 'x', b: 'y z', 'a-b.c': 'dashed' })).toEqual({ value: expected, missing: [] });
  });

  it('names each missing one once and leaves its placeholder', () => {
    const value = { query: '{{args.x}} {{args.y}} {{args.x}}' };
    expect(fill(value, {})).toEqual({ value, missing: ['x', 'y'] });
    expect(argumentsUsed(value)).toEqual(['x', 'y']);
  });

  it('leaves out what no process could hold, and says so', () => {
    const args = new Map([['x', 'x'.repeat(500_000)]]);
    const { value, tooLong } = substituteArguments({ query: '{{args.x}}'.repeat(40_000) }, args);
    expect([value.query.length, tooLong]).toEqual([1_000_000, true]);
    expect(substituteArguments({ query: '{{args.x}}' }, args).tooLong).toBe(false);
  });

  it('reaches every text of the value, keys included, and nothing else', () => {
    const value = { '{{args.a}}': [1, true, null, { deep: '{{args.a}}' }] };
    expect(fill(value, { a: 'x' }).value).toEqual({ x: [1, true, null, { deep: 'x' }] });
  });

  it('never lets a value out of its text, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string(), nasty, (around, given) => {
        const before = around.replaceAll('{', '(');
        const metric = {
          name: 'm',
          provider: { prometheus: { query: `${before}{{args.a}}` } },
          count: '{{ args.a }}',
          failureLimit: 2,
        };
        const filled = fill(metric, { a: given }).value;
        // The same as written into the JSON of the metric by hand, with quotes escaped.
        expect(JSON.parse(JSON.stringify(filled))).toEqual({
          name: 'm',
          provider: { prometheus: { query: before + given } },
          count: given,
          failureLimit: 2,
        });
      }),
    );
  });

  it('does not expand what a value holds', () => {
    fc.assert(
      fc.property(fc.constantFrom('{{args.secret}}', '{{ args.a }}', '$&', "$'", '$1'), (given) => {
        expect(fill('[{{args.a}}]', { a: given, secret: 'hidden' }).value).toBe(`[${given}]`);
      }),
    );
  });
});
