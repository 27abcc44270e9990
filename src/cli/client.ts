/** Everything but the controller: gives commands the terminal, the clock and the cluster, and ends them when the person has had enough. */
import { randomInt } from 'node:crypto';
import { systemClock } from '../runtime/clock.ts';
import type { Context, Output } from './command.ts';
import { connect } from './connection.ts';
import { dispatch, isCompletionProgram, programName } from './dispatch.ts';

const fractions = 2 ** 32;

export async function runClient(args: readonly string[], path: string): Promise<number> {
  const enough = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => enough.abort());
  // A reader that goes (`| head`) has had enough too.
  process.stdout.on('error', () => enough.abort());
  const world = { clock: systemClock, random: () => randomInt(fractions) / fractions, environment: process.env };
  const context: Context = {
    ...world,
    out: outputOf(process.stdout),
    errors: outputOf(process.stderr),
    signal: enough.signal,
    connect: (line) => connect(line, world),
    readInput,
  };
  if (isCompletionProgram(path) || args[0] === '__complete') {
    const { complete } = await import('./complete.ts');
    return complete(isCompletionProgram(path) ? args : args.slice(1), context);
  }
  return dispatch(args, programName(path), context);
}

function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 120;
    },
    get rows() {
      return stream.rows ?? 50;
    },
  };
}

async function readInput(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) text += chunk;
  return text;
}
