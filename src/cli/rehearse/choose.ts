/** What is rehearsed: which Rollouts of the files, by which scenarios. Throws CommandError for what there is not. */
import { namedScenario } from '../../rehearsal/catalogue.ts';
import type { Scenario } from '../../rehearsal/scenario.ts';
import type { Stage } from '../../rehearsal/stage.ts';
import { type CommandLine, textFlag, usageError } from '../command.ts';

export function chosenStages(stages: readonly Stage[], line: CommandLine): readonly Stage[] {
  const wanted = textFlag(line, 'rollout');
  if (wanted === undefined) return stages;
  const chosen = stages.filter(({ namespace, name }) => wanted === name || wanted === `${namespace}/${name}`);
  if (chosen.length > 0) return chosen;
  throw usageError(`there is no Rollout ${wanted} in the files; there is ${stages.map(({ name }) => name).join(', ')}`);
}

/** Undefined: the default ones. */
export function chosenScenarios(line: CommandLine): readonly Scenario[] | undefined {
  const named = line.flags.get('scenario') ?? [];
  if (named.length === 0) return undefined;
  return named.map((text) => {
    const scenario = namedScenario(text);
    if ('problem' in scenario) throw usageError(scenario.problem);
    return scenario;
  });
}
