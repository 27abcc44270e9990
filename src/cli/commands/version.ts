/** `rampart version` */
import { version } from '../../version.ts';
import { type CommandLine, type Context, exitCodes } from '../command.ts';

export async function run(_: CommandLine, context: Context): Promise<number> {
  context.out.write(`rampart ${version}\n`);
  return exitCodes.done;
}
