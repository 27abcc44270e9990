/** The real thing agrees: what users do with Rollouts, played on a real Kubernetes and on the virtual one, tells the same story on both. */
import { isDeepStrictEqual } from 'node:util';
import { expect, inject, test } from 'vitest';
import { stories } from '../support/agreement-stories.ts';
import { storyOf } from '../support/told-story.ts';
import { realWorld, virtualWorld } from '../support/two-worlds.ts';

/** Events come behind the last state; what waits for a delay of half a minute, in both worlds, comes later still. */
const untilAllIsToldMs = 5_000;

test('the same stories on both', async () => {
  const real = await realWorld([{ ...inject('sharedGateway').gateway, sectionName: 'web' }]);
  const told = await Promise.all(
    Object.entries(stories).map(async ([title, play], index) => {
      const name = `story-${index + 1}`;
      const virtual = virtualWorld(index + 1);
      await play(virtual, name);
      await virtual.goOn(untilAllIsToldMs);
      const expected = storyOf(virtual.seen(name));
      await play(real, name);
      // Events come behind what they tell. Where they never come, the comparison shows it better.
      const isTold = () => isDeepStrictEqual(storyOf(real.seen(name)), expected);
      await real.until(`${name} has told the same`, isTold).catch(() => undefined);
      return { title, real: storyOf(real.seen(name)), virtual: expected };
    }),
  );
  for (const one of told) expect.soft(one.real, one.title).toEqual(one.virtual);
}, 180_000);
