/** `rampart undo`: puts the template of an earlier revision back into the spec. */
import * as resources from '../../api/resources.ts';
import { CommandError, type CommandLine, type Context, exitCodes } from '../command.ts';
import { countFlag } from '../read-flags.ts';
import { listAll, readRollout } from '../reading.ts';
import { oneTarget } from '../targets.ts';
import { templateOwner } from '../template-owner.ts';
import { undo } from '../writes/undo.ts';
import { say } from '../writing.ts';

export async function run(line: CommandLine, context: Context): Promise<number> {
  const target = oneTarget(line, ['rollout']);
  const toRevision = countFlag(line, 'to-revision') ?? 0;
  const connection = context.connect(line);
  const { cluster, namespace } = connection;
  try {
    const rollout = await readRollout(connection, target.name);
    const all = await listAll(cluster, resources.replicaSets, namespace);
    const own = all.filter(({ metadata }) =>
      metadata.ownerReferences?.some(({ uid, controller }) => uid === rollout.metadata.uid && controller === true),
    );
    const wanted = undo(rollout, own, toRevision);
    if ('refused' in wanted) throw new CommandError(`cannot be undone: ${wanted.refused}`);
    const owner = templateOwner(rollout);
    const { outcome } = await cluster.patch(owner.resource, { namespace, name: owner.name }, { type: 'json', body: wanted.patch });
    if (outcome !== 'done')
      throw new CommandError(`${owner.resource.kind} "${owner.name}", which holds the template, is not there`);
    say(context, line, target, `goes back to revision ${wanted.revision}`);
    return exitCodes.done;
  } finally {
    await connection.close();
  }
}
