import { describe, expect, test } from 'vitest';
import type { MetricValue } from '../metric-value.ts';
import { evaluateConditions, type Verdict } from './evaluate-conditions.ts';

const measured = (result: unknown): MetricValue => ({ kind: 'value', result, text: JSON.stringify(result) });
const EMPTY: MetricValue = { kind: 'no-data', result: [], text: '[]' };
const NIL: MetricValue = { kind: 'no-data', result: null, text: '' };

interface Row {
  readonly success?: string;
  readonly failure?: string;
  readonly value: MetricValue;
  readonly phase: Verdict['phase'];
}

const TABLE: readonly Row[] = [
  { value: measured([1]), phase: 'Successful' },
  { success: 'result[0] >= 0.95', value: measured([0.97]), phase: 'Successful' },
  { success: 'result[0] >= 0.95', value: measured([0.9]), phase: 'Failed' },
  { failure: 'result[0] < 0.95', value: measured([0.97]), phase: 'Successful' },
  { failure: 'result[0] < 0.95', value: measured([0.9]), phase: 'Failed' },
  { success: 'result > 5', failure: 'result < 3', value: measured(6), phase: 'Successful' },
  { success: 'result > 5', failure: 'result < 3', value: measured(4), phase: 'Inconclusive' },
  { success: 'result > 5', failure: 'result < 3', value: measured(1), phase: 'Failed' },
  { success: 'result > 0', failure: 'result < 3', value: measured(1), phase: 'Failed' },
  // Type errors are never a verdict on the release.
  { success: 'result >= 0.95', value: measured([0.97]), phase: 'Error' },
  { failure: 'result >= 0.95', value: measured([0.97]), phase: 'Error' },
  { success: 'result[0]', value: measured([1]), phase: 'Error' },
  { success: 'result[5] > 1', value: measured([1]), phase: 'Error' },
  { success: 'result[0] >', value: measured([1]), phase: 'Error' },
  { success: 'true', failure: 'result > "a"', value: measured([1]), phase: 'Error' },
  // NaN compares with nothing, so it is bad by a success condition and good by a failure condition, as in the incumbent.
  { success: 'result >= 0.95', value: measured(Number.NaN), phase: 'Failed' },
  { success: 'isNaN(result) || result >= 0.95', value: measured(Number.NaN), phase: 'Successful' },
  { failure: 'isNaN(result)', value: measured(Number.NaN), phase: 'Failed' },
  // No data is a success only where a condition asked whether there is any.
  { value: EMPTY, phase: 'Error' },
  { value: NIL, phase: 'Error' },
  { success: 'result[0] >= 0.95', value: EMPTY, phase: 'Error' },
  { success: 'len(result) == 0 || result[0] >= 0.95', value: EMPTY, phase: 'Successful' },
  { success: 'result == [] || result[0] >= 0.95', value: EMPTY, phase: 'Successful' },
  { success: 'len(result) > 0 && result[0] >= 0.95', value: EMPTY, phase: 'Failed' },
  { success: 'all(result, # < 5)', value: EMPTY, phase: 'Error' },
  { success: 'all(result, # < 5)', value: measured([1, 2]), phase: 'Successful' },
  { success: 'sum(result) < 5', value: EMPTY, phase: 'Error' },
  { success: 'len(filter(result, # > 5)) == 0', value: EMPTY, phase: 'Error' },
  { success: 'true', value: EMPTY, phase: 'Error' },
  { failure: 'any(result, # > 5)', value: EMPTY, phase: 'Error' },
  { failure: 'len(result) > 0 && result[0] > 5', value: EMPTY, phase: 'Successful' },
  { failure: 'len(result) == 0', value: EMPTY, phase: 'Failed' },
  { success: 'default(result, 0) < 0.05', value: NIL, phase: 'Successful' },
  { success: 'isNil(result) || result < 0.05', value: NIL, phase: 'Successful' },
  { success: '(result ?? 0) < 0.05', value: NIL, phase: 'Successful' },
  { success: 'result < 0.05', value: NIL, phase: 'Error' },
  { success: 'result?.items == nil', value: NIL, phase: 'Error' },
];

describe('verdicts', () => {
  test.each(TABLE)('$success / $failure on $value.text is $phase', ({ success, failure, value, phase }) => {
    const verdict = evaluateConditions({ successCondition: success, failureCondition: failure }, value);
    expect(verdict.phase).toBe(phase);
    expect(verdict.message === '').toBe(phase !== 'Error');
  });
});

describe('messages', () => {
  const messageOf = (successCondition: string, value: MetricValue): string =>
    evaluateConditions({ successCondition }, value).message;

  test('a list compared with a number: what to write instead', () => {
    expect(messageOf('result >= 0.95', measured([0.97]))).toBe(
      'could not evaluate successCondition "result >= 0.95": >= does not work between a list of numbers and a float; take one item, as in result[0], or test them all, as in all(result, # < 5) (1:8)',
    );
  });

  test('no data: the sentence that people know', () => {
    expect(messageOf('result[0] >= 0.95', EMPTY)).toBe(
      'could not evaluate successCondition "result[0] >= 0.95": metric result is nil or empty: no data returned from the metric provider',
    );
  });

  test('not a bool', () => {
    expect(messageOf('result[0]', measured([1]))).toContain('expected bool, but got float64');
    expect(messageOf('result', measured([1]))).toContain('expected bool, but got []float64');
    expect(messageOf('fromJSON("1")', measured([1]))).toContain('expected bool, but got float64');
    expect(messageOf('"true"', measured([1]))).toContain('expected bool, but got string');
  });

  test('a wrong text says so, also when there is no data', () => {
    expect(messageOf('result[0] >', EMPTY)).toContain('the expression ends where a value should be (1:12)');
  });

  test('now() has the clock it is given, and none of its own', () => {
    expect(messageOf('now() > date("2020-01-01")', measured(1))).toContain('there is no clock here');
    const options = { nowMs: Date.parse('2019-01-01T00:00:00Z') };
    expect(evaluateConditions({ successCondition: 'now() > date("2020-01-01")' }, measured(1), options).phase).toBe('Failed');
  });
});
