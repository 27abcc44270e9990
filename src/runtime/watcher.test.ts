import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryCluster } from '../../test/support/memory-cluster.ts';
import { keptLog } from '../../test/support/quiet-log.ts';
import { SteppedClock } from '../../test/support/stepped-clock.ts';
import type { KubeObject } from '../api/kubernetes.ts';
import { ApiError, type Resource, type WatchEvent } from './cluster.ts';
import { Informer, whenSynced } from './informer.ts';
import { trackedCluster } from './tracked-cluster.ts';
import { type ActiveState, transition, type WatchState, type WatchStep } from './watch-machine.ts';

const things: Resource = { group: '', version: 'v1', kind: 'Thing', plural: 'things', namespaced: true };
const policy = { canStreamList: true, random: 0.5, backoffBaseMs: 200, backoffMaxMs: 15_000 };

function makeInformer(options: { streamsLists?: boolean; pageSize?: number } = {}) {
  const clock = new SteppedClock();
  const cluster = new MemoryCluster();
  cluster.streamsLists = options.streamsLists ?? true;
  const log = keptLog();
  const informer = new Informer<KubeObject>({
    cluster,
    resource: things,
    clock,
    random: () => 0.5,
    log,
    pageSize: options.pageSize ?? 3,
  });
  return { clock, cluster, log, informer };
}

function versions(objects: readonly KubeObject[]): string[] {
  return objects.map((object) => `${object.metadata.name}@${object.metadata.resourceVersion}`).sort();
}

describe('the watch machine', () => {
  const watching: ActiveState = { phase: 'watching', resourceVersion: '5', failures: 0 };
  const failed = (code: 'gone' | 'unreachable' | 'invalid', wasUseful = false): WatchStep => ({
    kind: 'failed',
    error: new ApiError(code, code),
    resourceVersion: '9',
    wasUseful,
  });

  test.each<[string, WatchState, WatchStep, unknown]>([
    [
      'a page leads to the next',
      { phase: 'listing', continueToken: undefined, failures: 2 },
      { kind: 'page', resourceVersion: '7', continueToken: 'n' },
      { phase: 'listing', continueToken: 'n', failures: 0 },
    ],
    [
      'the last page leads to watching',
      { phase: 'listing', continueToken: 'n', failures: 0 },
      { kind: 'page', resourceVersion: '7', continueToken: undefined },
      { phase: 'watching', resourceVersion: '7', failures: 0 },
    ],
    [
      'the end of the initial events too',
      { phase: 'streaming-list', failures: 1 },
      { kind: 'initial-events-end', resourceVersion: '7' },
      { phase: 'watching', resourceVersion: '7', failures: 0 },
    ],
    [
      'a watch that ended goes on at once',
      watching,
      { kind: 'ended', resourceVersion: '9', wasUseful: true },
      { phase: 'watching', resourceVersion: '9', failures: 0 },
    ],
    [
      'one that ended without a word backs off',
      watching,
      { kind: 'ended', resourceVersion: '5', wasUseful: false },
      { phase: 'backing-off', delayMs: 150, next: { phase: 'watching', resourceVersion: '5', failures: 1 } },
    ],
    ['gone lists at once', watching, failed('gone'), { phase: 'streaming-list', failures: 1 }],
    [
      'gone again backs off',
      { ...watching, failures: 1 },
      failed('gone'),
      { phase: 'backing-off', delayMs: 300, next: { phase: 'streaming-list', failures: 2 } },
    ],
    [
      'a break resumes from the last version',
      watching,
      failed('unreachable', true),
      { phase: 'backing-off', delayMs: 150, next: { phase: 'watching', resourceVersion: '9', failures: 1 } },
    ],
    [
      'the fifth break lists',
      { ...watching, failures: 4 },
      failed('unreachable'),
      { phase: 'backing-off', delayMs: 2400, next: { phase: 'listing', continueToken: undefined, failures: 5 } },
    ],
    [
      'a refused stream leads to pages',
      { phase: 'streaming-list', failures: 0 },
      failed('invalid'),
      { phase: 'backing-off', delayMs: 150, next: { phase: 'listing', continueToken: undefined, failures: 1 } },
    ],
    [
      'a broken list begins anew',
      { phase: 'listing', continueToken: 'n', failures: 0 },
      failed('unreachable'),
      { phase: 'backing-off', delayMs: 150, next: { phase: 'listing', continueToken: undefined, failures: 1 } },
    ],
    [
      'a stalled watch reconnects',
      watching,
      { kind: 'stalled', resourceVersion: '9', wasUseful: true },
      { phase: 'watching', resourceVersion: '9', failures: 0 },
    ],
    ['waiting ends in what was meant', { phase: 'backing-off', delayMs: 1, next: watching }, { kind: 'waited' }, watching],
  ])('%s', (_, state, step, expected) => {
    expect(transition(state, step, policy)).toEqual(expected);
  });

  test('what the server asks for by Retry-After is heeded, and the back-off has a limit', () => {
    const error = new ApiError('too-many-requests', 'slow down', { retryAfterMs: 60_000 });
    expect(transition(watching, { kind: 'failed', error, resourceVersion: '9', wasUseful: true }, policy)).toMatchObject({
      delayMs: 60_000,
    });
    expect(transition({ phase: 'listing', continueToken: undefined, failures: 50 }, failed('unreachable'), policy)).toMatchObject({
      delayMs: 11_250,
    });
  });
});

test('a list in pages that expires half-way is begun anew', async () => {
  const { clock, cluster, informer } = makeInformer({ streamsLists: false, pageSize: 2 });
  for (const name of ['a', 'b', 'c', 'd', 'e']) cluster.put(things, { metadata: { namespace: 'n', name } });
  let pages = 0;
  cluster.fault = (verb) => {
    if (verb === 'list' && ++pages === 2) {
      cluster.remove(things, { namespace: 'n', name: 'a' });
      cluster.compact();
    }
    return undefined;
  };
  const stop = new AbortController();
  const running = informer.run(stop.signal);
  await clock.advance(1000);
  expect(versions(informer.store.list())).toEqual(versions(cluster.objects(things)));
  expect(pages).toBe(4);
  stop.abort();
  await running;
});

test('a silent connection is given up after three minutes and nothing is missed', async () => {
  const { clock, cluster, informer } = makeInformer();
  const stop = new AbortController();
  const running = informer.run(stop.signal);
  await clock.advance(0);
  expect(await whenSynced([informer.store], stop.signal)).toBe(true);
  let watches = 0;
  cluster.fault = (verb) => {
    if (verb === 'watch') watches++;
    return undefined;
  };
  await clock.advance(170_000);
  cluster.bookmark();
  await clock.advance(170_000);
  expect(watches).toBe(0);
  await clock.advance(11_000);
  expect(watches).toBe(1);
  stop.abort();
  await running;
  expect(clock.timers).toBe(0);
});

test('what is deleted while the present state still streams in does not stay', async () => {
  const { clock, cluster, informer } = makeInformer();
  const object = (name: string, version: number): KubeObject => ({
    metadata: { namespace: 'n', name, resourceVersion: String(version) },
  });
  cluster.watch = async function* <T extends KubeObject>() {
    const told = [
      { type: 'ADDED', object: object('a', 1) },
      { type: 'ADDED', object: object('b', 2) },
      { type: 'DELETED', object: object('a', 5) },
      { type: 'MODIFIED', object: object('b', 6) },
      { type: 'BOOKMARK', resourceVersion: '6', initialEventsEnd: true },
    ];
    yield* told as WatchEvent<T>[];
    await new Promise(() => undefined);
  };
  void informer.run(new AbortController().signal);
  await clock.advance(0);
  expect([informer.store.hasSynced, versions(informer.store.list())]).toEqual([true, ['b@6']]);
});

test('waiting for stores ends with the signal', async () => {
  const { informer } = makeInformer();
  const stop = new AbortController();
  const waiting = whenSynced([informer.store], stop.signal);
  stop.abort();
  expect(await waiting).toBe(false);
});

/** However changes, breaks, compactions, refusals and own writes interleave: when it is quiet, the store is what the server has. */
test.each([true, false])('any interleaving ends with the store equal to the server (streamed lists: %s)', async (streamsLists) => {
  const action = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), name: fc.nat(6) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), name: fc.nat(6) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('own-write' as const, 'own-delete' as const), name: fc.nat(6) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom('ended' as const, 'broken' as const, 'gone' as const, 'bookmark' as const, 'compact' as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('refuse' as const), requests: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('step' as const), ms: fc.constantFrom(0, 100, 1000, 200_000) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      const { clock, cluster, informer } = makeInformer({ streamsLists });
      const tracked = trackedCluster(cluster, [informer.store]);
      const stop = new AbortController();
      const mirror = new Map<string, string | undefined>();
      informer.store.onChange((old, now) => {
        const name = (now ?? old)?.metadata.name ?? '';
        expect(mirror.get(name)).toBe(old?.metadata.resourceVersion);
        mirror.set(name, now?.metadata.resourceVersion);
      });
      const running = informer.run(stop.signal);
      let refused = 0;
      cluster.fault = (verb) => (verb !== 'get' && refused-- > 0 ? new ApiError('unreachable', 'down') : undefined);
      for (const action of actions) {
        const key = { namespace: 'n', name: `t${'name' in action ? action.name : ''}` };
        if (action.kind === 'put') cluster.put(things, { metadata: key });
        else if (action.kind === 'remove') cluster.remove(things, key);
        else if (action.kind === 'own-write') {
          const body = { metadata: { annotations: { at: String(cluster.version) } } };
          await tracked.patch(things, key, { type: 'merge', body }).catch(() => undefined);
        } else if (action.kind === 'own-delete') await tracked.delete(things, key).catch(() => undefined);
        else if (action.kind === 'bookmark') cluster.bookmark();
        else if (action.kind === 'compact') cluster.compact();
        else if (action.kind === 'refuse') refused = action.requests;
        else if (action.kind === 'step') await clock.advance(action.ms);
        else cluster.interrupt(action.kind);
      }
      refused = 0;
      await clock.advance(400_000);
      expect(versions(informer.store.list())).toEqual(versions(cluster.objects(things)));
      for (const object of cluster.objects(things)) expect(informer.store.isBehindOwnWrites(object.metadata)).toBe(false);
      expect(informer.state.phase).toBe('watching');
      stop.abort();
      await running;
      expect(clock.timers).toBe(0);
    }),
    { numRuns: 150 },
  );
});
