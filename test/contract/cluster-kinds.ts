/** The part of the Cluster port's contract that is about kinds: generations, defaults, pruning, refusals, owners, and what moves by itself. */
import { describe, expect, test, vi } from 'vitest';
import type { AnalysisRun } from '../../src/api/analysis-run.ts';
import type { KubeObject, OwnerReference } from '../../src/api/kubernetes.ts';
import { analysisRuns, endpointSlices, rollouts, services } from '../../src/api/resources.ts';
import type { Rollout } from '../../src/api/rollout.ts';
import type { Cluster, Patch, Resource, WriteOptions } from '../../src/runtime/cluster.ts';
import type { ClusterUnderTest } from './cluster.ts';
import { codeOf, configMap, configMaps, replicaSet, replicaSets } from './cluster-objects.ts';

const soon = { timeout: 30_000, interval: 100 };

function rollout(namespace: string, spec: object = {}): Rollout {
  const labels = { app: 'web' };
  const containers = [{ name: 'main', image: 'example:1', ports: [{ containerPort: 80 }] }];
  return {
    metadata: { namespace, name: 'web' },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
      strategy: { canary: {} },
      ...spec,
    },
  };
}

function analysisRun(namespace: string): AnalysisRun {
  const provider = { prometheus: { address: 'http://nowhere', query: 'up' } };
  return {
    metadata: { namespace, name: 'run' },
    spec: { metrics: [{ name: 'up', successCondition: 'true', provider }] },
  } as AnalysisRun;
}

async function made<T extends KubeObject>(cluster: Cluster, resource: Resource<T>, object: T): Promise<T> {
  const result = await cluster.create(resource, object);
  if (result.outcome !== 'done') throw new Error(result.outcome);
  return result.object;
}

async function patched<T extends KubeObject>(
  cluster: Cluster,
  resource: Resource<T>,
  { metadata: { namespace, name } }: KubeObject,
  patch: Patch,
  options: WriteOptions = {},
): Promise<T> {
  const result = await cluster.patch(resource, { namespace, name }, patch, options);
  if (result.outcome !== 'done') throw new Error(result.outcome);
  return result.object;
}

const merge = (body: unknown): Patch => ({ type: 'merge', body });
const errorOf = (promise: Promise<unknown>): Promise<string | undefined> => promise.then(() => undefined, codeOf);

function ownedBy(owner: KubeObject, kind = 'ConfigMap', blocks = false): OwnerReference {
  const { name, uid = '' } = owner.metadata;
  return { apiVersion: 'v1', kind, name, uid, ...(blocks && { blockOwnerDeletion: true }) };
}

export function describeClusterKinds(current: () => ClusterUnderTest): void {
  describe('kinds', () => {
    test('a custom object has generations of its spec, and a status of its own', async () => {
      const { cluster, namespace } = current();
      const first = await made(cluster, rollouts, { ...rollout(namespace), status: { phase: 'Healthy' } });
      expect([first.metadata.generation, first.status]).toEqual([1, undefined]);
      const spec = await patched(cluster, rollouts, first, merge({ spec: { replicas: 1 }, status: { phase: 'Odd' } }));
      expect([spec.metadata.generation, spec.status]).toEqual([2, undefined]);
      const labelled = await patched(cluster, rollouts, first, merge({ metadata: { labels: { a: 'b' } } }));
      expect([labelled.metadata.generation, labelled.metadata.labels]).toEqual([2, { a: 'b' }]);
      const body = {
        metadata: { labels: { a: 'c' } },
        spec: { replicas: 7 },
        status: { phase: 'Healthy', HPAReplicas: 3, selector: 'app=web' },
      };
      const status = await patched(cluster, rollouts, first, merge(body), { subresource: 'status' });
      expect([status.metadata.generation, status.spec.replicas, status.status?.phase]).toEqual([2, 1, 'Healthy']);
      expect(status.metadata.labels).toEqual({ a: 'b' });
      const scale = await patched(cluster, rollouts, first, merge({ spec: { replicas: 4 } }), { subresource: 'scale' });
      expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 4 }, status: { replicas: 3, selector: 'app=web' } });
      expect((await cluster.get(rollouts, { namespace, name: 'web' }))?.metadata.generation).toBe(3);
    });

    test('a custom object without a status subresource has generations of all it says', async () => {
      const { cluster, namespace } = current();
      const run = await made(cluster, analysisRuns, analysisRun(namespace));
      const written = await patched(cluster, analysisRuns, run, merge({ status: { phase: 'Running' } }));
      expect([written.metadata.generation, written.status?.phase]).toEqual([2, 'Running']);
      const key = { namespace, name: 'run' };
      expect(await cluster.patch(analysisRuns, key, merge({ status: {} }), { subresource: 'status' })).toEqual({
        outcome: 'not-found',
      });
    });

    test('unknown fields are pruned and defaults filled in, but for pod templates', async () => {
      const { cluster, namespace } = current();
      const odd = rollout(namespace, { unheardOf: true }) as unknown as { spec: { template: { spec: Record<string, unknown> } } };
      odd.spec.template.spec.newerThanUs = { a: 1 };
      const stored = await made(cluster, rollouts, odd as unknown as Rollout);
      expect(stored.spec).not.toHaveProperty('unheardOf');
      expect(stored.spec.template?.spec).toMatchObject({
        newerThanUs: { a: 1 },
        containers: [{ ports: [{ containerPort: 80, protocol: 'TCP' }] }],
      });
      const set = await made(cluster, replicaSets, {
        ...replicaSet(namespace, 'a'),
        spec: { ...replicaSet(namespace, 'a').spec, replicas: 0 },
      });
      expect(set.spec.template.spec).toMatchObject({
        restartPolicy: 'Always',
        dnsPolicy: 'ClusterFirst',
        terminationGracePeriodSeconds: 30,
      });
      expect(set.spec.template.spec?.containers).toMatchObject([
        { imagePullPolicy: 'IfNotPresent', terminationMessagePolicy: 'File' },
        {},
      ]);
    });

    test.each<[string, object]>([
      ['a type', { replicas: 'many' }],
      ['a required field', { selector: { matchExpressions: [{ operator: 'Exists' }] } }],
      ['a rule over fields', { strategy: { canary: {}, blueGreen: { activeService: 'a' } } }],
      ['a rule over values of two types', { strategy: { canary: { maxSurge: '0%', maxUnavailable: 0 } } }],
      ['a rule over items', { strategy: { canary: { steps: [{ setWeight: 1 }, { setWeight: 101 }] } } }],
      ['a rule of an item', { strategy: { canary: { steps: [{}] } } }],
    ])('a Rollout with a mistake is refused: %s', async (_, spec) => {
      const { cluster, namespace } = current();
      expect(await errorOf(cluster.create(rollouts, rollout(namespace, spec)))).toBe('invalid');
      expect(await cluster.get(rollouts, { namespace, name: 'web' })).toBeUndefined();
      const good = await made(cluster, rollouts, rollout(namespace));
      expect(await errorOf(cluster.patch(rollouts, { namespace, name: 'web' }, merge({ spec })))).toBe('invalid');
      expect(await cluster.get(rollouts, { namespace, name: 'web' })).toEqual(good);
    });

    test('what cannot change, or does not fit together, is refused', async () => {
      const { cluster, namespace } = current();
      const set = await made(cluster, replicaSets, replicaSet(namespace, 'a'));
      const key = { namespace, name: 'a' };
      const refused = [
        { spec: { selector: { matchLabels: { app: 'a', and: 'more' } } } },
        { spec: { template: { metadata: { labels: { app: 'other' } } } } },
        { spec: { replicas: -1 } },
        { metadata: { uid: '00000000-0000-0000-0000-000000000000' } },
        { metadata: { labels: { app: 'not a label' } } },
        { metadata: { annotations: { 'not/a/key': '' } } },
      ];
      const codes = await Promise.all(
        refused.map((body) => cluster.patch(replicaSets, key, merge(body)).then(({ outcome }) => outcome, codeOf)),
      );
      expect(codes).toEqual(refused.map(() => 'invalid'));
      const seen = await cluster.get(replicaSets, key);
      expect([seen?.spec, seen?.metadata.uid]).toEqual([set.spec, set.metadata.uid]);
      const numbered = { ...configMap(namespace, 'a'), metadata: { namespace, name: 'a', resourceVersion: '1' } };
      // A kube-apiserver calls it an error of its own.
      expect(await errorOf(cluster.create(configMaps, numbered))).toBe('unavailable');
      await made(cluster, rollouts, rollout(namespace));
      expect(await errorOf(cluster.patch(rollouts, { namespace, name: 'web' }, { type: 'strategic', body: {} }))).toBe('invalid');
    });

    test('JSON patches add, move and remove, and name no path that is not there', async () => {
      const { cluster, namespace } = current();
      const key = { namespace, name: 'a' };
      await made(cluster, configMaps, {
        ...configMap(namespace, 'a', { a: '1', c: '2' }),
        metadata: { ...key, annotations: { 'a/b': '1' } },
      });
      const body = [
        { op: 'add', path: '/data/d', value: '3' },
        { op: 'move', from: '/metadata/annotations/a~1b', path: '/data/e' },
        { op: 'copy', from: '/data/e', path: '/data/f' },
        { op: 'remove', path: '/data/c' },
        { op: 'add', path: '/metadata/finalizers', value: ['example.org/one'] },
        { op: 'add', path: '/metadata/finalizers/-', value: 'example.org/two' },
        { op: 'remove', path: '/metadata/finalizers/0' },
      ] as const;
      const changed = await patched(cluster, configMaps, { metadata: key }, { type: 'json', body });
      expect([changed.data, changed.metadata.finalizers]).toEqual([{ a: '1', d: '3', e: '1', f: '1' }, ['example.org/two']]);
      const missing = [{ op: 'remove', path: '/data/nothing' }] as const;
      expect(await errorOf(cluster.patch(configMaps, key, { type: 'json', body: missing }))).toBe('invalid');
      await patched(cluster, configMaps, { metadata: key }, merge({ metadata: { finalizers: null } }));
    });

    test('apply takes back what its manager leaves out, and leaves what others wrote', async () => {
      const { cluster, namespace } = current();
      const key = { namespace, name: 'a' };
      const apply = (data: object): Promise<unknown> =>
        patched(cluster, configMaps, { metadata: key }, { type: 'apply', fieldManager: 'one', body: { metadata: key, data } });
      await apply({ a: '1', b: '2' });
      await patched(cluster, configMaps, { metadata: key }, merge({ data: { c: '3' } }));
      await apply({ a: '4' });
      expect((await cluster.get(configMaps, key))?.data).toEqual({ a: '4', c: '3' });
    });

    test('what an owner leaves behind goes too, or is let go of', async () => {
      const { cluster, namespace } = current();
      const names = ['background', 'orphan', 'foreground'];
      for (const name of names) {
        const owner = await made(cluster, configMaps, configMap(namespace, name));
        const metadata = {
          namespace,
          name: `${name}-child`,
          ownerReferences: [ownedBy(owner, 'ConfigMap', name === 'foreground')],
        };
        await made(cluster, configMaps, { metadata, data: {} });
      }
      const get = (name: string) => cluster.get(configMaps, { namespace, name });
      await patched(
        cluster,
        configMaps,
        { metadata: { namespace, name: 'foreground-child' } },
        merge({ metadata: { finalizers: ['example.org/hold'] } }),
      );
      await cluster.delete(configMaps, { namespace, name: 'background' }, { propagation: 'Background' });
      await cluster.delete(configMaps, { namespace, name: 'orphan' }, { propagation: 'Orphan' });
      await cluster.delete(configMaps, { namespace, name: 'foreground' }, { propagation: 'Foreground' });
      await vi.waitFor(async () => {
        expect(await get('background-child')).toBeUndefined();
        expect([await get('orphan'), (await get('orphan-child'))?.metadata.ownerReferences]).toEqual([undefined, undefined]);
        expect((await get('foreground-child'))?.metadata.deletionTimestamp).toEqual(expect.any(String));
      }, soon);
      expect(await get('orphan-child')).toBeDefined();
      expect((await get('foreground'))?.metadata.deletionTimestamp).toEqual(expect.any(String));
      await patched(
        cluster,
        configMaps,
        { metadata: { namespace, name: 'foreground-child' } },
        merge({ metadata: { finalizers: null } }),
      );
      await vi.waitFor(
        async () => expect([await get('foreground-child'), await get('foreground')]).toEqual([undefined, undefined]),
        soon,
      );
    });

    test('a ReplicaSet gets its pods, and a Service their endpoints', async () => {
      const { cluster, namespace } = current();
      const service = { metadata: { namespace, name: 'a' }, spec: { selector: { app: 'a' }, ports: [{ port: 80 }] } };
      await made(cluster, services, service);
      await made(cluster, replicaSets, {
        ...replicaSet(namespace, 'a'),
        spec: { ...replicaSet(namespace, 'a').spec, replicas: 3 },
      });
      const ready = async (): Promise<number> => {
        const { items } = await cluster.list(endpointSlices, { namespace, labelSelector: 'kubernetes.io/service-name=a' });
        return items.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready === true).length;
      };
      const key = { namespace, name: 'a' };
      await vi.waitFor(async () => {
        const status = { replicas: 3, readyReplicas: 3, availableReplicas: 3, observedGeneration: 1 };
        expect((await cluster.get(replicaSets, key))?.status).toMatchObject(status);
        expect(await ready()).toBe(3);
      }, soon);
      const [seen] = (await cluster.list(endpointSlices, { namespace })).items;
      expect(seen).toMatchObject({ addressType: 'IPv4', metadata: { ownerReferences: [{ kind: 'Service', name: 'a' }] } });
      expect(seen?.endpoints?.[0]?.targetRef).toMatchObject({ kind: 'Pod', name: expect.stringMatching(/^a-/) });
      await patched(cluster, replicaSets, { metadata: key }, merge({ spec: { replicas: 1 } }), { subresource: 'scale' });
      await vi.waitFor(async () => {
        expect((await cluster.get(replicaSets, key))?.status).toMatchObject({ replicas: 1, observedGeneration: 2 });
        expect(await ready()).toBe(1);
      }, soon);
      await cluster.delete(replicaSets, key, { propagation: 'Background' });
      await vi.waitFor(async () => expect(await ready()).toBe(0), soon);
    });
  });
}
