/** `rampart set-image`: begins an update by another image. */
import type { KubeObject } from '../../api/kubernetes.ts';
import { CommandError, type CommandLine, type Connection, type Context, exitCodes, usageError } from '../command.ts';
import { readObject, readRollout } from '../reading.ts';
import { kindOf, type Target } from '../targets.ts';
import { templateOwner } from '../template-owner.ts';
import { type ImageChange, imageChanges, readWantedImage, type WantedImage } from '../writes/set-image.ts';
import { say } from '../writing.ts';

const tries = 5;

export async function run(line: CommandLine, context: Context): Promise<number> {
  const { target, wanted } = read(line);
  const connection = context.connect(line);
  try {
    const changes = await change(connection, target.name, wanted);
    const told = changes.map(({ container, to }) => `${container}=${to}`).join(', ');
    say(context, line, target, changes.length === 0 ? 'has these images already' : `gets ${told}`);
    return exitCodes.done;
  } finally {
    await connection.close();
  }
}

/** `shop web=image`, `rollout shop web=image`, `rollout/shop web=image`. */
function read({ operands }: CommandLine): { readonly target: Target; readonly wanted: readonly WantedImage[] } {
  const [first = '', ...others] = operands;
  const said = kindOf(first, ['rollout']) !== undefined && others[0]?.includes('=') === false;
  const [named = '', ...images] = said ? others : operands;
  const slash = named.indexOf('/');
  if (slash >= 0 && kindOf(named.slice(0, slash), ['rollout']) === undefined) throw usageError(`"${named}" is no Rollout`);
  if (named === '' || named.includes('=')) throw usageError('name a rollout first');
  if (images.length === 0) throw usageError('say which image: CONTAINER=IMAGE, or *=IMAGE for all containers');
  const wanted = images.map((text) => {
    const image = readWantedImage(text);
    if (image === undefined) throw usageError(`"${text}" is not CONTAINER=IMAGE`);
    return image;
  });
  return { target: { kind: 'rollout', name: named.slice(slash + 1) }, wanted };
}

async function change(connection: Connection, name: string, wanted: readonly WantedImage[]): Promise<readonly ImageChange[]> {
  const { cluster, namespace } = connection;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const owner = templateOwner(await readRollout(connection, name));
    const object = await readObject(connection, owner.resource, owner.name);
    const found = imageChanges(templateIn(object, owner.pointer), owner.pointer, wanted);
    if ('refused' in found) throw new CommandError(found.refused);
    if (found.changes.length === 0) return [];
    const { outcome } = await cluster.patch(owner.resource, { namespace, name: owner.name }, { type: 'json', body: found.patch });
    if (outcome === 'done') return found.changes;
  }
  throw new CommandError('the template is written to all the time; try again');
}

function templateIn(object: KubeObject, pointer: string): unknown {
  const { spec, template } = object as KubeObject & {
    readonly spec?: { readonly template?: unknown };
    readonly template?: unknown;
  };
  return pointer === '/template' ? template : spec?.template;
}
