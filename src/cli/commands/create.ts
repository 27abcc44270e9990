/** `rampart create analysisrun`: measures by a template at once, without a Rollout. */
import { readFile } from 'node:fs/promises';
import type { AnalysisRun } from '../../api/analysis-run.ts';
import type { KubeObject } from '../../api/kubernetes.ts';
import { argoApiVersion, labels } from '../../api/names.ts';
import type { Problem } from '../../api/problem.ts';
import * as resources from '../../api/resources.ts';
import { problemText } from '../../api/validation/invalid-spec.ts';
import { mergeTemplates } from '../../core/analysis/merge-templates.ts';
import { messageOf } from '../../runtime/log.ts';
import {
  CommandError,
  type CommandLine,
  type Connection,
  type Context,
  exitCodes,
  isOn,
  textFlag,
  usageError,
} from '../command.ts';
import { readDocuments } from '../lint/documents.ts';
import { type Placed, place } from '../lint/manifests.ts';
import { ObjectsAtHand } from '../observed.ts';
import { gapIn, listAll } from '../reading.ts';
import { kindOf } from '../targets.ts';
import { say } from '../writing.ts';

export async function run(line: CommandLine, context: Context): Promise<number> {
  const [word = '', ...more] = line.operands;
  if (kindOf(word, ['analysisrun']) === undefined || more.length > 0) throw usageError('only an analysisrun can be created');
  const [from, file] = [textFlag(line, 'from'), textFlag(line, 'from-file')];
  if ((from === undefined) === (file === undefined)) throw usageError('say of which template: --from NAME or --from-file FILE');
  const args = (line.flags.get('argument') ?? []).map(argument);
  const connection = context.connect(line);
  try {
    const at = new ObjectsAtHand(context.clock);
    await readTemplates(connection, at);
    const template =
      file === undefined ? { name: from ?? '', isGlobal: isOn(line, 'global') } : await addFromFile(file, connection, at);
    const run = runOf(template, at, connection.namespace, args, line);
    const result = await connection.cluster.create(resources.analysisRuns, run);
    if (result.outcome === 'already-exists')
      throw new CommandError(`AnalysisRun "${run.metadata.name}" is there already; choose another --name`);
    if (result.outcome === 'not-found') throw new CommandError(`there is no namespace ${connection.namespace}`);
    say(context, line, { kind: 'analysisrun', name: result.object.metadata.name }, 'created');
    return exitCodes.done;
  } finally {
    await connection.close();
  }
}

function argument(text: string): { readonly name: string; readonly value: string } {
  const equals = text.indexOf('=');
  if (equals <= 0) throw usageError(`"${text}" is not NAME=VALUE`);
  return { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

async function readTemplates({ cluster, namespace }: Connection, at: ObjectsAtHand): Promise<void> {
  const read = async (resource: typeof resources.analysisTemplates | typeof resources.clusterAnalysisTemplates): Promise<void> => {
    try {
      at.add(resource, await listAll<KubeObject>(cluster, resource, namespace));
    } catch (error) {
      // What may not be seen is missed where it is referred to.
      if (gapIn(error, resource) === undefined) throw error;
    }
  };
  await Promise.all([read(resources.analysisTemplates), read(resources.clusterAnalysisTemplates)]);
}

interface NamedTemplate {
  readonly name: string;
  readonly isGlobal: boolean;
}

async function addFromFile(file: string, { namespace }: Connection, at: ObjectsAtHand): Promise<NamedTemplate> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CommandError(`${file} cannot be read: ${messageOf(cause)}`, { cause });
  });
  const { manifests, unreadable } = readDocuments(file, text);
  const [problem] = unreadable;
  if (problem !== undefined) throw new CommandError(`${file}:${problem.line}: ${problem.message}`);
  const templates = manifests.map((manifest) => place(manifest, namespace)).filter((one): one is Placed => !('problem' in one));
  const found = templates.find(({ kind }) => kind === 'AnalysisTemplate' || kind === 'ClusterAnalysisTemplate');
  if (found === undefined) throw new CommandError(`${file} holds no AnalysisTemplate`);
  const isGlobal = found.kind === 'ClusterAnalysisTemplate';
  // It is meant as it is in the file, wherever the file says that it belongs.
  const metadata = { ...found.object.metadata, ...(isGlobal ? {} : { namespace }) };
  at.put(isGlobal ? resources.clusterAnalysisTemplates : resources.analysisTemplates, { ...found.object, metadata });
  return { name: found.name, isGlobal };
}

function runOf(
  { name, isGlobal }: NamedTemplate,
  at: ObjectsAtHand,
  namespace: string,
  args: readonly { readonly name: string; readonly value: string }[],
  line: CommandLine,
): AnalysisRun {
  const { analysisTemplates, clusterAnalysisTemplates } = at.stores;
  const merged = mergeTemplates({
    templates: [{ templateName: name, clusterScope: isGlobal }],
    args,
    analysisTemplates: { get: (one) => analysisTemplates.get(namespace, one) },
    clusterAnalysisTemplates: { get: (one) => clusterAnalysisTemplates.get(undefined, one) },
    resolve: () => ({ problem: 'there is no Rollout to read it from; give it by --argument NAME=VALUE' }),
    mustEnd: false,
    path: 'spec',
  });
  if ('problems' in merged) throw new CommandError(sentences(merged.problems));
  const instanceId = textFlag(line, 'instance-id');
  const chosen = textFlag(line, 'name');
  const generateName = textFlag(line, 'generate-name') ?? `${name}-`;
  return {
    apiVersion: argoApiVersion,
    kind: 'AnalysisRun',
    metadata: {
      namespace,
      name: chosen ?? '',
      ...(chosen === undefined && { generateName }),
      ...(instanceId !== undefined && { labels: { [labels.instanceId]: instanceId } }),
    },
    spec: merged.spec,
  };
}

function sentences(problems: readonly Problem[]): string {
  return problems.map(problemText).join('; ');
}
