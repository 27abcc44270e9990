/** What Argo CD shows of objects that Rampart has written, by Argo CD's own scripts, and what its buttons do. */
import { describe, expect, test, vi } from 'vitest';
import { ArgoCd, mergePatchOf } from '../support/argo-cd.ts';
import { type Stage, setStage, shop } from '../support/rollout-stage.ts';

const twoPauses = { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: {} }] };

interface ArgoCdStage extends Stage {
  readonly argoCd: ArgoCd;
}

async function pausedUpdate(): Promise<ArgoCdStage> {
  const stage = await setStage();
  await stage.kubectl.apply(shop({ replicas: 4, canary: twoPauses }));
  await stage.record.untilPhase('shop', 'Healthy');
  await stage.kubectl.setImage('shop', 'shop:2.0.0');
  await stage.record.untilPhase('shop', 'Paused');
  return { ...stage, argoCd: await ArgoCd.open() };
}

async function live({ kubectl }: Stage, target = 'rollout/shop'): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await kubectl.run(['get', target, '-o', 'json'])) as Readonly<Record<string, unknown>>;
}

/** As Argo CD does it: the script's difference goes to the object and, where its status differs, to the status. */
async function press(stage: ArgoCdStage, action: string): Promise<void> {
  const before = await live(stage);
  expect(await stage.argoCd.actions('Rollout', before), `can be pressed: ${action}`).toContain(action);
  const { status, ...patch } = mergePatchOf(before, await stage.argoCd.act('Rollout', action, before));
  expect(status !== undefined || Object.keys(patch).length > 0, `${action} writes something`).toBe(true);
  if (Object.keys(patch).length > 0) await stage.kubectl.mergePatch('rollout/shop', patch);
  if (status !== undefined) await stage.kubectl.mergePatch('rollout/shop', { status }, 'status');
}

describe('a Rollout', () => {
  test('is Healthy, Progressing, Suspended, Degraded as it goes', async () => {
    const stage = await setStage();
    const argoCd = await ArgoCd.open();
    const { kubectl, record } = stage;
    const nowhere = { nodeSelector: { zone: 'none' }, containers: [{ name: 'web', image: 'shop:0.9.0' }] };
    await kubectl.apply(shop({ replicas: 2, spec: { template: { metadata: { labels: { app: 'shop' } }, spec: nowhere } } }));
    const young = await record.untilPhase('shop', 'Progressing');
    expect(await argoCd.health('Rollout', young)).toEqual({ status: 'Progressing', message: young.status?.message });
    await kubectl.apply(shop({ replicas: 2 }));
    const healthy = await record.untilPhase('shop', 'Healthy');
    expect((await argoCd.health('Rollout', healthy)).status).toBe('Healthy');
    expect(await argoCd.actions('Rollout', healthy)).not.toContain('abort');
    await kubectl.setImage('shop', 'shop:2.0.0');
    const paused = await record.untilPhase('shop', 'Paused');
    expect(await argoCd.health('Rollout', paused)).toEqual({ status: 'Suspended', message: 'CanaryPauseStep' });
    await kubectl.command('abort', 'shop');
    const degraded = await record.untilPhase('shop', 'Degraded');
    expect(await argoCd.health('Rollout', degraded)).toEqual({
      status: 'Degraded',
      message: expect.stringMatching(/^RolloutAborted: Rollout aborted update to revision/),
    });
    await kubectl.command('retry', 'shop');
    await record.untilPhase('shop', 'Paused');
    await kubectl.mergePatch('rollout/shop', { spec: { strategy: { canary: { canaryService: 'not-there' } } } });
    const invalid = await record.untilPhase('shop', 'Degraded');
    expect(await argoCd.health('Rollout', invalid)).toEqual({
      status: 'Degraded',
      message: expect.stringMatching(/^InvalidSpec: /),
    });
    // At no moment did it seem healthy while a new version was on its way.
    for (const { object } of record.versions('rollouts')) {
      const { status } = object;
      if (status?.currentPodHash === status?.stableRS) continue;
      expect((await argoCd.health('Rollout', object)).status).not.toBe('Healthy');
    }
  });

  test('that is blue-green waits for its switch', async () => {
    const stage = await setStage();
    const argoCd = await ArgoCd.open();
    const service = (name: string) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { selector: { app: 'shop' }, ports: [{ port: 80 }] },
    });
    const strategy = { blueGreen: { activeService: 'active', previewService: 'preview', autoPromotionEnabled: false } };
    await stage.kubectl.apply(service('active'), service('preview'), shop({ spec: { strategy } }));
    expect((await argoCd.health('Rollout', await stage.record.untilPhase('shop', 'Healthy'))).status).toBe('Healthy');
    await stage.kubectl.setImage('shop', 'shop:2.0.0');
    const paused = await stage.record.untilPhase('shop', 'Paused');
    expect(await argoCd.health('Rollout', paused)).toEqual({ status: 'Suspended', message: 'BlueGreenPause' });
    await press({ ...stage, argoCd }, 'resume');
    expect((await argoCd.health('Rollout', await stage.record.untilPhase('shop', 'Healthy'))).status).toBe('Healthy');
  });
});

describe('a button', () => {
  test('resume goes on to the next pause, promote-full to the end', async () => {
    const stage = await pausedUpdate();
    await press(stage, 'resume');
    await stage.record.untilStatus(
      'shop',
      'the second pause',
      ({ currentStepIndex, phase }) => currentStepIndex === 3 && phase === 'Paused',
    );
    await press(stage, 'promote-full');
    const healthy = await stage.record.untilPhase('shop', 'Healthy');
    expect(healthy.status?.promoteFull).toBeUndefined();
  });

  test('skip-current-step skips it once', async () => {
    const stage = await pausedUpdate();
    const mark = stage.record.mark();
    await press(stage, 'skip-current-step');
    await stage.record.untilStatus(
      'shop',
      'the second pause',
      ({ currentStepIndex, phase }) => currentStepIndex === 3 && phase === 'Paused',
    );
    const indexes = stage.record.versions('rollouts', mark).map(({ object }) => object.status?.currentStepIndex ?? 0);
    expect(Math.max(...indexes)).toBe(3);
  });

  test('abort goes back, retry begins again, pause holds, resume lets go', async () => {
    const stage = await pausedUpdate();
    const { record } = stage;
    await press(stage, 'abort');
    await record.untilPhase('shop', 'Degraded');
    await press(stage, 'retry');
    const again = await record.untilPhase('shop', 'Paused');
    expect(again.status?.abort).toBeUndefined();
    await press(stage, 'pause');
    await record.untilStatus('shop', 'held', ({ message }) => message === 'manually paused');
    await press(stage, 'resume');
    await record.untilStatus(
      'shop',
      'the second pause',
      ({ currentStepIndex, message }) => currentStepIndex === 3 && message === 'CanaryPauseStep',
    );
  });
});

test('restart replaces the pods', async () => {
  const stage = await setStage();
  const { kubectl, record } = stage;
  await kubectl.apply(shop({ replicas: 1, canary: {} }));
  await record.untilPhase('shop', 'Healthy');
  await press({ ...stage, argoCd: await ArgoCd.open() }, 'restart');
  await record.untilStatus('shop', 'restarted', ({ restartedAt }) => restartedAt !== undefined);
});

test('an Experiment is judged by its phase', async () => {
  const { kubectl } = await setStage();
  const argoCd = await ArgoCd.open();
  const template = { metadata: { labels: { app: 'trial' } }, spec: { containers: [{ name: 'web', image: 'shop:1.0.0' }] } };
  const templates = [{ name: 'only', selector: { matchLabels: { app: 'trial' } }, template }];
  const nobody = { name: 'm', consecutiveErrorLimit: 0, provider: { prometheus: { address: 'http://127.0.0.1:9', query: 'up' } } };
  await kubectl.apply({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name: 'down' },
    spec: { metrics: [nobody] },
  });
  await kubectl.apply(
    { apiVersion: 'argoproj.io/v1alpha1', kind: 'Experiment', metadata: { name: 'trial' }, spec: { duration: '1h', templates } },
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Experiment',
      metadata: { name: 'broken' },
      spec: { duration: '1h', templates, analyses: [{ name: 'a', templateName: 'down' }] },
    },
  );
  const read = async (name: string) =>
    JSON.parse(await kubectl.run(['get', 'experiment', name, '-o', 'json'])) as { readonly status?: { readonly phase?: string } };
  const until = async (name: string, phase: string) => {
    await vi.waitFor(async () => expect((await read(name)).status?.phase).toBe(phase), { timeout: 30_000, interval: 200 });
    return await read(name);
  };
  expect(await argoCd.health('Experiment', await until('trial', 'Running'))).toMatchObject({ status: 'Progressing' });
  expect(await argoCd.health('Experiment', await until('broken', 'Error'))).toMatchObject({ status: 'Degraded' });
  await kubectl.mergePatch('experiment/trial', { spec: { terminate: true } });
  expect(await argoCd.health('Experiment', await until('trial', 'Successful'))).toMatchObject({ status: 'Healthy' });
});

test('an AnalysisRun is judged by its phase, and terminate ends it', async () => {
  const stage = await setStage();
  const argoCd = await ArgoCd.open();
  const { kubectl, record } = stage;
  const metric = {
    name: 'm',
    interval: '1h',
    initialDelay: '1h',
    provider: { prometheus: { address: 'http://127.0.0.1:9', query: 'up' } },
  };
  const run = (name: string, more: object) => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { name },
    spec: { metrics: [{ ...metric, ...more }] },
  });
  await kubectl.apply(run('long', {}), run('broken', { successCondition: 'result[0 > 1' }));
  const inPhase = (name: string, phase: string) =>
    record
      .present('analysisruns')
      .some(
        (one) => one.metadata.name === name && (one as { readonly status?: { readonly phase?: string } }).status?.phase === phase,
      );
  await record.until('a running and a broken one', () => inPhase('long', 'Running') && inPhase('broken', 'Error'));
  expect((await argoCd.health('AnalysisRun', await live(stage, 'analysisrun/broken'))).status).toBe('Degraded');
  const before = await live(stage, 'analysisrun/long');
  expect((await argoCd.health('AnalysisRun', before)).status).toBe('Progressing');
  expect(await argoCd.actions('AnalysisRun', before)).toEqual(['terminate']);
  await kubectl.mergePatch('analysisrun/long', mergePatchOf(before, await argoCd.act('AnalysisRun', 'terminate', before)));
  await record.until('its end', () => inPhase('long', 'Successful'));
  expect((await argoCd.health('AnalysisRun', await live(stage, 'analysisrun/long'))).status).toBe('Healthy');
});
