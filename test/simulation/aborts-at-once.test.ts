/** Rollouts aborted at the same moment, more than there are workers: every abort is stored before the API server is given any of their pods to move. */
import { expect, test } from 'vitest';
import { replicaSets, rollouts } from '../../src/api/resources.ts';
import { ApiError } from '../../src/runtime/cluster.ts';
import { evenNetwork, type Network, quietNetwork } from '../../src/simulation/network.ts';
import { Simulation } from '../../src/simulation/simulation.ts';
import { templateOf } from '../support/shop-template.ts';

const count = 24;
const names = Array.from({ length: count }, (_, index) => `shop-${index}`);
const canary = { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }] };

function rolloutNamed(name: string) {
  const labels = { app: name };
  const template = { ...templateOf('v1'), metadata: { labels } };
  const spec = { replicas: 2, selector: { matchLabels: labels }, template, strategy: { canary } };
  return { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name }, spec };
}

test('an abort whose status cannot be stored moves its pods all the same', async () => {
  let refuses = false;
  const refused = new ApiError('invalid', 'admission says no', { status: 422 });
  const network: Network = {
    ...quietNetwork,
    fateOf: ({ resource, subresource }) =>
      refuses && resource.plural === 'rollouts' && subresource === 'status' ? { refused } : {},
  };
  const simulation = new Simulation({ seed: 1, network });
  simulation.apply(rolloutNamed('shop'));
  simulation.startRampart();
  await simulation.clock.run(20_000);
  simulation.patch(rollouts, 'shop', { spec: { template: { metadata: { annotations: { version: 'v2' } } } } });
  await simulation.clock.run(20_000);
  const sizes = () => simulation.all(replicaSets).map(({ spec }) => spec.replicas);
  expect(sizes()).toEqual([1, 1]);
  refuses = true;
  simulation.patch(rollouts, 'shop', { status: { abort: true } }, { subresource: 'status' });
  await simulation.clock.run(20_000);
  expect(sizes().toSorted()).toEqual([0, 2]);
});

test('aborts that come together are all stored before a pod moves', async () => {
  const simulation = new Simulation({ seed: 1, network: evenNetwork(20) });
  simulation.apply(...names.map(rolloutNamed));
  const written: string[] = [];
  simulation.startRampart({
    written: ({ resource, subresource }) =>
      void written.push([resource.plural, subresource].filter((part) => part !== undefined).join('/')),
  });
  await simulation.clock.run(20_000);
  for (const name of names)
    simulation.patch(rollouts, name, { spec: { template: { metadata: { annotations: { version: 'v2' } } } } });
  await simulation.clock.run(20_000);
  const phases = () => new Set(simulation.all(rollouts).map(({ status }) => status?.phase));
  expect([...phases()]).toEqual(['Paused']);

  written.length = 0;
  for (const name of names) simulation.patch(rollouts, name, { status: { abort: true } }, { subresource: 'status' });
  await simulation.clock.run(20_000);
  expect([...phases()]).toEqual(['Degraded']);
  expect(simulation.all(replicaSets).every(({ spec }) => spec.replicas === 0 || spec.replicas === 2)).toBe(true);

  const writes = written.filter((what) => what !== 'events');
  const firstPod = writes.indexOf('replicasets');
  expect(writes.slice(0, firstPod)).toEqual(names.map(() => 'rollouts/status'));
  expect(writes.filter((what) => what === 'replicasets')).toHaveLength(2 * count);
}, 60_000);
