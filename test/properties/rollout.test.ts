/** The invariants of a Rollout as laws: random users, slow pods, late gateways and crashes, then quiet, and everything must end well. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectItEndsWell, expectItRests } from '../support/rollout-laws.ts';
import { type Case, play, scenario } from '../support/rollout-scenarios.ts';

const runs = 100;
const timeoutMs = 120_000;

/** Found: the superseded version kept the one surge pod because the canary Service selected it, so the newest could never start. */
const supersededWithOnePlace: Case = {
  replicas: 1,
  bounds: [1, 0],
  steps: [{ setWeight: 1 }, { pause: {} }],
  routed: false,
  services: true,
  podMs: 0,
  routeMs: 0,
  actions: [
    { do: 'image', tag: 'v2' },
    { do: 'wait', ms: 0 },
    { do: 'image', tag: 'v3' },
  ],
};

/** Found: no Service can be switched to a version without pods, so the superseded one kept its pod for ever. */
const nobodyWanted: Case = {
  replicas: 1,
  bounds: [1, 0],
  steps: [{ setCanaryScale: { replicas: 1 } }, { pause: {} }],
  routed: true,
  services: false,
  podMs: 0,
  routeMs: 0,
  actions: [
    { do: 'image', tag: 'v3' },
    { do: 'scale', replicas: 0 },
    { do: 'wait', ms: 0 },
    { do: 'image', tag: 'v1' },
  ],
};

/** Found: a version that was made smaller and larger at once counted pods on their way out, and stable lost its only one for them. */
const raisedWhileItCameDown: Case = {
  replicas: 1,
  bounds: [1, 0],
  steps: [{ setWeight: 1 }, { setWeight: 0 }],
  routed: false,
  services: false,
  podMs: 0,
  endingMs: 40,
  routeMs: 0,
  actions: [{ do: 'image', tag: 'v3' }],
};

/** Found: a pod that a Service kept, and a version that waited for it to go. */
const recreatedWithServices: Case = {
  replicas: 1,
  bounds: [0, 2],
  steps: [],
  routed: false,
  services: true,
  podMs: 0,
  routeMs: 0,
  actions: [
    { do: 'scale', replicas: 2 },
    { do: 'image', tag: 'v2' },
  ],
};

/** Found by the laws alone: a rule for a canary that has all the weight may go, though nobody else answers. */
const ruleOfAnOnlyOne: Case = {
  replicas: 1,
  bounds: [1, 0],
  steps: [
    { setCanaryScale: { replicas: 1 } },
    { setHeaderRoute: { name: 'beta', match: [{ headerName: 'x-canary', headerValue: { exact: 'yes' } }] } },
  ],
  routed: true,
  services: false,
  podMs: 0,
  routeMs: 0,
  actions: [
    { do: 'scale', replicas: 0 },
    { do: 'image', tag: 'v2' },
  ],
};

describe.each([false, true])('laws of a canary, routed: %s', (routed) => {
  it(
    'at every prefix: availability, surge, weight only to ready endpoints, one stable; and an abort restores stable from every state',
    () => {
      fc.assert(
        fc.property(scenario(routed), (one) => {
          const world = play(one);
          world.settle(30_000);
          const updating = world.status.currentPodHash !== world.status.stableRS && world.status.stableRS !== undefined;
          world.change({ paused: false });
          world.command({ abort: true, abortedAt: null });
          world.settle(120_000);
          const replicas = world.rollout.spec.replicas ?? 1;
          for (const [name, replicaSet] of world.replicaSets) {
            const isStable = name === `shop-${world.status.stableRS}`;
            expect(replicaSet.spec.replicas, `${name}\n${world.log.join('\n')}`).toBe(isStable ? replicas : 0);
          }
          expect(world.liveRoutes?.canaryWeight ?? 0).toBe(0);
          expect(world.liveRoutes?.managedRoutes ?? []).toEqual([]);
          if (updating) expect(world.status).toMatchObject({ phase: 'Degraded', abort: true });
          else expect(world.status).toMatchObject({ phase: 'Healthy' });
        }),
        { numRuns: runs },
      );
    },
    timeoutMs,
  );

  it(
    'ends well when people let it, and then writes nothing more',
    () => {
      fc.assert(
        fc.property(scenario(routed), (one) => {
          const world = play(one);
          expectItEndsWell(world);
          expectItRests(world);
        }),
        {
          numRuns: runs,
          examples: routed
            ? [[nobodyWanted], [ruleOfAnOnlyOne]]
            : [[supersededWithOnePlace], [raisedWhileItCameDown], [recreatedWithServices]],
        },
      );
    },
    timeoutMs,
  );
});
