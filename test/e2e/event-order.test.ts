/** What kubectl shows of a Rollout's events: more of them than it sorts stably, many of one second, in the order in which they were told. */
import { expect, test } from 'vitest';
import { setStage, shop } from '../support/rollout-stage.ts';

/** `Type Reason` of each line that speaks of an event. */
function shown(output: string): readonly string[] {
  return output.split('\n').flatMap((line) => /(?:^|\s)((?:Normal|Warning)\s+\w+)/.exec(line)?.[1]?.replace(/\s+/, ' ') ?? []);
}

test('kubectl lists, sorts and describes the events of a Rollout as its story went', async () => {
  const { kubectl, record } = await setStage();
  await kubectl.apply(shop());
  await record.untilPhase('shop', 'Healthy');
  for (const [revision, image] of [
    [2, 'shop:2.0.0'],
    [3, 'shop:3.0.0'],
  ] as const) {
    await kubectl.setImage('shop', image);
    await record.untilPhase('shop', 'Paused');
    await kubectl.command('abort', 'shop');
    await record.untilPhase('shop', 'Degraded');
    await kubectl.command('retry', 'shop');
    await record.untilPhase('shop', 'Paused');
    await kubectl.command('promote', 'shop');
    await record.untilTold('shop', `completed update to revision ${revision}`);
  }
  const told = shown(record.events('shop').join('\n'));
  expect(told.length).toBeGreaterThan(36);
  const seconds = record.versions('events').map(({ object }) => object.lastTimestamp);
  expect(new Set(seconds).size).toBeLessThan(told.length / 2);

  const ofRollout = ['get', 'events', '--field-selector=involvedObject.kind=Rollout'];
  expect(shown(await kubectl.run(['describe', 'rollout', 'shop']))).toEqual(told);
  expect(shown(await kubectl.run(ofRollout))).toEqual(told);
  expect(shown(await kubectl.run([...ofRollout, '--sort-by=.lastTimestamp']))).toEqual(told);
  expect(shown(await kubectl.run(['events', '--for=rollout/shop']))).toEqual(told);
});
