/** The real `kubectl argo rollouts` against Rampart: each of its commands, what it leaves in the objects, what it prints, and how it ends. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Stage, setStage, shop } from '../support/rollout-stage.ts';
import { Terminal } from '../support/terminal.ts';

const twoPauses = { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: {} }] };

interface PluginStage extends Stage {
  readonly plugin: Terminal;
}

async function stageWithPlugin(): Promise<PluginStage> {
  const stage = await setStage();
  return { ...stage, plugin: await Terminal.plugin(stage.namespace, { ran: () => stage.record.catchUp() }) };
}

/** Version 2 at the first pause, set by the plugin itself. */
async function pausedUpdate(): Promise<PluginStage> {
  const stage = await stageWithPlugin();
  await stage.kubectl.apply(shop({ replicas: 4, canary: twoPauses }));
  await stage.record.untilPhase('shop', 'Healthy');
  await ok(stage.plugin, 'set', 'image', 'shop', 'web=shop:2.0.0');
  await stage.record.untilPhase('shop', 'Paused');
  return stage;
}

/** Its output; it has to end well. */
async function ok(plugin: Terminal, ...args: readonly string[]): Promise<string> {
  const { code, out, errors } = await plugin.run(args);
  const complaints = errors.replace(/^Flag --[a-z-]+ has been deprecated.*\n/m, '');
  expect([code, complaints], `${args.join(' ')}: ${out}${errors}`).toEqual([0, '']);
  return out;
}

const secondPause = {
  what: 'the second pause',
  is: (step: number | undefined, phase: string | undefined) => step === 3 && phase === 'Paused',
};

async function untilSecondPause({ record }: Stage) {
  return await record.untilStatus('shop', secondPause.what, ({ currentStepIndex, phase }) =>
    secondPause.is(currentStepIndex, phase),
  );
}

describe('looking', () => {
  test('get shows the tree of a paused update, list its line, status what it waits for', async () => {
    const { plugin, record } = await pausedUpdate();
    await record.untilStatus('shop', 'four pods', ({ replicas, availableReplicas }) => replicas === 4 && availableReplicas === 4);
    const tree = await ok(plugin, 'get', 'rollout', 'shop', '--no-color');
    expect(tree).toMatch(/Status:\s+॥ Paused/);
    expect(tree).toMatch(/Message:\s+CanaryPauseStep/);
    expect(tree).toMatch(/Step:\s+1\/4/);
    expect(tree).toMatch(/SetWeight:\s+25/);
    expect(tree).toMatch(/shop:1\.0\.0 \(stable\)/);
    expect(tree).toMatch(/shop:2\.0\.0 \(canary\)/);
    expect(tree).toMatch(/Updated:\s+1\n/);
    expect(tree).toMatch(/revision:2[\s\S]*shop-\w+\s+ReplicaSet\s+✔ Healthy\s+\S+\s+canary[\s\S]*revision:1[\s\S]*stable/);
    const list = await ok(plugin, 'list', 'rollouts');
    expect(list).toMatch(/^shop\s+Canary\s+Paused\s+1\/4\s+25\s+4\/4\s+4\s+1\s+4\s/m);
    expect(await ok(plugin, 'status', 'shop', '--watch=false')).toBe('Paused - CanaryPauseStep\n');
  });

  test('get --watch follows an update to its end, and status ends with it', async () => {
    const { plugin, record } = await pausedUpdate();
    const watched = plugin.start(['get', 'rollout', 'shop', '--watch', '--no-color', '--timeout-seconds=120']);
    const waiting = plugin.start(['status', 'shop', '--timeout=120s']);
    await vi.waitFor(() => expect(watched.out()).toContain('Paused'), { timeout: 30_000 });
    await ok(plugin, 'promote', 'shop', '--full');
    await record.untilPhase('shop', 'Healthy');
    const { code, out } = await waiting.ended;
    expect(code).toBe(0);
    expect(
      out
        .split('\n')
        .filter((line) => line !== '')
        .at(-1),
    ).toBe('Healthy');
    await vi.waitFor(() => expect(watched.out()).toMatch(/Healthy[\s\S]*shop:2\.0\.0 \(stable\)/), { timeout: 30_000 });
    watched.interrupt();
    await watched.ended;
  });

  test('status ends with 1 when an update is degraded, and with an error when the time is up', async () => {
    const { plugin, record } = await pausedUpdate();
    const late = await plugin.run(['status', 'shop', '--timeout=1s']);
    expect(late.code).not.toBe(0);
    expect(late.errors).toContain('Rollout status watch exceeded timeout');
    await ok(plugin, 'abort', 'shop');
    await record.untilPhase('shop', 'Degraded');
    const { code, out, errors } = await plugin.run(['status', 'shop', '--timeout=60s']);
    expect([code, out + errors]).toEqual([
      1,
      expect.stringMatching(/Degraded - RolloutAborted: Rollout aborted update to revision 2/),
    ]);
  });
});

describe('promote', () => {
  test('goes on once with each call, whatever look it lands in', async () => {
    const stage = await pausedUpdate();
    const { plugin, record } = stage;
    const mark = record.mark();
    await ok(plugin, 'promote', 'shop');
    const paused = await untilSecondPause(stage);
    expect(paused.status?.pauseConditions).toHaveLength(1);
    const indexes = record.versions('rollouts', mark).map(({ object }) => object.status?.currentStepIndex);
    expect(Math.max(...indexes.filter((index) => index !== undefined))).toBe(3);
    await ok(plugin, 'promote', 'shop');
    const healthy = await record.untilPhase('shop', 'Healthy');
    expect(healthy.status).toMatchObject({ currentStepIndex: 4, stableRS: healthy.status?.currentPodHash });
    expect(healthy.status?.controllerPause).toBeUndefined();
  });

  test('skips a step that does not pause, and takes spec.paused away', async () => {
    const stage = await stageWithPlugin();
    const { plugin, record, kubectl } = stage;
    const stuck = { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: { duration: '1h' } }] };
    await kubectl.apply(shop({ replicas: 2, canary: stuck }));
    await record.untilPhase('shop', 'Healthy');
    await ok(plugin, 'pause', 'shop');
    await record.untilStatus('shop', 'held', ({ message }) => message === 'manually paused');
    await ok(plugin, 'set', 'image', 'shop', 'web=shop:2.0.0');
    await record.untilStatus(
      'shop',
      'held at its first step',
      ({ currentStepIndex, message }) => currentStepIndex === 0 && message === 'manually paused',
    );
    await ok(plugin, 'promote', 'shop');
    expect(record.versions('rollouts').some(({ object }) => object.status?.currentStepIndex === 1)).toBe(true);
    await record.untilStatus('shop', 'the pause', ({ message }) => message === 'CanaryPauseStep');
    expect(record.rollout('shop')?.spec.paused).toBe(false);
    await ok(plugin, 'promote', 'shop', '--skip-current-step');
    await record.untilPhase('shop', 'Healthy');
  });

  test('in full passes all that is left, and after an abort begins again', async () => {
    const { plugin, record } = await pausedUpdate();
    await ok(plugin, 'abort', 'shop');
    const aborted = await record.untilPhase('shop', 'Degraded');
    expect(aborted.status).toMatchObject({ abort: true, abortedAt: expect.any(String), currentStepIndex: 0 });
    await ok(plugin, 'promote', 'shop', '--full');
    const healthy = await record.untilPhase('shop', 'Healthy');
    expect(healthy.status?.abort).toBeUndefined();
    expect(healthy.status?.promoteFull).toBeUndefined();
    expect(healthy.status?.stableRS).toBe(healthy.status?.currentPodHash);
  });
});

test('abort goes back, retry begins again, undo puts the version before back', async () => {
  const { plugin, record } = await pausedUpdate();
  await ok(plugin, 'abort', 'shop');
  await record.untilPhase('shop', 'Degraded');
  await ok(plugin, 'retry', 'rollout', 'shop');
  const again = await record.untilPhase('shop', 'Paused');
  expect(again.status?.abort).toBeUndefined();
  expect(again.status?.abortedAt).toBeUndefined();
  await ok(plugin, 'promote', 'shop', '--full');
  const second = await record.untilPhase('shop', 'Healthy');
  await ok(plugin, 'undo', 'shop');
  const back = await record.untilStatus(
    'shop',
    'the first version',
    ({ currentPodHash }) => currentPodHash !== second.status?.currentPodHash,
  );
  expect(record.replicaSets('shop')).toHaveLength(2);
  expect(back.metadata.annotations?.['rollout.argoproj.io/revision']).toBe('3');
  await ok(plugin, 'promote', 'shop', '--full');
  await record.untilStatus(
    'shop',
    'back for good',
    ({ phase, stableRS, currentPodHash }) => phase === 'Healthy' && stableRS === currentPodHash,
  );
  await ok(plugin, 'undo', 'shop', '--to-revision=2');
  await record.untilStatus('shop', 'version two again', ({ currentPodHash }) => currentPodHash === second.status?.currentPodHash);
});

test('pause holds an update; taking it away lets it go on', async () => {
  const { plugin, record, kubectl } = await pausedUpdate();
  await ok(plugin, 'pause', 'shop');
  const held = await record.untilStatus('shop', 'held', ({ message }) => message === 'manually paused');
  expect(held.spec.paused).toBe(true);
  expect(await ok(plugin, 'status', 'shop', '--watch=false')).toBe('Paused - manually paused\n');
  await kubectl.command('resume', 'shop');
  await record.untilStatus('shop', 'the step’s own pause', ({ message }) => message === 'CanaryPauseStep');
});

test('restart replaces the pods that are there, and no others', async () => {
  const stage = await stageWithPlugin();
  const { plugin, record, kubectl } = stage;
  await kubectl.apply(shop({ replicas: 2 }));
  await record.untilStatus('shop', 'both pods', ({ phase, availableReplicas }) => phase === 'Healthy' && availableReplicas === 2);
  const before = new Set(record.present('pods').map(({ metadata }) => metadata.uid));
  // Times of pods have whole seconds: those of the same second as the command are not older than it.
  await ok(plugin, 'restart', 'shop', '--in', '1s');
  await record.untilStatus('shop', 'restarted', ({ restartedAt }) => restartedAt !== undefined);
  await record.until('two new pods', () => {
    const living = record.present('pods').filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return living.length === 2 && living.every(({ metadata }) => !before.has(metadata.uid));
  });
  expect(record.rollout('shop')?.spec.restartAt).toBe(record.rollout('shop')?.status?.restartedAt);
});

test('a Rollout with a workloadRef is updated and undone where its template is', async () => {
  const { plugin, record, kubectl } = await stageWithPlugin();
  const pods = { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'web', image: 'shop:1.0.0' }] } };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'backend' },
    spec: { replicas: 0, selector: { matchLabels: { app: 'shop' } }, template: pods },
  };
  const spec = {
    selector: undefined,
    template: undefined,
    workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'backend' },
  };
  await kubectl.apply(deployment, shop({ replicas: 1, canary: {}, spec }));
  const first = await record.untilPhase('shop', 'Healthy');
  await ok(plugin, 'set', 'image', 'shop', 'web=shop:2.0.0');
  const isOther = ({ phase, currentPodHash, stableRS }: NonNullable<typeof first.status>) =>
    phase === 'Healthy' && currentPodHash !== first.status?.currentPodHash && stableRS === currentPodHash;
  await record.untilStatus('shop', 'the second version', isOther);
  await ok(plugin, 'undo', 'shop');
  await record.untilStatus(
    'shop',
    'the first version again',
    ({ phase, stableRS }) => phase === 'Healthy' && stableRS === first.status?.stableRS,
  );
  expect(record.replicaSets('shop')).toHaveLength(2);
});

test('an Experiment is shown, ended, and begun again', async () => {
  const { plugin, kubectl } = await stageWithPlugin();
  await kubectl.apply(trial);
  const until = async (phase: string) =>
    await vi.waitFor(async () => expect(await phaseOfTrial()).toBe(phase), { timeout: 30_000, interval: 200 });
  const phaseOfTrial = async () => await kubectl.run(['get', 'experiment/trial', '-o', 'jsonpath={.status.phase}']);
  await until('Running');
  expect(await ok(plugin, 'get', 'experiment', 'trial', '--no-color')).toMatch(
    /Status:\s+◌ Running[\s\S]*trial-only\s+ReplicaSet\s+✔ Healthy/,
  );
  expect(await ok(plugin, 'list', 'experiments')).toMatch(/^trial\s+Running\s+60m\s+59m/m);
  await ok(plugin, 'terminate', 'experiment', 'trial');
  await until('Successful');
  await kubectl.mergePatch('experiment/trial', { spec: { terminate: null } });
  await ok(plugin, 'retry', 'experiment', 'trial');
  await until('Running');
});

test('create analysisrun makes a run of a template, terminate ends it, get and list know nothing of trouble', async () => {
  const { plugin, record, kubectl } = await stageWithPlugin();
  await kubectl.apply(endless);
  const created = await ok(plugin, 'create', 'analysisrun', '--from=endless', '--name=trial', '-a', 'threshold=1');
  expect(created).toContain('trial');
  await record.until('a running run', () => phaseOfRun(record, 'trial') === 'Running');
  await ok(plugin, 'terminate', 'analysisrun', 'trial');
  await record.until('the end of the run', () => phaseOfRun(record, 'trial') === 'Successful');
});

test('lint takes what Rampart takes, and refuses what Rampart refuses', async () => {
  const { plugin } = await stageWithPlugin();
  const folder = await mkdtemp(join(tmpdir(), 'rampart-lint-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'shop.yaml');
  await writeFile(file, JSON.stringify(shop({ replicas: 4, canary: twoPauses })));
  await ok(plugin, 'lint', '-f', file);
  await writeFile(file, JSON.stringify(shop({ replicas: 4, canary: { ...twoPauses, steps: [{ setWeight: 101 }] } })));
  expect((await plugin.run(['lint', '-f', file])).code).not.toBe(0);
});

const trial = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Experiment',
  metadata: { name: 'trial' },
  spec: {
    duration: '1h',
    scaleDownDelaySeconds: 0,
    templates: [
      {
        name: 'only',
        selector: { matchLabels: { app: 'trial' } },
        template: { metadata: { labels: { app: 'trial' } }, spec: { containers: [{ name: 'web', image: 'shop:1.0.0' }] } },
      },
    ],
  },
};

const endless = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: 'endless' },
  spec: {
    args: [{ name: 'threshold' }],
    metrics: [
      {
        name: 'nothing',
        interval: '1h',
        initialDelay: '1h',
        successCondition: 'result[0] >= {{args.threshold}}',
        provider: { prometheus: { address: 'http://127.0.0.1:9', query: 'up' } },
      },
    ],
  },
};

function phaseOfRun(record: Stage['record'], name: string): string | undefined {
  const run = record.present('analysisruns').find(({ metadata }) => metadata.name === name);
  return (run as { readonly status?: { readonly phase?: string } } | undefined)?.status?.phase;
}
