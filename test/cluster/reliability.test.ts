/**
 * A small fleet through the weather of `npm run reliability`: everything settles and no promise is broken. It runs in a network namespace of its
 * own, for its packets are dropped.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Figures } from '../../bench/reliability/figures.ts';
import { namespaceVariable } from '../../tools/cluster/namespace/command-line.ts';

const program = join(import.meta.dirname, '..', '..', 'bench', 'reliability', 'main.ts');

async function run(
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly out: string; readonly told: string }> {
  const { [namespaceVariable]: _, ...env } = process.env;
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, told] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    told += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { code, out, told };
}

test('a fleet of 20 settles, with no promise broken, whatever is killed, cut and compacted', { timeout: 600_000 }, async ({
  skip,
}) => {
  const { code, out, told } = await run(['--rollouts', '20', '--faults', '4', '--seed', '3', '--json']);
  expect(out, told).not.toBe('');
  const figures = JSON.parse(out) as Figures;
  expect(figures.breaches, told).toEqual([]);
  expect(code, told).toBe(0);
  expect(Object.values(figures.faults).reduce((sum, count) => sum + count, 0)).toBe(8);
  expect(figures.faults).toMatchObject({
    'the leader is killed': 1,
    'the leader stands still and wakes': 1,
    'the API server is killed': 1,
  });
  expect(figures).toMatchObject({ updates: { count: 20 }, aborts: { count: 20 }, writesWithoutLease: 0 });
  expect(figures.leaders).toBeGreaterThan(1);
  if (told.includes('NO PACKETS ARE DROPPED')) skip(`no packets were dropped: ${figures.packets}`);
});
