/** What is rehearsed: which Rollouts of the files, by which scenarios. Throws CommandError for what there is not. */
import { readFile } from 'node:fs/promises';
import { namedScenario } from '../../rehearsal/catalogue.ts';
import type { Scenario } from '../../rehearsal/scenario.ts';
import { readScenarioFile } from '../../rehearsal/scenario-file.ts';
import type { Stage } from '../../rehearsal/stage.ts';
import { messageOf } from '../../runtime/log.ts';
import { type CommandLine, textFlag, usageError } from '../command.ts';

export function chosenStages(stages: readonly Stage[], line: CommandLine): readonly Stage[] {
  const wanted = textFlag(line, 'rollout');
  if (wanted === undefined) return stages;
  const chosen = stages.filter(({ namespace, name }) => wanted === name || wanted === `${namespace}/${name}`);
  if (chosen.length > 0) return chosen;
  throw usageError(`there is no Rollout ${wanted} in the files; there is ${stages.map(({ name }) => name).join(', ')}`);
}

/** By name, and all of each file that is named; undefined: the default ones. */
export async function chosenScenarios(line: CommandLine): Promise<readonly Scenario[] | undefined> {
  const named = line.flags.get('scenario') ?? [];
  if (named.length === 0) return undefined;
  const chosen: Scenario[] = [];
  for (const text of named) {
    const scenario = /\.(?:ya?ml|json)$/.test(text) ? await scenariosOfFile(text) : namedScenario(text);
    if ('problem' in scenario) throw usageError(scenario.problem);
    chosen.push(...(isList(scenario) ? scenario : [scenario]));
  }
  const twice = chosen.find(({ name }, index) => chosen.findIndex((one) => one.name === name) !== index);
  if (twice !== undefined) throw usageError(`scenario ${twice.name} is named twice`);
  return chosen;
}

function isList(chosen: Scenario | readonly Scenario[]): chosen is readonly Scenario[] {
  return Array.isArray(chosen);
}

async function scenariosOfFile(file: string): Promise<readonly Scenario[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw usageError(`the scenarios in ${file} cannot be read: ${messageOf(cause)}`);
  }
  const read = readScenarioFile(text);
  if ('scenarios' in read) return read.scenarios;
  const lines = read.problems.map(({ line, path, message }) => `  ${file}:${line}  ${path === '' ? '' : `${path}: `}${message}`);
  throw usageError(`there is something wrong with the scenarios in ${file}:\n${lines.join('\n')}`);
}
