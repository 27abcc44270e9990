/** `rampart list`: Rollouts or Experiments, one a line. */

import { decodeExperiment, decodeRollout } from '../../api/decode.ts';
import { parseDuration } from '../../api/duration.ts';
import type { KubeObject } from '../../api/kubernetes.ts';
import { seenPhase } from '../../core/rollout/seen-phase.ts';
import { type CommandLine, type Context, exitCodes, isOn, textFlag, usageError } from '../command.ts';
import { Live, Screen } from '../live.ts';
import { ageOf, lengthOf } from '../print/age.ts';
import { type ObjectFormat, objectsText } from '../print/objects.ts';
import { table } from '../print/table.ts';
import { type Cell, type Paint, paintFor } from '../print/tone.ts';
import { listAll } from '../reading.ts';
import { kindOf, targetResources } from '../targets.ts';
import { phaseMark } from '../view/phase-mark.ts';
import { rolloutFacts } from '../view/rollout-facts.ts';

interface Style {
  readonly nowMs: number;
  readonly paint: Paint;
  readonly withNamespace: boolean;
}

export async function run(line: CommandLine, context: Context): Promise<number> {
  const [word = 'rollouts', ...more] = line.operands;
  const kind = kindOf(word, ['rollout', 'experiment']);
  if (kind === undefined || more.length > 0) throw usageError('list rollouts or experiments; `get` shows one');
  const connection = context.connect(line);
  try {
    const everywhere = isOn(line, 'all-namespaces');
    const namespace = everywhere ? undefined : connection.namespace;
    const resource = targetResources[kind];
    const name = textFlag(line, 'name');
    const chosen = (objects: readonly KubeObject[]) =>
      objects.filter((object) => name === undefined || object.metadata.name === name).toSorted(byName);
    const first = chosen(await listAll(connection.cluster, resource, namespace));
    const format = textFlag(line, 'output') as ObjectFormat | undefined;
    if (format !== undefined) {
      context.out.write(objectsText(first, format, true));
      return exitCodes.done;
    }
    const paint = paintFor(context.out, context.environment, isOn(line, 'no-color'));
    const print = kind === 'rollout' ? rolloutList : experimentList;
    const picture = (objects: readonly KubeObject[]) =>
      print(objects, { nowMs: context.clock.now(), paint, withNamespace: everywhere });
    if (!isOn(line, 'watch')) {
      if (first.length === 0)
        context.errors.write(`No ${resource.plural} found${everywhere ? '' : ` in namespace ${connection.namespace}`}.\n`);
      else context.out.write(picture(first));
      return exitCodes.done;
    }
    const live = new Live(context, connection.cluster, [{ resource, namespace }]);
    const screen = new Screen(context.out);
    const stamped = isOn(line, 'timestamps');
    const draw = () => {
      const text = picture(chosen(live.stores[0]?.list() ?? []));
      screen.show(stamped ? `${new Date(context.clock.now()).toISOString()}\n${text}` : text);
      return 'go on' as const;
    };
    return (await live.run(draw, { ticks: false })) ?? exitCodes.done;
  } finally {
    await connection.close();
  }
}

function byName(a: KubeObject, b: KubeObject): number {
  const [left, right] = [a, b].map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`);
  return (left ?? '') < (right ?? '') ? -1 : 1;
}

export function rolloutList(objects: readonly KubeObject[], style: Style): string {
  const header = ['NAME', 'STRATEGY', 'STATUS', 'STEP', 'SET-WEIGHT', 'READY', 'DESIRED', 'UP-TO-DATE', 'AVAILABLE', 'AGE'];
  const rows = objects.map((object): readonly Cell[] => {
    const { rollout } = decodeRollout(object);
    const { metadata, spec, status } = rollout;
    const { strategy, step, setWeight } = rolloutFacts(rollout);
    return [
      metadata.name,
      strategy,
      phaseMark(seenPhase(rollout).phase),
      step === undefined ? '-' : `${step.done}/${step.of}`,
      setWeight === undefined ? '-' : String(setWeight),
      `${status?.readyReplicas ?? 0}/${status?.replicas ?? 0}`,
      String(spec.replicas ?? 1),
      String(status?.updatedReplicas ?? 0),
      String(status?.availableReplicas ?? 0),
      ageOf(metadata.creationTimestamp, style.nowMs),
    ];
  });
  return tableOf(header, objects, rows, style);
}

export function experimentList(objects: readonly KubeObject[], style: Style): string {
  const rows = objects
    .map((object) => decodeExperiment(object).experiment)
    .map(({ metadata, spec, status }): readonly Cell[] => {
      const parsed = parseDuration(spec.duration ?? '');
      const length = typeof parsed === 'number' ? parsed : undefined;
      const sinceMs = Date.parse(status?.availableAt ?? '');
      const isOver = ['Successful', 'Failed', 'Error', 'Inconclusive'].includes(status?.phase ?? '');
      const left = length === undefined || Number.isNaN(sinceMs) || isOver ? '-' : lengthOf(sinceMs + length - style.nowMs);
      const duration = length === undefined ? '-' : lengthOf(length);
      return [metadata.name, phaseMark(status?.phase || 'Pending'), duration, left, ageOf(metadata.creationTimestamp, style.nowMs)];
    });
  return tableOf(['NAME', 'STATUS', 'DURATION', 'REMAINING', 'AGE'], objects, rows, style);
}

function tableOf(
  header: readonly string[],
  objects: readonly KubeObject[],
  rows: readonly (readonly Cell[])[],
  { paint, withNamespace }: Style,
): string {
  if (!withNamespace) return table(header, rows, paint);
  return table(
    ['NAMESPACE', ...header],
    rows.map((row, index) => [objects[index]?.metadata.namespace ?? '', ...row]),
    paint,
  );
}
