/** `rampart status`: waits until a Rollout is done, for scripts: 0 healthy, 1 degraded, 2 time is up. */
import { decodeRollout } from '../../api/decode.ts';
import * as resources from '../../api/resources.ts';
import { type SeenPhase, seenPhase } from '../../core/rollout/seen-phase.ts';
import { type CommandLine, type Context, exitCodes, isOn, textFlag } from '../command.ts';
import { Live } from '../live.ts';
import { durationFlag } from '../read-flags.ts';
import { notFound, readRollout } from '../reading.ts';
import { oneTarget } from '../targets.ts';

export async function run(line: CommandLine, context: Context): Promise<number> {
  const { name } = oneTarget(line, ['rollout']);
  const giveUpMs = durationFlag(line, 'timeout');
  const connection = context.connect(line);
  const { namespace } = connection;
  const asJson = textFlag(line, 'output') === 'json';
  try {
    const first = seenPhase(await readRollout(connection, name));
    if (line.flags.has('watch') && !isOn(line, 'watch')) {
      context.out.write(asJson ? `${JSON.stringify(first)}\n` : sentence(first));
      return endOf(first) ?? exitCodes.late;
    }
    const live = new Live(context, connection.cluster, [{ resource: resources.rollouts, namespace, name }]);
    let last = '';
    const draw = () => {
      const object = live.stores[0]?.get(namespace, name);
      if (object === undefined) throw notFound(resources.rollouts, name, namespace);
      const seen = seenPhase(decodeRollout(object).rollout);
      const text = asJson ? `${JSON.stringify(seen)}\n` : sentence(seen);
      if (text !== last) context.out.write(text);
      last = text;
      const end = endOf(seen);
      return end === undefined ? ('go on' as const) : { end };
    };
    const code = await live.run(draw, { ticks: false, giveUpMs });
    if (code !== undefined) return context.signal.aborted ? exitCodes.late : code;
    context.errors.write('Rollout status watch exceeded timeout\n');
    return exitCodes.late;
  } finally {
    await connection.close();
  }
}

function sentence({ phase, message }: SeenPhase): string {
  return message === '' ? `${phase}\n` : `${phase} - ${message}\n`;
}

/** Undefined while it is under way: a pause is waited out. */
function endOf({ phase }: SeenPhase): number | undefined {
  if (phase === 'Healthy') return exitCodes.done;
  return phase === 'Degraded' ? exitCodes.no : undefined;
}
