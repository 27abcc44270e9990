/**
 * What every implementation of the Cluster port must do, held against each by the same tests: the real client on a real API server,
 * and the virtual cluster, which is thereby kept honest. Each test works in a namespace of its own.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Cluster } from '../../src/runtime/cluster.ts';
import { describeClusterKinds } from './cluster-kinds.ts';
import { codeOf, configMap, configMaps, disruptionBudgets, pods, replicaSet, replicaSets, unknownKind } from './cluster-objects.ts';
import { describeClusterWatch } from './cluster-watch.ts';

export interface ClusterUnderTest {
  readonly cluster: Cluster;
  /** Exists, is empty, and is nobody else's. */
  readonly namespace: string;
  close(): Promise<void>;
}

export function describeCluster(name: string, make: () => Promise<ClusterUnderTest>): void {
  describe(`the Cluster port: ${name}`, () => {
    let made: ClusterUnderTest;
    let cluster: Cluster;
    let namespace: string;
    beforeEach(async () => {
      made = await make();
      ({ cluster, namespace } = made);
    });
    afterEach(() => made.close());

    test('create gives an object its identity, once; a namespace must be there', async () => {
      expect(await cluster.get(configMaps, { namespace, name: 'a' })).toBeUndefined();
      const created = await cluster.create(configMaps, configMap(namespace, 'a'));
      if (created.outcome !== 'done') throw new Error(created.outcome);
      const { metadata, kind, apiVersion } = created.object;
      expect([kind, apiVersion, typeof metadata.uid]).toEqual(['ConfigMap', 'v1', 'string']);
      expect(metadata.resourceVersion).toMatch(/^[1-9]\d*$/);
      expect(metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(await cluster.get(configMaps, { namespace, name: 'a' })).toEqual(created.object);
      expect(await cluster.create(configMaps, configMap(namespace, 'a'))).toEqual({ outcome: 'already-exists' });
      expect(await cluster.create(configMaps, configMap(`${namespace}-not`, 'a'))).toEqual({ outcome: 'not-found' });
    });

    test('list gives pages that together are everything at one version', async () => {
      for (const name of ['a', 'b', 'c', 'd', 'e'])
        await cluster.create(configMaps, configMap(namespace, name, {}, { page: 'yes' }));
      await cluster.create(configMaps, configMap(namespace, 'other'));
      const options = { namespace, labelSelector: 'page=yes', limit: 2 };
      const first = await cluster.list(configMaps, options);
      expect(first.items.map((item) => item.metadata.name)).toEqual(['a', 'b']);
      expect(first.items.map((item) => [item.kind, item.apiVersion])).toEqual([
        ['ConfigMap', 'v1'],
        ['ConfigMap', 'v1'],
      ]);
      await cluster.delete(configMaps, { namespace, name: 'c' });
      const second = await cluster.list(configMaps, { ...options, continueToken: first.continueToken ?? '' });
      const third = await cluster.list(configMaps, { ...options, continueToken: second.continueToken ?? '' });
      expect([...second.items, ...third.items].map((item) => item.metadata.name)).toEqual(['c', 'd', 'e']);
      expect([second.resourceVersion, third.resourceVersion]).toEqual([first.resourceVersion, first.resourceVersion]);
      expect([first.continueToken, third.continueToken]).toEqual([expect.any(String), undefined]);
      const byName = await cluster.list(configMaps, { namespace, fieldSelector: 'metadata.name=d' });
      expect(byName.items.map((item) => item.metadata.name)).toEqual(['d']);
      const everywhere = await cluster.list(configMaps, { labelSelector: 'page=yes' });
      expect(everywhere.items.filter((item) => item.metadata.namespace === namespace).length).toBe(4);
    });

    test('a merge patch changes what it names, removes what it sets to null, and is guarded by the version it carries', async () => {
      const key = { namespace, name: 'a' };
      await cluster.create(configMaps, configMap(namespace, 'a', { color: 'red', size: 'big' }));
      const patched = await cluster.patch(configMaps, key, { type: 'merge', body: { data: { color: 'blue', size: null } } });
      if (patched.outcome !== 'done') throw new Error(patched.outcome);
      expect(patched.object.data).toEqual({ color: 'blue' });
      const { resourceVersion } = patched.object.metadata;
      const guarded = { type: 'merge', body: { metadata: { resourceVersion }, data: { color: 'green' } } } as const;
      expect((await cluster.patch(configMaps, key, guarded)).outcome).toBe('done');
      expect(await cluster.patch(configMaps, key, guarded)).toEqual({ outcome: 'conflict' });
      expect(await cluster.patch(configMaps, { namespace, name: 'b' }, guarded)).toEqual({ outcome: 'not-found' });
    });

    test('a patch that changes nothing leaves the version', async () => {
      const created = await cluster.create(configMaps, configMap(namespace, 'a'));
      const patched = await cluster.patch(
        configMaps,
        { namespace, name: 'a' },
        { type: 'merge', body: { data: { color: 'red' } } },
      );
      expect(patched).toEqual(created);
    });

    test('a strategic patch merges lists by their keys', async () => {
      await cluster.create(replicaSets, replicaSet(namespace, 'a'));
      const body = { spec: { template: { spec: { containers: [{ name: 'side', image: 'example:2' }] } } } };
      const patched = await cluster.patch(replicaSets, { namespace, name: 'a' }, { type: 'strategic', body });
      if (patched.outcome !== 'done') throw new Error(patched.outcome);
      const containers = patched.object.spec.template.spec?.containers as { name: string; image: string }[];
      expect(containers.map(({ name, image }) => `${name} ${image}`).sort()).toEqual(['main example:1', 'side example:2']);
    });

    test('a JSON patch is carried out only if its tests hold', async () => {
      const key = { namespace, name: 'a' };
      await cluster.create(configMaps, configMap(namespace, 'a'));
      const change = (from: string, to: string) =>
        cluster.patch(configMaps, key, {
          type: 'json',
          body: [
            { op: 'test', path: '/data/color', value: from },
            { op: 'replace', path: '/data/color', value: to },
          ],
        });
      expect((await change('red', 'blue')).outcome).toBe('done');
      expect(await change('red', 'green')).toEqual({ outcome: 'conflict' });
      expect((await cluster.get(configMaps, key))?.data).toEqual({ color: 'blue' });
    });

    test('apply creates, owns its fields, and takes those of others only by force', async () => {
      const key = { namespace, name: 'a' };
      const apply = (fieldManager: string, color: string, force?: boolean) =>
        cluster.patch(configMaps, key, {
          type: 'apply',
          fieldManager,
          body: { metadata: key, data: { color } },
          ...(force === undefined ? {} : { force }),
        });
      expect((await apply('one', 'red')).outcome).toBe('done');
      expect(await apply('two', 'blue')).toEqual({ outcome: 'conflict' });
      expect((await cluster.get(configMaps, key))?.data).toEqual({ color: 'red' });
      expect((await apply('two', 'blue', true)).outcome).toBe('done');
      expect((await cluster.get(configMaps, key))?.data).toEqual({ color: 'blue' });
    });

    test('replace is guarded by the version of the object', async () => {
      const created = await cluster.create(configMaps, configMap(namespace, 'a', { color: 'red', size: 'big' }));
      if (created.outcome !== 'done') throw new Error(created.outcome);
      const replaced = await cluster.replace(configMaps, { ...created.object, data: { color: 'blue' } });
      expect(replaced).toMatchObject({ outcome: 'done', object: { data: { color: 'blue' } } });
      expect(await cluster.replace(configMaps, { ...created.object, data: {} })).toEqual({ outcome: 'conflict' });
      expect((await cluster.get(configMaps, { namespace, name: 'a' }))?.data).toEqual({ color: 'blue' });
    });

    test('status and spec are written apart, and only a change of the spec is a new generation', async () => {
      const key = { namespace, name: 'a' };
      await cluster.create(replicaSets, replicaSet(namespace, 'a'));
      const body = { spec: { minReadySeconds: 7 }, status: { replicas: 3, conditions: [{ type: 'Odd', status: 'True' }] } };
      const status = await cluster.patch(replicaSets, key, { type: 'merge', body }, { subresource: 'status' });
      if (status.outcome !== 'done') throw new Error(status.outcome);
      expect([status.object.spec.minReadySeconds ?? 0, status.object.metadata.generation]).toEqual([0, 1]);
      expect(status.object.status?.conditions).toMatchObject([{ type: 'Odd', status: 'True' }]);
      const spec = await cluster.patch(replicaSets, key, {
        type: 'merge',
        body: { spec: { minReadySeconds: 7 }, status: { conditions: null } },
      });
      if (spec.outcome !== 'done') throw new Error(spec.outcome);
      expect([spec.object.spec.minReadySeconds, spec.object.metadata.generation]).toEqual([7, 2]);
      expect(spec.object.status?.conditions?.map((condition) => condition.type)).toContain('Odd');
    });

    test('a scale changes the replicas and answers with the new version of the object', async () => {
      const key = { namespace, name: 'a' };
      await cluster.create(replicaSets, replicaSet(namespace, 'a'));
      const scaled = await cluster.patch(
        replicaSets,
        key,
        { type: 'merge', body: { spec: { replicas: 1 } } },
        { subresource: 'scale' },
      );
      if (scaled.outcome !== 'done') throw new Error(scaled.outcome);
      const seen = await cluster.get(replicaSets, key);
      expect([seen?.spec.replicas, scaled.object.metadata.name, seen?.metadata.generation]).toEqual([1, 'a', 2]);
      expect(Number(seen?.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(scaled.object.metadata.resourceVersion));
    });

    test('delete heeds its preconditions', async () => {
      const key = { namespace, name: 'a' };
      const created = await cluster.create(configMaps, configMap(namespace, 'a'));
      if (created.outcome !== 'done') throw new Error(created.outcome);
      const { uid = '', resourceVersion = '' } = created.object.metadata;
      expect(await cluster.delete(configMaps, key, { uid: '00000000-0000-0000-0000-000000000000' })).toBe('conflict');
      await cluster.patch(configMaps, key, { type: 'merge', body: { data: { color: 'blue' } } });
      expect(await cluster.delete(configMaps, key, { resourceVersion })).toBe('conflict');
      expect(await cluster.delete(configMaps, key, { uid, propagation: 'Background' })).toBe('done');
      expect(await cluster.delete(configMaps, key)).toBe('not-found');
    });

    test('what has a finalizer goes only when that is taken off', async () => {
      const key = { namespace, name: 'a' };
      const made = configMap(namespace, 'a');
      await cluster.create(configMaps, { ...made, metadata: { ...made.metadata, finalizers: ['example.org/wait'] } });
      expect(await cluster.delete(configMaps, key)).toBe('done');
      expect((await cluster.get(configMaps, key))?.metadata.deletionTimestamp).toEqual(expect.any(String));
      expect((await cluster.patch(configMaps, key, { type: 'merge', body: { metadata: { finalizers: null } } })).outcome).toBe(
        'done',
      );
      expect(await cluster.get(configMaps, key)).toBeUndefined();
    });

    test('what is wrong for good is an error that says so', async () => {
      const invalid = { metadata: { namespace, name: 'Not_A_Name' } };
      expect(codeOf(await cluster.create(configMaps, invalid).catch((error) => error))).toBe('invalid');
      expect(codeOf(await cluster.list(unknownKind, { namespace }).catch((error) => error))).toBe('not-found');
      expect(codeOf(await cluster.get(unknownKind, { namespace, name: 'a' }).catch((error) => error))).toBe('not-found');
    });

    test('whoever gives up gets an error that says so', async () => {
      const signal = AbortSignal.abort();
      expect(codeOf(await cluster.list(configMaps, { namespace }, signal).catch((error) => error))).toBe('aborted');
      expect(codeOf(await cluster.create(configMaps, configMap(namespace, 'a'), signal).catch((error) => error))).toBe('aborted');
      expect(await cluster.get(configMaps, { namespace, name: 'a' })).toBeUndefined();
    });

    test('an eviction is blocked while a budget says so', async () => {
      const labels = { app: 'web' };
      const pod = { metadata: { namespace, name: 'web', labels }, spec: { containers: [{ name: 'main', image: 'example' }] } };
      await cluster.create(disruptionBudgets, {
        metadata: { namespace, name: 'web' },
        spec: { minAvailable: 1, selector: { matchLabels: labels } },
      });
      await cluster.create(pods, pod);
      await vi.waitFor(
        async () => {
          const budget = await cluster.get(disruptionBudgets, { namespace, name: 'web' });
          expect(budget?.status?.currentHealthy).toBe(1);
        },
        { timeout: 30_000, interval: 100 },
      );
      expect(await cluster.evict({ namespace, name: 'web' })).toBe('blocked');
      await cluster.delete(disruptionBudgets, { namespace, name: 'web' });
      expect(await cluster.evict({ namespace, name: 'web' })).toBe('done');
      expect(await cluster.evict({ namespace, name: 'not-there' })).toBe('not-found');
    });

    describeClusterKinds(() => made);
    describeClusterWatch(() => made);
  });
}
