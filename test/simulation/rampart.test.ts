/** Rampart, whole and unchanged, on the virtual cluster: it delivers, takes back, and does the same again from the same seed. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import { httpRoutes, rollouts } from '../../src/api/resources.ts';
import { events } from '../../src/runtime/event.ts';
import { evenNetwork } from '../../src/simulation/network.ts';
import { Simulation, type SimulationOptions } from '../../src/simulation/simulation.ts';

async function example(name: string): Promise<readonly KubeObject[]> {
  const text = await readFile(`${import.meta.dirname}/../../examples/${name}.yaml`, 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
}

const container = (image: string) => [{ name: 'shop', image }];
const tagOf = (pod: { readonly spec: object }) => JSON.stringify(pod.spec).includes('6.8.0');

/** Plays an update of the gateway example; `errors` is what the new version answers badly. */
async function play(
  options: SimulationOptions,
  errors: number,
): Promise<{ readonly simulation: Simulation; readonly lines: readonly string[] }> {
  const simulation = new Simulation({
    ...options,
    behaviour: (pod) => ({ errorRatio: tagOf(pod) ? errors : 0, medianSeconds: 0.02 }),
  });
  const lines = simulation.record();
  simulation.apply(...(await example('gateway-canary')));
  simulation.traffic.send({ requestsPerSecond: 50, namespace: 'default', to: { route: 'shop' } });
  simulation.startRampart();
  await simulation.clock.run(60_000);
  simulation.patch(rollouts, 'shop', {
    spec: { template: { spec: { containers: container('ghcr.io/stefanprodan/podinfo:6.8.0') } } },
  });
  await simulation.clock.run(3_600_000);
  return { simulation, lines };
}

function weights(simulation: Simulation): readonly (number | undefined)[] {
  const rules = simulation.gateway.programmed(httpRoutes, 'default/shop')?.spec?.rules ?? [];
  return (rules[0]?.backendRefs ?? []).map(({ weight }) => weight);
}

describe('the gateway example', () => {
  test('a good version is delivered, and nobody is lost on the way', async () => {
    const { simulation } = await play({ seed: 1 }, 0);
    expect(simulation.get(rollouts, 'shop')?.status).toMatchObject({ phase: 'Healthy' });
    const { requests, errors, unserved, refused } = simulation.traffic.losses;
    expect(Math.round(requests)).toBeGreaterThan(50 * 3600);
    expect([errors, Math.round(refused)]).toEqual([0, 0]);
    expect(unserved).toBeLessThan(50 * 10);
  });

  test('a bad version is taken back', async () => {
    const { simulation } = await play({ seed: 2 }, 0.5);
    expect(simulation.get(rollouts, 'shop')?.spec.template?.spec).toMatchObject({
      containers: [{ image: 'ghcr.io/stefanprodan/podinfo:6.7.0' }],
    });
    expect(simulation.all(events).map((event) => event.reason)).toContain('RolloutAborted');
    expect(simulation.traffic.losses.errors / simulation.traffic.losses.requests).toBeLessThan(0.02);
  });

  test('a Rollout that is deleted in the middle gives its route back and is told of last', async () => {
    const simulation = new Simulation({ seed: 4 });
    simulation.apply(...(await example('gateway-canary')));
    simulation.startRampart();
    await simulation.clock.run(60_000);
    simulation.patch(rollouts, 'shop', { spec: { template: { spec: { containers: container('podinfo:next') } } } });
    await simulation.clock.runUntil(() => weights(simulation).includes(10), 600_000);
    expect(weights(simulation)).toEqual([90, 10]);
    simulation.delete(rollouts, 'shop');
    await simulation.clock.run(60_000);
    expect(weights(simulation)).toEqual([100, 0]);
    const told = simulation.all(events).toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    expect(told.at(-1)?.message).toBe('Rollout default/shop is deleted.');
    const ends = (): readonly unknown[] => simulation.all(events).filter(({ reason }) => reason === 'RolloutDeleted');
    expect(ends()).toHaveLength(1);
    // One that is made again at once is another one.
    simulation.apply(...(await example('gateway-canary')));
    await simulation.clock.run(60_000);
    simulation.delete(rollouts, 'shop');
    simulation.apply(...(await example('gateway-canary')));
    await simulation.clock.run(60_000);
    expect(ends()).toHaveLength(2);
    expect(simulation.get(rollouts, 'shop')?.status?.phase).toBe('Healthy');
  });

  test('a gateway that refuses for hours is told of once where the update stands, also by a process that comes later', async () => {
    let refuses = false;
    const refusal = { type: 'Accepted', reason: 'NotAllowedByListeners', message: 'not today' } as const;
    const simulation = new Simulation({ seed: 5, routes: () => ({ acceptsMs: 5, ...(refuses && { refusal }) }) });
    simulation.apply(...(await example('gateway-canary')));
    const first = simulation.startRampart();
    await simulation.clock.run(60_000);
    refuses = true;
    const containers = container('ghcr.io/stefanprodan/podinfo:6.8.0');
    simulation.patch(rollouts, 'shop', { spec: { progressDeadlineSeconds: 36_000, template: { spec: { containers } } } });
    const told = (): readonly string[] =>
      simulation.all(events).flatMap(({ reason, message }) => (reason === 'TrafficRoutingError' ? [message] : []));
    await simulation.clock.run(3_600_000);
    expect(told()).toEqual([expect.stringContaining('not today')]);
    first.kill();
    simulation.startRampart();
    await simulation.clock.run(3_600_000);
    expect(told()).toHaveLength(1);
  });

  test('requests and watches that take their time change nothing about it', async () => {
    const { simulation } = await play({ seed: 3, network: evenNetwork(40) }, 0);
    expect(simulation.get(rollouts, 'shop')?.status).toMatchObject({ phase: 'Healthy' });
    expect(simulation.traffic.losses.errors).toBe(0);
  });

  test('the same seed gives the same world, write for write; another seed another one', async () => {
    const [first, second, other] = [await play({ seed: 7 }, 0.2), await play({ seed: 7 }, 0.2), await play({ seed: 8 }, 0.2)];
    expect(second.lines).toEqual(first.lines);
    expect(other.lines).not.toEqual(first.lines);
  });
});
