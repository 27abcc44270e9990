import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { canonicalQuantity } from './quantity.ts';

const written: Readonly<Record<string, string | null>> = JSON.parse(
  readFileSync(new URL('../../../../test/fixtures/identity/quantities.json', import.meta.url), 'utf8'),
);

test('three thousand texts are written as the Go library writes them, or refused as it refuses them', () => {
  const differing = Object.entries(written).filter(([text, expected]) => (canonicalQuantity(text) ?? null) !== expected);
  expect(differing.map(([text, expected]) => ({ text, expected, got: canonicalQuantity(text) }))).toEqual([]);
  expect(Object.keys(written).length).toBeGreaterThan(2900);
});

test.each([
  ['0.001', '1m'],
  ['0.5Gi', '512Mi'],
  ['1024Mi', '1Gi'],
  ['1e3', '1e3'],
  ['1000m', '1'],
  ['-0.5', '-500m'],
  ['99999999999999999999', '99999999999999999999'],
  ['100Ei', '9223372036854775807'],
  ['0.1n', '1n'],
  [0.001, '1m'],
  [2, '2'],
  [1e21, '1e+21'],
])('%s is %s', (value, expected) => {
  expect(canonicalQuantity(value)).toBe(expected);
});

test.each([['invalid'], [''], ['1Kii'], [null], [undefined], [{}], [Number.NaN], ['1e99999999999']])('%s is refused', (value) => {
  expect(canonicalQuantity(value)).toBeUndefined();
});
