import { expect, test } from 'vitest';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import { WrittenOrder } from './written-order.ts';

const page = (resourceVersion: string, ...items: readonly [string, string][]) => ({
  items: items.map(([name, version]) => ({ metadata: { name, resourceVersion: version } }) as KubeObject),
  resourceVersion,
  continueToken: undefined,
});

function told(...versions: readonly [kind: string, name: string, at: bigint, isGone?: true][]) {
  const order = new WrittenOrder<{ readonly at: bigint; readonly what: string }>();
  for (const [kind, name, at, isGone = false] of versions) order.add({ at, what: `${kind} ${name}` }, { kind, name, isGone });
  return order;
}

const words = (versions: readonly { readonly what: string; readonly at: bigint }[]) =>
  versions.map(({ what, at }) => `${what} ${at}`);

test('what was written first comes first, also when it is told last', () => {
  const order = told(['Rollout', 'shop', 3n], ['Rollout', 'shop', 7n], ['Service', 'shop', 5n], ['Rollout', 'shop', 9n]);
  expect(words(order.all)).toEqual(['Rollout shop 3', 'Service shop 5', 'Rollout shop 7', 'Rollout shop 9']);
});

test('what was written before a mark is not after it, also when it is told after it was set', () => {
  const order = told(['Rollout', 'shop', 7n]);
  const mark = order.mark();
  order.add({ at: 5n, what: 'Service shop' }, { kind: 'Service', name: 'shop', isGone: false });
  order.add({ at: 8n, what: 'Service shop' }, { kind: 'Service', name: 'shop', isGone: false });
  expect(words(order.since(mark))).toEqual(['Service shop 8']);
});

test.each<[string, WrittenOrder<{ readonly at: bigint }>, ReturnType<typeof page>, boolean]>([
  ['nothing of nothing', told(), page('9'), true],
  ['an object that was not told', told(), page('9', ['a', '4']), false],
  ['an object of another kind alone', told(['Rollout', 'a', 4n]), page('9', ['a', '4']), false],
  ['an older version of it', told(['Service', 'a', 3n]), page('9', ['a', '4']), false],
  ['this version of it', told(['Service', 'a', 4n]), page('9', ['a', '4']), true],
  ['a newer version of it', told(['Service', 'a', 12n]), page('9', ['a', '4']), true],
  ['an object that is gone, and was told to be', told(['Service', 'a', 4n], ['Service', 'a', 8n, true]), page('9'), true],
  ['an object that is gone, and was not told to be', told(['Service', 'a', 4n]), page('9'), false],
  ['an object that was made after the list', told(['Service', 'a', 10n]), page('9'), true],
  ['an object that went and came back', told(['Service', 'a', 4n], ['Service', 'a', 8n, true]), page('9', ['a', '9']), false],
])('compared with a list that shows now: %s', (_, order, list, isTold) => {
  expect(order.hasAll('Service', list)).toBe(isTold);
});
