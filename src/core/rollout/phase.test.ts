import { describe, expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import type { RolloutSpec } from '../../api/rollout.ts';

const spec: RolloutSpec = {
  replicas: 2,
  selector: { matchLabels: { app: 'shop' } },
  template: templateOf('v1'),
  strategy: { canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }] } },
};

/** Each moment of a Rollout with what it shows: phase, message, and `Type=Status Reason` of its conditions. */
const moments: Readonly<Record<string, { readonly reach: (world: ToyWorld) => void; readonly shows: readonly string[] }>> = {
  'first pods starting': {
    reach: (world) => world.settle(500, 100),
    shows: [
      'Progressing',
      'more replicas need to be updated',
      'Available=False AvailableReason',
      'Completed=False RolloutCompleted',
      'Progressing=True NewReplicaSetCreated',
    ],
  },
  'first pods not yet available': {
    reach: (world) => world.settle(3_500, 100),
    shows: [
      'Progressing',
      'updated replicas are still becoming available',
      'Available=False AvailableReason',
      'Completed=False RolloutCompleted',
      'Progressing=True ReplicaSetUpdated',
    ],
  },
  healthy: {
    reach: (world) => world.settle(20_000),
    shows: [
      'Healthy',
      '',
      'Available=True AvailableReason',
      'Healthy=True RolloutHealthy',
      'Completed=True RolloutCompleted',
      'Progressing=True NewReplicaSetAvailable',
    ],
  },
  'at a pause': {
    reach: (world) => {
      world.settle(20_000);
      world.image('v2');
      world.settle(20_000);
    },
    shows: [
      'Paused',
      'CanaryPauseStep',
      'Available=True AvailableReason',
      'Healthy=False RolloutHealthy',
      'Completed=False RolloutCompleted',
      'Paused=True RolloutPaused',
      'Progressing=Unknown RolloutPaused',
    ],
  },
  'paused by a person while healthy': {
    reach: (world) => {
      world.settle(20_000);
      world.change({ paused: true });
      world.settle(20_000);
    },
    shows: [
      'Paused',
      'manually paused',
      'Available=True AvailableReason',
      'Healthy=False RolloutHealthy',
      'Completed=True RolloutCompleted',
      'Paused=True RolloutPaused',
      'Progressing=True NewReplicaSetAvailable',
    ],
  },
  'retried, before anything moved': {
    reach: (world) => {
      world.settle(20_000);
      world.image('v2');
      world.settle(20_000);
      world.command({ abort: true });
      world.settle(20_000);
      world.command({ abort: false });
      world.reconcile();
    },
    shows: [
      'Progressing',
      'more replicas need to be updated',
      'Available=True AvailableReason',
      'Healthy=False RolloutHealthy',
      'Completed=False RolloutCompleted',
      'Paused=False RolloutPaused',
      'Progressing=Unknown RolloutRetry',
    ],
  },
  'promoted and then short of pods': {
    reach: (world) => {
      world.settle(20_000);
      world.restartPods('v1', 60_000);
      world.settle(10_000);
    },
    shows: [
      'Progressing',
      'updated replicas are still becoming available',
      'Available=False AvailableReason',
      'Healthy=False RolloutHealthy',
      'Completed=True RolloutCompleted',
      'Progressing=True ReplicaSetNotAvailable',
    ],
  },
  'scaled up': {
    reach: (world) => {
      world.settle(20_000);
      world.change({ replicas: 5 });
      world.reconcile();
    },
    shows: [
      'Progressing',
      'more replicas need to be updated',
      'Available=False AvailableReason',
      'Healthy=False RolloutHealthy',
      'Completed=True RolloutCompleted',
      'Progressing=True ReplicaSetUpdated',
    ],
  },
};

describe('what a Rollout shows', () => {
  it.each(Object.entries(moments))('%s', (_name, { reach, shows }) => {
    const world = new ToyWorld(spec, { podLatencyMs: () => 4_000 });
    reach(world);
    const { phase, message, conditions } = world.status;
    expect([phase, message, ...(conditions ?? []).map((one) => `${one.type}=${one.status} ${one.reason}`)]).toEqual(shows);
  });
});
