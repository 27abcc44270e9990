import { describe, expect, it } from 'vitest';
import { parseDuration, parsePauseDuration } from './duration.ts';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['30s', 30_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['300ms', 300],
    ['2us', 0.002],
    ['1h1m1s1ms', 3_661_001],
    ['-5m', -300_000],
    ['+5m', 300_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBeCloseTo(ms, 9);
  });

  it.each(['', '5', '5 m', 'm', '1d', '1h 30m', 'five', '1e3s', '-', '5mm', '1.2.3s'])('%j is refused with a sentence', (text) => {
    expect(parseDuration(text)).toEqual({ error: `must be a duration such as 30s, 5m or 1h30m, got ${JSON.stringify(text)}` });
  });

  it('refuses what Go cannot hold', () => {
    expect(parseDuration('3000000h')).toMatchObject({ error: expect.stringContaining('292 years') });
  });
});

describe('parsePauseDuration', () => {
  it.each([
    [5, 5000],
    ['5', 5000],
    ['5m', 300_000],
    ['0', 0],
  ])('%j is %d ms', (value, ms) => {
    expect(parsePauseDuration(value)).toBe(ms);
  });
});
