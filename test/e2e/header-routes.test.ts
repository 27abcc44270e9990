/** Header routes of a canary on a real API server behind a real gateway: added by steps, done when the gateway has them, and never left behind. */
import { describe, expect, test } from 'vitest';
import { annotations } from '../../src/api/names.ts';
import { httpRoutes, rollouts } from '../../src/api/resources.ts';
import { readRouteMarks } from '../../src/api/route-mark.ts';
import { routeAcceptance } from '../../src/providers/traffic/gateway-api/route-acceptance.ts';
import type { Route } from '../../src/providers/traffic/gateway-api/route-object.ts';
import { startController } from '../support/controller.ts';
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
import { shopRollout, shopRoute, shopServices } from '../support/shop.ts';
import type { WatchedNamespace } from '../support/watched-namespace.ts';

const match = [{ headerName: 'x-canary', headerValue: { exact: 'yes' } }];
const staff = [{ headerName: 'x-staff', headerValue: { prefix: 'team-' } }];
const trafficRouting = {
  plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } },
  managedRoutes: [{ name: 'staff' }, { name: 'beta' }],
};
const steps = [
  { setCanaryScale: { replicas: 1 } },
  { setHeaderRoute: { name: 'beta', match } },
  { pause: {} },
  { setHeaderRoute: { name: 'staff', match: staff } },
  { setWeight: 20 },
  { pause: {} },
  { setHeaderRoute: { name: 'beta' } },
  { pause: {} },
];

const headerShop = (): Promise<RoutedStage> => openShop({ steps, canary: { trafficRouting } });

/** The first pause: the header route is there, and the canary has no weight. */
async function atHeaderRoute(): Promise<RoutedStage> {
  const stage = await headerShop();
  await setImage(stage.view, 'shop:v2');
  await untilPausedAt(stage.view, 2, 0);
  expect(stage.view.addedRules()).toEqual(['beta']);
  return stage;
}

async function untilRouteIsUsers(view: WatchedNamespace): Promise<void> {
  await view.until('nothing is left in the route', () => {
    const { labels: worn, annotations: marks } = view.route().metadata;
    return (
      view.addedRules().length === 0 &&
      view.weight('stable') === 100 &&
      worn?.['rollouts.argoproj.io/gatewayapi-canary'] === undefined &&
      marks?.[annotations.weightsOf] === undefined
    );
  });
}

describe('header routes', () => {
  test('come step by step in the order of managedRoutes, and promotion takes them off', async () => {
    const { view } = await headerShop();
    const before = view.route().spec;
    await setImage(view, 'shop:v2');
    await untilPausedAt(view, 2, 0);
    expect(view.addedRules()).toEqual(['beta']);
    expect(routeAcceptance(view.route()).state).toBe('confirmed');
    expect([view.podsOf('shop:v1'), view.podsOf('shop:v2')]).toEqual([5, 1]);
    const [added, users] = view.route().spec?.rules ?? [];
    expect(added).toEqual({
      ...users,
      name: 'beta',
      matches: [{ path: { type: 'PathPrefix', value: '/' }, headers: [{ type: 'Exact', name: 'x-canary', value: 'yes' }] }],
      backendRefs: [{ group: '', kind: 'Service', name: 'canary', port: 80, weight: 1 }],
    });
    await command(view, 'promote');
    await untilPausedAt(view, 5, 20);
    expect(view.addedRules()).toEqual(['staff', 'beta']);
    await command(view, 'promote');
    await untilPausedAt(view, 7, 20);
    expect(view.addedRules()).toEqual(['staff']);
    await command(view, 'promote');
    await untilHealthy(view, 'shop:v2');
    await untilRouteIsUsers(view);
    expect(view.route().spec).toEqual(before);
    expectRoutedLaws(view.history);
    await view.untilTold('8/8 completed');
    const told = view.events().filter((line) => line.includes('RolloutStepCompleted'));
    expect(told.map((line) => line.replace(/^.*step /, ''))).toEqual([
      '1/8 completed (setCanaryScale{replicas: 1})',
      '2/8 completed (setHeaderRoute)',
      '3/8 completed (pause)',
      '4/8 completed (setHeaderRoute)',
      '5/8 completed (setWeight: 20)',
      '6/8 completed (pause)',
      '7/8 completed (setHeaderRoute)',
      '8/8 completed (pause)',
    ]);
  });

  test.each<[string, (view: WatchedNamespace) => Promise<void>, (view: WatchedNamespace) => Promise<void>]>([
    ['an abort', (view) => command(view, 'abort'), untilAborted],
    ['a full promotion', (view) => command(view, 'promoteFull'), (view) => untilHealthy(view, 'shop:v2')],
    ['a rollback', (view) => setImage(view, 'shop:v1'), (view) => untilHealthy(view, 'shop:v1')],
    ['the end of the Rollout', (view) => view.delete(rollouts, 'shop'), async () => {}],
  ])('%s takes them off, though the canary had no weight', async (_, end, ended) => {
    const { view } = await atHeaderRoute();
    await end(view);
    await ended(view);
    await untilRouteIsUsers(view);
    expectRoutedLaws(view.history);
  });

  test('survive a restart without a write of their own, and are given back when nobody ran as the Rollout went', async () => {
    const { view, controller } = await atHeaderRoute();
    expect(
      readRouteMarks(view.route().metadata)
        .get(`${view.name}/shop`)
        ?.rules?.map(({ name }) => name),
    ).toEqual(['beta']);
    await controller.kill();
    const mark = view.mark();
    const second = await startController({ namespace: view.name });
    await command(view, 'promote');
    await untilPausedAt(view, 5, 20);
    expect(view.addedRules()).toEqual(['staff', 'beta']);
    const versions = view.since(mark).flatMap(({ kind, object }) => (kind === 'HTTPRoute' ? (object as Route) : []));
    const texts = versions.map(({ spec }) => (spec?.rules ?? []).map(({ name = 'user' }) => name).join(' '));
    expect(new Set(texts)).toEqual(new Set(['staff beta user']));
    expect(new Set(versions.map(({ metadata }) => metadata.generation)).size).toBe(2);
    await second.kill();
    await view.delete(rollouts, 'shop');
    expect(view.addedRules()).toEqual(['staff', 'beta']);
    await startController({ namespace: view.name });
    await untilRouteIsUsers(view);
  });

  test('follow the user, and are set again when someone else changes them', async () => {
    const { view } = await atHeaderRoute();
    const filters = [{ type: 'ResponseHeaderModifier', responseHeaderModifier: { set: [{ name: 'x-late', value: 'yes' }] } }];
    const [added, users] = view.route().spec?.rules ?? [];
    await view.patch(httpRoutes, 'shop', { spec: { rules: [added, { ...users, filters }] } });
    const filterOf = (place: number) => (view.route().spec?.rules?.[place]?.filters?.[0] as { readonly type?: string })?.type;
    await view.until(
      'the copy follows',
      () => filterOf(0) === 'ResponseHeaderModifier' && filterOf(1) === 'ResponseHeaderModifier',
    );
    expect(view.events().filter((line) => line.includes('TrafficRoutingError'))).toEqual([]);
    await view.patch(httpRoutes, 'shop', { spec: { rules: [{ ...users, filters }] } });
    await view.until('it is there again', () => view.addedRules().length === 1);
    await view.untilTold('Warning TrafficRoutingError');
    await command(view, 'abort');
    await untilAborted(view);
    await untilRouteIsUsers(view);
    expect(view.route().spec?.rules?.map((rule) => rule.filters)).toEqual([filters]);
  });

  test('a name that managedRoutes does not have is refused in words', async () => {
    const { view } = await emptyStage();
    const steps = [{ setHeaderRoute: { name: 'gamma', match } }];
    await view.apply(...shopServices(), shopRoute(), shopRollout({ steps, canary: { trafficRouting } }));
    await view.until('it is refused', () => view.status().message?.startsWith('InvalidSpec') === true);
    expect(view.status().message).toContain(
      'steps[0].setHeaderRoute.name: must be one of trafficRouting.managedRoutes, got "gamma"',
    );
  });
});
