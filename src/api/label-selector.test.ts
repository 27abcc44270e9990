import { describe, expect, it } from 'vitest';
import { isEmptySelector, matchesLabels, selectorProblems } from './label-selector.ts';

const labels = { app: 'shop', tier: 'web' };
const requirement = (operator: string, values?: string[], key = 'app') => ({ matchExpressions: [{ key, operator, values }] });

describe('matchesLabels', () => {
  it.each([
    [{}, true],
    [{ matchLabels: { app: 'shop' } }, true],
    [{ matchLabels: { app: 'shop', tier: 'db' } }, false],
    [requirement('In', ['shop', 'till']), true],
    [requirement('In', ['till']), false],
    [requirement('In', ['shop'], 'zone'), false],
    [requirement('NotIn', ['shop']), false],
    [requirement('NotIn', ['shop'], 'zone'), true],
    [requirement('Exists'), true],
    [requirement('Exists', undefined, 'zone'), false],
    [requirement('DoesNotExist'), false],
    [requirement('DoesNotExist', undefined, 'zone'), true],
    [requirement('Is', ['shop']), false],
    [{ matchLabels: { app: 'shop' }, ...requirement('DoesNotExist') }, false],
  ])('%j: %s', (selector, matches) => {
    expect(matchesLabels(selector, labels)).toBe(matches);
  });
});

it('an empty selector has neither labels nor expressions', () => {
  expect([{}, { matchLabels: {}, matchExpressions: [] }].every(isEmptySelector)).toBe(true);
  expect([{ matchLabels: { a: '' } }, requirement('Exists')].some(isEmptySelector)).toBe(false);
});

describe('selectorProblems', () => {
  it.each([
    [requirement('In', []), 's.matchExpressions[0].values'],
    [requirement('Exists', ['a']), 's.matchExpressions[0].values'],
    [requirement('in', ['a']), 's.matchExpressions[0].operator'],
  ])('%j', (selector, path) => {
    expect(selectorProblems(selector, 's').map((problem) => problem.path)).toEqual([path]);
  });

  it('has nothing to say of what the API server takes', () => {
    const good = { matchExpressions: [...requirement('In', ['a']).matchExpressions, ...requirement('Exists').matchExpressions] };
    expect(selectorProblems(good, 's')).toEqual([]);
  });
});
