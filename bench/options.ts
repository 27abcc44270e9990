/** What `npm run bench -- ...` understands. */
import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Rollouts of the fleet. */
  readonly rollouts: number;
  /** Rollouts whose analyses turn bad at the same moment. */
  readonly analyses: number;
  /** Spec changes and promotions whose latency is taken, one after the other. */
  readonly commands: number;
  readonly json: boolean;
}

export const usage = `Usage: npm run bench -- [flags]

Runs a fleet of Rollouts on an embedded Kubernetes (pods by kwok) and compares what Rampart needed with its budgets.

  --rollouts N   Rollouts created, then all updated at once (default 200; the budgets speak of 1000)
  --analyses N   Rollouts whose metrics turn bad at once (default 50)
  --commands N   spec changes and promotions measured one by one (default 50)
  --json         the figures for machines
`;

export function parseBenchOptions(args: readonly string[]): BenchOptions | undefined {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { rollouts: text, analyses: text, commands: text, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return undefined;
  const count = (name: 'rollouts' | 'analyses' | 'commands', standard: number): number => {
    const number = Number(values[name] ?? standard);
    if (!(Number.isInteger(number) && number >= 1 && number <= 10_000))
      throw new Error(`--${name} must be a whole number from 1 to 10000.`);
    return number;
  };
  return {
    rollouts: count('rollouts', 200),
    analyses: count('analyses', 50),
    commands: count('commands', 50),
    json: values.json === true,
  };
}
