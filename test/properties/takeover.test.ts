/**
 * A Rollout changes hands at any moment of a random life: what only Rampart writes is taken off the world, as if the incumbent had brought
 * it there, and a new process begins. It must do with pods, Services and weights exactly what the one that knew everything does.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ReplicaSet } from '../../src/api/kubernetes.ts';
import { labels } from '../../src/api/names.ts';
import type { RolloutStatus } from '../../src/api/rollout.ts';
import { blueGreenScenario, playBlueGreen } from '../support/blue-green-scenarios.ts';
import { expectItEndsWell } from '../support/rollout-laws.ts';
import { play, scenario } from '../support/rollout-scenarios.ts';
import type { ToyWorld } from '../support/toy-world.ts';

const own = 'rampart.dev/';

function withoutOwn<T extends ReplicaSet['metadata']>(metadata: T): T {
  const kept = Object.entries(metadata.annotations ?? {}).filter(([key]) => !key.startsWith(own));
  return { ...metadata, annotations: Object.fromEntries(kept) };
}

/** Fields that the incumbent does not know, and the words that it has for what Rampart says at more length. */
function asIncumbent(status: RolloutStatus, knowsDurations: boolean): RolloutStatus {
  const { duration, canary, blueGreen, conditions, ...rest } = status;
  const { weights, ...others } = canary ?? {};
  const { verified: _, ...plain } = weights ?? {};
  return {
    ...rest,
    ...(knowsDurations && duration !== undefined && { duration }),
    canary: { ...others, ...(weights !== undefined && { weights: { ...weights, ...plain, verified: undefined } }) },
    blueGreen: { ...blueGreen },
    conditions: (conditions ?? []).map(({ observedGeneration: __, ...one }) =>
      one.type === 'Paused' ? { ...one, message: 'Rollout is paused' } : one,
    ),
  } as RolloutStatus;
}

function handOver(world: ToyWorld, knowsDurations: boolean): void {
  const { rollout, status } = world;
  world.rollout = {
    ...rollout,
    metadata: withoutOwn(rollout.metadata),
    status: JSON.parse(JSON.stringify(asIncumbent(status, knowsDurations))) as RolloutStatus,
  };
  for (const [name, one] of world.replicaSets) world.replicaSets.set(name, { ...one, metadata: withoutOwn(one.metadata) });
  world.evidence = undefined;
  world.remembered = {};
}

/** Everything that users could notice. */
function noticed(world: ToyWorld): object {
  const services = [...world.services].map(([name, { spec }]) => [name, spec.selector?.[labels.podTemplateHash]]);
  const { phase, stableRS, currentPodHash, currentStepIndex, abort, pauseConditions } = world.status;
  return {
    sizes: Object.fromEntries([...world.replicaSets].map(([name, { spec }]) => [name, spec.replicas])),
    services: Object.fromEntries(services),
    weight: world.liveRoutes?.canaryWeight,
    status: { phase, stableRS, currentPodHash, currentStepIndex, abort, pauses: pauseConditions?.map(({ reason }) => reason) },
  };
}

const canaries = (routed: boolean) => scenario(routed).map((one) => () => play(one));
const lives: fc.Arbitrary<() => ToyWorld> = fc.oneof(
  canaries(true),
  canaries(false),
  blueGreenScenario.map((one) => () => playBlueGreen(one)),
);

it('nothing differs after it, and it ends well', () => {
  fc.assert(
    fc.property(lives, fc.boolean(), fc.constantFrom(0, 2_000, 90_000), (live, knowsDurations, restMs) => {
      const [stays, moves] = [live(), live()];
      for (const world of [stays, moves]) world.settle(restMs);
      const resized = moves.resized.length;
      handOver(moves, knowsDurations);
      for (const world of [stays, moves]) world.settle(5_000);
      expect(noticed(moves), moves.log.join('\n')).toEqual(noticed(stays));
      expect(moves.resized.slice(resized)).toEqual(stays.resized.slice(resized));
      expectItEndsWell(moves);
    }),
    { numRuns: 150 },
  );
}, 120_000);
