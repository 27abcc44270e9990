import { expect, test } from 'vitest';
import { MemoryCluster } from '../../test/support/memory-cluster.ts';
import { keptLog } from '../../test/support/quiet-log.ts';
import { SteppedClock } from '../../test/support/stepped-clock.ts';
import type { KubeObject } from '../api/kubernetes.ts';
import { ApiError, type Resource } from './cluster.ts';
import { Store, type StoreOptions } from './store.ts';
import { trackedCluster } from './tracked-cluster.ts';

interface Thing extends KubeObject {
  readonly spec?: { readonly color?: string; readonly bulk?: string };
}

const things: Resource<Thing> = { group: 'example.org', version: 'v1', kind: 'Thing', plural: 'things', namespaced: true };

function makeStore(options: Partial<StoreOptions<Thing>> = {}) {
  const clock = new SteppedClock();
  const log = keptLog();
  return { clock, log, store: new Store<Thing>({ resource: things, clock, log, ...options }) };
}

function thing(name: string, version: number, more: { color?: string; owner?: string; namespace?: string } = {}): Thing {
  const owner = { apiVersion: 'v1', kind: 'Owner', name: 'o', uid: more.owner ?? '' };
  return {
    metadata: {
      name,
      namespace: more.namespace ?? 'shop',
      uid: `uid-${name}`,
      resourceVersion: String(version),
      ...(more.owner === undefined ? {} : { ownerReferences: [owner] }),
    },
    spec: { color: more.color ?? 'red' },
  };
}

function names(objects: readonly Thing[]): string[] {
  return objects.map((object) => object.metadata.name).sort();
}

test('objects are found by key, namespace, owner and index, and move with their changes', () => {
  const { store } = makeStore({ indexes: { color: (object) => [object.spec?.color ?? ''] } });
  store.observe(thing('a', 1, { owner: 'x' }));
  store.observe(thing('b', 2, { owner: 'x', color: 'blue' }));
  store.observe(thing('c', 3, { namespace: 'other' }));
  expect(names(store.byOwner('x'))).toEqual(['a', 'b']);
  expect(names(store.byIndex('color', 'red'))).toEqual(['a', 'c']);
  expect(names(store.list('shop'))).toEqual(['a', 'b']);
  expect(store.get('other', 'c')?.metadata.resourceVersion).toBe('3');
  expect(store.getByKey('shop/b')?.spec?.color).toBe('blue');
  store.observe(thing('a', 4, { owner: 'y', color: 'blue' }));
  store.observeDeleted(thing('b', 5));
  expect([names(store.byOwner('x')), names(store.byOwner('y'))]).toEqual([[], ['a']]);
  expect([names(store.byIndex('color', 'red')), names(store.byIndex('color', 'blue'))]).toEqual([['c'], ['a']]);
  expect(() => store.byIndex('size', '1')).toThrow('no index size');
});

test('nothing older replaces what is there, and versions compare as numbers', () => {
  const { store } = makeStore();
  const changes: string[] = [];
  store.onChange((old, now) => changes.push(`${old?.metadata.resourceVersion} -> ${now?.metadata.resourceVersion}`));
  store.observe(thing('a', 10));
  store.observe(thing('a', 9));
  store.observe(thing('a', 10));
  store.observeDeleted(thing('a', 8));
  expect(store.get('shop', 'a')?.metadata.resourceVersion).toBe('10');
  store.observeDeleted(thing('a', 11));
  expect(store.get('shop', 'a')).toBeUndefined();
  expect(changes).toEqual(['undefined -> 10', '10 -> undefined']);
});

test('bookkeeping is dropped, then what the trim function drops', () => {
  const { store } = makeStore({ trim: ({ spec: _, ...rest }) => rest });
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', team: 'shop' };
  const { metadata, spec } = thing('a', 1);
  store.observe({ metadata: { ...metadata, annotations, managedFields: [] } as Thing['metadata'], ...(spec && { spec }) });
  expect(store.get('shop', 'a')).toEqual({ metadata: { ...metadata, annotations: { team: 'shop' } } });
});

test('an object that cannot be read is reported and leaves the last one; others go on', () => {
  const { store, log } = makeStore({
    trim: (object) => {
      if (object.spec?.color === 'bad') throw new Error('no such color');
      return object;
    },
  });
  store.observe(thing('a', 1));
  store.observe(thing('a', 2, { color: 'bad' }));
  store.observe(thing('b', 3));
  expect([store.get('shop', 'a')?.metadata.resourceVersion, store.get('shop', 'b')?.metadata.resourceVersion]).toEqual(['1', '3']);
  expect(log.lines).toEqual(['error: Thing shop/a cannot be read and is left as it was: no such color']);
  const relist = store.beginRelist();
  relist.add(thing('a', 2, { color: 'bad' }));
  relist.finish('5');
  expect(names(store.list())).toEqual(['a']);
});

test('a failing listener hinders neither the store nor the other listeners', () => {
  const { store, log } = makeStore();
  const seen: string[] = [];
  store.onChange(() => {
    throw new Error('oops');
  });
  const end = store.onChange((_, now) => seen.push(now?.metadata.name ?? ''));
  store.observe(thing('a', 1));
  end();
  store.observe(thing('b', 2));
  expect([seen, log.lines.length, store.size]).toEqual([['a'], 2, 2]);
});

test('a relist removes what vanished, tells of it, and keeps what was written after it', () => {
  const { store } = makeStore();
  const gone: string[] = [];
  store.onChange((old, now) => now === undefined && gone.push(old?.metadata.name ?? ''));
  store.observe(thing('stays', 1));
  store.observe(thing('vanished', 2));
  const relist = store.beginRelist();
  relist.add(thing('stays', 1));
  store.recordWrite(thing('mine', 12));
  expect(store.hasSynced).toBe(false);
  relist.finish('10');
  expect([names(store.list()), gone, store.hasSynced]).toEqual([['mine', 'stays'], ['vanished'], true]);
});

test('a cluster restored from a backup is taken as it is now', () => {
  const { store } = makeStore();
  store.observe(thing('a', 100, { color: 'new' }));
  store.observe(thing('b', 110));
  const relist = store.beginRelist();
  relist.add(thing('a', 50, { color: 'old' }));
  relist.finish('60');
  expect(names(store.list())).toEqual(['a']);
  expect(store.get('shop', 'a')?.spec?.color).toBe('old');
});

test('what this process writes is there at once, and the watch does not undo it', async () => {
  const { store } = makeStore();
  const cluster = new MemoryCluster();
  const tracked = trackedCluster(cluster, [store]);
  await tracked.create(things, { metadata: { namespace: 'shop', name: 'a' }, spec: { color: 'red' } });
  const before = store.get('shop', 'a');
  expect(before?.spec?.color).toBe('red');
  await tracked.patch(things, { namespace: 'shop', name: 'a' }, { type: 'merge', body: { spec: { color: 'blue' } } });
  if (before !== undefined) store.observe(before);
  expect(store.get('shop', 'a')?.spec?.color).toBe('blue');
  expect(store.isBehindOwnWrites('shop/a')).toBe(false);
});

test('an answer that comes after the watch saw the object go does not bring it back', () => {
  const { store } = makeStore();
  store.observe(thing('a', 1));
  store.observeDeleted(thing('a', 7));
  store.recordWrite(thing('a', 5));
  expect([store.size, store.isBehindOwnWrites('shop/a')]).toEqual([0, false]);
});

test('a scale is behind until the watch has it, for the object and for its owner', async () => {
  const { store } = makeStore();
  const cluster = new MemoryCluster();
  const made = cluster.put(things, thing('a', 0, { owner: 'x' }));
  store.observe(made);
  const tracked = trackedCluster(cluster, [store]);
  await tracked.patch(
    things,
    { namespace: 'shop', name: 'a' },
    { type: 'merge', body: { spec: { color: 'blue' } } },
    { subresource: 'scale' },
  );
  expect([store.isBehindOwnWrites({ namespace: 'shop', name: 'a' }), store.isBehindOwnWritesOfOwner('x')]).toEqual([true, true]);
  expect(store.get('shop', 'a')?.spec?.color).toBe('red');
  for (const object of cluster.objects(things)) store.observe(object);
  expect([store.isBehindOwnWrites('shop/a'), store.isBehindOwnWritesOfOwner('x')]).toEqual([false, false]);
});

test('a deletion is behind until the object is gone or going', async () => {
  const { store } = makeStore();
  store.observe(thing('a', 1, { owner: 'x' }));
  store.observe(thing('b', 2, { owner: 'x' }));
  store.recordDelete({ namespace: 'shop', name: 'a' });
  store.recordDelete({ namespace: 'shop', name: 'b' }, 'uid-of-another');
  expect([store.isBehindOwnWrites('shop/a'), store.isBehindOwnWrites('shop/b')]).toEqual([true, false]);
  const going = thing('a', 3, { owner: 'x' });
  store.observe({ ...going, metadata: { ...going.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
  expect([store.isBehindOwnWrites('shop/a'), store.isBehindOwnWritesOfOwner('x')]).toEqual([false, false]);
});

test('a store of selected objects waits for the watch to say that a write belongs', () => {
  const { store } = makeStore({ takesOwnWrites: 'never' });
  store.recordWrite(thing('a', 5));
  expect([store.size, store.isBehindOwnWrites('shop/a')]).toEqual([0, true]);
  store.observeProgress('4');
  expect(store.isBehindOwnWrites('shop/a')).toBe(true);
  store.observeProgress('5');
  expect(store.isBehindOwnWrites('shop/a')).toBe(false);
});

test('a store of objects selected by label takes a write to what it keeps, unless the labels are not what they were', () => {
  const { store } = makeStore({ takesOwnWrites: 'with-same-labels' });
  const labelled = (version: number, labels?: Record<string, string>, uid = 'uid-a'): Thing => {
    const { metadata, ...rest } = thing('a', version, { color: `c${version}` });
    return { ...rest, metadata: { ...metadata, uid, ...(labels && { labels }) } };
  };
  store.recordWrite(labelled(1));
  expect([store.size, store.isBehindOwnWrites('shop/a')]).toEqual([0, true]);
  store.observe(labelled(1));
  store.recordWrite(labelled(2));
  expect([store.get('shop', 'a')?.spec?.color, store.isBehindOwnWrites('shop/a')]).toEqual(['c2', false]);
  store.recordWrite(labelled(3, { instance: 'other' }));
  expect([store.get('shop', 'a')?.spec?.color, store.isBehindOwnWrites('shop/a')]).toEqual(['c2', true]);
  store.observeDeleted(labelled(3));
  expect([store.size, store.isBehindOwnWrites('shop/a')]).toEqual([0, false]);
  store.observe(labelled(4));
  store.recordWrite(labelled(5, undefined, 'another'));
  expect([store.get('shop', 'a')?.spec?.color, store.isBehindOwnWrites('shop/a')]).toEqual(['c4', true]);
});

test('a write that is not seen for ten seconds is looked up, and again while the server cannot be reached', async () => {
  const cluster = new MemoryCluster();
  const { store, clock } = makeStore({ takesOwnWrites: 'never', fetch: (key) => cluster.get(things, key) });
  const made = cluster.put(things, thing('a', 0)) as Thing;
  store.recordWrite(made);
  cluster.fault = () => new ApiError('unreachable', 'down');
  await clock.advance(10_000);
  expect(store.isBehindOwnWrites('shop/a')).toBe(true);
  cluster.fault = () => undefined;
  await clock.advance(9_999);
  expect(store.isBehindOwnWrites('shop/a')).toBe(true);
  await clock.advance(1);
  expect([store.isBehindOwnWrites('shop/a'), store.get('shop', 'a')?.metadata.uid]).toEqual([false, made.metadata.uid]);
  expect(clock.timers).toBe(0);
});

test('a deletion that is not seen is looked up too', async () => {
  const cluster = new MemoryCluster();
  const { store, clock } = makeStore({ fetch: (key) => cluster.get(things, key) });
  store.observe(thing('a', 1));
  store.recordDelete({ namespace: 'shop', name: 'a' });
  await clock.advance(10_000);
  expect([store.isBehindOwnWrites('shop/a'), store.size]).toEqual([false, 0]);
});
