/** `rampart restart`: replaces the pods that are there now, a few at a time. */
import type { CommandLine, Context } from '../command.ts';
import { lengthOf } from '../print/age.ts';
import { durationFlag } from '../read-flags.ts';
import { restartAt } from '../writes/simple.ts';
import { rolloutTargets, writeEach } from '../writing.ts';

export function run(line: CommandLine, context: Context): Promise<number> {
  const delayMs = durationFlag(line, 'in') ?? 0;
  const write = restartAt(context.clock.now() + delayMs);
  const done = delayMs === 0 ? 'restarts' : `restarts in ${lengthOf(delayMs)}`;
  return writeEach(line, context, rolloutTargets(line), () => ({ write, done }));
}
