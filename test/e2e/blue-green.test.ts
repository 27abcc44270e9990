/** Blue-green on a real API server: what the Services select, whose pods are there, the status and the events, at every stored version. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { annotations, labels } from '../../src/api/names.ts';
import { rollouts } from '../../src/api/resources.ts';
import transcripts from '../fixtures/event-transcripts.json' with { type: 'json' };
import { expectUsersAlwaysServed, hashOf, openTill, selectorOf, tillRollout } from '../support/blue-green-stage.ts';
import { startController } from '../support/controller.ts';
import { type MetricsDouble, startMetricsDouble } from '../support/metrics-double.ts';
import { command, emptyStage, setImage, untilHealthy } from '../support/routed-stage.ts';
import { service, shopRollout, template } from '../support/shop.ts';
import type { WatchedNamespace } from '../support/watched-namespace.ts';

const manual = { autoPromotionEnabled: false };

async function untilPaused(view: WatchedNamespace, reason = 'BlueGreenPause'): Promise<void> {
  await view.until(`it pauses: ${reason}`, () => view.status('till').phase === 'Paused' && view.status('till').message === reason);
}

async function untilAborted(view: WatchedNamespace): Promise<string> {
  await view.until('it is aborted and users are with stable', () => {
    const { phase, stableRS, message } = view.status('till');
    return phase === 'Degraded' && message?.startsWith('RolloutAborted') === true && selectorOf(view) === stableRS;
  });
  return view.status('till').message ?? '';
}

async function metrics(): Promise<MetricsDouble> {
  const double = await startMetricsDouble();
  onTestFinished(async () => await double.stop());
  return double;
}

const analysis = (templateName: string) => ({ templates: [{ templateName }] });

describe('a blue-green update', () => {
  test('waits for a person, switches everything at once, and tells the story that users know', async () => {
    const { view } = await openTill({ blueGreen: { ...manual, scaleDownDelaySeconds: 3 } });
    const [first, mark] = [hashOf(view, 'shop:v1'), view.mark()];
    await setImage(view, 'shop:v2', 'till');
    await untilPaused(view);
    const second = hashOf(view, 'shop:v2');
    await view.until('the Services are seen', () => selectorOf(view) === first && selectorOf(view, 'till-preview') === second);
    expect(view.status('till')).toMatchObject({
      replicas: 4,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      HPAReplicas: 2,
      selector: `app=till,${labels.podTemplateHash}=${first}`,
      blueGreen: { activeSelector: first, previewSelector: second },
      pauseConditions: [{ reason: 'BlueGreenPause' }],
      controllerPause: true,
    });
    await command(view, 'promote', 'till');
    await untilHealthy(view, 'shop:v2', 'till');
    await view.until('the Service is seen to select it', () => selectorOf(view) === second);
    const old = view.replicaSetOf('shop:v1', 'till');
    const deadline = Date.parse(old?.metadata.annotations?.[annotations.scaleDownDeadline] ?? '');
    expect(view.podsOf('shop:v1', 'till')).toBe(2);
    expect(view.status('till').conditions?.map(({ type, status }) => `${type}=${status}`)).toContain('Healthy=True');
    await view.until('the old pods are gone', () => view.podsOf('shop:v1', 'till') === 0);
    expect(Date.now()).toBeGreaterThanOrEqual(deadline - 50);
    expectUsersAlwaysServed(view.history, mark);
    const story = (lines: readonly string[]) =>
      lines.map((line) =>
        line.replaceAll('58587b5d85', first).replaceAll('859d986b8', second).replace('default/', `${view.name}/`),
      );
    const { create, promote, 'update until the pause': update } = transcripts.events.till;
    const gone = `Normal ScalingReplicaSet: Scaled down ReplicaSet till-${first} (revision 1) from 2 to 0`;
    const whole = [...story([...create, ...update, ...promote]), gone];
    await view.until('all is told', () => view.events('till').length >= whole.length);
    expect(view.events('till')).toEqual(whole);
  });

  test('promotes itself, at once or after a time', async () => {
    const { view } = await openTill({ blueGreen: { previewService: undefined } });
    const mark = view.mark();
    await setImage(view, 'shop:v2', 'till');
    await untilHealthy(view, 'shop:v2', 'till');
    await view.patch(rollouts, 'till', { spec: { strategy: { blueGreen: { autoPromotionSeconds: 2 } } } });
    await setImage(view, 'shop:v3', 'till');
    await untilPaused(view);
    const started = Date.parse(view.status('till').pauseConditions?.[0]?.startTime ?? '');
    await untilHealthy(view, 'shop:v3', 'till');
    expect(Date.now() - started).toBeGreaterThanOrEqual(2000);
    await view.until('the Service is seen to select it', () => selectorOf(view) === hashOf(view, 'shop:v3'));
    expectUsersAlwaysServed(view.history, mark);
  });

  test('shows a small preview until it is promoted, and switches when all pods are there', async () => {
    const { view } = await openTill({ replicas: 4, blueGreen: { ...manual, previewReplicaCount: 1 } });
    const mark = view.mark();
    await setImage(view, 'shop:v2', 'till');
    await untilPaused(view);
    expect([view.podsOf('shop:v1', 'till'), view.podsOf('shop:v2', 'till')]).toEqual([4, 1]);
    await view.until('the preview is served', () => view.readyEndpoints('till-preview') === 1);
    await command(view, 'promote', 'till');
    await untilHealthy(view, 'shop:v2', 'till');
    await view.until('the Service is seen to select it', () => selectorOf(view) === hashOf(view, 'shop:v2'));
    expect(view.podsOf('shop:v2', 'till')).toBe(4);
    expectUsersAlwaysServed(view.history, mark, { replicas: 4 });
  });

  test('goes on after its controller was killed at the pause', async () => {
    const { view, controller } = await openTill({ blueGreen: manual });
    await setImage(view, 'shop:v2', 'till');
    await untilPaused(view);
    await controller.kill();
    await command(view, 'promote', 'till');
    await startController({ namespace: view.name });
    await untilHealthy(view, 'shop:v2', 'till');
    await view.until('the Service is seen to select it', () => selectorOf(view) === hashOf(view, 'shop:v2'));
  });
});

describe('analyses', () => {
  test('before and after the switch let a good version through', async () => {
    const double = await metrics();
    const both = { prePromotionAnalysis: analysis('good'), postPromotionAnalysis: analysis('good') };
    const { view } = await openTill({ blueGreen: both }, {}, [template('good', double.url)]);
    const mark = view.mark();
    expect(view.runs.list(view.name)).toEqual([]);
    await setImage(view, 'shop:v2', 'till');
    await untilHealthy(view, 'shop:v2', 'till');
    const hash = hashOf(view, 'shop:v2');
    const runs = view.runs
      .list(view.name)
      .map(({ metadata, status }) => [metadata.name, metadata.labels?.[labels.rolloutType], status?.phase]);
    expect(runs.toSorted()).toEqual([
      [`till-${hash}-2-post`, 'PostPromotion', 'Successful'],
      [`till-${hash}-2-pre`, 'PrePromotion', 'Successful'],
    ]);
    expectUsersAlwaysServed(view.history, mark);
  });

  test('before the switch keep a bad version from its users', async () => {
    const double = await metrics();
    double.answer = [0.5];
    const blueGreen = { prePromotionAnalysis: analysis('bad'), abortScaleDownDelaySeconds: 1 };
    const { view } = await openTill({ blueGreen }, {}, [template('bad', double.url)]);
    const [mark, first] = [view.mark(), hashOf(view, 'shop:v1')];
    await setImage(view, 'shop:v2', 'till');
    expect(await untilAborted(view)).toMatch(
      /^RolloutAborted: Rollout aborted update to revision 2: Blue\/green pre-promotion analysis phase error\/failed: /,
    );
    await view.until('its pods are gone', () => view.podsOf('shop:v2', 'till') === 0);
    const selected = view.since(mark).filter(({ kind, name }) => kind === 'Service' && name === 'till');
    expect(selected).toEqual([]);
    await view.until('the Service is seen to select it', () => selectorOf(view) === first);
  });

  test('after the switch send users back from a bad version', async () => {
    const double = await metrics();
    const blueGreen = { postPromotionAnalysis: analysis('bad'), scaleDownDelaySeconds: 1, abortScaleDownDelaySeconds: 1 };
    const metric = { interval: '1s', count: 3 };
    const { view } = await openTill({ blueGreen }, {}, [template('bad', double.url, metric)]);
    const [mark, first] = [view.mark(), hashOf(view, 'shop:v1')];
    await setImage(view, 'shop:v2', 'till');
    await view.until('users are with the new version', () => selectorOf(view) === hashOf(view, 'shop:v2'));
    await view.until('it is measured', () => view.status('till').message === 'waiting for analysis to complete');
    double.answer = [0.5];
    expect(await untilAborted(view)).toContain('Blue/green post-promotion analysis phase error/failed');
    await view.until('users are back', () => selectorOf(view) === first);
    expect(view.podsOf('shop:v1', 'till')).toBe(2);
    await view.until('the bad pods are gone', () => view.podsOf('shop:v2', 'till') === 0);
    expectUsersAlwaysServed(view.history, mark);
  });
});

describe('a person', () => {
  test('aborts before the switch, tries again and promotes in full', async () => {
    const { view } = await openTill({ blueGreen: { ...manual, abortScaleDownDelaySeconds: 2 } });
    const mark = view.mark();
    await setImage(view, 'shop:v2', 'till');
    await untilPaused(view);
    await command(view, 'abort', 'till');
    await untilAborted(view);
    expect(view.podsOf('shop:v2', 'till')).toBe(2);
    // A ReplicaSet that is lowered and raised within milliseconds counts pods that are on their way out.
    await view.until('the preview is gone', () => view.replicaSetOf('shop:v2', 'till')?.status?.replicas === 0);
    await command(view, 'retry', 'till');
    await untilPaused(view);
    await command(view, 'promoteFull', 'till');
    await untilHealthy(view, 'shop:v2', 'till');
    expect(view.status('till').duration?.completionStatus).toBe('FastPromoted');
    expectUsersAlwaysServed(view.history, mark);
  });

  test('aborts after the switch, while it is measured', async () => {
    const double = await metrics();
    const slow = template('slow', double.url, { initialDelay: '10m' });
    const { view } = await openTill({ blueGreen: { postPromotionAnalysis: analysis('slow') } }, {}, [slow]);
    const mark = view.mark();
    await setImage(view, 'shop:v2', 'till');
    await view.until('users are with the new version', () => selectorOf(view) === hashOf(view, 'shop:v2'));
    await command(view, 'abort', 'till');
    await untilAborted(view);
    await view.until('the Service is seen to select it', () => selectorOf(view) === hashOf(view, 'shop:v1'));
    await view.until('the run is ended', () => view.runs.list(view.name).every(({ spec }) => spec.terminate === true));
    expectUsersAlwaysServed(view.history, mark);
  });

  test('goes back to a version whose pods are still there: no analysis, no pause', async () => {
    const double = await metrics();
    const blueGreen = { autoPromotionEnabled: false, prePromotionAnalysis: analysis('good') };
    const { view } = await openTill({ blueGreen }, {}, [template('good', double.url)]);
    const mark = view.mark();
    await setImage(view, 'shop:v2', 'till');
    await untilPaused(view);
    await command(view, 'promote', 'till');
    await untilHealthy(view, 'shop:v2', 'till');
    const asked = double.queries.length;
    await setImage(view, 'shop:v1', 'till');
    await untilHealthy(view, 'shop:v1', 'till');
    await view.until('the Service is seen to select it', () => selectorOf(view) === hashOf(view, 'shop:v1'));
    expect(double.queries.length).toBe(asked);
    expect(view.status('till').duration?.completionStatus).toBe('FastRolledBack');
    await view.untilTold(': Fast rollback', 'till');
    expectUsersAlwaysServed(view.history, mark);
  });

  test('undoes an update before its switch', async () => {
    const { view } = await openTill({ blueGreen: manual });
    await setImage(view, 'shop:v2', 'till');
    await untilPaused(view);
    await setImage(view, 'shop:v1', 'till');
    await untilHealthy(view, 'shop:v1', 'till');
    await view.until('only the first is left', () => view.podsOf('shop:v2', 'till') === 0);
    const first = hashOf(view, 'shop:v1');
    await view.until('the Services are seen', () => ['till', 'till-preview'].every((name) => selectorOf(view, name) === first));
    await view.untilTold('SkipSteps', 'till');
  });

  test('deletes the Rollout, and the Services are what they were', async () => {
    const { view } = await openTill();
    await view.delete(rollouts, 'till');
    await view.until("the Services are the user's", () =>
      ['till', 'till-preview'].every((name) => {
        const { metadata, spec } = view.services.get(view.name, name) ?? {};
        return JSON.stringify(spec?.selector) === '{"app":"till"}' && metadata?.annotations?.[annotations.managedBy] === undefined;
      }),
    );
  });

  test('changes a canary to blue-green and back: no pod is touched', async () => {
    const { view } = await emptyStage();
    const canary = { stableService: 'till', canaryService: 'till-preview', trafficRouting: undefined, ...undelayed };
    const rollout = shopRollout({ name: 'till', replicas: 2, steps: [{ setWeight: 50 }], canary });
    await view.apply(service('till', 'till'), service('till-preview', 'till'), rollout);
    await untilHealthy(view, 'shop:v1', 'till');
    await view.until(
      'the Services are its own',
      () => selectorOf(view) === hashOf(view, 'shop:v1') && view.readyEndpoints('till') === 2,
    );
    const mark = view.mark();
    const { strategy } = view.rollout('till').spec;
    const blueGreen = { activeService: 'till', previewService: 'till-preview' };
    await view.patch(rollouts, 'till', { spec: { strategy: { canary: null, blueGreen } } });
    await view.until('it is blue-green', () => view.status('till').blueGreen?.activeSelector === hashOf(view, 'shop:v1'));
    await untilHealthy(view, 'shop:v1', 'till');
    expect(view.status('till').canary).toBeUndefined();
    await view.patch(rollouts, 'till', { spec: { strategy: { ...strategy, blueGreen: null } } });
    await view.until('it is a canary', () => view.status('till').currentStepHash !== undefined);
    await untilHealthy(view, 'shop:v1', 'till');
    expect(view.status('till').blueGreen).toBeUndefined();
    expect(view.since(mark).filter(({ kind }) => kind === 'ReplicaSet' || kind === 'Service')).toEqual([]);
    expectUsersAlwaysServed(view.history, mark);
  });
});

const undelayed = { scaleDownDelaySeconds: undefined, abortScaleDownDelaySeconds: undefined };

test('a Service that is missing or belongs to another Rollout is told of, and waited for', async () => {
  const { view } = await openTill();
  await view.apply(service('other-preview', 'other'), tillRollout({ name: 'other' }));
  await view.until('it is told', () => view.status('other').phase === 'Degraded');
  expect(view.status('other').message).toContain('spec.strategy.blueGreen.activeService: Service "other" not found');
  await view.apply(service('other', 'other'));
  await untilHealthy(view, 'shop:v1', 'other');
  await view.patch(rollouts, 'other', { spec: { strategy: { blueGreen: { previewService: 'till-preview' } } } });
  await view.until('it is refused', () => view.status('other').phase === 'Degraded');
  expect(view.status('other').message).toContain('Service "till-preview" is managed by another Rollout (till)');
  expect(selectorOf(view, 'till-preview')).toBe(hashOf(view, 'shop:v1'));
});
