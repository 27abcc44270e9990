/** `rampart resume`: takes back what `pause` wrote. A pause of a step is ended by `promote`. */
import type { CommandLine, Context } from '../command.ts';
import { resume } from '../writes/simple.ts';
import { rolloutTargets, writeEach } from '../writing.ts';

export function run(line: CommandLine, context: Context): Promise<number> {
  return writeEach(line, context, rolloutTargets(line), () => ({ write: resume, done: 'resumed' }));
}
