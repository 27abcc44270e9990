import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logsOf, tailOffset } from './log-server.ts';

describe('logsOf', () => {
  it('orders by restart, by number, and takes only the container asked for', () => {
    const names = ['a.10.log', 'a.9.log', 'a.b.1.log', 'scratch', 'a.sh'];
    expect(logsOf(names, 'a')).toEqual(['a.9.log', 'a.10.log']);
    expect(logsOf(names, 'b')).toEqual([]);
  });
});

describe('tailOffset', () => {
  it('leaves exactly the last lines, with or without an end of line at the end', () => {
    const line = fc.string({ maxLength: 5 }).map((text) => text.replaceAll('\n', ''));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), fc.nat(10), fc.boolean(), (lines, count, ended) => {
        fc.pre(ended || lines.at(-1) !== '');
        const text = Buffer.from(lines.join('\n') + (ended ? '\n' : ''));
        const tail = text.subarray(tailOffset(text, count)).toString();
        const expected = count === 0 ? [] : lines.slice(-count);
        expect(tail).toBe(expected.length === 0 ? '' : expected.join('\n') + (ended ? '\n' : ''));
      }),
    );
  });
});
