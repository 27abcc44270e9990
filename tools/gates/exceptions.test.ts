import { expect, it } from 'vitest';
import { exceptionProblems, readExceptions } from './exceptions.ts';

const nowMs = Date.parse('2026-11-27T12:00:00Z');
const entry = (fields: Record<string, string>) =>
  JSON.stringify({
    exceptions: [
      { gate: 'secrets', rule: 'private-key', reason: 'a key that only the test server knows', until: '2027-03-01', ...fields },
    ],
  });

it('takes what has a gate, a rule, a reason and an end', () => {
  const exceptions = readExceptions(entry({ where: 'test/fixtures' }));
  expect(exceptionProblems(exceptions, ['secrets'], nowMs)).toEqual([]);
});

it.each([
  [{ until: '2026-11-27' }, 'ended on 2026-11-27'],
  [{ until: '2028-01-01' }, 'more than a year'],
  [{ gate: 'secret' }, 'there is no such gate'],
])('finds fault with %j', (fields, words) => {
  expect(exceptionProblems(readExceptions(entry(fields)), ['secrets'], nowMs).join()).toContain(words);
});

it.each([
  [{ reason: 'because' }, 'exceptions.0.reason'],
  [{ until: 'never' }, 'exceptions.0.until'],
  [{ id: '7' }, 'Unrecognized key'],
])('does not read %j', (fields, words) => {
  expect(() => readExceptions(entry(fields))).toThrow(words);
});
