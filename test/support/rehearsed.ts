/** Rehearsals in tests: objects in, what was played and taken for granted out. */
import type { KubeObject } from '../../src/api/kubernetes.ts';
import { namedScenario } from '../../src/rehearsal/catalogue.ts';
import { complete } from '../../src/rehearsal/intake/complete.ts';
import { stagesOf } from '../../src/rehearsal/intake/stages.ts';
import { rehearse } from '../../src/rehearsal/rehearse.ts';
import type { PlayedScenario } from '../../src/rehearsal/report.ts';
import type { Scenario } from '../../src/rehearsal/scenario.ts';
import type { Stage } from '../../src/rehearsal/stage.ts';

export interface Rehearsed {
  readonly played: readonly PlayedScenario[];
  readonly assumptions: readonly string[];
}

/** Scenarios by name, or as they are. Throws where there is no Rollout or no such scenario. */
export async function rehearsed(
  objects: readonly object[],
  scenarios: readonly (string | Scenario)[],
  { seed = 3, seeds = 1 }: { readonly seed?: number; readonly seeds?: number } = {},
): Promise<Rehearsed> {
  const { stage, assumptions } = stageOf(objects);
  const assumed = [...assumptions];
  const { scenarios: played } = await rehearse(stage, {
    scenarios: scenarios.map(scenarioOf),
    seed,
    seeds,
    requestsPerSecond: 100,
    assume: (sentence) => assumed.push(sentence),
  });
  return { played, assumptions: [...new Set(assumed)] };
}

function stageOf(objects: readonly object[]): { readonly stage: Stage; readonly assumptions: readonly string[] } {
  const completed = complete(objects as readonly KubeObject[], 'default');
  const { stages, assumptions } = stagesOf(completed.objects);
  const [stage] = stages;
  if (stage === undefined) throw new Error('there is no Rollout');
  return { stage, assumptions: [...completed.assumptions, ...assumptions] };
}

function scenarioOf(scenario: string | Scenario): Scenario {
  const found = typeof scenario === 'string' ? namedScenario(scenario) : scenario;
  if ('problem' in found) throw new Error(found.problem);
  return found;
}
