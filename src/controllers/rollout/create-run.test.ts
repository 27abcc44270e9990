/** Names of AnalysisRuns that are taken by runs which this instance does not see. */
import { expect, it } from 'vitest';
import { MemoryCluster } from '../../../test/support/memory-cluster.ts';
import type { AnalysisRun } from '../../api/analysis-run.ts';
import { labels } from '../../api/names.ts';
import * as resources from '../../api/resources.ts';
import type { Rollout } from '../../api/rollout.ts';
import { createRun } from './create-run.ts';

const rollout: Rollout = { metadata: { name: 'shop', namespace: 'default', uid: 'u-shop' }, spec: {} };
const { signal } = new AbortController();

function run(instance?: string, owner = 'u-shop'): AnalysisRun {
  const worn = instance === undefined ? { app: 'shop' } : { app: 'shop', [labels.instanceId]: instance };
  const ownerReferences = [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'shop', uid: owner, controller: true }];
  return { metadata: { name: 'shop-abc-2-1', namespace: 'default', labels: worn, ownerReferences }, spec: { metrics: [] } };
}

const instanceIn = (cluster: MemoryCluster) => cluster.objects(resources.analysisRuns)[0]?.metadata.labels?.[labels.instanceId];

it('a free one is used', async () => {
  const cluster = new MemoryCluster();
  expect(await createRun(rollout, run('blue'), cluster, signal)).toBe(true);
  expect(instanceIn(cluster)).toBe('blue');
});

it.each([
  [undefined, 'blue'],
  ['red', 'blue'],
  ['red', undefined],
])('a run of this Rollout goes over from instance %s to %s', async (before, now) => {
  const cluster = new MemoryCluster();
  cluster.put(resources.analysisRuns, run(before));
  expect(await createRun(rollout, run(now), cluster, signal)).toBe(false);
  expect(instanceIn(cluster)).toBe(now);
  expect(cluster.objects(resources.analysisRuns)[0]?.metadata.labels?.app).toBe('shop');
});

it('one of the own instance is left as it is, until the store shows it', async () => {
  const cluster = new MemoryCluster();
  cluster.put(resources.analysisRuns, run('blue'));
  expect(await createRun(rollout, run('blue'), cluster, signal)).toBe(false);
  expect(cluster.writes).toEqual([]);
});

it('one of somebody else is told of and left alone', async () => {
  const cluster = new MemoryCluster();
  cluster.put(resources.analysisRuns, run('red', 'u-other'));
  await expect(createRun(rollout, run('blue'), cluster, signal)).rejects.toThrow(/serves another instance \(red\)/);
  expect(instanceIn(cluster)).toBe('red');
});
