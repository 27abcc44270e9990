import { describe, expect, it } from 'vitest';
import type { ExperimentSpec } from '../../src/api/experiment.ts';
import { decideExperiment } from '../../src/core/experiment/decide-experiment.ts';
import { experimentTemplate, goodTemplate, ToyExperiment, type ToyExperimentOptions } from '../../test/support/toy-experiment.ts';
import { experimentConditions, experimentEvents } from './experiment-forms.ts';

const seen = new Set<string>();

function matches(form: string, text: string): boolean {
  const pattern = form.split(/<[^>]*>/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('[^]*')}$`).test(text);
}

function note(kind: string, forms: readonly string[], text: string): void {
  const fits = forms.filter((form) => matches(form, text));
  if (fits.length === 0) throw new Error(`no row of the page fits: ${text}`);
  for (const form of fits) seen.add(`${kind} ${form}`);
}

const eventForms = experimentEvents.map(({ type, reason, form }) => `${type} ${reason}: ${form}`);
const conditionForms = experimentConditions.map(({ type, status, reason, form }) => `${type}=${status} ${reason}: ${form}`);

function noteAll(world: ToyExperiment, status = world.status): void {
  for (const line of world.told()) note('event', eventForms, line);
  for (const one of status.conditions ?? []) {
    note('condition', conditionForms, `${one.type}=${one.status} ${one.reason}: ${one.message}`);
  }
}

function play(
  spec: Partial<ExperimentSpec>,
  options: ToyExperimentOptions,
  ...acts: readonly ((world: ToyExperiment) => void)[]
): ToyExperiment {
  const whole = {
    templates: [experimentTemplate('a')],
    analyses: [{ name: 'm', templateName: 'good', requiredForCompletion: true }],
    ...spec,
  };
  const world = new ToyExperiment(whole, { templates: [goodTemplate], ...options });
  world.settle(2000);
  noteAll(world);
  for (const act of acts) {
    act(world);
    world.settle(2000);
    noteAll(world);
  }
  return world;
}

describe('the page of events and conditions of Experiments', () => {
  it('has all that is said in their lives', () => {
    for (const phase of ['Successful', 'Failed', 'Error', 'Inconclusive'] as const) {
      play(
        {},
        { podLatencyMs: () => 5000 },
        (world) => world.settle(10_000),
        (world) => world.verdict('Running'),
        (world) => world.verdict(phase, 'm', phase === 'Successful' ? undefined : 'because'),
      );
    }
    play({ progressDeadlineSeconds: 3 }, { podLatencyMs: () => Number.POSITIVE_INFINITY }, (world) => world.settle(5000));
    play({}, { refuse: ({ kind }) => (kind === 'create-replica-set' ? 'quota' : undefined) });
    play({ templates: [] }, {});
    const world = play({}, {});
    const observed = world.observe();
    const failure = { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'quota' };
    const replicaSets = observed.replicaSets.map((one) => ({ ...one, status: { ...one.status, conditions: [failure] } }));
    noteAll(world, decideExperiment({ ...observed, replicaSets }, world.nowMs).status);
  });

  it('has nothing that is never said', () => {
    expect(eventForms.filter((form) => !seen.has(`event ${form}`))).toEqual([]);
    expect(conditionForms.filter((form) => !seen.has(`condition ${form}`))).toEqual([]);
  });
});
