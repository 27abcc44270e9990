/** Swarm runs: the seeds that once found something, and some more. `npm run simulate -- --seeds 2000` plays what CI plays. */
import { expect, test } from 'vitest';
import { keptSeeds } from './kept-seeds.ts';
import { type Edition, newestEdition } from './swarm/plan.ts';
import { runSwarm, SwarmFailure } from './swarm/swarm-run.ts';

async function expectWell(seed: number, edition: Edition = newestEdition): Promise<readonly string[]> {
  try {
    return (await runSwarm(seed, edition)).lines;
  } catch (error) {
    if (!(error instanceof SwarmFailure)) throw error;
    throw new Error(
      `${error.message}\n\n  npm run simulate -- --seed ${seed} --edition ${edition}\n\n${error.lines.slice(-60).join('\n')}`,
    );
  }
}

test.each(keptSeeds)('seed $seed of edition $edition ends well: $found', { timeout: 60_000 }, async ({ seed, edition }) => {
  await expectWell(seed, edition);
});

test('ten more seeds end well', { timeout: 120_000 }, async () => {
  for (let seed = 1001; seed <= 1010; seed++) await expectWell(seed);
});

test('a seed that is played again gives the same lines', { timeout: 60_000 }, async () => {
  expect(await expectWell(1003)).toEqual(await expectWell(1003));
});
