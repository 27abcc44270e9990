import { expect, test } from 'vitest';
import { readQuery } from './query.ts';

test.each([
  ['rate(a[5m]) / rate(b[1h30m])', 5_400_000, true],
  ['max_over_time(rate(a[1m])[10m:1m])', 600_000, false],
  ['sum(a) / 100', 0, false],
  ['sum(a) / clamp_min(sum(b), 1)', 0, false],
  ['sum(a) / (sum(b) > 0)', 0, true],
  ['sum(a) / sum(b) or on() vector(1)', 0, false],
])('%s', (text, longestRangeMs, dividesByTraffic) => {
  expect(readQuery(text)).toMatchObject({ longestRangeMs, dividesByTraffic });
});

test.each(['', 'sum(', 'rate(a[{{args.window}}])'])('%s is not judged', (text) => {
  expect(readQuery(text)).toBeUndefined();
});
