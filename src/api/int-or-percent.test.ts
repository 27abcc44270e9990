import { expect, it } from 'vitest';
import { parseIntOrPercent } from './int-or-percent.ts';

it.each([
  [0, { kind: 'number', value: 0 }],
  [3, { kind: 'number', value: 3 }],
  ['25%', { kind: 'percent', value: 25 }],
  ['25', { kind: 'percent', value: 25 }],
  ['150%', { kind: 'percent', value: 150 }],
  [-1, { kind: 'error', error: 'must not be negative, got -1' }],
  ['-5%', { kind: 'error', error: 'must be a number or a percentage such as 25%, got "-5%"' }],
  ['', { kind: 'error', error: 'must be a number or a percentage such as 25%, got ""' }],
  ['2.5%', { kind: 'error', error: 'must be a number or a percentage such as 25%, got "2.5%"' }],
])('%j', (value, parsed) => {
  expect(parseIntOrPercent(value)).toEqual(parsed);
});
