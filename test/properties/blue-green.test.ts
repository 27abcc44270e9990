/** The invariants of blue-green as laws: random users, slow pods and crashes, then quiet, and everything must end well. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labels } from '../../src/api/names.ts';
import { blueGreenScenario, changingScenario, playBlueGreen } from '../support/blue-green-scenarios.ts';
import { expectItEndsWell, expectItRests } from '../support/rollout-laws.ts';
import type { ToyWorld } from '../support/toy-world.ts';

const runs = 150;
const timeoutMs = 120_000;

function selected(world: ToyWorld, service: string): string | undefined {
  return world.services.get(service)?.spec.selector?.[labels.podTemplateHash];
}

/** Only this version has pods, all of them. */
function expectAlone(world: ToyWorld, hash: string | undefined): void {
  for (const [name, replicaSet] of world.replicaSets) {
    const wanted = name === `shop-${hash}` ? world.rollout.spec.replicas : 0;
    expect(replicaSet.spec.replicas, `${name}\n${world.log.join('\n')}`).toBe(wanted);
  }
}

describe('laws of blue-green', () => {
  it(
    'at every prefix: users reach whole versions, stable stays whole, pods outlive their users; and an abort restores stable from every state',
    () => {
      fc.assert(
        fc.property(blueGreenScenario, (one) => {
          const world = playBlueGreen(one);
          world.settle(30_000);
          const updating = world.status.currentPodHash !== world.status.stableRS && world.status.stableRS !== undefined;
          world.change({ paused: false });
          world.command({ abort: true, abortedAt: null });
          world.settle(120_000);
          expectAlone(world, world.status.stableRS);
          expect(selected(world, 'active'), world.log.join('\n')).toBe(world.status.stableRS);
          if (updating) expect(world.status).toMatchObject({ phase: 'Degraded', abort: true });
          else expect(world.status, world.log.join('\n')).toMatchObject({ phase: 'Healthy' });
        }),
        { numRuns: runs },
      );
    },
    timeoutMs,
  );

  it.each([
    ['ends well when people let it, and then writes nothing more', blueGreenScenario],
    ['ends well though its strategy becomes a canary and blue-green again', changingScenario],
  ])(
    '%s',
    (_name, scenario) => {
      fc.assert(
        fc.property(scenario, (one) => {
          const world = playBlueGreen(one);
          expectItEndsWell(world);
          expectAlone(world, world.status.stableRS);
          const isBlueGreen = world.rollout.spec.strategy?.blueGreen !== undefined;
          const named = isBlueGreen && one.strategy.previewService === undefined ? ['active'] : ['active', 'preview'];
          // A canary sends nobody to a version without pods.
          for (const name of isBlueGreen || world.rollout.spec.replicas !== 0 ? named : [])
            expect(selected(world, name), world.log.join('\n')).toBe(world.status.currentPodHash);
          expect(world.status.blueGreen?.activeSelector).toBe(isBlueGreen ? world.status.currentPodHash : undefined);
          expectItRests(world);
        }),
        { numRuns: runs },
      );
    },
    timeoutMs,
  );
});
