/** Another strategy in the middle of an update: routes go back to the user, Services keep their users, no pod of stable is touched. */
import { expect, test } from 'vitest';
import { annotations, labels } from '../../src/api/names.ts';
import { rollouts } from '../../src/api/resources.ts';
import { command, openShop, setImage, untilHealthy, untilPausedAt } from '../support/routed-stage.ts';
import type { WatchedNamespace } from '../support/watched-namespace.ts';

const hashOf = (view: WatchedNamespace, image: string) => view.replicaSetOf(image)?.metadata.labels?.[labels.podTemplateHash];
const selected = (view: WatchedNamespace, service: string) =>
  view.services.get(view.name, service)?.spec.selector?.[labels.podTemplateHash];

/** At no moment had a Service that a route or a user reaches fewer pods asked for than one. */
function expectStableKept(view: WatchedNamespace, mark: bigint, name: string, size: number): void {
  for (const { kind, name: changed, object } of view.since(mark)) {
    if (kind !== 'ReplicaSet' || changed !== name) continue;
    expect((object as { readonly spec?: { readonly replicas?: number } } | undefined)?.spec?.replicas).toBe(size);
  }
}

test('a canary by traffic becomes blue-green and a canary again', { timeout: 120_000 }, async () => {
  const { view } = await openShop();
  const [canary] = [view.rollout().spec.strategy?.canary];
  await setImage(view, 'shop:v2');
  await untilPausedAt(view, 1, 20);
  const stable = view.replicaSetOf('shop:v1')?.metadata.name ?? '';
  const mark = view.mark();

  const blueGreen = { activeService: 'stable', previewService: 'canary', autoPromotionEnabled: false };
  await view.patch(rollouts, 'shop', { spec: { strategy: { canary: null, blueGreen } } });
  await view.until('the route is the user’s again', () => view.weight('stable') === 100 && view.weight() === 0);
  await view.until('it waits as blue-green', () => {
    const { phase, message } = view.status();
    return phase === 'Paused' && message === 'BlueGreenPause' && view.podsOf('shop:v2') === 5;
  });
  expect(view.route().metadata.annotations?.[annotations.weightsOf]).toBeUndefined();
  expect([selected(view, 'stable'), selected(view, 'canary')]).toEqual([hashOf(view, 'shop:v1'), hashOf(view, 'shop:v2')]);
  expect(view.status().canary).toBeUndefined();

  await view.patch(rollouts, 'shop', { spec: { strategy: { canary, blueGreen: null } } });
  await untilPausedAt(view, 1, 20);
  expect(view.status().blueGreen).toBeUndefined();
  expect([selected(view, 'stable'), selected(view, 'canary')]).toEqual([hashOf(view, 'shop:v1'), hashOf(view, 'shop:v2')]);
  expectStableKept(view, mark, stable, 5);
  await command(view, 'promote');
  await untilHealthy(view, 'shop:v2');
  expect(view.replicaSets.list(view.name)).toHaveLength(2);
});
