/** Restarts and metadata of roles by the whole operator, on the virtual cluster, with the process killed behind one write after the other. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import { pods, replicaSets, rollouts } from '../../src/api/resources.ts';
import { Simulation } from '../../src/simulation/simulation.ts';

async function example(): Promise<readonly KubeObject[]> {
  const text = await readFile(`${import.meta.dirname}/../../examples/roles-and-restart.yaml`, 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
}

const restartAt = '2026-01-01T00:06:00Z';
const hash = 'rollouts-pod-template-hash';

interface Played {
  readonly simulation: Simulation;
  /** Names of the pods when the restart was asked for, and of those made since. */
  readonly before: readonly string[];
  readonly made: readonly string[];
  /** True where there was such a write. */
  readonly wasKilled: boolean;
}

/** Restarts a paused update; the process dies behind its so-manieth write since, and another one goes on. Then it is promoted. */
async function play(killedBehind: number): Promise<Played> {
  const simulation = new Simulation({ seed: 11 });
  const lines = simulation.record();
  simulation.apply(...(await example()));
  let left = Number.POSITIVE_INFINITY;
  simulation.startRampart({
    written: (_, process) => {
      left -= 1;
      if (left === 0) process.kill();
    },
  });
  await simulation.clock.run(300_000);
  const containers = [{ name: 'shop', image: 'shop:2' }];
  simulation.patch(rollouts, 'shop', { spec: { template: { spec: { containers } } } });
  await simulation.clock.run(60_000);
  const before = simulation.all(pods).map(({ metadata }) => metadata.name);
  const mark = lines.length;
  left = killedBehind;
  simulation.patch(rollouts, 'shop', { spec: { restartAt } });
  await simulation.clock.run(120_000);
  simulation.patch(rollouts, 'shop', { status: { promoteFull: true } }, { subresource: 'status' });
  await simulation.clock.run(120_000);
  const wasKilled = left <= 0;
  if (wasKilled) simulation.startRampart();
  await simulation.clock.run(900_000);
  const made = lines.slice(mark).flatMap((line) => / create pods (\S+)$/.exec(line)?.[1] ?? []);
  return { simulation, before, made, wasKilled };
}

test('a restart and a promotion come right, behind whatever write the process ends', { timeout: 120_000 }, async () => {
  for (let killedBehind = 1; killedBehind <= 40; killedBehind += 1) {
    const { simulation, before, made, wasKilled } = await play(killedBehind);
    const { status } = simulation.get(rollouts, 'shop') ?? {};
    const at = `killed behind write ${killedBehind}`;
    expect(status, at).toMatchObject({ phase: 'Healthy', restartedAt: restartAt });
    expect(status?.stableRS).toBe(status?.currentPodHash);
    const living = simulation.all(pods);
    expect(living, at).toHaveLength(4);
    for (const { metadata } of living) {
      expect(metadata.creationTimestamp?.localeCompare(restartAt), at).toBeGreaterThanOrEqual(0);
      expect(metadata.labels?.role, at).toBe('stable');
      expect(metadata.labels?.[hash]).toBe(status?.stableRS);
      expect(before).not.toContain(metadata.name);
    }
    // Each was replaced once, and the new version grew to its size.
    expect(made.length, `${at}: ${made}`).toBeLessThanOrEqual(before.length + 4);
    for (const { metadata } of simulation.all(replicaSets))
      expect(metadata.annotations?.['rampart.dev/pods-to-change'], at).toBeUndefined();
    expect(wasKilled, at).toBe(true);
  }
});
