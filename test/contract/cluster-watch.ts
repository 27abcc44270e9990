/** The part of the Cluster port's contract that is about watches. */
import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/runtime/cluster.ts';
import { isOlder } from '../../src/runtime/resource-version.ts';
import type { ClusterUnderTest } from './cluster.ts';
import { codeOf, configMap, configMaps, eventsUntil, summary } from './cluster-objects.ts';

export function describeClusterWatch(current: () => ClusterUnderTest): void {
  describe('watch', () => {
    const signal = () => AbortSignal.timeout(30_000);

    test('tells every change after a version, in order, wherever it is opened', async () => {
      const { cluster, namespace } = current();
      await cluster.create(configMaps, configMap(namespace, 'before'));
      const { resourceVersion } = await cluster.list(configMaps, { namespace });
      const key = { namespace, name: 'a' };
      await cluster.create(configMaps, configMap(namespace, 'a'));
      await cluster.patch(configMaps, key, { type: 'merge', body: { data: { color: 'blue' } } });
      await cluster.delete(configMaps, key);
      const isLast = (name: string) => (event: Parameters<typeof summary>[0]) => summary(event) === name;
      const events = await eventsUntil(cluster.watch(configMaps, { namespace, resourceVersion }, signal()), isLast('DELETED a'));
      expect(events.map(summary)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
      const versions = events.map((event) => ('object' in event ? event.object.metadata.resourceVersion : ''));
      expect(versions.every((version, index) => index === 0 || isOlder(versions[index - 1], version))).toBe(true);
      const fromFirst = cluster.watch(configMaps, { namespace, resourceVersion: versions[0] ?? '' }, signal());
      expect((await eventsUntil(fromFirst, isLast('DELETED a'))).map(summary)).toEqual(['MODIFIED a', 'DELETED a']);
    });

    test('tells what happens while it is open, and ends quietly with its signal', async () => {
      const { cluster, namespace } = current();
      const { resourceVersion } = await cluster
        .create(configMaps, configMap(namespace, 'before'))
        .then(() => cluster.list(configMaps, { namespace }));
      await cluster.create(configMaps, configMap(namespace, 'first'));
      const stop = new AbortController();
      const seen: string[] = [];
      for await (const event of cluster.watch(configMaps, { namespace, resourceVersion }, stop.signal)) {
        if (event.type === 'BOOKMARK') continue;
        seen.push(summary(event));
        if (seen.length === 1) await cluster.create(configMaps, configMap(namespace, 'second'));
        else stop.abort();
      }
      expect(seen).toEqual(['ADDED first', 'ADDED second']);
    });

    test('sends the present state first when asked to, ended by a bookmark', async () => {
      const { cluster, namespace } = current();
      for (const name of ['a', 'b']) await cluster.create(configMaps, configMap(namespace, name, {}, { show: 'yes' }));
      await cluster.create(configMaps, configMap(namespace, 'hidden'));
      const watch = cluster.watch(configMaps, { namespace, labelSelector: 'show=yes', sendInitialEvents: true }, signal());
      const events = await eventsUntil(watch, (event) => event.type === 'BOOKMARK' && event.initialEventsEnd);
      expect(events.map(summary).sort()).toEqual(['ADDED a', 'ADDED b', 'END']);
      const last = events.at(-1);
      const newest = await cluster.get(configMaps, { namespace, name: 'hidden' });
      expect(last?.type === 'BOOKMARK' && isOlder(last.resourceVersion, newest?.metadata.resourceVersion)).toBe(false);
    });

    test('shows an object that leaves the selection as deleted, and one that enters as added', async () => {
      const { cluster, namespace } = current();
      await cluster.create(configMaps, configMap(namespace, 'a', {}, { show: 'yes' }));
      await cluster.create(configMaps, configMap(namespace, 'b'));
      const { resourceVersion } = await cluster.list(configMaps, { namespace });
      const label = (name: string, show: string) =>
        cluster.patch(configMaps, { namespace, name }, { type: 'merge', body: { metadata: { labels: { show } } } });
      await label('a', 'no');
      await label('b', 'yes');
      const watch = cluster.watch(configMaps, { namespace, labelSelector: 'show=yes', resourceVersion }, signal());
      const events = await eventsUntil(watch, (event) => summary(event) === 'ADDED b');
      expect(events.map(summary)).toEqual(['DELETED a', 'ADDED b']);
    });

    test('ends by itself after the time asked for', async () => {
      const { cluster, namespace } = current();
      const { resourceVersion } = await cluster.list(configMaps, { namespace });
      const watch = cluster.watch(configMaps, { namespace, resourceVersion, timeoutSeconds: 2 }, signal());
      expect(await eventsUntil(watch, () => false)).toEqual([]);
    });
  });
}

/** Resolves with how a watch from this version ends, in codes of ApiError: `gone`, and nothing else, if it is too old. */
export async function endOfWatchFrom(cluster: Cluster, namespace: string, resourceVersion: string): Promise<unknown[]> {
  const codes: unknown[] = [];
  try {
    for await (const event of cluster.watch(configMaps, { namespace, resourceVersion }, AbortSignal.timeout(10_000))) {
      codes.push(event.type === 'ERROR' ? event.error.code : event.type);
    }
  } catch (error) {
    codes.push(codeOf(error));
  }
  return codes;
}
