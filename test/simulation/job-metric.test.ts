/** The example whose canary is tested by a Job, on the virtual cluster: with the controller killed behind each of its writes there is one Job all the same. */
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import { analysisRuns, jobs, rollouts } from '../../src/api/resources.ts';
import { isWrite } from '../../src/simulation/network.ts';
import { Simulation } from '../../src/simulation/simulation.ts';
import { healthyPods } from '../../src/simulation/workloads/pod-plan.ts';

const text = await readFile(`${import.meta.dirname}/../../examples/smoke-test.yaml`, 'utf8');
const served = new Set(['Rollout', 'AnalysisTemplate', 'Service']);
const manifests = parseAllDocuments(text)
  .map((document) => document.toJS() as KubeObject)
  .filter(({ kind }) => served.has(kind ?? ''));
const spec = { template: { spec: { containers: [{ name: 'checkout', image: 'ghcr.io/stefanprodan/podinfo:6.8.0' }] } } };

/** Plays an update whose Job ends with that code after 40 seconds; `killAt`: the write behind which the process is killed. */
async function play({ code = 0, killAt }: { code?: number; killAt?: number }) {
  const simulation = new Simulation({
    seed: 3,
    pods: (pod, random) => {
      const isOfJob = pod.metadata.ownerReferences?.some(({ kind }) => kind === 'Job') === true;
      return { ...healthyPods(pod, random), ...(isOfJob && { exits: { afterMs: 40_000, code } }) };
    },
  });
  simulation.apply(...manifests);
  let isUpdating = false;
  let writes = 0;
  const made: string[] = [];
  const start = (): void => {
    simulation.startRampart({
      written: (request, process) => {
        if (!isUpdating || !isWrite(request)) return;
        if (request.verb === 'create' && request.resource.plural === 'jobs') made.push(request.key.name ?? '');
        writes += 1;
        if (writes !== killAt) return;
        process.kill();
        start();
      },
    });
  };
  start();
  await simulation.clock.run(60_000);
  isUpdating = true;
  simulation.patch(rollouts, 'checkout', { spec });
  await simulation.clock.run(120_000);
  return { simulation, writes, made, rollout: simulation.get(rollouts, 'checkout') };
}

describe('an update that a Job decides on', () => {
  test('goes on when the Job completes, and no Secret is in it', async () => {
    const { simulation, rollout } = await play({});
    expect(rollout?.status).toMatchObject({ phase: 'Paused', currentStepIndex: 3 });
    const [run] = simulation.all(analysisRuns);
    expect(run?.status).toMatchObject({ phase: 'Successful' });
    expect(simulation.all(jobs)).toMatchObject([
      {
        metadata: { name: `${run?.metadata.uid}.smoke-test.1` },
        spec: {
          template: {
            spec: {
              automountServiceAccountToken: false,
              containers: [
                {
                  args: expect.arrayContaining(['tester:$(RAMPART_SECRET_1)']),
                  env: [{ name: 'RAMPART_SECRET_1', valueFrom: { secretKeyRef: { name: 'smoke-test', key: 'password' } } }],
                },
              ],
            },
          },
        },
      },
    ]);
  });

  test('is taken back when the Job fails', async () => {
    const { rollout } = await play({ code: 1 });
    expect(rollout?.status?.phase).toBe('Degraded');
    expect(rollout?.status?.message).toMatch(
      /Step-based analysis phase error\/failed: Metric "smoke-test" assessed Failed .*see kubectl -n default logs job\//,
    );
  });

  test('ends the same, with one Job, wherever the controller is killed', async () => {
    const { writes, rollout } = await play({});
    for (let killAt = 1; killAt <= writes; killAt++) {
      const killed = await play({ killAt });
      expect(killed.rollout?.status?.currentStepIndex, `killed behind write ${killAt}`).toBe(rollout?.status?.currentStepIndex);
      expect(killed.simulation.all(jobs), `killed behind write ${killAt}`).toHaveLength(1);
      expect(new Set(killed.made).size, `killed behind write ${killAt}`).toBe(1);
    }
  }, 60_000);
});
