/** Finds the command that a line means, reads its flags and runs it; whatever goes wrong ends as one sentence and an exit code. */
import { ApiError } from '../runtime/cluster.ts';
import { readArguments } from './arguments.ts';
import { CommandError, type CommandSpec, type Context, exitCodes } from './command.ts';
import { commandTable, twoWordCommands } from './command-table.ts';
import { commandHelp, overview, usageLines } from './usage.ts';

/** `rampart`, or `kubectl rampart` where the program was called by kubectl's name for it. */
export function programName(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1).replace(/\.(?:js|ts|mjs)$/, '');
  return file === 'kubectl-rampart' ? 'kubectl rampart' : 'rampart';
}

/** True where kubectl asks for completion: it calls a program of this name. */
export function isCompletionProgram(path: string): boolean {
  return /(?:^|\/)kubectl_complete-rampart$/.test(path);
}

/** The command and what follows it; undefined for what is none. */
export function findCommand(args: readonly string[]): { readonly spec: CommandSpec; readonly rest: readonly string[] } | undefined {
  const [first = '', second = ''] = args;
  const pair = twoWordCommands.get(`${first} ${second}`);
  const spec = commandTable.find(({ name }) => name === (pair ?? first));
  return spec === undefined ? undefined : { spec, rest: args.slice(pair === undefined ? 1 : 2) };
}

/** Resolves with the exit code; never rejects for what a person can do wrong. */
export async function dispatch(args: readonly string[], program: string, context: Context): Promise<number> {
  const [first = '--help'] = args;
  if (first === '--help' || first === '-h' || first === 'help') return help(args.slice(1), program, context);
  const found = findCommand(first === '--version' ? ['version'] : args);
  if (found === undefined) {
    context.errors.write(`${program}: there is no command "${first}".\n\n${overview(program)}`);
    return exitCodes.failed;
  }
  const { spec, rest } = found;
  try {
    const line = readArguments(rest, spec.flags);
    if (line === 'help') {
      context.out.write(commandHelp(spec, program));
      return exitCodes.done;
    }
    const run = await spec.load();
    return await run(line, context);
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof ApiError)) throw error;
    const usage = error instanceof CommandError && error.isUsage ? `${usageLines(spec, program).join('\n')}\n` : '';
    context.errors.write(`${program} ${spec.name}: ${error.message.replace(/\.?$/, '.')}\n${usage}`);
    return spec.failsWith ?? exitCodes.failed;
  }
}

function help(args: readonly string[], program: string, context: Context): number {
  const found = findCommand(args);
  context.out.write(found === undefined ? overview(program) : commandHelp(found.spec, program));
  return exitCodes.done;
}
