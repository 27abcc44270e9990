/** A canary behind a real gateway, on a real API server: weights, pods, Services and the route, at every version that was ever stored of them. */
import { describe, expect, test } from 'vitest';
import { labels } from '../../src/api/names.ts';
import { httpRoutes, replicaSets, rollouts } from '../../src/api/resources.ts';
import { expectRoutedLaws } from '../support/routed-laws.ts';
import { command, emptyStage, openShop, setImage, untilAborted, untilHealthy, untilPausedAt } from '../support/routed-stage.ts';
import { shopRollout, shopRoute, shopServices } from '../support/shop.ts';
import type { WatchedNamespace } from '../support/watched-namespace.ts';

const inProgress = 'rollouts.argoproj.io/gatewayapi-canary';

/** Canary weights that the route has had since, each once in a row. */
function weightsSince(view: WatchedNamespace, mark: bigint): readonly number[] {
  const seen = view
    .since(mark)
    .filter(({ kind, object }) => kind === 'HTTPRoute' && object !== undefined)
    .map(({ object }) => {
      const { spec } = object as {
        readonly spec?: { readonly rules?: readonly { readonly backendRefs?: readonly { name: string; weight?: number }[] }[] };
      };
      return spec?.rules?.flatMap(({ backendRefs }) => backendRefs ?? []).find(({ name }) => name === 'canary')?.weight ?? -1;
    });
  return seen.filter((weight, index) => weight !== seen[index - 1]);
}

function selectorOf(view: WatchedNamespace, service: string): string | undefined {
  return view.services.get(view.name, service)?.spec.selector?.[labels.podTemplateHash];
}

describe('a routed canary', () => {
  test('goes up step by step, each confirmed by the gateway, and ends with the new version alone', async () => {
    const { view } = await openShop({
      steps: [{ setWeight: 20 }, { pause: { duration: 1 } }, { setWeight: 60 }, { pause: { duration: 1 } }, { setWeight: 80 }],
    });
    const [first, mark] = [view.replicaSetOf('shop:v1')?.metadata.labels?.[labels.podTemplateHash], view.mark()];
    await setImage(view, 'shop:v2');
    await untilHealthy(view, 'shop:v2');
    await view.until('the old pods are gone', () => view.podsOf('shop:v1') === 0);
    const second = view.replicaSetOf('shop:v2')?.metadata.labels?.[labels.podTemplateHash];
    await view.until(
      'both Services select the new version',
      () => selectorOf(view, 'stable') === second && selectorOf(view, 'canary') === second,
    );
    await view.until('the label is off', () => view.route().metadata.labels?.[inProgress] === undefined);
    expect(view.status().canary?.weights).toMatchObject({
      canary: { weight: 0, podTemplateHash: second },
      stable: { weight: 100, podTemplateHash: second },
      verified: true,
    });
    expect(first).not.toBe(second);
    expect(weightsSince(view, mark)).toEqual([20, 60, 80, 100, 0]);
    expectRoutedLaws(view.history);
    for (const [from, to] of [
      [0, 20],
      [20, 60],
      [60, 80],
      [80, 100],
    ])
      await view.untilTold(`TrafficWeightUpdated: Traffic weight updated from ${from} to ${to}`);
    await view.untilTold(`SwitchService: Switched selector for service 'canary' from '${first}' to '${second}'`);
    await view.untilTold('Completed all 5 canary steps');
    expect(view.events().filter((line) => line.includes('RolloutStepCompleted'))).toHaveLength(5);
  });

  test('keeps everything else that the user wrote into the route, and what others write meanwhile', async () => {
    const images = {
      matches: [{ path: { type: 'PathPrefix', value: '/images' } }],
      backendRefs: [{ name: 'canary', port: 80, weight: 7 }],
    };
    const { view } = await emptyStage();
    await view.apply(...shopServices(), shopRoute({ otherRules: [images] }), shopRollout());
    await untilHealthy(view, 'shop:v1');
    const before = view.route().spec;
    await setImage(view, 'shop:v2');
    await view.until(
      '20 percent',
      () => view.status().phase === 'Paused' && view.route().spec?.rules?.[1]?.backendRefs?.[1]?.weight === 20,
    );
    expect(view.route().metadata.labels?.[inProgress]).toBe('in-progress');
    await view.patch(httpRoutes, 'shop', { metadata: { annotations: { 'team.example/owner': 'shop' } } });
    const rules = structuredClone(view.route().spec?.rules ?? []) as { filters?: object[] }[];
    rules[1]?.filters?.push({
      type: 'ResponseHeaderModifier',
      responseHeaderModifier: { set: [{ name: 'x-late', value: 'yes' }] },
    });
    await view.patch(httpRoutes, 'shop', { spec: { rules } });
    await command(view, 'promote');
    await untilHealthy(view, 'shop:v2');
    await view.until('the label is off', () => view.route().metadata.labels?.[inProgress] === undefined);
    const after = view.route();
    expect(after.metadata.annotations?.['team.example/owner']).toBe('shop');
    const expected = structuredClone(before) as { rules: { filters?: object[] }[] };
    expected.rules[1]?.filters?.push({
      type: 'ResponseHeaderModifier',
      responseHeaderModifier: { set: [{ name: 'x-late', value: 'yes' }] },
    });
    expect(after.spec).toEqual(expected);
  });

  test('counts the canary pods by weight, by setCanaryScale and by minPodsPerReplicaSet', async () => {
    const { view } = await openShop({
      replicas: 10,
      canary: { minPodsPerReplicaSet: 2 },
      steps: [
        { setCanaryScale: { replicas: 3 } },
        { pause: {} },
        { setWeight: 10 },
        { pause: {} },
        { setCanaryScale: { weight: 50 } },
        { pause: {} },
        { setCanaryScale: { matchTrafficWeight: true } },
        { pause: {} },
        { setWeight: 45 },
        { pause: {} },
      ],
    });
    await setImage(view, 'shop:v2');
    for (const [step, weight, pods] of [
      [1, 0, 3],
      [3, 10, 3],
      [5, 10, 5],
      [7, 10, 2],
      [9, 45, 5],
    ] as const) {
      await untilPausedAt(view, step, weight);
      await view.until(`${pods} canary pods at step ${step}`, () => view.podsOf('shop:v2') === pods);
      expect(view.podsOf('shop:v1')).toBe(10);
      await command(view, 'promote');
    }
    await untilHealthy(view, 'shop:v2');
    expectRoutedLaws(view.history, { replicas: 10 });
  });

  test('the old version stays for scaleDownDelaySeconds, under a deadline that clients read', async () => {
    const { view } = await openShop({ canary: { scaleDownDelaySeconds: 4 }, steps: [{ setWeight: 50 }] });
    await setImage(view, 'shop:v2');
    await untilHealthy(view, 'shop:v2');
    await view.until('a deadline', () => view.replicaSetOf('shop:v1')?.metadata.annotations?.['scale-down-deadline'] !== undefined);
    expect(view.podsOf('shop:v1')).toBe(5);
    const deadline = Date.parse(view.replicaSetOf('shop:v1')?.metadata.annotations?.['scale-down-deadline'] ?? '');
    expect(deadline - Date.now()).toBeLessThanOrEqual(6000);
    await view.until('the old pods are gone', () => view.podsOf('shop:v1') === 0);
    expect(Date.now()).toBeGreaterThanOrEqual(deadline - 50);
    await view.until(
      'the deadline is lifted',
      () => view.replicaSetOf('shop:v1')?.metadata.annotations?.['scale-down-deadline'] === undefined,
    );
  });

  test('an undo within the delay brings the old version back without waiting for new pods', async () => {
    const { view } = await openShop({ canary: { scaleDownDelaySeconds: 600 }, steps: [{ setWeight: 50 }] });
    await setImage(view, 'shop:v2');
    await untilHealthy(view, 'shop:v2');
    await setImage(view, 'shop:v1');
    await untilHealthy(view, 'shop:v1');
    await view.until(
      'no deadline on the stable version',
      () => view.replicaSetOf('shop:v1')?.metadata.annotations?.['scale-down-deadline'] === undefined,
    );
    expect(view.podsOf('shop:v1')).toBe(5);
    expectRoutedLaws(view.history);
  });

  test('an aborted canary keeps its pods for abortScaleDownDelaySeconds, or for ever when it is 0', async () => {
    const { view } = await openShop({ canary: { abortScaleDownDelaySeconds: 3 } });
    await setImage(view, 'shop:v2');
    await untilPausedAt(view, 1, 20);
    await command(view, 'abort');
    await untilAborted(view);
    await view.until('a deadline', () => view.replicaSetOf('shop:v2')?.metadata.annotations?.['scale-down-deadline'] !== undefined);
    expect(view.podsOf('shop:v2')).toBe(1);
    await view.until('the canary is gone', () => view.podsOf('shop:v2') === 0);
    expect(selectorOf(view, 'canary')).toBe(view.status().stableRS);
    await view.patch(rollouts, 'shop', { spec: { strategy: { canary: { abortScaleDownDelaySeconds: 0 } } } });
    await command(view, 'retry');
    await untilPausedAt(view, 1, 20);
    await command(view, 'abort');
    await untilAborted(view);
    await view.until('the canary Service is with stable', () => selectorOf(view, 'canary') === view.status().stableRS);
    expect(view.podsOf('shop:v2')).toBe(1);
    expect(view.replicaSetOf('shop:v2')?.metadata.annotations?.['scale-down-deadline']).toBeUndefined();
    expectRoutedLaws(view.history);
  });

  test('a newer version supersedes the one under way: traffic goes back first, then its pods', async () => {
    const { view } = await openShop();
    await setImage(view, 'shop:v2');
    await untilPausedAt(view, 1, 20);
    await setImage(view, 'shop:v3');
    await view.until('the third version has the 20 percent', () => {
      const third = view.replicaSetOf('shop:v3')?.metadata.labels?.[labels.podTemplateHash];
      return view.status().phase === 'Paused' && selectorOf(view, 'canary') === third && view.weight() === 20;
    });
    await view.until('the second is gone', () => view.podsOf('shop:v2') === 0);
    await command(view, 'promoteFull');
    await untilHealthy(view, 'shop:v3');
    expectRoutedLaws(view.history);
  });

  test('everything goes back to the user when the Rollout is deleted in the middle', async () => {
    const { view } = await openShop();
    await setImage(view, 'shop:v2');
    await untilPausedAt(view, 1, 20);
    await view.delete(rollouts, 'shop');
    await view.until('the route is whole', () => view.weight('stable') === 100 && view.weight() === 0);
    await view.until('the label is off', () => view.route().metadata.labels?.[inProgress] === undefined);
    await view.until("the Services are the user's", () =>
      ['stable', 'canary'].every((name) => {
        const { metadata, spec } = view.services.get(view.name, name) ?? {};
        return (
          JSON.stringify(spec?.selector) === '{"app":"shop"}' &&
          metadata?.annotations?.['argo-rollouts.argoproj.io/managed-by-rollouts'] === undefined
        );
      }),
    );
    await view.until('its ReplicaSets are gone', () => view.replicaSets.list(view.name).length === 0);
  });

  test('Services that the Rollout names no more are given back', async () => {
    const { view } = await openShop();
    await view.patch(rollouts, 'shop', {
      spec: {
        strategy: {
          canary: {
            stableService: null,
            canaryService: null,
            trafficRouting: null,
            scaleDownDelaySeconds: null,
            abortScaleDownDelaySeconds: null,
          },
        },
      },
    });
    await view.until("the Services are the user's", () =>
      ['stable', 'canary'].every((name) => selectorOf(view, name) === undefined),
    );
    await view.until('Healthy', () => view.status().phase === 'Healthy');
    expect(view.route().metadata.labels?.[inProgress]).toBeUndefined();
  });

  test('pods that die and a changed number of replicas in the middle leave weights alone', async () => {
    const { view } = await openShop();
    await setImage(view, 'shop:v2');
    await untilPausedAt(view, 1, 20);
    await view.patch(rollouts, 'shop', { spec: { replicas: 10 } });
    await view.until('both sides have grown', () => view.podsOf('shop:v1') === 10 && view.podsOf('shop:v2') === 2);
    await view.until('still paused with 20', () => view.status().phase === 'Paused' && view.weight() === 20);
    const gone = view.replicaSetOf('shop:v2');
    await view.delete(replicaSets, gone?.metadata.name ?? '');
    await view.until('the canary has pods and its weight again', () => {
      const found = view.replicaSetOf('shop:v2');
      return (
        found !== undefined &&
        found.metadata.uid !== gone?.metadata.uid &&
        view.readyEndpoints('canary') === 2 &&
        view.weight() === 20
      );
    });
    expect(view.podsOf('shop:v1')).toBe(10);
    await command(view, 'promote');
    await untilHealthy(view, 'shop:v2');
    expectRoutedLaws(view.history, { replicas: 10 });
  });
});
