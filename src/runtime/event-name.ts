/**
 * Names of Events, made from what they say. Times of Events are whole seconds, and clients show those of one second in the order of their
 * names, so a name begins with its object and the event's place in the object's story.
 */
import { createHash } from 'node:crypto';
import type { EventNote, ObjectReference } from './event.ts';

/** What all events of one object have in common. */
export function laneOf(regarding: ObjectReference): string {
  return regarding.uid ?? `${regarding.kind}/${regarding.namespace}/${regarding.name}`;
}

const mostOfObject = 150;
const mostOfOrder = 80;

/** `<object>.<order>.<hash>`, at most 253 characters; the same for the same object and note, whoever computes it and when. */
export function eventName(regarding: ObjectReference, { identity, reason, order }: EventNote): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([laneOf(regarding), identity, reason]))
    .digest('hex');
  const object = regarding.name.slice(0, mostOfObject).replace(/[-.]+$/, '');
  const place = (order ?? []).map(sortable).join('').slice(0, mostOfOrder);
  return [object, ...(place === '' ? [] : [place]), hash.slice(0, 16)].join('.');
}

/** Text that sorts as its number does, whatever follows it: the number of digits, then the digits, to the base of 36. */
function sortable(number: number): string {
  const digits = Math.max(0, Math.trunc(number)).toString(36);
  return `${digits.length.toString(36)}${digits}`;
}
