/** Controllers that die and controllers that wait: one works at a time, and an update ends the same however often it is broken off. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startController } from '../support/controller.ts';
import type { NamespaceRecord } from '../support/namespace-record.ts';
import { setQuietStage, setStage, shop } from '../support/rollout-stage.ts';

const short = { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: { duration: 1 } }] };

/** Writes of the controller since the mark: the Rollout's versions, and what it alone changes of a ReplicaSet. */
function ownWrites(record: NamespaceRecord, mark: bigint): number {
  const known = new Map<string, string>();
  let writes = 0;
  for (const version of record.history()) {
    if (version.kind !== 'replicasets' && version.kind !== 'rollouts') continue;
    const { metadata, spec } = version.object;
    const part = version.kind === 'rollouts' ? metadata.resourceVersion : JSON.stringify([spec, metadata.annotations]);
    if (known.get(metadata.uid) !== part && version.at > mark) writes += 1;
    known.set(metadata.uid, part);
  }
  return writes;
}

/** The whole story of a Rollout and one update, each thing once, however often the controller was killed. */
function expectToldOnce(record: NamespaceRecord, rollout: string, namespace: string): void {
  const [first, second] = record.replicaSets(rollout).map(({ metadata }) => metadata.name);
  const hashOf = (replicaSet: string | undefined): string => replicaSet?.slice(rollout.length + 1) ?? '';
  expect([...record.events(rollout)].sort()).toEqual(
    [
      `Normal RolloutAddedToInformer: Rollout resource added to informer: ${namespace}/${rollout}`,
      'Normal RolloutUpdated: Rollout updated to revision 1',
      `Normal NewReplicaSetCreated: Created ReplicaSet ${first} (revision 1)`,
      `Normal RolloutNotCompleted: Rollout not completed, started update to revision 1 (${hashOf(first)})`,
      `Normal ScalingReplicaSet: Scaled up ReplicaSet ${first} (revision 1) from 0 to 2`,
      `Normal RolloutCompleted: Rollout completed update to revision 1 (${hashOf(first)}): Initial deploy`,
      'Normal RolloutUpdated: Rollout updated to revision 2',
      `Normal NewReplicaSetCreated: Created ReplicaSet ${second} (revision 2)`,
      `Normal RolloutNotCompleted: Rollout not completed, started update to revision 2 (${hashOf(second)})`,
      `Normal ScalingReplicaSet: Scaled up ReplicaSet ${second} (revision 2) from 0 to 1`,
      `Normal ScalingReplicaSet: Scaled down ReplicaSet ${first} (revision 1) from 2 to 1`,
      'Normal RolloutStepCompleted: Rollout step 1/2 completed (setWeight: 50)',
      'Normal RolloutPaused: Rollout is paused (CanaryPauseStep)',
      'Normal RolloutStepCompleted: Rollout step 2/2 completed (pause: 1)',
      `Normal ScalingReplicaSet: Scaled up ReplicaSet ${second} (revision 2) from 1 to 2`,
      `Normal ScalingReplicaSet: Scaled down ReplicaSet ${first} (revision 1) from 1 to 0`,
      `Normal RolloutCompleted: Rollout completed update to revision 2 (${hashOf(second)}): Completed all 2 canary steps`,
    ].sort(),
  );
}

function isPromoted(record: NamespaceRecord, rollout: string): boolean {
  const { status, metadata } = record.rollout(rollout) ?? {};
  const isNewest = status?.observedGeneration === String(metadata?.generation);
  return (
    isNewest &&
    status?.phase === 'Healthy' &&
    record
      .replicaSets(rollout)
      .map(({ spec }) => spec.replicas)
      .join() === '0,2'
  );
}

test('a controller that is killed after each of its writes delivers the same, and tells each thing once', {
  timeout: 240_000,
}, async () => {
  const { kubectl, record, namespace } = await setQuietStage();
  let kills = 0;
  /** Starts and kills until it has come to this. */
  const killedUntil = async (done: () => boolean): Promise<void> => {
    while (!done()) {
      await record.catchUp();
      const mark = record.mark();
      const controller = await startController({ namespace });
      await record.untilSeen('a write or the end', () => ownWrites(record, mark) > 0 || done(), 30_000);
      await controller.kill();
      kills += 1;
      expect(kills).toBeLessThan(40);
    }
  };
  await kubectl.apply(shop({ canary: short }));
  await killedUntil(() => record.rollout('shop')?.status?.phase === 'Healthy');
  await kubectl.setImage('shop', 'shop:2.0.0');
  await killedUntil(() => isPromoted(record, 'shop'));
  expect(kills).toBeGreaterThan(6);
  await startController({ namespace });
  await record.untilTold('shop', 'Completed all 2 canary steps');
  expectToldOnce(record, 'shop', namespace);
  expect(record.present('pods')).toHaveLength(2);
});

test('ten updates at once survive a controller that is killed at any moment', { timeout: 180_000 }, async () => {
  const { kubectl, record, namespace } = await setQuietStage();
  const names = Array.from({ length: 10 }, (_, index) => `shop-${index}`);
  await kubectl.apply(...names.map((name) => shop({ name, canary: short })));
  let controller = await startController({ namespace });
  for (const name of names) await record.untilPhase(name, 'Healthy');
  await record.until('all told', () =>
    names.every((name) => record.events(name).some((event) => event.includes('Initial deploy'))),
  );
  await kubectl.apply(...names.map((name) => shop({ name, canary: short, image: 'shop:2.0.0' })));
  for (const writes of [3, 11, 23, 31, 47]) {
    const mark = record.mark();
    await record.untilSeen(
      'writes',
      () => ownWrites(record, mark) >= writes || names.every((name) => isPromoted(record, name)),
      30_000,
    );
    await controller.kill();
    controller = await startController({ namespace });
  }
  await record.until('all promoted', () => names.every((name) => isPromoted(record, name)), 60_000);
  await record.until('all told', () =>
    names.every((name) => record.events(name).some((event) => event.includes('Completed all 2'))),
  );
  for (const name of names) {
    expectToldOnce(record, name, namespace);
    expect(record.replicaSets(name)).toHaveLength(2);
  }
  expect(record.present('pods').filter(({ metadata }) => metadata.deletionTimestamp === undefined)).toHaveLength(20);
});

interface LeaseObject {
  readonly spec: { readonly holderIdentity?: string; readonly leaseTransitions?: number };
}

test('a second controller stands by, and takes over when the first is killed', async () => {
  const { kubectl, record, namespace } = await setQuietStage();
  const lease = async (): Promise<LeaseObject['spec']> =>
    (JSON.parse(await kubectl.run(['get', 'lease', 'argo-rollouts-controller-lock', '-o', 'json'])) as LeaseObject).spec;
  const first = await startController({ namespace, identity: 'first' });
  const second = await startController({ namespace, identity: 'second', mayStandBy: true });
  expect(await (await fetch(`${second.healthUrl}/readyz`)).text()).toContain('standing by: first holds the lease');
  expect((await fetch(`${second.healthUrl}/healthz`)).status).toBe(200);
  await kubectl.apply(shop());
  await record.untilPhase('shop', 'Healthy');
  expect((await lease()).holderIdentity).toBe('first');
  expect(await second.log()).not.toContain('Rollout updated');

  await first.kill();
  await kubectl.setImage('shop', 'shop:2.0.0');
  await record.untilPhase('shop', 'Paused', 30_000);
  expect((await lease()).holderIdentity).toBe('second');
  await record.untilTold('shop', 'CanaryPauseStep');
  expect(record.events('shop').filter((event) => event.includes('Rollout updated to revision 2'))).toHaveLength(1);
});

test('SIGTERM ends it with 0 in less than a second, and its lease is free at once', async () => {
  const { kubectl, record, controller, namespace } = await setStage({ identity: 'first' });
  await kubectl.apply(shop());
  await record.untilPhase('shop', 'Healthy');
  const standby = await startController({ namespace, identity: 'second', mayStandBy: true });
  const began = performance.now();
  expect(await controller.stop()).toBe(0);
  const tookMs = performance.now() - began;
  expect(tookMs).toBeLessThan(1_000);
  await expect.poll(async () => await (await fetch(`${standby.healthUrl}/readyz`)).text(), { timeout: 3_000 }).toMatch(/^leading/);
  await kubectl.setImage('shop', 'shop:2.0.0');
  await record.untilPhase('shop', 'Paused');
});

test('at rest nothing is written', async () => {
  const { kubectl, record, controller } = await setStage();
  await kubectl.apply(shop(), shop({ name: 'paused' }), shop({ name: 'aborted' }));
  for (const name of ['shop', 'paused', 'aborted']) await record.untilPhase(name, 'Healthy');
  for (const name of ['paused', 'aborted']) await kubectl.setImage(name, 'shop:2.0.0');
  await record.untilPhase('paused', 'Paused');
  await record.untilPhase('aborted', 'Paused');
  await kubectl.command('abort', 'aborted');
  await record.until(
    'the canary is gone',
    () =>
      record
        .replicaSets('aborted')
        .map(({ spec, status }) => `${spec.replicas}/${status?.replicas}`)
        .join() === '2/2,0/0',
  );
  await record.untilTold('aborted', 'from 1 to 0');
  for (const [name, updated] of Object.entries({ shop: 2, paused: 1, aborted: 0 }))
    await record.untilStatus(name, 'counted', ({ replicas, updatedReplicas, readyReplicas }) => {
      return replicas === 2 && readyReplicas === 2 && updatedReplicas === updated;
    });
  const before = await settledWrites(controller.metricsUrl);
  const mark = record.mark();
  // Rest can only be seen by waiting: longer than every delay of the controller's own.
  await delay(5_000);
  expect(record.history(mark).map(({ kind, object }) => `${kind} ${object.metadata.name}`)).toEqual([]);
  expect(await writeRequests(controller.metricsUrl)).toBe(before);
});

/** The watch may show what was written before the controller has its answer and counts it: the number, once it stands still for a second. */
async function settledWrites(metricsUrl: string): Promise<number> {
  let count = await writeRequests(metricsUrl);
  for (let look = 0; look < 20; look += 1) {
    await delay(1_000);
    const next = await writeRequests(metricsUrl);
    if (next === count) return count;
    count = next;
  }
  throw new Error(`there is no rest: ${count} writes, and more each second`);
}

/** Requests of the controller that change something, those for its lease aside. */
async function writeRequests(metricsUrl: string): Promise<number> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith('controller_clientset_k8s_request_total{'));
  const writes = lines.filter((line) => !/verb="(?:get|list|watch)"/i.test(line) && !line.includes('kind="leases"'));
  expect(lines.length).toBeGreaterThan(0);
  return writes.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}
