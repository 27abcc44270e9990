/** `rampart abort`: back to the stable version. */
import type { CommandLine, Context } from '../command.ts';
import { abort } from '../writes/simple.ts';
import { rolloutTargets, writeEach } from '../writing.ts';

export function run(line: CommandLine, context: Context): Promise<number> {
  return writeEach(line, context, rolloutTargets(line), () => ({ write: abort, done: 'aborted' }));
}
