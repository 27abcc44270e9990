/** `rampart terminate`: ends an AnalysisRun or an Experiment before its time. */
import type { CommandLine, Context } from '../command.ts';
import { targetsOf } from '../targets.ts';
import { terminate } from '../writes/simple.ts';
import { writeEach } from '../writing.ts';

export function run(line: CommandLine, context: Context): Promise<number> {
  const targets = targetsOf(line, ['analysisrun', 'experiment'], true);
  return writeEach(line, context, targets, () => ({ write: terminate, done: 'is told to end' }));
}
