import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { MemoryCluster } from '../../test/support/memory-cluster.ts';
import { keptLog } from '../../test/support/quiet-log.ts';
import { SteppedClock } from '../../test/support/stepped-clock.ts';
import { ApiError } from './cluster.ts';
import { type EventNote, type EventObject, events, type ObjectReference } from './event.ts';
import { EventRecorder, type EventRecorderOptions } from './event-recorder.ts';

function makeRecorder(options: Partial<EventRecorderOptions> = {}) {
  const cluster = new MemoryCluster();
  const clock = new SteppedClock();
  const log = keptLog();
  const component = 'rollouts-controller';
  const make = () => new EventRecorder({ cluster, clock, random: () => 0.5, log, component, ...options });
  return { cluster, clock, log, make, recorder: make() };
}

function about(name: string): ObjectReference {
  return { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', namespace: 'shop', name, uid: `uid-${name}` };
}

function note(identity: string, more: Partial<EventNote> = {}): EventNote {
  return { type: 'Normal', reason: 'RolloutUpdated', message: `says ${identity}`, identity, ...more };
}

/** In the order in which they were written. */
function written(cluster: MemoryCluster): EventObject[] {
  const all = [...cluster.objects(events)] as EventObject[];
  return all.sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion));
}

test('an event is written as clients of core/v1 expect it', async () => {
  const { cluster, clock, recorder } = makeRecorder();
  expect(recorder.record(about('web'), note('1'))).toBe(true);
  await clock.advance(0);
  expect(written(cluster)).toMatchObject([
    {
      metadata: { namespace: 'shop', name: expect.stringMatching(/^web\.[0-9a-f]{16}$/) },
      involvedObject: about('web'),
      type: 'Normal',
      reason: 'RolloutUpdated',
      message: 'says 1',
      source: { component: 'rollouts-controller' },
      reportingComponent: 'rollouts-controller',
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
      count: 1,
    },
  ]);
});

test('announcing again changes nothing, also in another process', async () => {
  const { cluster, clock, recorder, make } = makeRecorder();
  recorder.record(about('web'), note('1'));
  await clock.advance(0);
  const before = written(cluster);
  recorder.record(about('web'), note('1'));
  make().record(about('web'), note('1'));
  await clock.advance(1000);
  expect(written(cluster)).toEqual(before);
});

test('what the server refuses for good is given up, and what follows is written', async () => {
  const { cluster, clock, log, recorder } = makeRecorder();
  let first = true;
  cluster.fault = () => {
    const fault = first ? new ApiError('invalid', 'bad event') : undefined;
    first = false;
    return fault;
  };
  recorder.record(about('web'), note('1'));
  recorder.record(about('web'), note('2'));
  await clock.advance(0);
  expect(written(cluster).map((event) => event.message)).toEqual(['says 2']);
  expect(log.lines).toEqual(['warn: event RolloutUpdated of web cannot be written: bad event']);
});

test('what a namespace that goes takes no more is given up without a word', async () => {
  const lost: string[] = [];
  const { cluster, clock, log, recorder } = makeRecorder({ metrics: { lost: (_, reason) => lost.push(reason) } });
  const ending = 'unable to create new content in namespace shop because it is being terminated';
  cluster.fault = () => new ApiError('forbidden', `events "web" is forbidden: ${ending}`);
  recorder.record(about('web'), note('1'));
  await clock.advance(0);
  expect([recorder.pending, log.lines, lost]).toEqual([0, [], []]);
});

test('what is forbidden for a moment, as by a server that has just started, is written all the same; what stays forbidden is given up', async () => {
  const { cluster, clock, log, recorder } = makeRecorder();
  let isForbidden = true;
  let asked = 0;
  cluster.fault = () => {
    asked += 1;
    return isForbidden ? new ApiError('forbidden', 'roles are not read yet') : undefined;
  };
  recorder.record(about('web'), note('1'));
  await clock.advance(2000);
  isForbidden = false;
  await clock.advance(10_000);
  expect(written(cluster)).toHaveLength(1);
  isForbidden = true;
  asked = 0;
  recorder.record(about('web'), note('2'));
  await clock.advance(600_000);
  expect(asked).toBe(7);
  expect(log.lines.filter((line) => line.startsWith('warn'))).toEqual([
    'warn: event RolloutUpdated of web cannot be written: roles are not read yet',
  ]);
});

test('there is a limit to what waits, and it is counted', async () => {
  const lost: string[] = [];
  const pending: number[] = [];
  const { cluster, clock, recorder } = makeRecorder({
    limit: 2,
    metrics: { lost: (_, reason) => lost.push(reason), pending: (n) => pending.push(n) },
  });
  cluster.fault = () => new ApiError('unreachable', 'down');
  expect(['1', '2', '3'].map((identity) => recorder.record(about('web'), note(identity)))).toEqual([true, true, false]);
  cluster.fault = () => undefined;
  await clock.advance(10_000);
  expect([lost, pending]).toEqual([['RolloutUpdated'], [1, 2, 1, 0]]);
});

test('events make way for other work, two at a time, until the end comes', async () => {
  let [isBusy, writing] = [true, 0];
  const { cluster, recorder } = makeRecorder({ makesWay: () => isBusy });
  const answers: (() => void)[] = [];
  const create = cluster.create.bind(cluster);
  cluster.create = async (...call) => {
    writing += 1;
    await new Promise<void>((resolve) => answers.push(resolve));
    writing -= 1;
    return create(...call);
  };
  for (let index = 0; index < 20; index++) recorder.record(about(`r${index}`), note('1'));
  expect(writing).toBe(2);
  isBusy = false;
  answers.shift()?.();
  await vi.waitFor(() => expect(writing).toBe(8));
  isBusy = true;
  const draining = recorder.drain(new AbortController().signal);
  while (recorder.pending > 0) {
    for (const answer of answers.splice(0)) answer();
    await Promise.resolve();
  }
  expect(await draining).toBe(0);
  expect(written(cluster).length).toBe(20);
});

test('draining waits for the last event, and gives up with the signal', async () => {
  const { cluster, clock, recorder, make } = makeRecorder();
  for (const name of ['a', 'b', 'c']) for (const identity of ['1', '2']) recorder.record(about(name), note(identity));
  expect(await recorder.drain(new AbortController().signal)).toBe(0);
  expect(written(cluster).length).toBe(6);
  cluster.fault = () => new ApiError('unreachable', 'down');
  const other = make();
  other.record(about('d'), note('1'));
  const stop = new AbortController();
  const draining = other.drain(stop.signal);
  await clock.advance(5_000);
  stop.abort();
  expect(await draining).toBe(1);
  expect(other.record(about('d'), note('2'))).toBe(false);
});

test('what waits is not recorded again', async () => {
  const { cluster, clock, recorder } = makeRecorder();
  cluster.fault = () => new ApiError('unreachable', 'down');
  for (let i = 0; i < 5; i++) expect(recorder.record(about('web'), note('1'))).toBe(true);
  expect([recorder.pending, recorder.isBusyWith(about('web')), recorder.isBusyWith(about('api'))]).toEqual([1, true, false]);
  cluster.fault = () => undefined;
  await clock.advance(1_000);
  expect([written(cluster).length, recorder.isBusyWith(about('web'))]).toEqual([1, false]);
});

test('draining does not wait for a long backoff', async () => {
  const { cluster, clock, recorder } = makeRecorder();
  cluster.fault = () => new ApiError('unreachable', 'down');
  recorder.record(about('web'), note('1'));
  recorder.record(about('api'), note('1'));
  await clock.advance(120_000);
  const draining = recorder.drain(new AbortController().signal);
  await clock.advance(400);
  cluster.fault = () => undefined;
  await clock.advance(250);
  expect([await draining, written(cluster).length]).toEqual([0, 2]);
});

test('under load and refusals no event is lost and each object has its own in order', async () => {
  const load = fc.array(fc.record({ object: fc.nat(4), pause: fc.constantFrom(0, 0, 10) }), { maxLength: 60 });
  const refusals = fc.array(fc.boolean(), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(load, refusals, async (records, refused) => {
      const { cluster, clock, recorder } = makeRecorder({ concurrency: 2 });
      let request = 0;
      cluster.fault = () => (refused[request++] ? new ApiError('too-many-requests', 'later') : undefined);
      const expected = new Map<string, string[]>();
      for (const [index, { object, pause }] of records.entries()) {
        const name = `o${object}`;
        recorder.record(about(name), note(String(index)));
        expected.set(name, [...(expected.get(name) ?? []), `says ${index}`]);
        if (pause > 0) await clock.advance(pause);
      }
      await clock.advance(2_000_000);
      for (const [name, messages] of expected) {
        expect(
          written(cluster)
            .filter((event) => event.involvedObject.name === name)
            .map((event) => event.message),
        ).toEqual(messages);
      }
      expect([recorder.pending, clock.timers]).toEqual([0, 0]);
    }),
  );
});
