/** ReplicaSets that are not as Rampart left them: strangers that fit, sizes that their controller has not seen yet. */
import { describe, expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import type { ReplicaSet } from '../../api/kubernetes.ts';
import type { RolloutSpec } from '../../api/rollout.ts';
import { decide } from './decide.ts';

const spec: RolloutSpec = {
  replicas: 2,
  selector: { matchLabels: { app: 'shop' } },
  template: templateOf('v1'),
  strategy: { canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }] } },
};

describe('a ReplicaSet that a deleted Deployment left behind', () => {
  it('serves until the first revision does, and is no revision itself', () => {
    const world = new ToyWorld(spec);
    const orphan: ReplicaSet = {
      metadata: {
        name: 'web-5d8f',
        uid: 'u-web',
        labels: { app: 'shop', 'pod-template-hash': '5d8f' },
        ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'shop', uid: 'u-shop', controller: true }],
      },
      spec: { replicas: 2, selector: { matchLabels: { app: 'shop', 'pod-template-hash': '5d8f' } }, template: templateOf('v1') },
      status: { replicas: 2, readyReplicas: 2, availableReplicas: 2 },
    };
    world.replicaSets.set('web-5d8f', orphan);
    world.pods.set('web-5d8f', [
      { name: 'web-5d8f-1', readyAtMs: 0, bornMs: 0, metadata: {} },
      { name: 'web-5d8f-2', readyAtMs: 0, bornMs: 0, metadata: {} },
    ]);
    world.settle(20_000);
    const size = (name: string) => world.replicaSets.get(name)?.spec.replicas;
    expect([world.status.phase, size('web-5d8f'), size(`shop-${world.status.stableRS}`)]).toEqual(['Healthy', 0, 2]);
    world.image('v2');
    world.settle(20_000);
    expect(world.status).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
  });
});

describe('sizes that the ReplicaSet controller has not seen yet', () => {
  it('are not counted on: an abort right after stable was lowered lets the canary wait for the pods that went', () => {
    const world = new ToyWorld(spec);
    world.settle(10_000);
    world.image('v2');
    world.settle(10_000);
    const stable = `shop-${world.status.stableRS}`;
    const old = world.replicaSets.get(stable) as ReplicaSet;
    // Lowered to 1 and raised again at once: both pods are still told of, and one of them is about to go.
    world.replicaSets.set(stable, {
      ...old,
      metadata: { ...old.metadata, generation: 7 },
      spec: { ...old.spec, replicas: 2 },
      status: { replicas: 2, readyReplicas: 2, availableReplicas: 2, observedGeneration: 5 },
    });
    world.command({ abort: true });
    world.reconcile();
    const sizes = () =>
      decide(world.observe(), world.nowMs).effects.flatMap((effect) =>
        effect.kind === 'patch-replica-set' ? [`${effect.name === stable ? 'stable' : 'canary'} ${effect.replicas}`] : [],
      );
    expect(sizes()).toEqual([]);
    const raised = world.replicaSets.get(stable) as ReplicaSet;
    world.replicaSets.set(stable, { ...raised, status: { replicas: 2, availableReplicas: 2, observedGeneration: 7 } });
    expect(sizes()).toEqual(['canary 0']);
  });
});
