/**
 * Each example is updated once more for every write of the controller, which is killed right behind that write, before it hears of it: the
 * outcome is the same each time, what the stored world remembers is told, and no request is lost that the undisturbed run did not lose.
 */
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../../src/api/kubernetes.ts';
import { httpRoutes, replicaSets, rollouts, services } from '../../../src/api/resources.ts';
import type { Rollout } from '../../../src/api/rollout.ts';
import { events } from '../../../src/runtime/event.ts';
import { Simulation } from '../../../src/simulation/simulation.ts';
import type { VirtualRoute } from '../../../src/simulation/traffic/virtual-gateway.ts';
import { deployments } from '../../../src/simulation/workloads/deployment-controller.ts';

const folder = `${import.meta.dirname}/../../../examples`;
const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();

interface Outcome {
  readonly writes: number;
  /** What users and clients see in the end. */
  readonly world: object;
  readonly events: readonly string[];
  /** Requests that nobody answered. */
  readonly lost: number;
  /** Requests that were answered badly. */
  readonly bad: number;
}

interface Scene {
  readonly objects: readonly KubeObject[];
  readonly name: string;
}

/** Told from what is stored, by whoever comes after a crash; switches, weights and what runs say leave no trace. */
const remembered = new Set([
  'RolloutAddedToInformer',
  'RolloutUpdated',
  'NewReplicaSetCreated',
  'RolloutNotCompleted',
  'SkipSteps',
  'RolloutStepCompleted',
  'RolloutPaused',
  'RolloutAborted',
  'RolloutCompleted',
]);

const restartMs = 3000;
const requestsPerSecond = 40;

async function sceneOf(file: string): Promise<Scene> {
  const objects = parseAllDocuments(await readFile(`${folder}/${file}`, 'utf8')).map((document) => document.toJS() as KubeObject);
  const name = objects.find(({ kind }) => kind === 'Rollout')?.metadata.name;
  if (name === undefined) throw new Error(`${file} has no Rollout`);
  return { objects, name };
}

/** `crashAt`: the write behind which the controller is killed, counted from the update on; 0 for never. */
async function play({ objects, name }: Scene, crashAt: number, errorRatio: number): Promise<Outcome> {
  const simulation = new Simulation({
    seed: 4,
    behaviour: ({ spec }) => ({
      errorRatio: JSON.stringify(spec.containers).includes(':next') ? errorRatio : 0,
      medianSeconds: 0.01,
    }),
  });
  let writes = 0;
  let isCounting = false;
  const start = (): void => {
    simulation.startRampart({
      written: ({ resource }, process) => {
        if (!isCounting || resource.plural === 'events' || ++writes !== crashAt) return;
        process.kill();
        simulation.clock.setTimer(restartMs, start);
      },
    });
  };
  simulation.apply(...objects);
  start();
  await simulation.clock.run(120_000);
  send(simulation, objects);
  isCounting = true;
  release(simulation, objects, name);
  await simulation.clock.run(2400_000);
  const told = outcomeOf(simulation, name);
  const { unserved, refused, errors } = simulation.traffic.losses;
  return { ...told, writes, lost: unserved + refused, bad: errors };
}

interface PodsOf {
  readonly spec: { readonly containers: readonly [{ readonly image: string }] };
}

/** The next version, where the template is: in the Rollout or in the Deployment that it refers to. */
function release(simulation: Simulation, objects: readonly KubeObject[], name: string): void {
  const holder = objects.find(({ kind }) => kind === 'Deployment') ?? objects.find(({ kind }) => kind === 'Rollout');
  const { template } = (holder as unknown as { readonly spec: { readonly template: PodsOf } }).spec;
  const [container] = template.spec.containers;
  const containers = [{ ...container, image: container.image.replace(/:.*/, ':next') }];
  simulation.patch(holder?.kind === 'Deployment' ? deployments : rollouts, holder?.metadata.name ?? name, {
    spec: { template: { spec: { containers } } },
  });
}

function send(simulation: Simulation, objects: readonly KubeObject[]): void {
  const first = (kind: string): string | undefined => objects.find((object) => object.kind === kind)?.metadata.name;
  const [route, service] = [first('HTTPRoute'), first('Service')];
  if (route !== undefined) simulation.traffic.send({ requestsPerSecond, namespace: 'default', to: { route } });
  else if (service !== undefined) simulation.traffic.send({ requestsPerSecond, namespace: 'default', to: { service } });
}

function outcomeOf(simulation: Simulation, name: string): Pick<Outcome, 'world' | 'events'> {
  const rollout = simulation.get(rollouts, name) as Rollout;
  const { phase, message, currentStepIndex, currentPodHash, stableRS, abort, replicas, availableReplicas } = rollout.status ?? {};
  const sizes = simulation.all(replicaSets).map(({ metadata, spec }) => `${metadata.name} ${spec.replicas}`);
  const selectors = simulation.all(services).map(({ metadata, spec }) => `${metadata.name} ${JSON.stringify(spec.selector)}`);
  const rules = simulation.all(httpRoutes).map((route) => JSON.stringify((route as VirtualRoute).spec?.rules));
  const told = simulation.all(events).filter(({ involvedObject }) => involvedObject.kind === 'Rollout');
  return {
    world: {
      // A Job's name holds the uid of its run.
      status: {
        phase,
        message: message?.replaceAll(/[0-9a-f-]{36}/g, 'uid'),
        currentStepIndex,
        currentPodHash,
        stableRS,
        abort,
        replicas,
        availableReplicas,
      },
      template: rollout.spec.template,
      deployments: simulation.all(deployments).map(({ metadata, spec }) => `${metadata.name} ${JSON.stringify(spec)}`),
      sizes: sizes.sort(),
      selectors: selectors.sort(),
      rules,
    },
    events: told
      .filter(({ reason }) => remembered.has(reason))
      .map(({ reason, message: words }) => `${reason}: ${words.replaceAll(/[0-9a-f-]{36}/g, 'uid')}`)
      .sort(),
  };
}

describe.each(files)('%s', (file) => {
  test.each([
    ['a good version', 0],
    ['a bad version', 0.6],
  ])('%s: killed behind every write, it ends the same', { timeout: 300_000 }, async (_, errorRatio) => {
    const scene = await sceneOf(file);
    const calm = await play(scene, 0, errorRatio);
    expect(calm.writes).toBeGreaterThan(3);
    for (let crashAt = 1; crashAt <= calm.writes; crashAt++) {
      const crashed = await play(scene, crashAt, errorRatio);
      const where = `killed behind write ${crashAt} of ${calm.writes}`;
      expect(crashed.world, where).toEqual(calm.world);
      expect(crashed.events, where).toEqual(calm.events);
      expect(Math.round(crashed.lost), where).toBeLessThanOrEqual(Math.round(calm.lost));
      // A process needs a moment to come back, and asks at other times: until then a bad version goes on answering.
      expect(crashed.bad, where).toBeLessThanOrEqual(calm.bad * 1.5 + requestsPerSecond * 30);
    }
  });
});
