/** What the API server refuses is read in the status, whatever it is that stands still for it. */
import { expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import { decide } from './decide.ts';
import type { Effect } from './decision.ts';

const steps = [{ setWeight: 50 }, { pause: {} }];
const spec = {
  replicas: 2,
  selector: { matchLabels: { app: 'shop' } },
  template: templateOf('v1'),
  strategy: { canary: { maxSurge: 1, maxUnavailable: 0, canaryService: 'canary', steps } },
};

/** The world with every effect of this kind refused, as the next round of the same pass sees it. */
function refused(world: ToyWorld, kind: Effect['kind']) {
  const effects = decide(world.observe(), world.nowMs).effects.filter((effect) => effect.kind === kind);
  expect(effects).not.toEqual([]);
  const failures = effects.map((effect) => ({ effect, message: 'admission says no' }));
  return decide({ ...world.observe(), failures }, world.nowMs).status;
}

function updating(): ToyWorld {
  const world = new ToyWorld(spec, { services: ['canary'] });
  world.settle(20_000);
  world.image('v2');
  return world;
}

it('names a ReplicaSet that may not be made', () => {
  expect(refused(updating(), 'create-replica-set').message).toMatch(
    /^more replicas need to be updated; ReplicaSet shop-\w+ could not be created: admission says no$/,
  );
});

it('names a Service that may not be switched', () => {
  const world = updating();
  world.reconcile();
  world.runCluster();
  expect(refused(world, 'switch-service').message).toMatch(/; Service canary could not be switched: admission says no$/);
});

it('names a ReplicaSet whose size may not be changed, behind the reason of an abort', () => {
  const world = updating();
  world.settle(20_000);
  world.command({ abort: true });
  world.reconcile();
  expect(refused(world, 'patch-replica-set')).toMatchObject({
    phase: 'Degraded',
    message: expect.stringMatching(/^RolloutAborted: .*; ReplicaSet shop-\w+ could not be changed: admission says no$/),
  });
});
