import { expect, it } from 'vitest';
import { endsRun, isCompleted, isWorse } from './phase.ts';

const order = ['Successful', 'Running', 'Pending', 'Inconclusive', 'Error', 'Failed'] as const;

it('orders phases from Successful to Failed', () => {
  for (const [index, one] of order.entries()) expect(order.filter((other) => isWorse(other, one))).toEqual(order.slice(index + 1));
});

it('knows which phases are final and which of them end the run', () => {
  expect(order.filter(isCompleted)).toEqual(['Successful', 'Inconclusive', 'Error', 'Failed']);
  expect(order.filter(endsRun)).toEqual(['Inconclusive', 'Error', 'Failed']);
});
