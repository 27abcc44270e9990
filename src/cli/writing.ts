/** Sends what commands write, and says it as kubectl does: `rollout.argoproj.io/shop aborted`. */
import { ApiError } from '../runtime/cluster.ts';
import { CommandError, type CommandLine, type Connection, type Context, exitCodes, textFlag } from './command.ts';
import { apiVersionOf, notFound } from './reading.ts';
import { type Target, targetResources, targetsOf, targetText } from './targets.ts';
import type { Write } from './writes/simple.ts';

export type Sent = 'done' | 'conflict';

/** Throws CommandError where the object is not there. */
export async function send({ cluster, namespace }: Connection, { kind, name }: Target, write: Write): Promise<Sent> {
  const resource = targetResources[kind];
  const options = write.subresource === undefined ? {} : { subresource: write.subresource };
  const { outcome } = await cluster.patch(resource, { namespace, name }, write.patch, options);
  if (outcome === 'not-found') throw notFound(resource, name, namespace);
  return outcome;
}

export function say(context: Context, line: CommandLine, target: Target, done: string): void {
  const { group, version, kind } = targetResources[target.kind];
  const object = { apiVersion: apiVersionOf({ group, version, kind, plural: '', namespaced: true }), kind };
  switch (textFlag(line, 'output')) {
    case 'name':
      context.out.write(`${targetText(target)}\n`);
      return;
    case 'json':
      context.out.write(`${JSON.stringify({ ...object, metadata: { name: target.name }, result: done })}\n`);
      return;
    default:
      context.out.write(`${targetText(target)} ${done}\n`);
  }
}

/** One write for each object that is named; what cannot be written does not keep the others from it. */
export async function writeEach(
  line: CommandLine,
  context: Context,
  targets: readonly Target[],
  change: (target: Target) => { readonly write: Write; readonly done: string },
): Promise<number> {
  const connection = context.connect(line);
  let code: number = exitCodes.done;
  try {
    for (const target of targets) {
      const { write, done } = change(target);
      try {
        await send(connection, target, write);
        say(context, line, target, done);
      } catch (error) {
        if (!(error instanceof ApiError || error instanceof CommandError)) throw error;
        context.errors.write(`rampart: ${targetText(target)}: ${error.message}\n`);
        code = exitCodes.failed;
      }
    }
    return code;
  } finally {
    await connection.close();
  }
}

export function rolloutTargets(line: CommandLine): readonly Target[] {
  return targetsOf(line, ['rollout']);
}
