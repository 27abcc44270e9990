import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SteppedClock } from '../../test/support/stepped-clock.ts';
import { Workqueue } from './workqueue.ts';

function makeQueue(options: { maxDepth?: number; retryBaseMs?: number; retryMaxMs?: number } = {}) {
  const clock = new SteppedClock();
  return { clock, queue: new Workqueue({ clock, ...options }) };
}

test('a key added many times waits once, and keys take turns in the order they came', async () => {
  const { queue } = makeQueue();
  for (const key of ['a', 'b', 'a', 'c', 'b', 'a']) queue.add(key);
  expect(queue.depth).toBe(3);
  expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(['a', 'b', 'c']);
});

test('a key is with one worker at a time and comes back when it was added meanwhile', async () => {
  const { queue, clock } = makeQueue();
  queue.add('a');
  expect(await queue.take()).toBe('a');
  queue.add('a');
  queue.add('a');
  let second: string | undefined;
  void queue.take().then((key) => {
    second = key;
  });
  await clock.advance(0);
  expect(second).toBeUndefined();
  queue.done('a');
  await clock.advance(0);
  expect(second).toBe('a');
  queue.done('a');
  expect(queue.isIdle).toBe(true);
});

test('the earliest of several appointments counts, and taking the key ends them', async () => {
  const { queue, clock } = makeQueue();
  queue.addAfter('a', 100);
  queue.addAfter('a', 50);
  queue.addAfter('a', 200);
  await clock.advance(49);
  expect(queue.depth).toBe(0);
  await clock.advance(1);
  expect(queue.depth).toBe(1);
  queue.addAfter('a', 10);
  expect(await queue.take()).toBe('a');
  queue.done('a');
  await clock.advance(1000);
  expect(queue.depth).toBe(0);
});

test('an appointment made while a worker has the key stays', async () => {
  const { queue, clock } = makeQueue();
  queue.add('a');
  await queue.take();
  queue.addAfter('a', 30);
  queue.done('a');
  await clock.advance(30);
  expect(await queue.take()).toBe('a');
});

test('retries back off up to a limit and start anew once forgotten', () => {
  const { queue } = makeQueue({ retryBaseMs: 10, retryMaxMs: 100 });
  const delays = Array.from({ length: 6 }, () => queue.addRateLimited('a'));
  expect(delays).toEqual([10, 20, 40, 80, 100, 100]);
  expect(queue.retries('a')).toBe(6);
  expect(queue.addRateLimited('b')).toBe(10);
  queue.forget('a');
  expect(queue.addRateLimited('a')).toBe(10);
  expect(queue.addRateLimited('b', 5000)).toBe(5000);
});

test('urgent keys go first, also when they already waited, but others get every eighth turn', async () => {
  const { queue } = makeQueue();
  for (const key of ['n1', 'n2', 'late']) queue.add(key);
  for (let i = 1; i <= 9; i++) queue.add(`u${i}`, 'urgent');
  queue.add('late', 'urgent');
  const order: (string | undefined)[] = [];
  while (queue.depth > 0) order.push(await queue.take());
  expect(order).toEqual(['u1', 'u2', 'u3', 'u4', 'u5', 'u6', 'u7', 'n1', 'u8', 'u9', 'late', 'n2']);
});

test('prompt keys go behind urgent ones and before the others, and become urgent but never less', async () => {
  const { queue } = makeQueue();
  queue.add('n');
  for (const key of ['p1', 'p2', 'p3']) queue.add(key, 'prompt');
  queue.add('u', 'urgent');
  expect([queue.add('p3', 'urgent'), queue.add('p2', 'normal'), queue.add('u', 'prompt')]).toEqual(['added', 'present', 'present']);
  const order: (string | undefined)[] = [];
  while (queue.depth > 0) order.push(await queue.take());
  expect(order).toEqual(['u', 'p3', 'p1', 'p2', 'n']);
});

test('prompt keys leave every eighth turn to the others as well', async () => {
  const { queue } = makeQueue();
  queue.add('n');
  for (let i = 1; i <= 8; i++) queue.add(`p${i}`, i % 2 === 0 ? 'prompt' : 'urgent');
  const order: (string | undefined)[] = [];
  while (queue.depth > 0) order.push(await queue.take());
  expect(order.indexOf('n')).toBe(7);
});

test('a full queue refuses and says so; what becomes due meanwhile is put off, not lost', async () => {
  const { queue, clock } = makeQueue({ maxDepth: 2 });
  queue.addAfter('c', 10);
  expect([queue.add('a'), queue.add('b'), queue.add('d'), queue.add('a')]).toEqual(['added', 'added', 'full', 'present']);
  await clock.advance(10);
  expect(queue.depth).toBe(2);
  await queue.take();
  await queue.take();
  await clock.advance(1000);
  expect(await queue.take()).toBe('c');
});

test('shutting down releases those who wait and lets work be given back', async () => {
  const { queue, clock } = makeQueue();
  queue.add('a');
  await queue.take();
  const waiting = queue.take();
  queue.addAfter('b', 10);
  queue.shutDown();
  expect(await waiting).toBeUndefined();
  queue.add('a');
  queue.done('a');
  await clock.advance(100);
  expect([queue.depth, queue.appointments, queue.isIdle]).toEqual([0, 0, true]);
  expect(await queue.take()).toBeUndefined();
});

test('waits and work are measured', async () => {
  const clock = new SteppedClock();
  const seen: [string, number][] = [];
  const queue = new Workqueue({
    clock,
    metrics: {
      waited: (ms) => seen.push(['waited', ms]),
      worked: (ms) => seen.push(['worked', ms]),
      depth: (n) => seen.push(['depth', n]),
    },
  });
  queue.add('a');
  await clock.advance(5);
  await queue.take();
  await clock.advance(7);
  queue.done('a');
  expect(seen).toEqual([
    ['depth', 1],
    ['waited', 5],
    ['depth', 0],
    ['worked', 7],
  ]);
});

/** Every key that was added is handed out after its last addition, however additions, workers and time interleave. */
test('no addition is lost and no key is with two workers', async () => {
  const action = fc.oneof(
    fc.record({
      kind: fc.constant('add' as const),
      key: fc.nat(5),
      lane: fc.constantFrom('normal' as const, 'prompt' as const, 'urgent' as const),
    }),
    fc.record({ kind: fc.constant('after' as const), key: fc.nat(5), ms: fc.nat(20) }),
    fc.record({ kind: fc.constant('take' as const) }),
    fc.record({ kind: fc.constant('done' as const), nth: fc.nat(5) }),
    fc.record({ kind: fc.constant('step' as const), ms: fc.nat(10) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 80 }), async (actions) => {
      const { queue, clock } = makeQueue();
      const owed = new Set<string>();
      const working: string[] = [];
      const took = (key: string | undefined): void => {
        if (key === undefined) return;
        expect(working).not.toContain(key);
        working.push(key);
        owed.delete(key);
      };
      for (const action of actions) {
        if (action.kind === 'add') {
          queue.add(`k${action.key}`, action.lane);
          owed.add(`k${action.key}`);
        } else if (action.kind === 'after') {
          queue.addAfter(`k${action.key}`, action.ms);
          owed.add(`k${action.key}`);
        } else if (action.kind === 'take' && queue.depth > 0) took(await queue.take());
        else if (action.kind === 'done' && working.length > 0) queue.done(working.splice(action.nth % working.length, 1)[0] ?? '');
        else if (action.kind === 'step') await clock.advance(action.ms);
      }
      await clock.advance(100);
      for (let round = 0; round < 10; round++) {
        for (const key of working.splice(0)) queue.done(key);
        while (queue.depth > 0) took(await queue.take());
      }
      for (const key of working.splice(0)) queue.done(key);
      expect([...owed]).toEqual([]);
      expect(queue.isIdle).toBe(true);
    }),
  );
});
