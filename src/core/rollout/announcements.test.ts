import { describe, expect, it } from 'vitest';
import { good } from '../../../test/support/rollout-scenarios.ts';
import { templateOf } from '../../../test/support/shop-template.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import { inOrder } from '../decision.ts';
import { decide } from './decide.ts';

describe('what an update begins with', () => {
  it('is the same announcement however often the status could not be stored', () => {
    const canary = { steps: [{ setWeight: 50 }, { pause: {} }] };
    const world = new ToyWorld({ selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy: { canary } });
    world.settle(10_000);
    world.image('v2');
    const identities = [0, 1_000, 5_000].map((laterMs) =>
      decide(world.observe(), world.nowMs + laterMs).announcements.find(({ reason }) => reason === 'NewReplicaSetCreated'),
    );
    expect(identities[0]?.message).toContain('(revision 2)');
    expect(new Set(identities.map((one) => one?.identity)).size).toBe(1);
  });
});

it('a run that an abort finds begun stands at its step, not at the first', () => {
  const canary = { steps: [{ pause: { duration: 3 } }, { analysis: { templates: [{ templateName: 'good' }] } }] };
  const world = new ToyWorld(
    { selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy: { canary } },
    { templates: [good] },
  );
  world.settle(10_000);
  world.image('v2');
  world.settle(8_000);
  world.command({ abort: true });
  world.verdict('Running');
  world.settle(0);
  const [begun] = world.events.filter(({ reason }) => reason === 'AnalysisRunRunning');
  const [done] = world.events.filter(({ reason }) => reason === 'RolloutStepCompleted');
  expect([begun, done]).not.toContain(undefined);
  expect(inOrder([begun, done].filter((one) => one !== undefined))).toEqual([done, begun]);
});
