/** The order in which a pass and those before it are told. */
import { expect, test } from 'vitest';
import type { Announcement } from '../../core/decision.ts';
import { wholeStory } from './announce.ts';

function said(reason: string, identity = reason): Announcement {
  return { type: 'Normal', reason, message: `${reason} ${identity}`, identity };
}

const created = said('NewReplicaSetCreated');
const scaled = said('ScalingReplicaSet', 'from 0 to 2');

test('an effect that this pass carried out is told where the decision tells it, once', () => {
  const told = [said('RolloutUpdated'), created, said('RolloutNotCompleted'), scaled, said('RolloutCompleted')];
  expect(wholeStory(new Map([created, scaled].map((one) => [one.identity, one])), told)).toEqual(told);
});

test('what an earlier pass did for an update is told when the update has been announced', () => {
  const opening = [said('RolloutUpdated'), said('RolloutNotCompleted')];
  const paused = said('RolloutPaused');
  expect(wholeStory(new Map([[scaled.identity, scaled]]), [...opening, paused])).toEqual([...opening, scaled, paused]);
});

test('what is left is told first where nothing begins', () => {
  const paused = said('RolloutPaused');
  expect(wholeStory(new Map([[scaled.identity, scaled]]), [paused])).toEqual([scaled, paused]);
});
