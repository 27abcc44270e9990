/** `rampart get`: one Rollout or Experiment, with all that belongs to it. */
import { decodeExperiment, decodeRollout } from '../../api/decode.ts';
import type { KubeObject } from '../../api/kubernetes.ts';
import * as resources from '../../api/resources.ts';
import type { Rollout } from '../../api/rollout.ts';
import type { Resource } from '../../runtime/cluster.ts';
import { type CommandLine, type Connection, type Context, exitCodes, isOn, textFlag } from '../command.ts';
import { Live, Screen } from '../live.ts';
import { type ObjectFormat, objectsText } from '../print/objects.ts';
import { type Paint, paintFor } from '../print/tone.ts';
import { durationFlag } from '../read-flags.ts';
import { type Gaps, notFound, readObject, readSurroundings, surroundingNames, surroundingResources } from '../reading.ts';
import { oneTarget, type Target, targetResources } from '../targets.ts';
import { experimentHead } from '../view/experiment-head.ts';
import { familyOf, type Surroundings } from '../view/family.ts';
import { rolloutHead } from '../view/rollout-head.ts';
import { experimentTree, rolloutTree } from '../view/tree.ts';

export async function run(line: CommandLine, context: Context): Promise<number> {
  const target = oneTarget(line, ['rollout', 'experiment']);
  const giveUpMs = durationFlag(line, 'timeout');
  const connection = context.connect(line);
  try {
    const resource = targetResources[target.kind];
    const object = await readObject(connection, resource, target.name);
    const format = textFlag(line, 'output') as ObjectFormat | undefined;
    if (format !== undefined) {
      context.out.write(objectsText([object], format, false));
      return exitCodes.done;
    }
    const paint = paintFor(context.out, context.environment, isOn(line, 'no-color'));
    const { all, gaps } = await readSurroundings(connection);
    if (isOn(line, 'watch')) return await follow({ target, connection, context, paint, gaps, giveUpMs });
    context.out.write(picture(target, object, all, gaps, { nowMs: context.clock.now(), paint }));
    return exitCodes.done;
  } finally {
    await connection.close();
  }
}

interface Following {
  readonly target: Target;
  readonly connection: Connection;
  readonly context: Context;
  readonly paint: Paint;
  readonly gaps: Gaps;
  readonly giveUpMs: number | undefined;
}

async function follow({ target, connection, context, paint, gaps, giveUpMs }: Following): Promise<number> {
  const { namespace } = connection;
  const resource = targetResources[target.kind];
  const visible = surroundingNames.filter((name) => !gaps.has(name));
  const live = new Live(context, connection.cluster, [
    { resource, namespace, name: target.name },
    ...visible.map((name) => ({ resource: surroundingResources[name] as Resource<KubeObject>, namespace })),
  ]);
  const screen = new Screen(context.out);
  const draw = () => {
    const [own, ...others] = live.stores;
    const object = own?.get(namespace, target.name);
    if (object === undefined) throw notFound(resource, target.name, namespace);
    const seen = new Map(visible.map((name, index) => [name, others[index]?.list() ?? []]));
    const all = Object.fromEntries(surroundingNames.map((name) => [name, seen.get(name) ?? []])) as unknown as Surroundings;
    screen.show(picture(target, object, all, gaps, { nowMs: context.clock.now(), paint }));
    return 'go on' as const;
  };
  return (await live.run(draw, { ticks: context.out.isTerminal, giveUpMs })) ?? exitCodes.late;
}

interface Style {
  readonly nowMs: number;
  readonly paint: Paint;
}

function picture({ kind }: Target, object: KubeObject, all: Surroundings, gaps: Gaps, { nowMs, paint }: Style): string {
  const said = [...gaps.values()].map((why) => `Not shown: ${why}.\n`).join('');
  if (kind === 'experiment') {
    const { experiment } = decodeExperiment(object);
    const family = familyOf(experiment, all);
    return `${experimentHead(experiment, paint)}\n${experimentTree(experiment, family, nowMs, paint)}${said}`;
  }
  const { rollout } = decodeRollout(object);
  const family = { rollout: named(rollout), ...familyOf(rollout, all) };
  return `${rolloutHead(family, nowMs, paint)}\n${rolloutTree(family, nowMs, paint)}${said}`;
}

function named(rollout: Rollout): Rollout {
  return { kind: resources.rollouts.kind, ...rollout };
}
