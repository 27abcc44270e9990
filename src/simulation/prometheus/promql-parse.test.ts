import { expect, it } from 'vitest';
import { durationMs } from './promql-parse.ts';

it.each([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['-5m', -300_000],
  [' 250ms ', 250],
  ['30', 30_000],
  ['-30', -30_000],
  ['soon', Number.NaN],
])('reads the duration %s', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});
