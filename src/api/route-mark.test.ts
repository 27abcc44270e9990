import { describe, expect, test } from 'vitest';
import { annotations } from './names.ts';
import { type RouteMark, readRouteMarks, routeMarksText } from './route-mark.ts';

const mark: RouteMark = { stable: 'a', canary: 'b', maxWeight: 100 };
const read = (text: string | undefined) =>
  readRouteMarks(text === undefined ? {} : { annotations: { [annotations.weightsOf]: text } });

describe('marks of routes', () => {
  test('what is written is read again, in an order of its own', () => {
    const marks = new Map<string, RouteMark>([
      ['shop/b', { ...mark, label: 'x/y' }],
      ['shop/a', mark],
    ]);
    const text = routeMarksText(marks) ?? '';
    expect(text.indexOf('shop/a')).toBeLessThan(text.indexOf('shop/b'));
    expect(read(text)).toEqual(marks);
    expect(routeMarksText(new Map([...marks].reverse()))).toBe(text);
  });

  test.each([
    ['nothing', undefined],
    ['no JSON', '{"shop/a":'],
    ['no object', '[1]'],
    ['null', 'null'],
    ['no key of a Rollout', JSON.stringify({ shop: mark, 'a/b/c': mark, '/': mark })],
    ['no Services', JSON.stringify({ 'shop/a': { ...mark, stable: '' } })],
    ['a weight that is none', JSON.stringify({ 'shop/a': { ...mark, maxWeight: 0.5 } })],
  ])('%s is no mark', (_, text) => {
    expect(read(text)).toEqual(new Map());
  });

  test('one that cannot be read hides no other', () => {
    expect([...read(JSON.stringify({ 'shop/a': 1, 'shop/b': mark })).keys()]).toEqual(['shop/b']);
  });

  test('no marks, no annotation', () => {
    expect(routeMarksText(new Map())).toBeUndefined();
  });
});
