/** `rampart` as it is built and as people type it, also through kubectl, against a real API server and the controller at work. */
import { describe, expect, test, vi } from 'vitest';
import { type Stage, setQuietStage, setStage, shop } from '../support/rollout-stage.ts';
import { type Terminal, useBuiltRampart } from '../support/terminal.ts';

const built = useBuiltRampart();
const twoPauses = { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: {} }] };

interface CliStage extends Stage {
  readonly rampart: Terminal;
}

async function pausedUpdate(): Promise<CliStage> {
  const stage = await setStage();
  const rampart = await built.rampart(stage.namespace, { ran: () => stage.record.catchUp() });
  await stage.kubectl.apply(shop({ replicas: 4, canary: twoPauses }));
  await stage.record.untilPhase('shop', 'Healthy');
  await ok(rampart, 'set-image', 'shop', 'web=shop:2.0.0');
  await stage.record.untilStatus(
    'shop',
    'the first pause',
    ({ phase, replicas, availableReplicas }) => phase === 'Paused' && replicas === 4 && availableReplicas === 4,
  );
  return { ...stage, rampart };
}

async function ok(terminal: Terminal, ...args: readonly string[]): Promise<string> {
  const { code, out, errors } = await terminal.run(args);
  expect([code, errors], `${args.join(' ')}: ${out}${errors}`).toEqual([0, '']);
  return out;
}

test('get, list, why and status say where a paused update is, without colour where nobody looks', async () => {
  const { rampart, namespace } = await pausedUpdate();
  const shown = await ok(rampart, 'get', 'shop');
  expect(shown).not.toContain('\u001b');
  expect(shown).toMatch(/^Status: +‖ Paused$/m);
  expect(shown).toMatch(/^Strategy: +canary, step 1\/4, weight 25$/m);
  expect(shown).toMatch(
    /├─ revision 2\n│ {2}└─ shop-\w+ +ReplicaSet +✔ Healthy +1\/1 +\S+ +canary, shop:2\.0\.0\n│ {5}└─ shop-\S+ +Pod +Running +1\/1/,
  );
  expect(shown).toMatch(/└─ revision 1\n {3}└─ shop-\w+ +ReplicaSet +✔ Healthy +3\/3 +\S+ +stable, shop:1\.0\.0/);
  expect(await ok(rampart, 'list')).toMatch(/^shop +canary +‖ Paused +1\/4 +25 +4\/4 +4 +1 +4 +\S+$/m);
  expect(await ok(rampart, 'list', '-o', 'name')).toBe('rollout.argoproj.io/shop\n');
  expect(JSON.parse(await ok(rampart, 'get', 'shop', '-o', 'json'))).toMatchObject({
    kind: 'Rollout',
    metadata: { name: 'shop', namespace },
  });
  expect(await ok(rampart, 'why', 'shop')).toBe(
    'Rollout is paused at step 2/4 (pause): goes on with setWeight: 50 when someone promotes it: kubectl argo rollouts promote shop.\n',
  );
  expect(await rampart.run(['status', 'shop', '--watch=false'])).toMatchObject({ code: 2, out: 'Paused - CanaryPauseStep\n' });
  expect(await rampart.run(['status', 'shop', '--timeout', '1s'])).toMatchObject({
    code: 2,
    errors: 'Rollout status watch exceeded timeout\n',
  });
});

test('kubectl finds it, follows an update by it, and completes for it', async () => {
  const { namespace, record, rampart } = await pausedUpdate();
  const kubectl = await built.kubectlRampart(namespace, { ran: () => record.catchUp() });
  const watched = kubectl.start(['get', 'shop', '-w']);
  const waiting = rampart.start(['status', 'shop', '--timeout', '2m']);
  await vi.waitFor(() => expect(watched.out()).toContain('‖ Paused'), { timeout: 30_000 });
  expect(await ok(kubectl, 'promote', 'shop')).toBe('rollout.argoproj.io/shop goes on after its pause\n');
  await record.untilStatus(
    'shop',
    'the second pause',
    ({ currentStepIndex, phase }) => currentStepIndex === 3 && phase === 'Paused',
  );
  expect(await ok(rampart, 'promote', 'shop', '--full')).toContain('is promoted');
  await record.untilPhase('shop', 'Healthy');
  expect((await waiting.ended).code).toBe(0);
  await vi.waitFor(() => expect(watched.out()).toMatch(/✔ Healthy[\s\S]*shop:2\.0\.0 \(stable\)/), { timeout: 30_000 });
  watched.interrupt();
  expect((await watched.ended).code).toBe(0);
  expect((await kubectl.run(['--help'])).out).toContain('Usage: kubectl rampart COMMAND');
});

test('abort, retry, pause, resume and undo do what they say', async () => {
  const { rampart, record } = await pausedUpdate();
  await ok(rampart, 'abort', 'shop');
  await record.untilPhase('shop', 'Degraded');
  const degraded = await rampart.run(['status', 'shop']);
  expect([degraded.code, degraded.out]).toEqual([1, expect.stringMatching(/^Degraded - RolloutAborted: /)]);
  expect((await ok(rampart, 'why', 'shop')).split('\n')).toHaveLength(3);
  await ok(rampart, 'retry', 'rollout', 'shop');
  await record.untilPhase('shop', 'Paused');
  await ok(rampart, 'pause', 'shop');
  await record.untilStatus('shop', 'held', ({ message }) => message === 'manually paused');
  await ok(rampart, 'resume', 'shop');
  await record.untilStatus('shop', 'not held', ({ message }) => message === 'CanaryPauseStep');
  await ok(rampart, 'undo', 'shop');
  const back = await record.untilPhase('shop', 'Healthy');
  expect(back.status?.currentPodHash).toBe(back.status?.stableRS);
  expect(record.replicaSets('shop')).toHaveLength(2);
  expect(await rampart.run(['promote', 'shop'])).toMatchObject({
    code: 3,
    errors: 'rampart promote: there is nothing to promote: it neither pauses nor has a step left.\n',
  });
});

test('why names the pods that do not come, and what comes next', async () => {
  const stage = await setStage();
  const rampart = await built.rampart(stage.namespace, { ran: () => stage.record.catchUp() });
  await stage.kubectl.apply(shop({ replicas: 2 }));
  await stage.record.untilPhase('shop', 'Healthy');
  const nowhere = { nodeSelector: { zone: 'none' }, containers: [{ name: 'web', image: 'shop:2.0.0' }] };
  await stage.kubectl.mergePatch('rollout/shop', { spec: { template: { spec: nowhere } } });
  await vi.waitFor(async () => expect(await ok(rampart, 'why', 'shop')).toContain('1 new pod is not ready: Pending: '), {
    timeout: 30_000,
    interval: 500,
  });
  const lines = (await ok(rampart, 'why', 'shop')).trimEnd().split('\n');
  expect(lines[0]).toBe(
    'Revision 2 is on its way at step 1/2 (setWeight: 50): 0 of the 1 pods it has been given are available (2 in the end).',
  );
  expect(lines.slice(2)).toEqual([
    'Then comes step 2/2 (pause).',
    expect.stringMatching(/^Without progress it counts as stuck at \d{4}-.*Z\.$/),
  ]);
});

test('restart, create analysisrun, terminate and the template of a workloadRef', async () => {
  const { rampart, record, kubectl } = await pausedUpdate();
  const metric = {
    name: 'm',
    interval: '1h',
    initialDelay: '1h',
    provider: { prometheus: { address: 'http://127.0.0.1:9', query: 'up' } },
  };
  await kubectl.apply({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name: 'endless' },
    spec: { metrics: [metric] },
  });
  const created = await ok(rampart, 'create', 'analysisrun', '--from', 'endless', '-o', 'name');
  expect(created).toMatch(/^analysisrun\.argoproj\.io\/endless-\w+\n$/);
  await ok(rampart, 'terminate', created.trim().replace('.argoproj.io', ''));
  await record.until('the end of the run', () =>
    record
      .present('analysisruns')
      .some((run) => (run as { readonly status?: { readonly phase?: string } }).status?.phase === 'Successful'),
  );
  await ok(rampart, 'promote', 'shop', '--full');
  await record.untilPhase('shop', 'Healthy');
  await ok(rampart, 'restart', 'shop', '--in', '1s');
  await record.untilStatus('shop', 'restarted', ({ restartedAt }) => restartedAt !== undefined);
  const pods = { metadata: { labels: { app: 'api' } }, spec: { containers: [{ name: 'web', image: 'shop:1.0.0' }] } };
  await kubectl.apply(
    { apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 'api' }, template: pods },
    shop({
      name: 'api',
      replicas: 1,
      canary: {},
      spec: { template: undefined, workloadRef: { apiVersion: 'v1', kind: 'PodTemplate', name: 'api' } },
    }),
  );
  const first = await record.untilPhase('api', 'Healthy');
  await ok(rampart, 'set', 'image', 'api', '*=shop:2.0.0');
  await record.untilStatus(
    'api',
    'the second version',
    ({ phase, stableRS, currentPodHash }) =>
      phase === 'Healthy' && stableRS === currentPodHash && stableRS !== first.status?.stableRS,
  );
  await ok(rampart, 'undo', 'api');
  await record.untilStatus(
    'api',
    'the first version again',
    ({ phase, stableRS }) => phase === 'Healthy' && stableRS === first.status?.stableRS,
  );
  expect(await ok(rampart, 'why', 'api')).toMatch(/^Revision 3 is the stable version and its pod is available/);
});

describe('without a controller', () => {
  test('what is not there, or may not be seen, is said in a sentence', async () => {
    const { namespace, kubectl } = await setQuietStage();
    const rampart = await built.rampart(namespace);
    expect(await rampart.run(['get', 'shop'])).toMatchObject({
      code: 3,
      errors: `rampart get: Rollout "shop" not found in namespace ${namespace}; -n names another one.\n`,
    });
    await kubectl.apply(shop());
    expect(await rampart.run(['status', 'shop', '--watch=false'])).toMatchObject({
      code: 2,
      out: 'Unknown - no controller has looked at it yet\n',
    });
    expect(await ok(rampart, 'why', 'shop')).toContain('The controller has not acted on this yet');
    expect(await rampart.completed(['promote', 's'])).toBe('shop\n:4\n');
  });

  test('lint judges what runs, and what is piped into it', async () => {
    const { namespace, kubectl } = await setQuietStage();
    const rampart = await built.rampart(namespace);
    await kubectl.apply(shop({ canary: { steps: [{ analysis: { templates: [{ templateName: 'ratio' }] } }] } }));
    const live = await rampart.run(['lint', '--live']);
    expect([live.code, live.out]).toEqual([1, expect.stringContaining("AnalysisTemplate 'ratio' not found")]);
    const piped = await rampart.run(
      ['lint', '-f', '-', '-o', 'json'],
      JSON.stringify(shop({ canary: { steps: [{ setWieght: 10 }] } })),
    );
    expect(piped.code).toBe(1);
    expect(JSON.parse(piped.out).findings.map(({ path }: { path: string }) => path)).toContain(
      'spec.strategy.canary.steps[0].setWieght',
    );
  });
});
