import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventNote, ObjectReference } from './event.ts';
import { eventName } from './event-name.ts';

function about(name: string, uid = 'uid-1'): ObjectReference {
  return { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', namespace: 'shop', name, uid };
}

function note(identity: string, order?: readonly number[]): EventNote {
  const said: EventNote = { type: 'Normal', reason: 'RolloutUpdated', message: 'says so', identity };
  return order === undefined ? said : { ...said, order };
}

/** The first number that differs decides; of two that begin alike, the shorter is first. */
function before(a: readonly number[], b: readonly number[]): boolean {
  const differs = a.findIndex((number, index) => number !== b[index]);
  return differs === -1 ? a.length < b.length : differs < b.length && (a[differs] ?? 0) < (b[differs] ?? 0);
}

const orders = fc.array(fc.oneof(fc.nat(40), fc.constantFrom(1_767_225_600, 1_767_225_601, 9, 10, 35, 36, 1295, 1296)), {
  minLength: 1,
  maxLength: 8,
});

test('names sort as the places in the story do', () => {
  fc.assert(
    fc.property(orders, orders, (a, b) => {
      fc.pre(before(a, b));
      expect(eventName(about('web'), note('1', a)) < eventName(about('web'), note('2', b))).toBe(true);
    }),
  );
});

test('a name is a DNS subdomain, however long the object is named and however far the story goes', () => {
  const objects = ['web', 'a'.repeat(253), `${'a'.repeat(149)}-b`, `${'a'.repeat(148)}.-b`];
  const longest = Array.from({ length: 8 }, () => Number.MAX_SAFE_INTEGER);
  for (const object of objects) {
    for (const order of [undefined, [], [2, 1_767_225_600], longest]) {
      const name = eventName(about(object), note('1', order));
      expect(name.length).toBeLessThanOrEqual(253);
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
    }
  }
});

test('what is said of another object, or is something else, has another name', () => {
  const said = note('1', [2]);
  const others = [
    eventName(about('web', 'uid-2'), said),
    eventName(about('web'), note('2', [2])),
    eventName(about('web'), { ...said, reason: 'RolloutPaused' }),
  ];
  expect(new Set([...others, eventName(about('web'), said)]).size).toBe(4);
  expect(eventName(about('web'), { ...said, message: 'other words' })).toBe(eventName(about('web'), said));
});
