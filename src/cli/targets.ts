/** Which objects a command line names: `shop`, `rollout shop api`, `experiment/trial`, as kubectl reads them. */
import type { KubeObject, Resource } from '../api/kubernetes.ts';
import * as resources from '../api/resources.ts';
import { type CommandLine, usageError } from './command.ts';

export type TargetKind = 'rollout' | 'experiment' | 'analysisrun';

export interface Target {
  readonly kind: TargetKind;
  readonly name: string;
}

const words: Readonly<Record<TargetKind, readonly string[]>> = {
  rollout: ['rollout', 'rollouts', 'ro', 'rollouts.argoproj.io', 'rollout.argoproj.io'],
  experiment: ['experiment', 'experiments', 'exp', 'experiments.argoproj.io', 'experiment.argoproj.io'],
  analysisrun: ['analysisrun', 'analysisruns', 'ar', 'analysisruns.argoproj.io', 'analysisrun.argoproj.io'],
};

export const targetResources: Readonly<Record<TargetKind, Resource<KubeObject>>> = {
  rollout: resources.rollouts,
  experiment: resources.experiments,
  analysisrun: resources.analysisRuns,
};

/** Undefined for what is no word for one of these kinds. */
export function kindOf(word: string, kinds: readonly TargetKind[]): TargetKind | undefined {
  return kinds.find((kind) => words[kind].includes(word.toLowerCase()));
}

/**
 * At least one. `kinds`: those that the command takes, the first being meant where none is said; without such a first one
 * (`mustSay`) the kind has to be typed.
 */
export function targetsOf({ operands }: CommandLine, kinds: readonly TargetKind[], mustSay = false): readonly Target[] {
  const [first, ...others] = operands;
  const [usual = 'rollout'] = kinds;
  const said = first !== undefined && others.length > 0 ? kindOf(first, kinds) : undefined;
  const names = said === undefined ? operands : others;
  if (names.length === 0) throw usageError(`name ${kinds.length === 1 ? `a ${usual}` : `one of: ${kinds.join(', ')}`}`);
  return names.map((text) => {
    const slash = text.indexOf('/');
    if (slash < 0) {
      if (mustSay && said === undefined)
        throw usageError(`say what ${text} is: ${kinds.map((kind) => `${kind} ${text}`).join(' or ')}`);
      return { kind: said ?? usual, name: text };
    }
    const kind = kindOf(text.slice(0, slash), kinds);
    if (kind === undefined) throw usageError(`"${text}" is none of ${kinds.map((one) => `${one}/NAME`).join(', ')}`);
    return { kind, name: text.slice(slash + 1) };
  });
}

export function oneTarget(line: CommandLine, kinds: readonly TargetKind[]): Target {
  const [target, ...more] = targetsOf(line, kinds);
  if (target === undefined || more.length > 0) throw usageError('name one, not several');
  return target;
}

export function targetText({ kind, name }: Target): string {
  return `${kind}.argoproj.io/${name}`;
}
