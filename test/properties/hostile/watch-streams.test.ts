/** Whatever a watch holds, each of the controller's informers lives through it and ends up with what the next one says. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KubeObject } from '../../../src/api/kubernetes.ts';
import { httpRoutes, ingresses } from '../../../src/api/resources.ts';
import { createJobInformer } from '../../../src/controllers/job-informer.ts';
import { createRouteInformer } from '../../../src/controllers/route-informers.ts';
import { createInformers } from '../../../src/controllers/stores.ts';
import { LineTooLong, lines } from '../../../src/runtime/client/line-splitter.ts';
import { watchEvents } from '../../../src/runtime/client/watch-stream.ts';
import { ApiError, type Cluster } from '../../../src/runtime/cluster.ts';
import type { Log } from '../../../src/runtime/log.ts';
import type { Store } from '../../../src/runtime/store.ts';
import { VirtualClock } from '../../../src/simulation/virtual-clock.ts';
import { corpus, deep, hostileRuns, hostileTimeoutMs, isUnpolluted } from '../../support/hostile.ts';

const objects = corpus<object>('watch-objects');
const event = fc.record({
  type: fc.constantFrom('ADDED', 'MODIFIED', 'DELETED'),
  object: fc.oneof(
    fc.constantFrom(...objects),
    fc.record({ metadata: fc.record({ name: fc.string(), labels: fc.jsonValue() }), spec: fc.jsonValue() }),
  ),
});
const line = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...corpus<string>('watch-lines')) },
  { weight: 3, arbitrary: event.map((told) => JSON.stringify(told)) },
);
const text = fc.array(line, { maxLength: 12 }).map((all) => all.join('\n'));

/** As a network may cut it, in the middle of a letter too. */
async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let [at, turn] = [0, 0]; at < bytes.length; turn += 1) {
    const end = at + Math.max(1, sizes[turn % Math.max(1, sizes.length)] ?? bytes.length);
    yield bytes.subarray(at, end);
    at = end;
  }
}

const good: readonly object[] = [
  { type: 'ADDED', object: { metadata: { name: 'good', namespace: 'n', resourceVersion: '9', uid: 'u' }, spec: {} } },
  { type: 'BOOKMARK', object: { metadata: { resourceVersion: '9', annotations: { 'k8s.io/initial-events-end': 'true' } } } },
];

/** First that, then what is good, then silence. */
function cluster(hostile: Uint8Array, sizes: readonly number[]): Cluster {
  const asked = new Map<string, number>();
  const refuse = async (): Promise<never> => {
    throw new ApiError('unavailable', 'nobody is there');
  };
  const nothing = { create: refuse, patch: refuse, delete: refuse, evict: refuse, get: refuse };
  const list = async () => ({ items: [], resourceVersion: '9', continueToken: undefined });
  return {
    ...nothing,
    list,
    async *watch(resource: { readonly plural: string }, _options: unknown, signal: AbortSignal) {
      const turn = (asked.get(resource.plural) ?? 0) + 1;
      asked.set(resource.plural, turn);
      const healthy = Buffer.from(good.map((told) => JSON.stringify(told)).join('\n'));
      const body = turn === 1 ? cut(hostile, sizes) : cut(healthy, []);
      yield* watchEvents(body, `watch ${resource.plural}`, signal);
      if (turn > 1) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    },
  } as unknown as Cluster;
}

interface Informed {
  readonly store: Pick<Store<KubeObject>, 'resource' | 'hasSynced' | 'list'>;
  run(signal: AbortSignal): Promise<void>;
}

/** Longest line of the log: what came is never repeated whole. */
const longestLine = 4096;

async function livesThrough(hostile: Uint8Array, sizes: readonly number[]): Promise<void> {
  const clock = new VirtualClock(0);
  const long: string[] = [];
  const note = (message: string): void => {
    if (message.length > longestLine) long.push(message.slice(0, 200));
  };
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const settings = { cluster: cluster(hostile, sizes), clock, random: () => 0.5, log };
  const informers: readonly Informed[] = [
    ...Object.values(createInformers(settings)),
    createJobInformer(settings, undefined),
    createRouteInformer(httpRoutes, settings).informer,
    createRouteInformer(ingresses, settings).informer,
  ];
  const abort = new AbortController();
  const running = informers.map((informer) => informer.run(abort.signal));
  await clock.run(600_000);
  for (const { store } of informers) expect([store.resource.plural, store.hasSynced]).toEqual([store.resource.plural, true]);
  const names = informers.map(({ store }) => store.list().map(({ metadata }) => metadata.name));
  abort.abort();
  await clock.run(1000);
  await Promise.all(running);
  for (const found of names) expect(found.filter((name) => name === 'good')).toEqual(['good']);
  expect(long).toEqual([]);
  expect(isUnpolluted()).toBe(true);
}

test('informers live through any stream', { timeout: hostileTimeoutMs }, async () => {
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 5 }), async (hostile, sizes) => {
      await livesThrough(Buffer.from(hostile), sizes);
    }),
    { numRuns: hostileRuns(40) },
  );
});

test('and through what is no text, and through objects of any depth', { timeout: hostileTimeoutMs }, async () => {
  const nested = JSON.stringify({
    type: 'ADDED',
    object: { metadata: { name: 'deep', namespace: 'n', resourceVersion: '8' }, spec: deep(3_000) },
  });
  await livesThrough(Buffer.from(nested), []);
  await livesThrough(Buffer.from(`{"type":"ADDED","object":${'['.repeat(200_000)}`), [4096]);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => await livesThrough(bytes, [7])),
    { numRuns: hostileRuns(10) },
  );
});

test('a line without an end is given up at its limit, and no more of it is kept', async () => {
  let given = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      given += 1000;
      yield new Uint8Array(1000).fill(0x61);
    }
  }
  const reading = (async () => {
    for await (const _ of lines(endless(), 100_000)) expect.unreachable();
  })();
  await expect(reading).rejects.toThrow(LineTooLong);
  expect(given).toBe(101_000);
});
