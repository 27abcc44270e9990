/** A canary without traffic routing on a real API server: its pods, its status and its events, as the recorded transcripts have them. */
import { expect, test } from 'vitest';
import transcripts from '../fixtures/event-transcripts.json' with { type: 'json' };
import { type Stage, setStage, shop } from '../support/rollout-stage.ts';

/** The transcripts' hashes belong to templates that they do not hold: what is compared carries ours, by revision. */
function transcript(part: keyof typeof transcripts.events.shop, { record, namespace }: Stage): readonly string[] {
  const hashes = record.replicaSets('shop').map(({ metadata }) => metadata.labels?.['rollouts-pod-template-hash'] ?? '');
  return transcripts.events.shop[part].map((line) =>
    line
      .replace('default/', `${namespace}/`)
      .replaceAll('685fcccfc9', hashes[0] ?? '')
      .replaceAll('5bfb67854', hashes[1] ?? ''),
  );
}

async function expectEvents(stage: Stage, part: keyof typeof transcripts.events.shop, since: bigint): Promise<void> {
  const expected = transcript(part, stage);
  await stage.record.until(`the events of ${part}`, () => stage.record.events('shop', since).length >= expected.length);
  expect(stage.record.events('shop', since)).toEqual(expected);
}

function sizes({ record }: Stage): readonly number[] {
  return record.replicaSets('shop').map(({ spec }) => spec.replicas ?? 1);
}

test('create, update, abort, retry and promote tell the story that users know', async () => {
  const stage = await setStage();
  const { kubectl, record } = stage;
  await kubectl.apply(shop());
  const created = await record.untilPhase('shop', 'Healthy');
  expect(created.status).toMatchObject({ replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2, HPAReplicas: 2 });
  expect(created.status?.stableRS).toBe(created.status?.currentPodHash);
  await expectEvents(stage, 'create', 0n);

  let mark = record.mark();
  await kubectl.setImage('shop', 'shop:2.0.0');
  const paused = await record.untilPhase('shop', 'Paused');
  expect(paused.status).toMatchObject({ message: 'CanaryPauseStep', currentStepIndex: 1, controllerPause: true });
  expect(paused.status?.pauseConditions?.[0]?.reason).toBe('CanaryPauseStep');
  await expectEvents(stage, 'update until the pause', mark);
  expect(sizes(stage)).toEqual([1, 1]);

  mark = record.mark();
  await kubectl.command('abort', 'shop');
  await record.untilStatus('shop', 'aborted and whole', ({ phase, availableReplicas, replicas }) => {
    return phase === 'Degraded' && availableReplicas === 2 && replicas === 2;
  });
  const aborted = await record.until('stable whole again', () =>
    sizes(stage).join() === '2,0' ? record.rollout('shop') : undefined,
  );
  expect(aborted.status).toMatchObject({ phase: transcripts.shopAborted.phase, message: transcripts.shopAborted.message });
  // The condition Paused alone speaks in words of our own: it says what is next.
  const withoutWords = (line: string): string => line.replace(/^(Paused=\w+ \w+): .*/, '$1');
  const conditions = (aborted.status?.conditions ?? []).map((one) => `${one.type}=${one.status} ${one.reason}: ${one.message}`);
  expect(conditions.map(withoutWords)).toEqual(transcripts.shopAborted.conditions.map(withoutWords));
  expect(conditions.find((line) => line.startsWith('Paused='))).toContain('Rollout is aborted: back to revision 1; waits for');
  await expectEvents(stage, 'abort', mark);

  mark = record.mark();
  await kubectl.command('retry', 'shop');
  await record.untilPhase('shop', 'Paused');
  await expectEvents(stage, 'retry until the pause', mark);

  mark = record.mark();
  await kubectl.command('promote', 'shop');
  const promoted = await record.untilPhase('shop', 'Healthy');
  expect(promoted.status?.stableRS).toBe(promoted.status?.currentPodHash);
  expect(sizes(stage)).toEqual([0, 2]);
  await expectEvents(stage, 'promote', mark);
  expect(promoted.metadata.annotations?.['rollout.argoproj.io/revision']).toBe('2');
});

test('undo to the stable revision skips the steps and completes nothing', async () => {
  const stage = await setStage();
  const { kubectl, record } = stage;
  await kubectl.apply(shop());
  await record.untilPhase('shop', 'Healthy');
  const [first] = record.replicaSets('shop');
  await kubectl.setImage('shop', 'shop:2.0.0');
  await record.untilPhase('shop', 'Paused');
  const mark = record.mark();
  await kubectl.undo('shop', first?.metadata.name ?? '');
  const back = await record.untilPhase('shop', 'Healthy');
  expect(back.status).toMatchObject({ currentStepIndex: 2, stableRS: back.status?.currentPodHash });
  expect(
    record.present('replicasets').find(({ metadata }) => metadata.uid === first?.metadata.uid)?.metadata.annotations,
  ).toMatchObject({
    'rollout.argoproj.io/revision': '3',
    'rollout.argoproj.io/revision-history': '1',
  });
  expect(record.present('replicasets')).toHaveLength(2);
  await record.untilTold('shop', 'from 1 to 0', mark);
  await record.untilTold('shop', 'Normal SkipSteps: Rollback to stable ReplicaSets', mark);
  expect(record.events('shop', mark).filter((event) => event.includes('RolloutCompleted'))).toEqual([]);
});
