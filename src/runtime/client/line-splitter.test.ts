import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineTooLong, lines } from './line-splitter.ts';

async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (let turn = 0; start < bytes.length; turn++) {
    const size = sizes[turn % Math.max(1, sizes.length)] ?? bytes.length;
    yield bytes.subarray(start, start + size);
    start += size;
  }
}

async function all(text: string, sizes: readonly number[], limit = 1000): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines(chunksOf(Buffer.from(text), sizes), limit)) found.push(line);
  return found;
}

test('lines come out whole however the bytes were cut, in the middle of a character too', async () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'é', '漢', '😀', '"', ' '), maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.integer({ min: 1, max: 7 })), fc.boolean(), async (texts, sizes, isEnded) => {
      expect(await all(texts.join('\n') + (isEnded ? '\n' : ''), sizes)).toEqual(texts.filter((text) => text !== ''));
    }),
  );
});

test('a line beyond the limit is refused, before it is complete', async () => {
  await expect(all(`ok\n${'x'.repeat(11)}\n`, [3], 10)).rejects.toThrow(LineTooLong);
  await expect(all('x'.repeat(5000), [100], 10)).rejects.toThrow('longer than 10 bytes');
  expect(await all(`${'x'.repeat(10)}\n`, [3], 10)).toEqual(['x'.repeat(10)]);
});
