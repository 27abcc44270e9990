/** Whom the audit log convicts of writing without the lease. */
import { describe, expect, it } from 'vitest';
import { judge } from './lease-writes.ts';

const at = (second: number): string => `2026-11-27T10:00:${String(second).padStart(2, '0')}.000000Z`;

function entry(user: string, resource: string, received: number, answered = received) {
  return {
    verb: 'patch',
    user: { username: user },
    objectRef: { resource, namespace: 'fleet-0', name: 'shop' },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: at(received),
    stageTimestamp: at(answered),
  };
}

const taken = [entry('a', 'leases', 1), entry('b', 'leases', 10, 12)];

describe('writes without the lease', () => {
  it.each([
    ['by whoever holds it', entry('a', 'rollouts', 5), 0],
    ['by the next one', entry('b', 'rollouts', 13), 0],
    ['by the former one, when the next one has it', entry('a', 'rollouts', 13), 1],
    ['by the former one, while the next one is still being answered', entry('a', 'rollouts', 11), 0],
    ['that came before, and were answered late', entry('a', 'rollouts', 11, 20), 0],
    ['by one who waits', entry('b', 'replicasets', 5), 1],
    ['of events', entry('a', 'events', 13), 0],
  ])('%s', (_, write, convicted) => {
    expect(judge([...taken, write]).withoutLease).toHaveLength(convicted);
  });
});
