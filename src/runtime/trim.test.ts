import { expect, test } from 'vitest';
import type { ObjectMeta } from '../api/kubernetes.ts';
import { withKeptSpec } from './trim.ts';

const object = (metadata: Partial<ObjectMeta>, replicas: number) => ({
  metadata: { name: 'web', uid: 'u', generation: 3, ...metadata },
  spec: { replicas },
});

test('a spec of the same generation is kept once', () => {
  const kept = object({ resourceVersion: '1' }, 2);
  const newer = withKeptSpec(object({ resourceVersion: '2' }, 2), kept);
  expect(newer.spec).toBe(kept.spec);
  expect(newer.metadata.resourceVersion).toBe('2');
});

test.each([
  ['its generation is another', object({ generation: 4 }, 5), object({}, 2)],
  ['the object was made anew', object({ uid: 'v' }, 5), object({}, 2)],
  ['the server counts no generations', object({ generation: undefined }, 5), object({ generation: undefined }, 2)],
  ['nothing is kept', object({}, 5), undefined],
])('a spec is taken as it comes where %s', (_, now, kept) => {
  expect(withKeptSpec(now, kept)).toBe(now);
});
