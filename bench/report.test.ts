import { expect, test } from 'vitest';
import { parseBenchOptions } from './options.ts';
import { percentile } from './percentile.ts';
import { reportLines } from './report.ts';

test('a percentile is the nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)]).toEqual([50, 99, 100]);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

test('a figure stands beside its budget and the incumbent', () => {
  const [, met, missed, plain, beside] = reportLines([
    { name: 'writes', value: 10, unit: '', budget: 11, incumbent: 17 },
    { name: 'memory', value: 151, unit: 'MB', budget: 150 },
    { name: 'time', value: 12.34, unit: 's', budget: undefined },
    { name: 'abort', value: 300, unit: 'ms', budget: 250, incumbent: 750, floor: 200 },
  ]);
  expect(met).toMatch(/^writes +10\.0 +<= 11\.0 +met +0\.59 of the incumbent's 17\.0$/);
  expect(missed).toMatch(/^memory +151 MB +<= 150 +MISSED$/);
  expect(plain).toMatch(/^time +12\.3 s$/);
  expect(beside).toMatch(/0\.40 of the incumbent's 750 +1\.50 of 200$/);
});

test('what was not measured does not pass', () => {
  const [, line] = reportLines([{ name: 'latency', value: Number.NaN, unit: 'ms', budget: 300 }]);
  expect(line).toContain('MISSED');
});

test('sizes are whole numbers within reason', () => {
  expect(parseBenchOptions(['--rollouts', '1000', '--json'])).toEqual({ rollouts: 1000, analyses: 50, commands: 50, json: true });
  expect(parseBenchOptions(['-h'])).toBeUndefined();
  for (const wrong of ['0', '1.5', 'many', '10001']) expect(() => parseBenchOptions(['--analyses', wrong])).toThrow('--analyses');
});
