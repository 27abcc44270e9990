/** Runs a command of the build to its end and gives back what it said; a failure carries the last lines of its output. */
import { spawn } from 'node:child_process';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Called with each line of stderr. */
  readonly onErrorLine?: (line: string) => void;
  readonly timeoutMs?: number;
}

export class CommandFailed extends Error {
  readonly output: string;

  constructor(command: string, reason: string, output: string) {
    super(`\`${command}\` ${reason}${output === '' ? '' : `:\n${output}`}`);
    this.name = 'CommandFailed';
    this.output = output;
  }
}

const keptLines = 30;

/** Standard output of the command, whole. Throws CommandFailed when it cannot be started, exits with another code than 0, or takes too long. */
export async function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const shown = [command, ...args].join(' ');
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? 30 * 60_000,
    killSignal: 'SIGKILL',
  });
  const output: string[] = [];
  const lastErrorLines: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => output.push(chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      options.onErrorLine?.(line);
      lastErrorLines.push(line);
      if (lastErrorLines.length > keptLines) lastErrorLines.shift();
    }
  });
  const reason = await new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(`could not be started (${error.message})`));
    child.on('close', (code, signal) => resolve(code === 0 ? undefined : `ended with ${signal ?? `code ${code}`}`));
  });
  if (reason !== undefined) throw new CommandFailed(shown, reason, [...lastErrorLines, rest].join('\n').trim());
  return output.join('');
}
