/** Every command of a user's, sent as the plugin and kubectl send it, seen in status and in pods on a real API server. */
import { describe, expect, test } from 'vitest';
import { type Stage, setStage, shop } from '../support/rollout-stage.ts';

/** image -> pods asked for, of the versions that have any */
function pods({ record }: Stage, rollout = 'shop'): Readonly<Record<string, number>> {
  const sizes = record.replicaSets(rollout).map(({ spec }) => {
    const [container] = (spec.template.spec?.containers ?? []) as readonly { readonly image: string }[];
    return [container?.image ?? '', spec.replicas ?? 1] as const;
  });
  return Object.fromEntries(sizes.filter(([, size]) => size > 0));
}

async function untilPods(stage: Stage, expected: Readonly<Record<string, number>>): Promise<void> {
  const text = JSON.stringify(Object.entries(expected).sort());
  await stage.record.until(`pods ${text}`, () => JSON.stringify(Object.entries(pods(stage)).sort()) === text);
}

const twoPauses = { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: {} }] };

async function pausedUpdate(settings: Parameters<typeof shop>[0] = {}): Promise<Stage> {
  const stage = await setStage();
  await stage.kubectl.apply(shop({ replicas: 4, canary: twoPauses, ...settings }));
  await stage.record.untilPhase('shop', 'Healthy');
  await stage.kubectl.setImage('shop', 'shop:2.0.0');
  await stage.record.untilPhase('shop', 'Paused');
  return stage;
}

describe('spec.paused', () => {
  test('holds an update back while scaling goes on, until it is taken away', async () => {
    const stage = await setStage();
    const { kubectl, record } = stage;
    await kubectl.apply(shop());
    await record.untilPhase('shop', 'Healthy');
    await kubectl.command('pause', 'shop');
    await record.untilStatus(
      'shop',
      'manually paused',
      ({ phase, message }) => phase === 'Paused' && message === 'manually paused',
    );
    await kubectl.setImage('shop', 'shop:2.0.0');
    await record.until('the new ReplicaSet', () => record.replicaSets('shop').length === 2);
    await kubectl.run(['scale', 'rollout/shop', '--replicas=4']);
    await record.untilStatus('shop', 'four available', ({ availableReplicas }) => availableReplicas === 4);
    expect(pods(stage)).toEqual({ 'shop:1.0.0': 4 });
    expect(record.rollout('shop')?.status).toMatchObject({ phase: 'Paused', message: 'manually paused', currentStepIndex: 0 });
    await kubectl.command('resume', 'shop');
    await record.untilStatus('shop', 'the step’s pause', ({ message }) => message === 'CanaryPauseStep');
    expect(pods(stage)).toEqual({ 'shop:1.0.0': 2, 'shop:2.0.0': 2 });
    await record.untilTold('shop', 'Normal RolloutPaused: Rollout is paused (manually paused)');
  });

  test('set during the pause of a step, promote takes both away as the plugin does', async () => {
    const stage = await pausedUpdate();
    const { kubectl, record } = stage;
    await kubectl.command('pause', 'shop');
    await record.untilStatus('shop', 'manually paused', ({ message }) => message === 'manually paused');
    await kubectl.command('promote', 'shop');
    await kubectl.command('resume', 'shop');
    const next = await record.untilStatus(
      'shop',
      'the second pause',
      ({ currentStepIndex, phase }) => currentStepIndex === 3 && phase === 'Paused',
    );
    expect(next.status?.message).toBe('CanaryPauseStep');
    expect(pods(stage)).toEqual({ 'shop:1.0.0': 2, 'shop:2.0.0': 2 });
  });

  test('does not stand in the way of an abort', async () => {
    const stage = await pausedUpdate();
    await stage.kubectl.command('pause', 'shop');
    await stage.kubectl.command('abort', 'shop');
    await untilPods(stage, { 'shop:1.0.0': 4 });
    expect((await stage.record.untilPhase('shop', 'Degraded')).status?.message).toMatch(/^RolloutAborted: /);
  });
});

describe('promote', () => {
  test('goes on to the next step, and in full passes all of them', async () => {
    const stage = await pausedUpdate();
    const { kubectl, record } = stage;
    await kubectl.command('promote', 'shop');
    const second = await record.untilStatus(
      'shop',
      'the second pause',
      ({ currentStepIndex, phase }) => currentStepIndex === 3 && phase === 'Paused',
    );
    expect(second.status?.pauseConditions).toHaveLength(1);
    await record.untilTold('shop', 'step 3/4 completed');
    await record.until(
      'both pauses told',
      () => record.events('shop').filter((event) => event.includes('CanaryPauseStep')).length === 2,
    );
    const mark = record.mark();
    await kubectl.command('promoteFull', 'shop');
    const healthy = await record.untilPhase('shop', 'Healthy');
    expect(healthy.status?.promoteFull).toBeUndefined();
    expect(healthy.status).toMatchObject({ currentStepIndex: 4, stableRS: healthy.status?.currentPodHash });
    expect(pods(stage)).toEqual({ 'shop:2.0.0': 4 });
    await record.until('the last event', () =>
      record.events('shop', mark).some((event) => event.includes('Full promotion requested')),
    );
    expect(record.events('shop', mark).filter((event) => event.includes('StepCompleted'))).toEqual([]);
  });

  test('in full after an abort starts again and ends at the new version', async () => {
    const stage = await pausedUpdate();
    await stage.kubectl.command('abort', 'shop');
    await untilPods(stage, { 'shop:1.0.0': 4 });
    await stage.record.untilPhase('shop', 'Degraded');
    await stage.kubectl.command('promoteFull', 'shop');
    const healthy = await stage.record.untilPhase('shop', 'Healthy');
    expect(healthy.status?.abort).toBeUndefined();
    expect(pods(stage)).toEqual({ 'shop:2.0.0': 4 });
  });

  test('by writing currentStepIndex skips a step, whatever number it is', async () => {
    const stage = await pausedUpdate();
    const { kubectl, record } = stage;
    await kubectl.mergePatch('rollout/shop', { status: { pauseConditions: null, currentStepIndex: 2 } }, 'status');
    await record.untilStatus(
      'shop',
      'the second pause',
      ({ currentStepIndex, phase }) => currentStepIndex === 3 && phase === 'Paused',
    );
    await kubectl.mergePatch('rollout/shop', { status: { pauseConditions: null, currentStepIndex: 99 } }, 'status');
    expect((await record.untilPhase('shop', 'Healthy')).status?.currentStepIndex).toBe(4);
    expect(pods(stage)).toEqual({ 'shop:2.0.0': 4 });
  });
});

describe('abort', () => {
  test('of a first deployment keeps its pods and says that there is nothing to return to', async () => {
    const stage = await setStage();
    const { kubectl, record } = stage;
    const nowhere = { nodeSelector: { zone: 'none' }, containers: [{ name: 'web', image: 'shop:1.0.0' }] };
    await kubectl.apply(shop({ spec: { template: { metadata: { labels: { app: 'shop' } }, spec: nowhere } } }));
    await record.until('pods', () => record.present('pods').length === 2);
    await kubectl.command('abort', 'shop');
    const aborted = await record.untilPhase('shop', 'Degraded');
    expect(aborted.status?.message).toContain('there is no stable revision to return to');
    expect(pods(stage)).toEqual({ 'shop:1.0.0': 2 });
    expect(record.present('pods')).toHaveLength(2);
  });

  test('of a promoted Rollout is dropped', async () => {
    const stage = await setStage();
    const { kubectl, record } = stage;
    await kubectl.apply(shop());
    await record.untilPhase('shop', 'Healthy');
    await record.untilTold('shop', 'Initial deploy');
    const mark = record.mark();
    await kubectl.command('abort', 'shop');
    await record.until('the answer', () => {
      const [asked, answered] = record.versions('rollouts', mark).map(({ object }) => object.status?.abort);
      return asked === true && record.versions('rollouts', mark).length > 1 && answered === undefined;
    });
    expect(record.rollout('shop')?.status?.phase).toBe('Healthy');
    expect(record.events('shop', mark)).toEqual([]);
  });
});

describe('a change in the middle of an update', () => {
  test('by a newer version begins again against the same stable one', async () => {
    const stage = await pausedUpdate();
    const { kubectl, record } = stage;
    const stable = record.rollout('shop')?.status?.stableRS;
    await kubectl.setImage('shop', 'shop:3.0.0');
    await record.untilStatus('shop', 'the first pause again', ({ currentStepIndex, phase, replicas }) => {
      return currentStepIndex === 1 && phase === 'Paused' && replicas === 4;
    });
    expect(pods(stage)).toEqual({ 'shop:1.0.0': 3, 'shop:3.0.0': 1 });
    expect(record.rollout('shop')?.status?.stableRS).toBe(stable);
    expect(record.rollout('shop')?.metadata.annotations?.['rollout.argoproj.io/revision']).toBe('3');
  });

  test('of the number of pods keeps the share of the step', async () => {
    const stage = await pausedUpdate();
    const { kubectl, record } = stage;
    await kubectl.run(['scale', 'rollout/shop', '--replicas=8']);
    await untilPods(stage, { 'shop:1.0.0': 6, 'shop:2.0.0': 2 });
    await record.untilStatus(
      'shop',
      'eight available',
      ({ availableReplicas, phase }) => availableReplicas === 8 && phase === 'Paused',
    );
    await kubectl.run(['scale', 'rollout/shop', '--replicas=4']);
    await untilPods(stage, { 'shop:1.0.0': 3, 'shop:2.0.0': 1 });
    const status = (await record.untilStatus('shop', 'four left', ({ replicas }) => replicas === 4)).status;
    expect(status).toMatchObject({ phase: 'Paused', currentStepIndex: 1 });
  });

  test('of the number of pods during an abort is obeyed', async () => {
    const stage = await pausedUpdate();
    await stage.kubectl.command('abort', 'shop');
    await stage.record.untilPhase('shop', 'Degraded');
    await stage.kubectl.run(['scale', 'rollout/shop', '--replicas=6']);
    await untilPods(stage, { 'shop:1.0.0': 6 });
  });

  test('of the steps begins them again with the same pods', async () => {
    const stage = await pausedUpdate();
    const { kubectl, record } = stage;
    const steps = [{ setWeight: 75 }, { pause: { duration: '1s' } }];
    await kubectl.mergePatch('rollout/shop', { spec: { strategy: { canary: { steps } } } });
    await record.untilPhase('shop', 'Healthy');
    expect(pods(stage)).toEqual({ 'shop:2.0.0': 4 });
    expect(record.present('replicasets')).toHaveLength(2);
    await record.untilTold('shop', 'Normal RolloutStepCompleted: Rollout step 2/2 completed (pause: 1s)');
  });
});

test('a Rollout that is deleted in the middle of an update takes everything with it', async () => {
  const stage = await pausedUpdate();
  await stage.kubectl.run(['delete', 'rollout/shop', '--timeout=20s']);
  await stage.record.until('nothing left', () => {
    return stage.record.present('replicasets').length === 0 && stage.record.present('pods').length === 0;
  });
  await stage.kubectl.apply(shop());
  await stage.record.untilPhase('shop', 'Healthy');
});
