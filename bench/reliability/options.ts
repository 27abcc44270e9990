/** What `npm run reliability -- ...` understands. */
import { parseArgs } from 'node:util';

export interface ReliabilityOptions {
  readonly rollouts: number;
  /** How many of them while the fleet is updated, and again while it is aborted. */
  readonly faults: number;
  /** Decides the order of faults, and when what is asked for. */
  readonly seed: number;
  readonly json: boolean;
}

export const usage = `Usage: npm run reliability -- [flags]

Updates a fleet of Rollouts on an embedded Kubernetes while controllers are killed, the API server and etcd fail, and packets are dropped; then
aborts an update of all of them in the same weather. Everything has to settle, and no promise may have been broken at any version of any object.

  --rollouts N   Rollouts of the fleet (default 100)
  --faults N     faults in each of the two, each kind as often as any other (default 16)
  --seed N       decides the order of the faults (default: any)
  --json         the figures for machines
`;

/** Undefined: asked for help. Throws what is wrong. */
export function parseReliabilityOptions(args: readonly string[], anySeed: number): ReliabilityOptions | undefined {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { rollouts: text, faults: text, seed: text, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help) return undefined;
  const whole = (name: 'rollouts' | 'faults' | 'seed', standard: number, most: number): number => {
    const number = Number(values[name] ?? standard);
    if (!(Number.isInteger(number) && number >= 1 && number <= most))
      throw new Error(`--${name} must be a whole number from 1 to ${most}.`);
    return number;
  };
  return {
    rollouts: whole('rollouts', 100, 1000),
    faults: whole('faults', 16, 1000),
    seed: whole('seed', anySeed, 1_000_000),
    json: values.json === true,
  };
}
