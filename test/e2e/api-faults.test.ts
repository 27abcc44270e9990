/** Faults of what Rampart itself stands on: the API server, its watches, others who write, its own process, its clock, its metrics. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rollouts } from '../../src/api/resources.ts';
import type { Rollout } from '../../src/api/rollout.ts';
import { type EmbeddedCluster, startCluster } from '../../tools/cluster/cluster.ts';
import { type RunningController, startController } from '../support/controller.ts';
import { installCrds } from '../support/installed-crds.ts';
import { startMetricsDouble } from '../support/metrics-double.ts';
import { expectRoutedLaws } from '../support/routed-laws.ts';
import { command, emptyStage, openShop, setImage, untilAborted, untilHealthy, untilPausedAt } from '../support/routed-stage.ts';
import { imagePatch, shopRollout, template } from '../support/shop.ts';
import type { WatchedNamespace } from '../support/watched-namespace.ts';

const basic = {
  trafficRouting: undefined,
  stableService: undefined,
  canaryService: undefined,
  scaleDownDelaySeconds: undefined,
  abortScaleDownDelaySeconds: undefined,
};
const basicShop = (steps: readonly object[]) =>
  shopRollout({ replicas: 3, steps, canary: { ...basic, maxSurge: 1, maxUnavailable: 0 } });
const shortPause = { pause: { duration: 1 } };
const manySteps = [{ setWeight: 30 }, shortPause, { setWeight: 60 }, shortPause, { setWeight: 90 }, shortPause];

/** Each event once: none lost, none told twice. */
function expectOneStory(view: WatchedNamespace, steps: number): void {
  const told = view.events();
  // Only pauses may read alike.
  const once = told.filter((line) => !line.includes('RolloutPaused'));
  expect(once).toEqual([...new Set(once)]);
  expect(told.length - once.length, told.join('\n')).toBe(steps / 2);
  expect(told.filter((line) => line.includes('RolloutStepCompleted'))).toHaveLength(steps);
  expect(told.filter((line) => line.includes('RolloutCompleted: Rollout completed update to revision 2'))).toHaveLength(1);
}

describe('the API server', () => {
  let cluster: EmbeddedCluster;
  beforeAll(async () => {
    cluster = await startCluster({ name: 'api-faults', kubelet: 'kwok' });
    await installCrds(cluster);
  });
  afterAll(async () => await cluster?.stop());

  test('is killed and comes back in the middle of an update: the update goes on and its story is told once', async () => {
    // With a lease a long outage would end this process as it should, and nobody here starts it again.
    const { view, controller } = await emptyStage({ cluster, args: ['--leader-elect=false'] });
    await view.apply(basicShop(manySteps));
    await untilHealthy(view, 'shop:v1');
    await setImage(view, 'shop:v2');
    await view.until('the second step', () => (view.status().currentStepIndex ?? 0) >= 1);
    await cluster.restartApiServer({ kill: true });
    await untilHealthy(view, 'shop:v2');
    await view.untilTold('RolloutCompleted: Rollout completed update to revision 2');
    expectOneStory(view, manySteps.length);
    expect(controller.process.running).toBe(true);
  });

  test('has forgotten what a watch asks for (410): everything is listed again, and what happened meanwhile is acted on', async () => {
    const { view, controller } = await emptyStage({ cluster, args: ['--leader-elect=false'] });
    await view.apply(basicShop([{ setWeight: 30 }, { pause: {} }]));
    await untilHealthy(view, 'shop:v1');
    await setImage(view, 'shop:v2');
    await view.until('it pauses', () => view.status().phase === 'Paused');
    controller.process.kill('SIGSTOP');
    await setImage(view, 'shop:v3');
    await view.patch(rollouts, 'shop', { spec: { replicas: 4 } });
    // A new server knows nothing older than its own start.
    await cluster.restartApiServer();
    controller.process.kill('SIGCONT');
    await view.until(
      'the third version is under way',
      () =>
        view.status().phase === 'Paused' &&
        view.status().currentPodHash === view.replicaSetOf('shop:v3')?.metadata.labels?.['rollouts-pod-template-hash'],
    );
    await view.until(
      'the second is gone, and there are four',
      () => view.podsOf('shop:v2') === 0 && view.podsOf('shop:v1') + view.podsOf('shop:v3') >= 4,
    );
    await command(view, 'promoteFull');
    await untilHealthy(view, 'shop:v3');
    expect(controller.process.running).toBe(true);
    const figures = await (await fetch(`${controller.metricsUrl}/metrics`)).text();
    expect(
      figures.split('\n').filter((line) => /^rampart_watch_restarts_total\{.*cause="(?:gone|relist)"/.test(line)).length,
    ).toBeGreaterThan(0);
  });
});

describe('others who write', () => {
  test('all the time neither stop an update nor lose what they wrote', async () => {
    const { view } = await emptyStage();
    await view.apply(basicShop(manySteps));
    await untilHealthy(view, 'shop:v1');
    let written = 0;
    let isOver = false;
    const storm = async (subresource: 'status' | undefined): Promise<void> => {
      for (; !isOver; written++) {
        const body =
          subresource === undefined
            ? { metadata: { annotations: { 'storm.example/count': String(written) } } }
            : { status: { message: `storm ${written}` } };
        await view.client.patch(
          rollouts,
          { namespace: view.name, name: 'shop' },
          { type: 'merge', body },
          subresource === undefined ? {} : { subresource },
        );
        await delay(10);
      }
    };
    const storms = [storm(undefined), storm('status')];
    await view.client.patch(rollouts, { namespace: view.name, name: 'shop' }, { type: 'merge', body: imagePatch('shop:v2') });
    await view.until(
      'the new version is stable',
      () => view.rollout().status?.stableRS === view.replicaSetOf('shop:v2')?.metadata.labels?.['rollouts-pod-template-hash'],
      { timeoutMs: 60_000 },
    );
    isOver = true;
    await Promise.all(storms);
    await untilHealthy(view, 'shop:v2');
    expect(written).toBeGreaterThan(50);
    await view.until('the words are our own again', () => (view.status().message ?? '') === '');
    expect(view.rollout().metadata.annotations?.['storm.example/count']).toBeDefined();
    await view.untilTold('RolloutCompleted: Rollout completed update to revision 2');
    expectOneStory(view, manySteps.length);
  }, 120_000);
});

/** Kills the controller when the condition first holds, and starts it again. */
async function killWhen(
  view: WatchedNamespace,
  controller: RunningController,
  what: string,
  condition: () => boolean,
): Promise<RunningController> {
  await view.untilSeen(what, condition);
  await controller.kill();
  return await startController({ namespace: view.name });
}

describe('the controller', () => {
  test.each<[string, (view: WatchedNamespace) => boolean]>([
    ['the abort is written', ({ rollouts: store, name }) => store.get(name, 'shop')?.status?.abort === true],
    ['the weight is written', (view) => view.weight() === 0],
    ['the abort has its time', (view) => view.status().abortedAt !== undefined],
    [
      'the canary has its deadline',
      (view) => view.replicaSetOf('shop:v2')?.metadata.annotations?.['scale-down-deadline'] !== undefined,
    ],
  ])('is killed in an abort as soon as %s: its successor ends it the same way', async (what, condition) => {
    const { view, controller } = await openShop();
    await setImage(view, 'shop:v2');
    await untilPausedAt(view, 1, 20);
    const killed = killWhen(view, controller, what, () => condition(view));
    await command(view, 'abort');
    await killed;
    await untilAborted(view);
    await view.until('the canary is gone', () => view.podsOf('shop:v2') === 0);
    await view.untilTold('RolloutAborted');
    expect(view.podsOf('shop:v1')).toBe(5);
    expect(view.events().filter((line) => line.includes('RolloutAborted'))).toHaveLength(1);
    expectRoutedLaws(view.history);
  });

  test('is killed in a pause: it ends at its time, neither sooner nor begun anew', async () => {
    const { view, controller } = await openShop({
      steps: [{ setWeight: 20 }, { pause: { duration: 6 } }, { setWeight: 40 }, { pause: {} }],
    });
    await setImage(view, 'shop:v2');
    await untilPausedAt(view, 1, 20);
    const began = view.status().pauseConditions?.[0]?.startTime;
    await controller.kill();
    await startController({ namespace: view.name });
    expect(view.status().pauseConditions?.[0]?.startTime).toBe(began);
    await untilPausedAt(view, 3, 40);
    const passed = view.history.find(
      ({ kind, object }) => kind === 'Rollout' && (object as Rollout | undefined)?.status?.currentStepIndex === 2,
    )?.object as Rollout | undefined;
    const moved = Date.parse(passed?.status?.conditions?.find(({ type }) => type === 'Progressing')?.lastUpdateTime ?? '');
    expect(moved - Date.parse(began ?? '')).toBeGreaterThanOrEqual(6_000);
    expect(moved - Date.parse(began ?? '')).toBeLessThan(12_000);
  });
});

test('metrics that go down in the middle of an analysis and come back change nothing of its outcome', async () => {
  const { view } = await emptyStage();
  const metrics = await startMetricsDouble();
  const analysis = { analysis: { templates: [{ templateName: 'rate' }] } };
  await view.apply(template('rate', metrics.url, { interval: '1s', count: 3 }), basicShop([{ setWeight: 30 }, analysis]));
  await untilHealthy(view, 'shop:v1');
  await setImage(view, 'shop:v2');
  const result = () => view.runs.list(view.name)[0]?.status?.metricResults?.[0];
  await view.until('it has measured once', () => (result()?.count ?? 0) >= 1);
  await metrics.shut();
  await view.until('an error', () => (result()?.error ?? 0) >= 1);
  expect(view.status().phase).toBe('Progressing');
  await metrics.open();
  await untilHealthy(view, 'shop:v2');
  expect(result()).toMatchObject({ phase: 'Successful', count: 3, successful: 3 });
  await metrics.stop();
});
