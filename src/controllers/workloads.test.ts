/** Which objects are watched for `workloadRef`, when, and how much of them is kept. */
import { expect, it, onTestFinished } from 'vitest';
import { MemoryCluster } from '../../test/support/memory-cluster.ts';
import { keptLog } from '../../test/support/quiet-log.ts';
import { SteppedClock } from '../../test/support/stepped-clock.ts';
import * as resources from '../api/resources.ts';
import type { Rollout } from '../api/rollout.ts';
import { ApiError } from '../runtime/cluster.ts';
import { createInformers } from './stores.ts';
import { Workloads } from './workloads.ts';

const template = { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'web', image: 'shop' }] } };
const named = (name: string) => ({ kind: 'Deployment', namespace: 'default', name }) as const;
const deployment = (name: string, generation = 1) => ({
  metadata: { name, namespace: 'default', generation, labels: { team: 'a' } },
  spec: { replicas: 2, selector: { matchLabels: { app: 'shop' } }, template, strategy: {} },
  status: { readyReplicas: 2 },
});
const rollout = (name: string, of: string): Rollout => ({
  metadata: { name, namespace: 'default' },
  spec: { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: of }, strategy: { canary: {} } },
});

async function opened(prepare: (cluster: MemoryCluster) => void) {
  const [cluster, clock, stop] = [new MemoryCluster(), new SteppedClock(), new AbortController()];
  onTestFinished(() => stop.abort());
  prepare(cluster);
  const settings = { cluster, clock, random: () => 0.5, log: keptLog() };
  const { rollouts } = createInformers(settings);
  const workloads = new Workloads(settings, rollouts.store);
  void rollouts.run(stop.signal);
  workloads.run(stop.signal);
  await rollouts.store.whenSynced();
  await workloads.settled();
  return { cluster, clock, workloads, store: workloads.deployments };
}

it('nothing is watched until a Rollout names one', async () => {
  let asked = 0;
  const { cluster, workloads } = await opened((memory) => {
    memory.put(resources.deployments, deployment('shop'));
    memory.fault = (_, { plural }) => {
      asked += plural === 'deployments' ? 1 : 0;
      return undefined;
    };
  });
  expect(asked).toBe(0);
  cluster.put(resources.rollouts, rollout('shop', 'shop'));
  await expect.poll(() => workloads.find(named('shop'))).toMatchObject({ spec: { replicas: 2, template } });
});

it('of what nobody names only the name is kept, until somebody does; of what is named, what is used', async () => {
  const { cluster, workloads, store } = await opened((memory) => {
    memory.put(resources.rollouts, rollout('shop', 'shop'));
    memory.put(resources.deployments, deployment('shop'));
    memory.put(resources.deployments, deployment('other'));
  });
  expect(Object.keys(store.get('default', 'other') ?? {})).toEqual(['metadata']);
  expect(JSON.stringify(store.get('default', 'other')?.metadata)).not.toContain('team');
  const kept = store.get('default', 'shop');
  expect(Object.keys(kept?.spec ?? {}).sort()).toEqual(['replicas', 'selector', 'template']);
  cluster.put(resources.deployments, deployment('shop'));
  await expect.poll(() => store.get('default', 'shop')).not.toBe(kept);
  expect(store.get('default', 'shop')?.spec).toBe(kept?.spec);
  expect(workloads.find(named('none'))).toBe('missing');
  cluster.put(resources.rollouts, rollout('another', 'other'));
  await expect.poll(() => workloads.find(named('other'))).toMatchObject({ spec: { template } });
  cluster.remove(resources.deployments, { namespace: 'default', name: 'other' });
  await expect.poll(() => workloads.find(named('other'))).toBe('missing');
});

it('what may not be read holds nothing up, and is found when it may', async () => {
  let isForbidden = true;
  const { clock, workloads } = await opened((memory) => {
    memory.put(resources.rollouts, rollout('shop', 'shop'));
    memory.put(resources.deployments, deployment('shop'));
    memory.fault = (_, { plural }) =>
      isForbidden && plural === 'deployments' ? new ApiError('forbidden', 'no', { status: 403 }) : undefined;
  });
  expect(workloads.find(named('shop'))).toBe('unreadable');
  isForbidden = false;
  await clock.advance(60_000);
  await expect.poll(() => workloads.find(named('shop'))).toMatchObject({ spec: { template } });
});
