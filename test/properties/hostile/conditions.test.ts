/** Conditions as nobody should write them, over values as nobody should measure them: an answer or a ConditionError, and nothing else is reached. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileCondition, evaluate } from '../../../src/core/analysis/condition/condition.ts';
import { ConditionError } from '../../../src/core/analysis/condition/condition-error.ts';
import { corpus, ended, hostileRuns, hostileTimeoutMs, hostileValue, isUnpolluted } from '../../support/hostile.ts';

const conditions = corpus<string>('conditions');

function expectAnAnswer(text: string, result: unknown): void {
  const answer = ended(() => {
    const compiled = compileCondition(text);
    return compiled instanceof ConditionError ? compiled : evaluate(compiled, { values: { result }, nowMs: 0 });
  });
  if (answer instanceof ConditionError) {
    expect(answer.message).toMatch(/\(\d+:\d+\)$/);
    expect(answer.message.length).toBeLessThan(70_000);
  } else expect(typeof answer).not.toBe('function');
  expect(isUnpolluted()).toBe(true);
}

test.each(conditions)('%j', (text) => {
  for (const result of [null, 1, 'a', [], [0.5], { a: 1 }, JSON.parse('{"__proto__":{"polluted":true}}')])
    expectAnAnswer(text, result);
});

test('any mixture of them, over anything', { timeout: hostileTimeoutMs }, () => {
  const words = [
    ...'()[]{}.,:;?|#!"\'`'.split(''),
    '..',
    '??',
    '?.',
    '==',
    '>',
    '&&',
    'and',
    'not',
    'in',
    'matches',
    'let x =',
    'x',
    'result',
    '$env',
    'nil',
    '1',
    '0.5',
    '"a"',
    '(a+)+$',
    'map(',
    'filter(',
    'reduce(',
    'count(',
    'repeat(',
    'len(',
    'float(',
    'now()',
    'duration(',
  ];
  const mixed = fc
    .array(fc.oneof(fc.constantFrom(...words), fc.constantFrom(...conditions)), { maxLength: 12 })
    .map((all) => all.join(' '));
  fc.assert(
    fc.property(mixed, hostileValue, (text, result) => expectAnAnswer(text, result)),
    { numRuns: hostileRuns(200) },
  );
});
