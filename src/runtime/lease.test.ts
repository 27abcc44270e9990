import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryCluster } from '../../test/support/memory-cluster.ts';
import { keptLog } from '../../test/support/quiet-log.ts';
import { SteppedClock } from '../../test/support/stepped-clock.ts';
import type { Clock } from './clock.ts';
import { ApiError, type Cluster } from './cluster.ts';
import { type Fence, fencedCluster } from './fence.ts';
import { Lease, type LeaseObject, leases } from './lease.ts';

const where = { namespace: 'system', name: 'controller-lock' };

function contender(identity: string, cluster: Cluster, clock: Clock) {
  const log = keptLog();
  const stop = new AbortController();
  const lease = new Lease({ cluster, clock, log, random: () => 0.5, identity, ...where });
  let fence: Fence | undefined;
  const acquiring = lease.acquire(stop.signal).then((got) => {
    fence = got;
  });
  return { identity, lease, log, stop, acquiring, leads: () => fence?.isHeld ?? false, fence: () => fence };
}

async function held(cluster: Cluster): Promise<LeaseObject['spec']> {
  return (await cluster.get(leases, where))?.spec;
}

/** A clock that is wrong by an hour and a half, and runs with the other. */
function skewed(clock: SteppedClock): Clock {
  return {
    now: () => clock.now() - 5_400_000,
    monotonic: () => clock.monotonic() + 7,
    setTimer: (ms, back) => clock.setTimer(ms, back),
  };
}

test('the first takes the lease, as client-go writes it, and renews it', async () => {
  const [cluster, clock] = [new MemoryCluster(), new SteppedClock()];
  const a = contender('a', cluster, clock);
  await clock.advance(0);
  expect([a.leads(), a.lease.state.kind]).toEqual([true, 'leading']);
  expect(await held(cluster)).toEqual({
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:00:00.000000Z',
    leaseTransitions: 0,
  });
  await clock.advance(60_000);
  expect(a.leads()).toBe(true);
  expect(await held(cluster)).toMatchObject({
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:01:00.000000Z',
  });
  await a.lease.release();
});

test('another stands by, says who holds it, and takes over when it is released', async () => {
  const [cluster, clock] = [new MemoryCluster(), new SteppedClock()];
  const a = contender('incumbent_1', cluster, clock);
  await clock.advance(0);
  const b = contender('b', cluster, clock);
  await clock.advance(100_000);
  expect([a.leads(), b.leads(), b.lease.state]).toEqual([true, false, { kind: 'standing-by', holder: 'incumbent_1' }]);
  expect(b.log.lines).toEqual(['info: standing by: incumbent_1 holds lease system/controller-lock']);
  await a.lease.release();
  expect(await held(cluster)).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
  expect([a.leads(), a.fence()?.signal.aborted]).toEqual([false, true]);
  await clock.advance(4_000);
  expect([b.leads(), (await held(cluster))?.leaseTransitions]).toEqual([true, 1]);
  await b.lease.release();
});

test('whoever dies is followed after the duration of its lease, however wrong the clocks are', async () => {
  const [cluster, clock] = [new MemoryCluster(), new SteppedClock()];
  const renewTime = '2020-01-01T00:00:00.000000Z';
  await cluster.create(leases, {
    metadata: where,
    spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime, leaseTransitions: 4 },
  });
  const b = contender('b', cluster, skewed(clock));
  await clock.advance(14_999);
  expect(b.leads()).toBe(false);
  await clock.advance(5_000);
  expect([b.leads(), (await held(cluster))?.leaseTransitions]).toEqual([true, 5]);
  await b.lease.release();
});

test('a leader that cannot renew stops in time and writes nothing more', async () => {
  const [cluster, clock] = [new MemoryCluster(), new SteppedClock()];
  const a = contender('a', cluster, clock);
  await clock.advance(0);
  const fence = a.fence();
  if (fence === undefined) throw new Error('not leading');
  const writer = fencedCluster(cluster, fence);
  expect((await writer.create(leases, { metadata: { namespace: 'system', name: 'one' } })).outcome).toBe('done');
  cluster.fault = (_verb, _resource, name) => (name === where.name ? new ApiError('unreachable', 'down') : undefined);
  await clock.advance(9_999);
  expect(a.leads()).toBe(true);
  await clock.advance(1);
  expect([a.leads(), fence.signal.aborted, a.lease.state.kind]).toEqual([false, true, 'ended']);
  await expect(writer.create(leases, { metadata: { namespace: 'system', name: 'two' } })).rejects.toThrow(
    'does not hold the lease',
  );
  expect(cluster.objects(leases).map((lease) => lease.metadata.name)).toEqual([where.name, 'one']);
  await clock.advance(60_000);
  expect(a.leads()).toBe(false);
});

test('a process that slept past its deadline writes nothing when it wakes, before any timer has run', async () => {
  const [cluster, clock] = [new MemoryCluster(), new SteppedClock()];
  let asleepMs = 0;
  const sleepy: Clock = {
    now: () => clock.now() + asleepMs,
    monotonic: () => clock.monotonic(),
    setTimer: (ms, back) => clock.setTimer(ms, back),
  };
  const a = contender('a', cluster, sleepy);
  await clock.advance(0);
  expect(a.leads()).toBe(true);
  asleepMs = 11_000;
  expect(a.leads()).toBe(false);
});

test('a lease taken away is noticed at the next renewal', async () => {
  const [cluster, clock] = [new MemoryCluster(), new SteppedClock()];
  const a = contender('a', cluster, clock);
  await clock.advance(0);
  const lease = await cluster.get(leases, where);
  cluster.put(leases, { ...lease, metadata: { ...where }, spec: { ...lease?.spec, holderIdentity: 'thief' } } as LeaseObject);
  await clock.advance(2_000);
  expect([a.leads(), a.lease.state]).toEqual([false, { kind: 'ended', why: 'thief holds it now' }]);
});

test('who stands by leaves a holder whose lease was deleted the time to notice', async () => {
  const [cluster, clock] = [new MemoryCluster(), new SteppedClock()];
  const [a, b] = [contender('a', cluster, clock), contender('b', cluster, clock)];
  // b looks again half a second later, and a renews in a second and a half.
  await clock.advance(8_500);
  await cluster.delete(leases, where);
  let both = false;
  for (let quarter = 0; quarter < 80; quarter++) {
    await clock.advance(250);
    both ||= a.leads() && b.leads();
  }
  expect([both, a.leads(), b.leads()]).toEqual([false, false, true]);
  await b.lease.release();
});

test('a conflict with a change that is none of the holder is no loss', async () => {
  const [cluster, clock] = [new MemoryCluster(), new SteppedClock()];
  const a = contender('a', cluster, clock);
  await clock.advance(0);
  cluster.put(leases, { ...(await cluster.get(leases, where)), metadata: { ...where, annotations: { note: 'x' } } });
  await clock.advance(30_000);
  expect(a.leads()).toBe(true);
  await a.lease.release();
});

test('waiting ends with the signal', async () => {
  const [cluster, clock] = [new MemoryCluster(), new SteppedClock()];
  const a = contender('a', cluster, clock);
  await clock.advance(0);
  const b = contender('b', cluster, clock);
  await clock.advance(5_000);
  b.stop.abort();
  await b.acquiring;
  expect(b.fence()).toBeUndefined();
  await a.lease.release();
  expect(clock.timers).toBe(0);
});

/** A cluster whose requests take time, get lost, or are carried out although their answer is lost. */
function unreliable(
  cluster: MemoryCluster,
  clock: Clock,
  next: () => { delayMs: number; fate: 'ok' | 'lost' | 'answer-lost' },
): Cluster {
  const carry = async <R>(signal: AbortSignal | undefined, work: () => Promise<R>): Promise<R> => {
    const { delayMs, fate } = next();
    const wait = (ms: number) => new Promise<void>((resolve) => clock.setTimer(ms, resolve));
    const failed = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(new ApiError('aborted', 'given up')));
    });
    const answer = (async () => {
      await wait(delayMs);
      if (fate === 'lost') throw new ApiError('unreachable', 'lost');
      const result = await work();
      await wait(delayMs);
      if (fate === 'answer-lost') throw new ApiError('unreachable', 'lost');
      return result;
    })();
    answer.catch(() => undefined);
    return Promise.race([answer, failed]);
  };
  const through = Object.create(cluster) as MemoryCluster;
  through.get = (resource, key, signal) => carry(signal, () => cluster.get(resource, key));
  through.create = (resource, object, signal) => carry(signal, () => cluster.create(resource, object));
  through.replace = (resource, object, options) => carry(options?.signal, () => cluster.replace(resource, object));
  return through;
}

test('two contenders never lead at the same time, and someone leads again once it is quiet', async () => {
  const fates = fc.record({
    delayMs: fc.constantFrom(0, 5, 300, 4_000, 9_000),
    fate: fc.constantFrom('ok' as const, 'ok' as const, 'lost' as const, 'answer-lost' as const),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fates, { minLength: 5, maxLength: 60 }), async (plan) => {
      const [memory, clock] = [new MemoryCluster(), new SteppedClock()];
      let at = 0;
      const cluster = unreliable(memory, clock, () => plan[at++] ?? { delayMs: 0, fate: 'ok' });
      const all = [contender('a', cluster, clock), contender('b', cluster, skewed(clock))];
      const leadersOverTime = async (steps: number): Promise<void> => {
        for (let step = 0; step < steps; step++) {
          await clock.advance(500);
          expect(all.filter((one) => one.leads()).length).toBeLessThanOrEqual(1);
        }
      };
      await leadersOverTime(240);
      const fresh = contender('c', memory, clock);
      all.push(fresh);
      await leadersOverTime(120);
      expect(all.filter((one) => one.leads()).length).toBe(1);
      for (const one of all) {
        one.stop.abort();
        void one.lease.release();
      }
      await clock.advance(60_000);
    }),
    { numRuns: 40 },
  );
}, 60_000);
