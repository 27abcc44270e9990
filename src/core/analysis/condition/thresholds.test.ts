import { expect, test } from 'vitest';
import { compileCondition } from './condition.ts';
import { ConditionError } from './condition-error.ts';
import { measuredNumbers, thresholdsOf, withThreshold } from './thresholds.ts';

function thresholds(text: string) {
  const compiled = compileCondition(text);
  if (compiled instanceof ConditionError) throw compiled;
  return thresholdsOf(compiled);
}

test.each<readonly [text: string, values: readonly number[], changed: readonly string[]]>([
  ['result[0] < 0.05', [0.05], ['result[0] < 7']],
  ['0.05 >= result[0]', [0.05], ['7 >= result[0]']],
  ['result[0] > -1.5e-3', [-0.0015], ['result[0] > 7']],
  ['len(result) == 0 || result[0] >= 95', [95], ['len(result) == 0 || result[0] >= 7']],
  ['len(result) > 0 && all(result, # < 1_000)', [1000], ['len(result) > 0 && all(result, # < 7)']],
  ['0.1 < result[0] && result[0] < 0x10', [0.1, 16], ['7 < result[0] && result[0] < 0x10', '0.1 < result[0] && result[0] < 7']],
  ['0.1 < result[0] < 0.9', [0.1, 0.9], ['7 < result[0] < 0.9', '0.1 < result[0] < 7']],
  ['let worst = max(result); worst < 3', [3], ['let worst = max(result); worst < 7']],
  ['result[0] == 1 || isNaN(result[0])', [], []],
  ['1 < 2', [], []],
])('the numbers in %s', (text, values, changed) => {
  const found = thresholds(text);
  expect(found.map(({ value }) => value)).toEqual(values);
  expect(found.map((one) => withThreshold(text, one, 7))).toEqual(changed);
});

test.each<readonly [text: string, result: unknown, numbers: readonly number[]]>([
  ['result[0] < 5', [3, 9], [3]],
  ['result < 5', 3.5, [3.5]],
  ['result[0] * 100 < 5', [0.02], [2]],
  ['all(result, # < 5)', [3, Number.NaN, 9], [3, 9]],
  ['let worst = max(result); worst < 5', [3, 9], [3, 9]],
  ['result[0] < 5', [], []],
  ['result[0] < 5', [Number.NaN], []],
])('what %s holds against its number, of %j', (text, result, numbers) => {
  const [threshold] = thresholds(text);
  expect(threshold && measuredNumbers(threshold, result)).toEqual(numbers);
});

test('a number that is put in is written as a number of the language', () => {
  for (const value of [1e21, 1e-9, -3, 0.1]) {
    const text = withThreshold('result[0] < 5', thresholds('result[0] < 5')[0] ?? ({} as never), value);
    expect(thresholds(text).map((one) => one.value)).toEqual([value]);
  }
});
