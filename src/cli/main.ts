/** The `rampart` command (also `kubectl rampart`): finds the subcommand and hands it the rest of the line. */
// Before everything else is loaded: it may begin the process anew.
import './begin.ts';

import { version } from '../version.ts';
import { runController } from './controller.ts';

interface Command {
  readonly summary: string;
  /** Resolves to the exit code. */
  readonly run: (args: readonly string[]) => Promise<number>;
}

const commands: Readonly<Record<string, Command>> = {
  controller: {
    summary: 'Watch Rollouts and deliver them; what the Deployment in the cluster runs.',
    run: runController,
  },
  version: {
    summary: 'Print the version.',
    run: async () => {
      process.stdout.write(`rampart ${version}\n`);
      return 0;
    },
  },
};

const usage = [
  'Usage: rampart <command> [flags]',
  '',
  'Commands:',
  ...Object.entries(commands).map(([name, command]) => `  ${name.padEnd(12)}${command.summary}`),
  '',
  'rampart <command> --help explains one.',
  '',
].join('\n');

async function main(args: readonly string[]): Promise<number> {
  const [name = '--help', ...rest] = args;
  if (name === '--version') return (await commands.version?.run([])) ?? 0;
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    process.stderr.write(`rampart: there is no command "${name}".\n\n${usage}`);
    return 2;
  }
  return command.run(rest);
}

process.exitCode = await main(process.argv.slice(2));
