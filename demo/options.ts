/** What `npm run demo -- ...` understands. */
import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** Leaves everything running at the end, until Ctrl-C. */
  readonly keep: boolean;
  /** Prints the bill as JSON on standard output, and nothing else there. */
  readonly json: boolean;
  /** Lines instead of a picture; always so where there is no terminal. */
  readonly plain: boolean;
  readonly requestsPerSecond: number;
}

export const usage = `Usage: npm run demo -- [flags]

Ten pods of a small shop behind a real gateway, on a Kubernetes of its own. Version 2 is good and is promoted; version 3 fails one
request in five and is taken back, because Prometheus says so. Exit code 0 only if that is what happened and no other request failed.

  --keep            leave it running at the end and say how to look at it with kubectl
  --json            print the bill for machines
  --plain           print lines instead of a picture
  --rate NUMBER     requests a second (default 200)
  --help            show this text
`;

/** Throws with a sentence where a flag is wrong; undefined where help was asked for. */
export function parseDemoOptions(args: readonly string[], isTerminal: boolean): DemoOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      plain: { type: 'boolean', default: false },
      rate: { type: 'string', default: '200' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  const requestsPerSecond = Number(values.rate);
  if (!(requestsPerSecond >= 20 && requestsPerSecond <= 2000))
    throw new Error(`--rate must be a number from 20 to 2000, but is "${values.rate}".`);
  return { keep: values.keep, json: values.json, plain: values.plain || values.json || !isTerminal, requestsPerSecond };
}
