/** What becomes of Services and routes when nobody runs: Rollouts that are deleted or rewritten meanwhile give back at the next start. */
import { expect, test } from 'vitest';
import { annotations, labels } from '../../src/api/names.ts';
import { httpRoutes, replicaSets, rollouts } from '../../src/api/resources.ts';
import { startController } from '../support/controller.ts';
import { openShop, type RoutedStage, setImage, untilPausedAt } from '../support/routed-stage.ts';
import type { WatchedNamespace } from '../support/watched-namespace.ts';

const inProgress = 'rollouts.argoproj.io/gatewayapi-canary';

/** An update stands at a fifth of the traffic, and the controller is killed. */
async function abandonedShop(): Promise<RoutedStage> {
  const stage = await openShop();
  await setImage(stage.view, 'shop:v2');
  await untilPausedAt(stage.view, 1, 20);
  expect(JSON.parse(stage.view.route().metadata.annotations?.[annotations.weightsOf] ?? '')).toEqual({
    [`${stage.view.name}/shop`]: { stable: 'stable', canary: 'canary', maxWeight: 100, label: inProgress },
  });
  await stage.controller.kill();
  return stage;
}

function selectorOf(view: WatchedNamespace, service: string): string | undefined {
  return view.services.get(view.name, service)?.spec.selector?.[labels.podTemplateHash];
}

async function untilRouteIsUsers(view: WatchedNamespace): Promise<void> {
  await view.until('the route is whole', () => view.weight('stable') === 100 && view.weight() === 0);
  const { labels: worn, annotations: marks } = view.route().metadata;
  expect(worn?.[inProgress]).toBeUndefined();
  expect(marks?.[annotations.weightsOf]).toBeUndefined();
}

async function untilAllIsUsers(view: WatchedNamespace): Promise<void> {
  await untilRouteIsUsers(view);
  await view.until("the Services are the user's", () =>
    ['stable', 'canary'].every((name) => {
      const { metadata, spec } = view.services.get(view.name, name) ?? {};
      return JSON.stringify(spec?.selector) === '{"app":"shop"}' && metadata?.annotations?.[annotations.managedBy] === undefined;
    }),
  );
}

test('a Rollout that is deleted while nobody runs gives everything back at the next start', async () => {
  const { view } = await abandonedShop();
  await view.delete(rollouts, 'shop');
  expect(view.weight()).toBe(20);
  await startController({ namespace: view.name });
  await untilAllIsUsers(view);
});

test('so does one whose pods are left to themselves', async () => {
  const { view, kubectl } = await abandonedShop();
  await kubectl.run(['delete', 'rollout', 'shop', '--cascade=orphan']);
  await startController({ namespace: view.name });
  await untilAllIsUsers(view);
  expect(view.podsOf('shop:v1') + view.podsOf('shop:v2')).toBe(6);
  await view.delete(replicaSets, view.replicaSetOf('shop:v1')?.metadata.name ?? '');
  await view.delete(replicaSets, view.replicaSetOf('shop:v2')?.metadata.name ?? '');
});

test('one that names its route no more gives it back, and goes on without', async () => {
  const { view } = await abandonedShop();
  const canary = {
    stableService: null,
    canaryService: null,
    trafficRouting: null,
    scaleDownDelaySeconds: null,
    abortScaleDownDelaySeconds: null,
  };
  await view.patch(rollouts, 'shop', { spec: { strategy: { canary } } });
  await startController({ namespace: view.name });
  await untilAllIsUsers(view);
  await view.until('it is paused, by pods alone', () => view.status().phase === 'Paused');
});

test('one that names another route gives the former back', async () => {
  const { view } = await abandonedShop();
  const { spec } = view.route();
  await view.apply({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'side' },
    spec: { ...spec, hostnames: ['side.example.com'] },
  } as never);
  const canary = { trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'side' } } } };
  await view.patch(rollouts, 'shop', { spec: { strategy: { canary } } });
  await startController({ namespace: view.name });
  await untilRouteIsUsers(view);
  await view.until('the other carries the weight', () => view.weight('canary', 'side') === 20);
});

test('one that names no route at all is aborted by what its former route says', async () => {
  const { view } = await abandonedShop();
  const canary = { trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: null } } } };
  await view.patch(rollouts, 'shop', { spec: { strategy: { canary } } });
  await startController({ namespace: view.name });
  await view.until('it says so', () => /^InvalidSpec: .*names no route/.test(view.status().message ?? ''));
  expect([view.weight(), view.podsOf('shop:v2')]).toEqual([20, 1]);
  await view.patch(rollouts, 'shop', { status: { abort: true } }, { subresource: 'status' });
  await untilRouteIsUsers(view);
  await view.until('the canary is gone', () => view.podsOf('shop:v2') === 0);
  expect(view.status()).toMatchObject({ phase: 'Degraded', abort: true });
});

test('a Rollout of another instance is not taken for one that is gone', async () => {
  const { view } = await openShop();
  await setImage(view, 'shop:v2');
  await untilPausedAt(view, 1, 20);
  const stable = selectorOf(view, 'stable');
  const other = await startController({ namespace: view.name, identity: 'other', args: ['--instance-id=other'] });
  // Its start and this change make it look at what is marked.
  await view.patch(httpRoutes, 'shop', { metadata: { annotations: { seen: 'yes' } } });
  await expect
    .poll(async () => /^rollout_reconcile_count [1-9]/m.test(await (await fetch(`${other.metricsUrl}/metrics`)).text()), {
      timeout: 20_000,
    })
    .toBe(true);
  await other.stop();
  expect(selectorOf(view, 'stable')).toBe(stable);
  expect(view.weight()).toBe(20);
  expect(view.status().phase).toBe('Paused');
});
