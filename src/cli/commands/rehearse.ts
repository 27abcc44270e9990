/** `rampart rehearse`: plays a release of manifests with everything that may go wrong, without a cluster, and says how it ends. */
import type { KubeObject } from '../../api/kubernetes.ts';
import { catalogue } from '../../rehearsal/catalogue.ts';
import { leftOpen } from '../../rehearsal/findings/left-open.ts';
import { isRollout } from '../../rehearsal/intake/complete.ts';
import { longestPauseMs } from '../../rehearsal/intake/stages.ts';
import { rehearse } from '../../rehearsal/rehearse.ts';
import type { LeftOpen, Rehearsal, RehearsedRollout } from '../../rehearsal/report.ts';
import type { Scenario } from '../../rehearsal/scenario.ts';
import { RefusedManifest, type Stage } from '../../rehearsal/stage.ts';
import { CommandError, type CommandLine, type Context, exitCodes, isOn, textFlag, usageError } from '../command.ts';
import { findingsText } from '../lint/print-findings.ts';
import { readManifests } from '../lint/read-manifests.ts';
import { painted, paintFor, unpainted } from '../print/tone.ts';
import { countFlag, durationFlag } from '../read-flags.ts';
import { chosenScenarios, chosenStages } from '../rehearse/choose.ts';
import { broken, limitsOf } from '../rehearse/limits.ts';
import { rehearsalPage } from '../rehearse/page.ts';
import { printRehearsal } from '../rehearse/print-text.ts';
import { progressOn } from '../rehearse/progress.ts';
import { stageFiles } from '../rehearse/stage-files.ts';

/** Manifests that `rampart lint` refuses, or a line that was not understood. */
const refused = 2;
const standardRate = 100;

export async function run(line: CommandLine, context: Context): Promise<number> {
  if (isOn(line, 'list-scenarios')) {
    context.out.write(scenarioList());
    return exitCodes.done;
  }
  const files = [...(line.flags.get('filename') ?? []), ...line.operands];
  if (files.length === 0) throw usageError('say what to rehearse: -f FILE, several times if need be');
  const limits = limitsOf(line);
  const scenarios = await chosenScenarios(line);
  const seeds = atLeastOne(line, 'seeds', 1);
  const requestsPerSecond = atLeastOne(line, 'requests-per-second', standardRate);
  const staged = stageFiles(await readManifests(files, context), textFlag(line, 'namespace') ?? 'default', longestPause(line));
  if ('refused' in staged) {
    context.errors.write(findingsText(staged.refused, staged.judged, unpainted));
    return refused;
  }
  if (staged.stages.length === 0) throw new CommandError('there is no Rollout in there that could be rehearsed');
  const assumptions = [...staged.assumptions, `Users send ${requestsPerSecond} requests a second.`];
  const assume = (sentence: string): void => {
    if (!assumptions.includes(sentence)) assumptions.push(sentence);
  };
  const progress = progressOn(context.errors);
  const rollouts: RehearsedRollout[] = [];
  for (const stage of chosenStages(staged.stages, line)) {
    const seed = countFlag(line, 'seed') ?? 1;
    const onScenario = ({ name }: Stage, scenario: Scenario) => progress.say(name, scenario.name);
    const options = { scenarios, seeds, requestsPerSecond, assume, seed, onScenario, signal: context.signal };
    const rehearsed = await rehearse(stage, options)
      .catch((error: unknown) => {
        throw error instanceof RefusedManifest ? new CommandError(error.message, { cause: error }) : error;
      })
      .finally(progress.end);
    rollouts.push({ ...rehearsed, findings: findingsOf(stage, staged.objects, rehearsed) });
  }
  context.out.write(shown({ assumptions, rollouts }, line, context));
  const wrong = broken(rollouts, limits);
  for (const sentence of wrong) context.errors.write(`${sentence}\n`);
  return wrong.length > 0 ? exitCodes.no : exitCodes.done;
}

function findingsOf(
  { namespace, name }: Stage,
  objects: readonly KubeObject[],
  { scenarios }: RehearsedRollout,
): readonly LeftOpen[] {
  const rollout = objects.find((one) => isRollout(one) && one.metadata.name === name && one.metadata.namespace === namespace);
  return rollout === undefined ? [] : leftOpen(objects, rollout, scenarios);
}

function shown(rehearsal: Rehearsal, line: CommandLine, { out, environment }: Context): string {
  switch (textFlag(line, 'output')) {
    case 'json':
      return `${JSON.stringify(rehearsal, null, 2)}\n`;
    case 'html':
      return rehearsalPage(rehearsal);
    default:
      return printRehearsal(rehearsal, {
        width: out.columns,
        color: paintFor(out, environment, isOn(line, 'no-color')) === painted,
        verbose: isOn(line, 'verbose'),
        unicode: speaksUnicode(environment),
      });
  }
}

/** As the locale of the terminal says; where it says nothing, it does. */
function speaksUnicode({ LC_ALL, LC_CTYPE, LANG }: Context['environment']): boolean {
  const locale = LC_ALL || LC_CTYPE || LANG || 'C.UTF-8';
  return /utf-?8/i.test(locale);
}

/** Milliseconds; 0 leaves pauses as they are. */
function longestPause(line: CommandLine): number {
  if (textFlag(line, 'longest-pause') === undefined) return longestPauseMs;
  return durationFlag(line, 'longest-pause') ?? Number.POSITIVE_INFINITY;
}

function atLeastOne(line: CommandLine, name: string, otherwise: number): number {
  const count = countFlag(line, name) ?? otherwise;
  if (count < 1) throw usageError(`--${name} must be at least 1, got ${count}`);
  return count;
}

function scenarioList(): string {
  const lines = catalogue.map(({ name, title, option }) => {
    const shown = option === undefined ? name : `${name}[=${option.standard}]`;
    return `${shown.padEnd(26)}${title}${option === undefined ? '' : ` (${option.what})`}`;
  });
  return `${lines.join('\n')}\n`;
}
