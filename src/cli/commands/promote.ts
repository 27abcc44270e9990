/** `rampart promote`: ends a pause, skips a step, or skips all that is left. */
import type { Rollout } from '../../api/rollout.ts';
import { CommandError, type CommandLine, type Connection, type Context, exitCodes, isOn, usageError } from '../command.ts';
import { readRollout } from '../reading.ts';
import { oneTarget, type Target } from '../targets.ts';
import { type PromoteMode, promotion } from '../writes/promote.ts';
import type { Write } from '../writes/simple.ts';
import { say, send } from '../writing.ts';

const tries = 5;

export async function run(line: CommandLine, context: Context): Promise<number> {
  const target = oneTarget(line, ['rollout']);
  const mode = modeOf(line);
  const connection = context.connect(line);
  try {
    const says = await promote(connection, target, mode);
    say(context, line, target, says);
    return exitCodes.done;
  } finally {
    await connection.close();
  }
}

function modeOf(line: CommandLine): PromoteMode {
  const modes = (['full', 'skip-current-step', 'skip-all-steps'] as const).filter((mode) => isOn(line, mode));
  if (modes.length > 1) throw usageError(`use one of ${modes.map((mode) => `--${mode}`).join(' and ')}`);
  return modes[0] ?? 'plain';
}

/** Counts again where the Rollout was written meanwhile, and stops where it has gone on by itself. */
async function promote(connection: Connection, target: Target, mode: PromoteMode): Promise<string> {
  let first: Rollout | undefined;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const rollout = await readRollout(connection, target.name);
    first ??= rollout;
    const [before, now] = [first, rollout].map(({ status }) => status?.currentStepIndex);
    if (before !== now) return `has gone on by itself, to step ${(now ?? 0) + 1}`;
    const wanted = promotion(rollout, mode);
    if ('refused' in wanted) throw new CommandError(`there is nothing to promote: ${wanted.refused}`);
    if (await sendAll(connection, target, wanted.writes)) return wanted.says;
  }
  throw new CommandError('the Rollout is written to all the time; try again');
}

async function sendAll(connection: Connection, target: Target, writes: readonly Write[]): Promise<boolean> {
  for (const write of writes) if ((await send(connection, target, write)) === 'conflict') return false;
  return true;
}
