import { describe, expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { type ToyOptions, ToyWorld } from '../../../test/support/toy-world.ts';
import type { AnalysisTemplate } from '../../api/analysis-template.ts';
import type { CanaryStrategy, RolloutSpec } from '../../api/rollout.ts';
import type { Announcement } from '../decision.ts';
import { announcementsFromStatus } from './announcements-from-status.ts';

const template: AnalysisTemplate = {
  metadata: { name: 'good' },
  spec: {
    metrics: [
      { name: 'm', count: 1, successCondition: 'result == 1', provider: { prometheus: { address: 'http://p', query: 'x' } } },
    ],
  },
};

function specOf(canary: CanaryStrategy, replicas = 2): RolloutSpec {
  return { replicas, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy: { canary } };
}

/** A world in which v1 is stable and v2 has begun, with pods that are ready at once. */
function updating(canary: CanaryStrategy, { replicas = 2, options = {}, annotations }: Start = {}): ToyWorld {
  const world = new ToyWorld(
    specOf({ maxSurge: 1, maxUnavailable: 0, ...canary }, replicas),
    { templates: [template], ...options },
    annotations,
  );
  world.settle(10_000);
  world.image('v2');
  world.settle(2_000);
  return world;
}

interface Start {
  readonly replicas?: number;
  readonly options?: ToyOptions;
  readonly annotations?: Record<string, string>;
}

const analysis = { analysis: { templates: [{ templateName: 'good' }] } };
const undo = { 'rampart.dev/on-failure': 'undo' };

describe('deadline', () => {
  const slow = { podLatencyMs: (name: string) => (name.includes('c778') ? 0 : Number.POSITIVE_INFINITY) };

  it('degrades an update that does not get on, and asks to be woken for it', () => {
    const world = updating({ steps: [{ setWeight: 50 }] }, { options: slow });
    world.settle(595_000);
    expect(world.status).toMatchObject({ phase: 'Progressing' });
    world.settle(10_000);
    expect(world.status.phase).toBe('Degraded');
    expect(world.status.message).toMatch(/^ProgressDeadlineExceeded: ReplicaSet "shop-.*" has timed out progressing\.$/);
    const { writes } = world;
    world.settle(60_000);
    expect(world.writes).toBe(writes);
  });

  it('takes the update back where on-failure says undo', () => {
    const world = updating({ steps: [{ setWeight: 50 }] }, { options: slow, annotations: undo });
    world.settle(620_000);
    expect(world.status.phase).toBe('Degraded');
    expect(world.rollout.spec.template).toEqual(templateOf('v1'));
  });
});

describe('rampart.dev/on-failure: undo', () => {
  const failed = (): ToyWorld => {
    const world = updating({ steps: [{ setWeight: 50 }, analysis] }, { annotations: undo });
    world.verdict('Failed', 'too many errors');
    world.settle(10_000);
    return world;
  };

  it('puts the stable template back, keeps the failure visible and says so', () => {
    const world = failed();
    expect(world.rollout.spec.template).toEqual(templateOf('v1'));
    expect(world.status).toMatchObject({ phase: 'Degraded', abort: true });
    expect(world.status.message).toMatch(/^RolloutAborted: Rollout aborted update to revision 2: .*too many errors$/);
    expect(JSON.parse(world.rollout.metadata.annotations?.['rampart.dev/last-failure'] ?? '')).toMatchObject({
      revision: 2,
      reason: 'Step-based analysis phase error/failed: too many errors',
      time: world.status.abortedAt,
    });
    expect(world.sizes()).toEqual({ v1: 2, v2: 0 });
    expect(world.told().filter((line) => line.startsWith('Warning RolloutAborted'))).toHaveLength(2);
    const { writes } = world;
    world.settle(60_000);
    expect(world.writes).toBe(writes);
  });

  it('says so again, under the same identity at the same place, where a process may have died before it could', () => {
    const world = failed();
    const isOfUndo = ({ message }: Announcement): boolean => message.includes('was put back after revision 2 failed');
    const isOfAbort = ({ reason }: Announcement): boolean => reason === 'RolloutAborted';
    const { stored } = announcementsFromStatus(world.observe(), world.nowMs);
    expect(stored.filter(isOfAbort)).toEqual(world.events.filter(isOfAbort));
    expect(stored.filter(isOfUndo)).toHaveLength(1);
    // A person's template is not one that was put back.
    world.image('v3');
    expect(announcementsFromStatus(world.observe(), world.nowMs).stored.filter(isOfUndo)).toEqual([]);
  });

  it('does not try the same template again by itself, nor undo it again', () => {
    const world = failed();
    world.image('v2');
    world.settle(10_000);
    expect(world.status.phase).toBe('Degraded');
    expect(world.status.message).toMatch(/this template failed at .* as revision 2/);
    expect(world.sizes()).toEqual({ v1: 2, v2: 0 });
    expect(world.rollout.spec.template).toEqual(templateOf('v2'));
    world.command({ abort: false });
    world.settle(5000);
    expect(world.rollout.metadata.annotations?.['rampart.dev/last-failure']).toBeUndefined();
    expect(world.sizes()).toEqual({ v1: 1, v2: 1 });
  });

  it('leaves the same template where it is, also when it comes back within the second of its failure', () => {
    const world = updating({ steps: [{ setWeight: 50 }, analysis] }, { annotations: undo });
    world.verdict('Failed', 'too many errors');
    const failedAtMs = world.nowMs;
    world.settle(0);
    expect(world.rollout.spec.template).toEqual(templateOf('v1'));
    world.image('v2');
    world.settle(0);
    expect(world.nowMs).toBe(failedAtMs);
    expect(world.status.message).toMatch(/this template failed at .* as revision 2/);
    expect(world.rollout.spec.template).toEqual(templateOf('v2'));
  });

  it('goes on with another template, and forgets the failure when that succeeds', () => {
    const world = failed();
    world.image('v3');
    world.settle(2000);
    world.verdict('Successful');
    world.settle(10_000);
    expect(world.status).toMatchObject({ phase: 'Healthy' });
    expect(world.rollout.metadata.annotations?.['rampart.dev/last-failure']).toBeUndefined();
  });

  it('waits for a spec that can be obeyed, and writes nothing meanwhile', () => {
    const world = updating({ steps: [{ setWeight: 50 }, analysis] }, { annotations: undo });
    const { strategy } = world.rollout.spec;
    world.change({ strategy: { canary: { steps: [{ setWeight: 101 }] } } });
    world.settle(5_000);
    world.verdict('Failed');
    world.settle(10_000);
    expect([world.status.abort, world.sizes()]).toEqual([true, { v1: 2, v2: 0 }]);
    const { writes } = world;
    world.settle(60_000);
    expect(world.writes).toBe(writes);
    world.change(strategy === undefined ? {} : { strategy });
    world.settle(10_000);
    expect(world.rollout.spec.template).toEqual(templateOf('v1'));
  });

  it('undoes nothing after a person aborts', () => {
    const world = updating({ steps: [{ setWeight: 50 }, { pause: {} }] }, { annotations: undo });
    world.command({ abort: true });
    world.settle(10_000);
    expect(world.rollout.spec.template).toEqual(templateOf('v2'));
    expect(world.rollout.metadata.annotations?.['rampart.dev/last-failure']).toBeUndefined();
  });

  it('becomes healthy when a person dismisses the failure by a retry', () => {
    const world = failed();
    world.command({ abort: false });
    world.settle(5000);
    expect(world.status).toMatchObject({ phase: 'Healthy', message: '' });
  });
});
