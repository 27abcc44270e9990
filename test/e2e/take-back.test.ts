/** Taking back: a bad version's traffic, pods and, where the user wants it, its template; with the words that users and their tools read. */
import { beforeEach, describe, expect, test } from 'vitest';
import { labels } from '../../src/api/names.ts';
import { rollouts } from '../../src/api/resources.ts';
import { type MetricsDouble, startMetricsDouble } from '../support/metrics-double.ts';
import { expectRoutedLaws } from '../support/routed-laws.ts';
import {
  command,
  emptyStage,
  openShop,
  type RoutedStage,
  setImage,
  untilAborted,
  untilHealthy,
  untilPausedAt,
} from '../support/routed-stage.ts';
import { type ShopOptions, shopRollout, shopRoute, shopServices, template } from '../support/shop.ts';
import type { WatchedNamespace } from '../support/watched-namespace.ts';

let metrics: MetricsDouble;
beforeEach(async () => {
  metrics = await startMetricsDouble();
  return async () => await metrics.stop();
});

const measured = { analysis: { templates: [{ templateName: 'success-rate' }] } };

/** A shop whose second step asks the metrics. */
async function measuredShop(options: ShopOptions = {}): Promise<RoutedStage> {
  const stage = await emptyStage();
  const { view } = stage;
  await view.apply(
    template('success-rate', metrics.url),
    ...shopServices(),
    shopRoute(),
    shopRollout({ steps: [{ setWeight: 20 }, measured, { setWeight: 60 }, { pause: {} }], ...options }),
  );
  await untilHealthy(view, 'shop:v1');
  return stage;
}

/** `Type=Status Reason: message` of one condition. */
function condition(view: WatchedNamespace, type: string): string {
  const found = view.status().conditions?.find((one) => one.type === type);
  return `${found?.status} ${found?.reason}: ${found?.message}`;
}

const failed = 'Metric "success-rate" assessed Failed due to failed (1) > failureLimit (0)';

describe('a bad version', () => {
  test('loses its traffic first and then its pods, and the status says what happened', async () => {
    const { view } = await measuredShop();
    metrics.answer = [0.5];
    await setImage(view, 'shop:v2');
    await untilAborted(view);
    const said = `Rollout aborted update to revision 2: Step-based analysis phase error/failed: ${failed}`;
    await view.until('the gateway has confirmed it', () => view.status().message === `RolloutAborted: ${said}`);
    expect(view.status()).toMatchObject({ phase: 'Degraded', abort: true, currentStepIndex: 0 });
    expect(view.status().abortedAt).toBeDefined();
    expect(condition(view, 'Progressing')).toBe(`False RolloutAborted: ${said}`);
    await view.until('the canary has no pods', () => view.podsOf('shop:v2') === 0);
    expect(view.podsOf('shop:v1')).toBe(5);
    const hash = view.replicaSetOf('shop:v2')?.metadata.labels?.[labels.podTemplateHash];
    const run = `shop-${hash}-2-1`;
    await view.untilTold(`Warning AnalysisRunFailed: Step Analysis Run '${run}' Status New: 'Failed' Previous: `);
    await view.untilTold(`Warning RolloutAborted: ${said}`);
    await view.untilTold('Normal TrafficWeightUpdated: Traffic weight updated from 20 to 0');
    expect(view.status().canary?.currentStepAnalysisRunStatus).toMatchObject({ name: run, status: 'Failed', message: failed });
    expectRoutedLaws(view.history);
    // A good answer alone starts nothing again; a retry does, with a run of its own.
    metrics.answer = [1];
    await command(view, 'retry');
    await untilPausedAt(view, 3, 60);
    expect(view.runs.get(view.name, `${run}.1`)?.status?.phase).toBe('Successful');
    expect(view.status().abortedAt).toBeUndefined();
  });

  test('of a basic canary loses its pods as the surge allows', async () => {
    const stage = await emptyStage();
    const { view } = stage;
    const basic = {
      trafficRouting: undefined,
      stableService: undefined,
      canaryService: undefined,
      scaleDownDelaySeconds: undefined,
      abortScaleDownDelaySeconds: undefined,
    };
    const rollout = shopRollout({ canary: { ...basic, maxSurge: 1, maxUnavailable: 0 }, steps: [{ setWeight: 40 }, measured] });
    await view.apply(template('success-rate', metrics.url), rollout);
    await untilHealthy(view, 'shop:v1');
    metrics.answer = [0.5];
    await setImage(view, 'shop:v2');
    await view.until(
      'aborted and whole again',
      () => view.status().phase === 'Degraded' && view.podsOf('shop:v2') === 0 && view.podsOf('shop:v1') === 5,
    );
    expect(view.status().message).toContain('Step-based analysis phase error/failed');
  });

  test('is found by the background analysis at any step, also in a pause', async () => {
    const { view } = await measuredShop({
      canary: { analysis: { ...measured.analysis, startingStep: 1 } },
      steps: [{ setWeight: 20 }, { pause: {} }],
    });
    await view.apply(template('success-rate', metrics.url, { interval: '1s' }));
    await setImage(view, 'shop:v2');
    await untilPausedAt(view, 1, 20);
    const hash = view.replicaSetOf('shop:v2')?.metadata.labels?.[labels.podTemplateHash];
    await view.until(
      'it is measured',
      () => (view.runs.get(view.name, `shop-${hash}-2`)?.status?.metricResults?.[0]?.count ?? 0) >= 2,
    );
    metrics.answer = [0.5];
    await untilAborted(view);
    const said = `RolloutAborted: Rollout aborted update to revision 2: Background analysis phase error/failed: ${failed}`;
    await view.until('the gateway has confirmed it', () => view.status().message === said);
    expectRoutedLaws(view.history);
  });

  test('is taken back although the spec has become invalid meanwhile', async () => {
    const { view } = await measuredShop({ canary: { analysis: measured.analysis }, steps: [{ setWeight: 20 }, { pause: {} }] });
    await view.apply(template('success-rate', metrics.url, { interval: '1s' }));
    await setImage(view, 'shop:v2');
    await untilPausedAt(view, 1, 20);
    const steps = [{ setWeight: 20 }, { pause: {} }, { analysis: { templates: [{ templateName: 'nowhere' }] } }];
    await view.patch(rollouts, 'shop', { spec: { strategy: { canary: { steps } } } });
    await view.until('InvalidSpec is said', () => condition(view, 'InvalidSpec').startsWith('True'));
    expect(view.weight()).toBe(20);
    metrics.answer = [0.5];
    await view.until('no weight', () => view.weight() === 0);
    await view.until('no canary pods', () => view.podsOf('shop:v2') === 0);
    expect(view.podsOf('shop:v1')).toBe(5);
  });
});

describe('rampart.dev/on-failure: undo', () => {
  const annotations = { 'rampart.dev/on-failure': 'undo' };
  const lastFailure = (view: WatchedNamespace) =>
    JSON.parse(view.rollout().metadata.annotations?.['rampart.dev/last-failure'] ?? 'null') as Record<string, unknown> | null;
  const image = (view: WatchedNamespace) =>
    (view.rollout().spec.template?.spec?.containers as readonly { readonly image?: string }[] | undefined)?.[0]?.image;

  test('puts the stable template back, keeps the failure visible, and does not try the same again by itself', async () => {
    const { view } = await measuredShop({ annotations });
    const stable = view.status().stableRS;
    metrics.answer = [0.5];
    await setImage(view, 'shop:v2');
    await view.until('the template is the old one', () => image(view) === 'shop:v1');
    await view.until('it is recognised as the stable one', () => view.status().currentPodHash === stable);
    const hash = view.replicaSetOf('shop:v2')?.metadata.labels?.[labels.podTemplateHash];
    expect(lastFailure(view)).toMatchObject({
      revision: 2,
      hash,
      reason: expect.stringContaining('Step-based analysis phase error/failed'),
    });
    await untilAborted(view);
    await view.until('the canary is gone', () => view.podsOf('shop:v2') === 0);
    await view.untilTold('Warning RolloutAborted: The template of the stable revision was put back after revision 2 failed');
    expectRoutedLaws(view.history);

    // The same template again, as a GitOps tool would apply it: refused, with the reason, and without a pod or a request.
    const runs = view.runs.list(view.name).length;
    metrics.answer = [1];
    await setImage(view, 'shop:v2');
    await view.until('it says why', () => (view.status().message ?? '').includes('this template failed at'));
    expect(view.status()).toMatchObject({ phase: 'Degraded', abort: true });
    expect([view.weight(), view.podsOf('shop:v2'), view.runs.list(view.name).length]).toEqual([0, 0, runs]);

    // A mended one works, and its success ends the story.
    await setImage(view, 'shop:v3');
    await untilPausedAt(view, 3, 60);
    await command(view, 'promote');
    await untilHealthy(view, 'shop:v3');
    expectRoutedLaws(view.history);
  });

  test('a retry tries the failed template again', async () => {
    const { view } = await measuredShop({ annotations });
    metrics.answer = [0.5];
    await setImage(view, 'shop:v2');
    await view.until('the template is the old one', () => image(view) === 'shop:v1');
    await untilAborted(view);
    metrics.answer = [1];
    await setImage(view, 'shop:v2');
    await view.until('it says why', () => (view.status().message ?? '').includes('this template failed at'));
    await command(view, 'retry');
    await untilPausedAt(view, 3, 60);
    expect(image(view)).toBe('shop:v2');
  });

  test("a person's abort undoes nothing", async () => {
    const { view } = await openShop({ annotations });
    await setImage(view, 'shop:v2');
    await untilPausedAt(view, 1, 20);
    await command(view, 'abort');
    await untilAborted(view);
    await view.until('the canary is gone', () => view.podsOf('shop:v2') === 0);
    expect(image(view)).toBe('shop:v2');
    expect(lastFailure(view)).toBeNull();
  });

  test('a deadline that is missed is a failure as well', async () => {
    const { view } = await openShop({ annotations, spec: { progressDeadlineSeconds: 3 } });
    const containers = [{ name: 'shop', image: 'shop:v2', resources: { requests: { cpu: '100000' } } }];
    await view.patch(rollouts, 'shop', { spec: { template: { spec: { containers } } } });
    await view.until('the template is the old one', () => image(view) === 'shop:v1');
    expect(lastFailure(view)).toMatchObject({ revision: 2, reason: expect.stringContaining('timed out progressing') });
    await view.until('the canary is gone', () => view.podsOf('shop:v2') === 0);
    await view.until('Degraded', () => view.status().phase === 'Degraded');
    expectRoutedLaws(view.history);
  });
});
