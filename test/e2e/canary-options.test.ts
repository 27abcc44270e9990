/** Options of a routed canary on a real API server, with a gateway that confirms: thresholds, a stable side that shrinks, Services that take turns, fast ways back. */
import { describe, expect, test } from 'vitest';
import { labels } from '../../src/api/names.ts';
import { rollouts } from '../../src/api/resources.ts';
import { expectRoutedLaws } from '../support/routed-laws.ts';
import { command, emptyStage, openShop, setImage, untilAborted, untilHealthy, untilPausedAt } from '../support/routed-stage.ts';
import { service, shopRollout, shopRoute } from '../support/shop.ts';
import type { WatchedNamespace } from '../support/watched-namespace.ts';

function selectorOf(view: WatchedNamespace, name: string): string | undefined {
  return view.services.get(view.name, name)?.spec.selector?.[labels.podTemplateHash];
}

const quota = (pods: number) => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'few' },
  spec: { hard: { pods: String(pods) } },
});

describe('a routed canary', () => {
  test('replicaProgressThreshold lets a step pass without its last pod', async () => {
    const { view, kubectl } = await openShop({
      steps: [{ setWeight: 60 }, { pause: {} }],
      canary: { replicaProgressThreshold: { type: 'Percent', value: 60 } },
    });
    await kubectl.apply(quota(7));
    await kubectl.run(['wait', 'resourcequota/few', '--for=jsonpath={.status.used.pods}=5', '--timeout=60s']);
    await kubectl.setImage('shop', 'shop:v2');
    await untilPausedAt(view, 1, 60);
    expect(view.podsOf('shop:v2')).toBe(3);
    expect(view.replicaSetOf('shop:v2')?.status?.availableReplicas).toBe(2);
    await kubectl.run(['delete', 'resourcequota/few']);
    await kubectl.command('promote', 'shop');
    await untilHealthy(view, 'shop:v2');
    expectRoutedLaws(view.history);
  });

  test('dynamicStableScale shrinks stable behind the weight, and an abort brings both back', async () => {
    const steps = [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: {} }];
    const free = { scaleDownDelaySeconds: undefined, abortScaleDownDelaySeconds: undefined };
    const { view, kubectl } = await openShop({ steps, canary: { ...free, dynamicStableScale: true } });
    await kubectl.setImage('shop', 'shop:v2');
    await untilPausedAt(view, 1, 20);
    await view.until('stable has its share', () => view.podsOf('shop:v1') === 4 && view.podsOf('shop:v2') === 1);
    await kubectl.command('promote', 'shop');
    await untilPausedAt(view, 3, 60);
    await view.until('stable has its share', () => view.podsOf('shop:v1') === 2 && view.podsOf('shop:v2') === 3);
    await kubectl.command('abort', 'shop');
    await untilAborted(view);
    await view.until('all is back', () => view.podsOf('shop:v1') === 5 && view.podsOf('shop:v2') === 0);
    expect(selectorOf(view, 'canary')).toBe(view.status().stableRS);
    await kubectl.setImage('shop', 'shop:v3');
    await untilPausedAt(view, 1, 20);
    await kubectl.mergePatch('rollout/shop', { status: { promoteFull: true } }, 'status');
    await untilHealthy(view, 'shop:v3');
    await view.until('the old pods are gone', () => view.podsOf('shop:v1') === 0 && view.weight() === 0);
    expectRoutedLaws(view.history, { isDynamic: true });
  });

  test('pingPong turns the Services at each promotion, and can be added later', async () => {
    const { view, kubectl } = await emptyStage();
    const backends = (text: object) => JSON.parse(JSON.stringify(text).replace('"stable"', '"ping"').replace('"canary"', '"pong"'));
    const roles = { stableService: 'ping', canaryService: 'pong' };
    await view.apply(service('ping', 'shop'), service('pong', 'shop'), backends(shopRoute()), shopRollout({ canary: roles }));
    await untilHealthy(view, 'shop:v1');
    await kubectl.mergePatch('rollout/shop', {
      spec: {
        strategy: {
          canary: { stableService: null, canaryService: null, pingPong: { pingService: 'ping', pongService: 'pong' } },
        },
      },
    });
    await untilHealthy(view, 'shop:v1');
    await view.until('ping is the stable one', () => view.status().canary?.stablePingPong === 'ping');
    for (const [image, stable, canary] of [
      ['shop:v2', 'pong', 'ping'],
      ['shop:v3', 'ping', 'pong'],
    ] as const) {
      await setImage(view, image);
      await view.until('it pauses', () => view.status().phase === 'Paused' && view.weight(stable) === 20);
      const mark = view.mark();
      await kubectl.command('promote', 'shop');
      await untilHealthy(view, image);
      await view.until(
        `${stable} is the stable one`,
        () => view.status().canary?.stablePingPong === stable && selectorOf(view, canary) === view.status().stableRS,
      );
      expect([view.weight(stable), view.weight(canary)]).toEqual([100, 0]);
      const moved = view.since(mark).filter(({ kind, name }) => kind === 'Service' && name === stable);
      expect(moved, 'the Service with the traffic is not touched').toEqual([]);
    }
  });

  test('a rollback within the window goes back without a step', async () => {
    const { view, kubectl } = await openShop({ spec: { rollbackWindow: { revisions: 1 } } });
    await kubectl.setImage('shop', 'shop:v2');
    await untilPausedAt(view, 1, 20);
    await kubectl.command('promote', 'shop');
    await untilHealthy(view, 'shop:v2');
    await view.until('the old pods are gone', () => view.podsOf('shop:v1') === 0);
    const hash = view.replicaSetOf('shop:v1')?.metadata.labels?.[labels.podTemplateHash];
    await kubectl.undo('shop', `shop-${hash}`);
    await untilHealthy(view, 'shop:v1');
    await view.untilTold(`Rollout completed update to revision 3 (${hash}): Rollback within window`);
    await view.untilTold('Normal SkipSteps: Rollback within window');
    expectRoutedLaws(view.history);
    // Out of the window it is an update like any other.
    await view.patch(rollouts, 'shop', { spec: { rollbackWindow: null } });
    await setImage(view, 'shop:v2');
    await untilPausedAt(view, 1, 20);
    await command(view, 'abort');
    await untilAborted(view);
  });
});
