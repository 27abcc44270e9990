import { RE2JS } from 're2js';
import { expect, test } from 'vitest';
import { patternSize } from './pattern-size.ts';

test.each([
  '',
  'abc',
  '^(foo|bar)+\\.[a-z]{2,3}$',
  'a{500}',
  '(?:ab){0,300}',
  '((a{10}){10}){10}',
  '(?P<name>[[:alpha:]({]x){400}',
  '([)]a{20}){20}',
  '(a\\Q(\\Eb){700}',
  '(a\\(b){700}',
  '(\\pL|\\p{Greek}{3}){300}',
  '(a(b(c){8}){8}){8}',
  '[^]]{900}',
  '[]a]{900}',
  '(a|b|[^c]){30}x{40,}',
])('%s', (pattern) => {
  const instructions = RE2JS.compile(pattern).programSize();
  expect(patternSize(pattern)).toBeGreaterThan(instructions / 4 - 5);
  expect(patternSize(pattern)).toBeLessThan(instructions * 5 + 5);
});

test('what RE2 refuses has a size all the same', () => {
  for (const pattern of ['(', ')', '[', '{3}', 'a{1000}{1000}', '\\Q', ')))(', '[[:', '\\']) {
    expect(patternSize(pattern)).toBeGreaterThanOrEqual(0);
  }
});
