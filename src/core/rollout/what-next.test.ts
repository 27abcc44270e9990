import { expect, test } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import type { CanaryStrategy, RolloutSpec } from '../../api/rollout.ts';

const analysis = { templates: [{ templateName: 'success-rate' }] };
const template = {
  metadata: { name: 'success-rate' },
  spec: { metrics: [{ name: 'm', count: 1, provider: { prometheus: { address: 'http://p', query: 'x' } } }] },
};
const routing: CanaryStrategy = {
  canaryService: 'canary',
  stableService: 'stable',
  trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } },
};

/** A second version on its way. */
function updating(canary: CanaryStrategy, routeLatencyMs = 0): ToyWorld {
  const spec: RolloutSpec = {
    replicas: 2,
    selector: { matchLabels: { app: 'shop' } },
    template: templateOf('v1'),
    strategy: { canary: { maxSurge: 1, maxUnavailable: 0, ...canary } },
  };
  const services = canary.trafficRouting === undefined ? [] : ['canary', 'stable'];
  const world = new ToyWorld(spec, { templates: [template], services, routeLatencyMs: () => routeLatencyMs });
  world.settle(20_000);
  world.image('v2');
  world.settle(20_000);
  return world;
}

function conditionOf(world: ToyWorld) {
  return world.status.conditions?.find(({ type }) => type === 'Paused');
}

const timed = { steps: [{ setWeight: 50 }, { pause: { duration: '5m' } }, { analysis }] };
const untilPromoted = { steps: [{ setWeight: 50 }, { pause: {} }, { setWeight: 80 }] };
const again = 'waits for another version in the spec, or for kubectl argo rollouts retry rollout shop';

/** How it comes to wait -> what its condition Paused says, as `<status> <message>`. */
const waits: Readonly<Record<string, { readonly reach: () => ToyWorld; readonly says: string }>> = {
  'a pause with an end': {
    reach: () => updating(timed),
    says: 'True Rollout is paused at step 2/3 (pause: 5m): goes on with analysis success-rate at <end>',
  },
  'a pause without': {
    reach: () => updating(untilPromoted),
    says: 'True Rollout is paused at step 2/3 (pause): goes on with setWeight: 80 when someone promotes it: kubectl argo rollouts promote shop',
  },
  'the last step': {
    reach: () => updating({ steps: [{ setWeight: 50 }, { pause: { duration: 300 } }] }),
    says: 'True Rollout is paused at step 2/2 (pause: 300): goes on with the promotion of revision 2 at <end>',
  },
  'an analysis that could not decide': {
    reach: () => {
      const world = updating({ steps: [{ setWeight: 50 }, { analysis }, { setWeight: 80 }] });
      world.verdict('Inconclusive');
      world.settle(5_000);
      return world;
    },
    says:
      'True Rollout is paused at step 2/3 (analysis success-rate): an analysis could not decide; goes on with setWeight: 80 by ' +
      'kubectl argo rollouts promote shop, or goes back by kubectl argo rollouts abort shop',
  },
  'a person who paused it': {
    reach: () => {
      const world = updating(timed);
      world.change({ paused: true });
      world.settle(5_000);
      return world;
    },
    says: 'True Rollout is paused at step 2/3 (pause: 5m): goes on when spec.paused is no longer true',
  },
  'a person who paused what was done': {
    reach: () => {
      const world = updating({});
      world.change({ paused: true });
      world.settle(5_000);
      return world;
    },
    says: 'True Rollout is paused: goes on when spec.paused is no longer true',
  },
  'an invalid spec at a pause': {
    reach: () => {
      const world = updating(timed);
      world.change({ selector: {} });
      world.settle(5_000);
      return world;
    },
    says: 'True Rollout is paused at step 2/3 (pause: 5m): goes on when what InvalidSpec says is put right',
  },
  'a pause that is over': {
    reach: () => {
      const world = updating(untilPromoted);
      world.command({ pauseConditions: null });
      world.settle(20_000);
      return world;
    },
    says: 'False Rollout is not paused',
  },
  'an abort at a pause': {
    reach: () => aborted(updating(untilPromoted)),
    says: `True Rollout is aborted: back to revision 1; ${again}`,
  },
  'an abort without a pause before': {
    reach: () => aborted(updating({ steps: [{ setWeight: 50 }, { analysis }] })),
    says: `False Rollout is aborted: back to revision 1; ${again}`,
  },
  'an abort with routes': {
    reach: () => aborted(updating({ ...routing, ...untilPromoted })),
    says: `True Rollout is aborted: all traffic is on revision 1; ${again}`,
  },
  'an abort that the gateway has not confirmed': {
    reach: () => {
      const world = updating({ ...routing, ...untilPromoted }, 5_000);
      world.settle(30_000);
      return aborted(world, 2_000);
    },
    says: `True Rollout is aborted: traffic goes back to revision 1; ${again}`,
  },
  'an abort that was taken back': {
    reach: () => {
      const world = aborted(updating({ steps: [{ setWeight: 50 }, { analysis }] }));
      world.command({ abort: false });
      world.settle(5_000);
      return world;
    },
    says: 'False Rollout is not paused',
  },
};

function aborted(world: ToyWorld, settleMs = 20_000): ToyWorld {
  world.command({ abort: true });
  world.settle(settleMs);
  return world;
}

test.each(Object.entries(waits))('%s', (_, { reach, says }) => {
  const world = reach();
  const { status, message } = conditionOf(world) ?? {};
  const start = Date.parse(world.status.pauseConditions?.[0]?.startTime ?? '');
  const end = Number.isNaN(start) ? '' : new Date(start + 300_000).toISOString().replace('.000Z', 'Z');
  expect(`${status} ${message}`).toBe(says.replace('<end>', end));
});

test('a first deployment that is aborted has nothing to go back to', () => {
  const spec = { replicas: 2, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy: { canary: {} } };
  const world = new ToyWorld(spec, { podLatencyMs: () => Number.POSITIVE_INFINITY });
  world.settle(5_000);
  aborted(world);
  expect(conditionOf(world)?.message).toBe(`Rollout is aborted: there is nothing to go back to; ${again}`);
});

test('while it waits nothing is written, and neither the phase nor what clients match says anything else', () => {
  const world = updating(timed);
  const writes = world.writes;
  world.settle(120_000);
  expect(world.writes).toBe(writes);
  expect(world.status).toMatchObject({ phase: 'Paused', message: 'CanaryPauseStep' });
  expect(world.status.conditions?.find(({ type }) => type === 'Progressing')?.message).toBe('Rollout is paused');
});
