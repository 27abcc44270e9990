/** The order in which a pass and those before it are told. */
import { expect, test } from 'vitest';
import type { Announcement } from '../../core/decision.ts';
import { wholeStory } from './announce.ts';

function said(identity: string, ...order: readonly number[]): Announcement {
  return { type: 'Normal', reason: 'ScalingReplicaSet', message: identity, identity, order };
}

function untold(...announcements: readonly Announcement[]): ReadonlyMap<string, Announcement> {
  return new Map(announcements.map((one) => [one.identity, one]));
}

const updated = said('updated', 2, 0, 11);
const created = said('created', 2, 0, 12);
const scaled = said('scaled', 2, 100, 1, 0, 7);
const stepped = said('stepped', 2, 100, 1, 1);
const completed = said('completed', 2, 100, 5);

test('an effect that this pass carried out is told where the decision tells it, once', () => {
  const told = [updated, created, scaled, completed];
  expect(wholeStory(untold(created, scaled), told)).toEqual(told);
});

test('what an earlier pass did is told at its place in the story', () => {
  expect(wholeStory(untold(scaled), [updated, created, stepped])).toEqual([updated, created, scaled, stepped]);
  expect(wholeStory(untold(scaled), [completed])).toEqual([scaled, completed]);
});

test('what stands before all steps is told before them, though it was left over last', () => {
  const added = said('added', 0);
  expect(wholeStory(untold(stepped, added), [completed])).toEqual([added, stepped, completed]);
});
