/**
 * What may stand in the last place of an unfinished line, one candidate a line, `:4` (no files) or `:0` (files) behind them: the form that
 * kubectl reads from `kubectl_complete-rampart`. It never complains: where the cluster does not answer soon, there are no names.
 */
import type { KubeObject, Resource } from '../api/kubernetes.ts';
import * as resources from '../api/resources.ts';
import { loadKubeConfig } from '../runtime/client/kube-config.ts';
import { readArguments } from './arguments.ts';
import type { Candidates, CommandLine, CommandSpec, Context } from './command.ts';
import { commandTable, twoWordCommands } from './command-table.ts';
import { findCommand } from './dispatch.ts';
import { kindOf } from './targets.ts';

const patienceMs = 3_000;
const mostNames = 500;

const namespaces: Resource<KubeObject> = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };
const named: Readonly<Record<string, Resource<KubeObject>>> = {
  rollouts: resources.rollouts,
  experiments: resources.experiments,
  analysisruns: resources.analysisRuns,
  namespaces,
};

export async function complete(args: readonly string[], context: Context): Promise<number> {
  const last = args.at(-1) ?? '';
  const before = args.slice(0, -1);
  const { candidates, prefix = '' } = wanted(before, last);
  const words = (await wordsOf(candidates, before, context)).map((word) => prefix + word).filter((word) => word.startsWith(last));
  context.out.write(`${words.map((word) => `${word}\n`).join('')}:${candidates === 'files' ? 0 : 4}\n`);
  return 0;
}

interface Wanted {
  readonly candidates: Candidates;
  /** Stands before the value itself: `--context=`. */
  readonly prefix?: string;
}

/** Pure: which kind of words fit. */
export function wanted(before: readonly string[], last: string): Wanted {
  const found = findCommand(before);
  if (found === undefined) return { candidates: before.length === 0 ? 'commands' : secondWords(before) };
  const { spec, rest } = found;
  const inFlag = flagValue(spec, rest, last);
  if (inFlag !== undefined) return inFlag;
  if (last.startsWith('-')) return { candidates: [...spec.flags.map(({ name }) => `--${name}`), '--help'] };
  return { candidates: operandsOf(spec, rest) };
}

function secondWords([first = '', ...more]: readonly string[]): readonly string[] {
  if (more.length > 0) return [];
  return [...twoWordCommands.keys()].flatMap((pair) => (pair.startsWith(`${first} `) ? [pair.slice(first.length + 1)] : []));
}

function flagValue({ flags }: CommandSpec, rest: readonly string[], last: string): Wanted | undefined {
  const equals = last.indexOf('=');
  const spelled = last.startsWith('--') && equals > 0 ? last.slice(0, equals) : rest.at(-1);
  const flag = flags.find(
    ({ name, short, kind }) => kind !== 'switch' && (spelled === `--${name}` || spelled === `-${short ?? ''}`),
  );
  if (flag === undefined) return undefined;
  return { candidates: flag.complete ?? [], prefix: spelled === rest.at(-1) ? '' : `${spelled}=` };
}

function operandsOf({ name, operands }: CommandSpec, rest: readonly string[]): Candidates {
  const kind = rest.map((word) => kindOf(word, ['rollout', 'experiment', 'analysisrun'])).find((one) => one !== undefined);
  if (kind === undefined || name === 'list') return operands;
  return `${kind}s` as const;
}

async function wordsOf(candidates: Candidates, before: readonly string[], context: Context): Promise<readonly string[]> {
  if (typeof candidates !== 'string') return candidates;
  if (candidates === 'files') return [];
  if (candidates === 'commands') return ['controller', ...commandTable.map(({ name }) => name)];
  try {
    const line = lineOf(before);
    if (candidates === 'contexts') return contexts(line, context);
    return await names(named[candidates] ?? namespaces, line, context);
  } catch {
    return [];
  }
}

/** Flags that choose the cluster count although the line is not complete. */
function lineOf(before: readonly string[]): CommandLine {
  const found = findCommand(before);
  const rest = found?.rest ?? [];
  const flags = found?.spec.flags ?? [];
  const unfinished = flagValue({ flags } as CommandSpec, rest, '') === undefined ? rest : rest.slice(0, -1);
  const line = readArguments(unfinished, flags);
  return line === 'help' ? { operands: [], flags: new Map() } : line;
}

function contexts({ flags }: CommandLine, { environment }: Context): readonly string[] {
  const { config } = loadKubeConfig({ kubeconfig: flags.get('kubeconfig')?.at(-1), environment });
  return config.contexts.map(({ name }) => name);
}

async function names(resource: Resource<KubeObject>, line: CommandLine, context: Context): Promise<readonly string[]> {
  const connection = context.connect(line);
  const timeUp = new AbortController();
  const timer = context.clock.setTimer(patienceMs, () => timeUp.abort());
  try {
    const options = { limit: mostNames, resourceVersion: '0', ...(resource.namespaced && { namespace: connection.namespace }) };
    const { items } = await connection.cluster.list(resource, options, timeUp.signal);
    return items.map(({ metadata }) => metadata.name).toSorted();
  } finally {
    timer.cancel();
    await connection.close();
  }
}
