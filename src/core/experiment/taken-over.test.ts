import { describe, expect, it } from 'vitest';
import { ToyExperiment, experimentTemplate as template } from '../../../test/support/toy-experiment.ts';
import { labels } from '../../api/names.ts';

const two = [template('baseline', 'v1'), template('canary', 'v2', { replicas: 2 })];

describe('an experiment of another controller', () => {
  const hashOf = (name: string) => `other-${name}`;

  /** As the incumbent leaves one: hashes of its own, conditions of its own, no messages. */
  function takenOver(phase: string, template: string, size: number): ToyExperiment {
    const world = new ToyExperiment({ templates: two, duration: '1h', scaleDownDelaySeconds: 0 });
    for (const one of two) {
      const name = `exp-${one.name}`;
      const worn = { ...one.template?.metadata?.labels, [labels.podTemplateHash]: hashOf(one.name) };
      world.replicaSets.set(name, {
        metadata: { name, uid: `u-${name}`, labels: worn, annotations: { 'experiment.argoproj.io/template-name': one.name } },
        spec: {
          replicas: size * (one.replicas ?? 1),
          selector: { matchLabels: worn },
          template: { ...one.template, metadata: { labels: worn } },
        },
      });
    }
    const templateStatuses = two.map((one) => {
      const pods = size * (one.replicas ?? 1);
      return {
        name: one.name,
        status: template,
        replicas: pods,
        readyReplicas: pods,
        availableReplicas: pods,
        podTemplateHash: hashOf(one.name),
      };
    });
    world.experiment = { ...world.experiment, status: { phase, templateStatuses, availableAt: '2026-01-01T00:00:00Z' } };
    return world;
  }

  it('that runs goes on with its pods, its hashes and its clock', () => {
    const world = takenOver('Running', 'Running', 1);
    world.settle(5000);
    expect(world.sizes()).toEqual({ 'exp-baseline': 1, 'exp-canary': 2 });
    expect(world.status).toMatchObject({
      phase: 'Running',
      availableAt: '2026-01-01T00:00:00Z',
      message: 'runs until 2026-01-01T01:00:00Z',
    });
    expect(world.status.templateStatuses?.map((one) => one.podTemplateHash)).toEqual(['other-baseline', 'other-canary']);
    expect(world.log.filter((line) => !line.includes('status'))).toEqual([]);
  });

  it('that has ended is left as it is', () => {
    const world = takenOver('Successful', 'Successful', 0);
    world.settle(5000);
    expect(world.log).toEqual([]);
  });
});
