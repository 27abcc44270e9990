import { expect, test } from 'vitest';
import { keptLog } from '../../test/support/quiet-log.ts';
import { SteppedClock } from '../../test/support/stepped-clock.ts';
import type { KubeObject } from '../api/kubernetes.ts';
import { ApiError, type Resource } from './cluster.ts';
import { Controller, type ControllerOptions, type Next } from './controller.ts';
import { shutDown } from './lifecycle.ts';
import { fromMapped, fromOwner, fromSelf } from './source.ts';
import { Store } from './store.ts';

const things: Resource = { group: 'example.org', version: 'v1', kind: 'Thing', plural: 'things', namespaced: true };
const wait: Next = { kind: 'await-change' };

function makeController(reconcile: ControllerOptions['reconcile'], options: Partial<ControllerOptions> = {}) {
  const clock = new SteppedClock();
  const log = keptLog();
  const store = new Store<KubeObject>({ resource: things, clock, log });
  const controller = new Controller({
    name: 'things',
    clock,
    log,
    workers: 2,
    reconcile,
    sources: [fromSelf(store)],
    keys: () => store.keys(),
    ...options,
  });
  return { clock, log, store, controller };
}

function thing(name: string, version: number, more: Partial<KubeObject['metadata']> = {}): KubeObject {
  return { metadata: { namespace: 'n', name, uid: `uid-${name}`, resourceVersion: String(version), ...more } };
}

test('every object is looked at once at the start, then when it changes or is due', async () => {
  const seen: string[] = [];
  const { clock, store, controller } = makeController(async (key) => {
    seen.push(`${key}@${clock.monotonic()}`);
    return key === 'n/timed' ? { kind: 'requeue', afterMs: 500 } : wait;
  });
  store.observe(thing('a', 1));
  store.observe(thing('timed', 2));
  controller.start();
  await clock.advance(100);
  store.observe(thing('a', 3));
  await clock.advance(1000);
  expect(seen).toEqual(['n/a@0', 'n/timed@0', 'n/a@100', 'n/timed@500', 'n/timed@1000']);
  await controller.stop();
});

test('what throws concerns its own key, is logged, and is tried again with a growing delay', async () => {
  const seen: string[] = [];
  const { clock, store, log, controller } = makeController(
    async (key) => {
      seen.push(`${key}@${clock.monotonic()}`);
      if (key === 'n/bad' && seen.length < 5) throw new Error('oops');
      if (key === 'n/busy' && seen.filter((entry) => entry.startsWith(key)).length === 1) {
        throw new ApiError('too-many-requests', 'slow down', { retryAfterMs: 700 });
      }
      return wait;
    },
    { retryBaseMs: 100 },
  );
  for (const [version, name] of ['bad', 'busy', 'good'].entries()) store.observe(thing(name, version + 1));
  controller.start();
  await clock.advance(5_000);
  expect(seen).toEqual(['n/bad@0', 'n/busy@0', 'n/good@0', 'n/bad@100', 'n/bad@300', 'n/busy@700']);
  expect(log.lines).toEqual([
    'error: things n/bad failed and is tried again: oops',
    'warn: things n/busy failed and is tried again: slow down',
    'error: things n/bad failed and is tried again: oops',
  ]);
  await controller.stop();
});

test('a key that is behind its own writes is put off until it is not', async () => {
  const seen: number[] = [];
  let isBehind = true;
  const { clock, store, controller } = makeController(
    async () => {
      seen.push(clock.monotonic());
      return wait;
    },
    { isBehind: () => isBehind },
  );
  store.observe(thing('a', 1));
  controller.start();
  await clock.advance(250);
  isBehind = false;
  await clock.advance(250);
  expect(seen).toEqual([300]);
  await controller.stop();
});

test('keys that found no room are looked at when there is some', async () => {
  const seen = new Set<string>();
  const { clock, store, controller } = makeController(
    async (key) => {
      seen.add(key);
      return wait;
    },
    { maxDepth: 3, workers: 1 },
  );
  for (let i = 0; i < 20; i++) store.observe(thing(`t${i}`, i + 1));
  controller.start();
  await clock.advance(10);
  expect(seen.size).toBe(20);
  await controller.stop();
});

test('a write that the fence stopped is tried again and said without alarm', async () => {
  const { clock, log, store, controller } = makeController(async () => {
    throw new ApiError('aborted', 'this process does not hold the lease');
  });
  store.observe(thing('a', 1));
  controller.start();
  await clock.advance(10);
  expect(log.lines).toEqual([expect.stringMatching(/^warn: .* failed and is tried again: this process does not hold the lease$/)]);
  await controller.stop();
});

test('changes lead to the owner, and to whatever a mapping says of both the old state and the new', () => {
  const log = keptLog();
  const store = new Store<KubeObject>({ resource: things, clock: new SteppedClock(), log });
  const byOwner: string[] = [];
  const byLabel: string[] = [];
  fromOwner(store, { group: 'argoproj.io', kind: 'Rollout' }).start((key) => byOwner.push(key));
  fromMapped(store, (object) => [`n/${object.metadata.labels?.for}`]).start((key) => byLabel.push(key));
  const owner = (kind: string, controller = true) => [
    { apiVersion: 'argoproj.io/v1alpha1', kind, name: 'web', uid: 'u', controller },
  ];
  store.observe(thing('a', 1, { ownerReferences: owner('Rollout'), labels: { for: 'x' } }));
  store.observe(thing('a', 2, { ownerReferences: owner('Experiment'), labels: { for: 'y' } }));
  store.observe(thing('b', 3, { ownerReferences: owner('Rollout', false), labels: { for: 'y' } }));
  expect([byOwner, byLabel]).toEqual([
    ['n/web', 'n/web'],
    ['n/x', 'n/x', 'n/y', 'n/y'],
  ]);
});

test('how urgent a key is depends on the present state of what changed', () => {
  const store = new Store<KubeObject>({ resource: things, clock: new SteppedClock(), log: keptLog() });
  const lanes: (string | undefined)[] = [];
  fromOwner(store, { group: 'g', kind: 'Owner' }, ({ metadata }) =>
    metadata.labels?.phase === 'Failed' ? 'urgent' : 'normal',
  ).start((_, lane) => lanes.push(lane));
  const ownerReferences = [{ apiVersion: 'g/v1', kind: 'Owner', name: 'web', uid: 'u', controller: true }];
  const running = thing('a', 1, { ownerReferences, labels: { phase: 'Running' } });
  const failed = thing('a', 2, { ownerReferences, labels: { phase: 'Failed' } });
  for (const state of [running, failed]) store.observe(state);
  store.observeDeleted({ ...failed, metadata: { ...failed.metadata, resourceVersion: '3' } });
  expect(lanes).toEqual(['normal', 'urgent', undefined]);
});

test('shutting down lets work finish, then writes events, then gives the lease back', async () => {
  const order: string[] = [];
  const { promise: slow, resolve } = Promise.withResolvers<Next>();
  const { clock, log, store, controller } = makeController(() => slow.finally(() => order.push('reconciled')));
  store.observe(thing('a', 1));
  controller.start();
  await clock.advance(0);
  const ending = shutDown({
    clock,
    log,
    stopWatches: async () => void order.push('watches'),
    controllers: [controller],
    events: { drain: async () => order.push('events') },
    lease: { release: async () => void order.push('lease') },
  });
  await clock.advance(1000);
  expect(order).toEqual(['watches']);
  resolve(wait);
  expect(await ending).toBe(true);
  expect(order).toEqual(['watches', 'reconciled', 'events', 'lease']);
  expect(clock.timers).toBe(0);
});

test('work that does not end is told to, and does not keep the lease from being given back', async () => {
  const order: string[] = [];
  const { clock, log, store, controller } = makeController((_, signal) => {
    signal.addEventListener('abort', () => order.push('told'));
    return new Promise(() => undefined);
  });
  store.observe(thing('a', 1));
  controller.start();
  await clock.advance(0);
  const ending = shutDown({
    clock,
    log,
    deadlineMs: 5_000,
    stopWatches: async () => undefined,
    controllers: [controller],
    events: { drain: async (signal) => order.push(signal.aborted ? 'events given up' : 'events') },
    lease: { release: async () => void order.push('lease') },
  });
  await clock.advance(5_000);
  expect(await ending).toBe(false);
  expect(order).toEqual(['told', 'events given up', 'lease']);
  expect(log.lines).toEqual(['warn: the workers of things did not end in time', 'warn: the events did not end in time']);
});
