/** `rampart retry`: an aborted Rollout, or an Experiment that has ended, begins again. */
import type { CommandLine, Context } from '../command.ts';
import { targetsOf } from '../targets.ts';
import { retryExperiment, retryRollout } from '../writes/simple.ts';
import { writeEach } from '../writing.ts';

export function run(line: CommandLine, context: Context): Promise<number> {
  return writeEach(line, context, targetsOf(line, ['rollout', 'experiment']), ({ kind }) => ({
    write: kind === 'experiment' ? retryExperiment : retryRollout,
    done: 'retried',
  }));
}
