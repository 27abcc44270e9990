/** `rampart pause`: holds steps and promotion. */
import type { CommandLine, Context } from '../command.ts';
import { pause } from '../writes/simple.ts';
import { rolloutTargets, writeEach } from '../writing.ts';

export function run(line: CommandLine, context: Context): Promise<number> {
  return writeEach(line, context, rolloutTargets(line), () => ({ write: pause, done: 'paused' }));
}
