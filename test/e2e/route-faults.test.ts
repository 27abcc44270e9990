/** What can be wrong with routes, gateways and Services: the status says it, nothing unsafe happens, and an abort works all the same. */
import { describe, expect, inject, test } from 'vitest';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import { labels } from '../../src/api/names.ts';
import { grpcRoutes, httpRoutes, rollouts, services, tcpRoutes, tlsRoutes } from '../../src/api/resources.ts';
import { expectRoutedLaws } from '../support/routed-laws.ts';
import { command, emptyStage, openShop, setImage, untilAborted, untilHealthy, untilPausedAt } from '../support/routed-stage.ts';
import { service, shopRollout, shopRoute, shopServices } from '../support/shop.ts';
import type { WatchedNamespace } from '../support/watched-namespace.ts';

const message = (view: WatchedNamespace, name = 'shop') => view.status(name).message ?? '';
const invalid = (view: WatchedNamespace, name = 'shop') =>
  view.status(name).conditions?.find(({ type, status }) => type === 'InvalidSpec' && status === 'True')?.message ?? '';

/** Both sides' weights, as a user with kubectl would set them. */
function weighted(route: KubeObject, stable: number, canary: number): object {
  const rules = structuredClone(
    (route as unknown as { spec: { rules: { backendRefs: { name: string; weight: number }[] }[] } }).spec.rules,
  );
  for (const backend of rules.flatMap(({ backendRefs }) => backendRefs))
    backend.weight = backend.name === 'stable' ? stable : canary;
  return { spec: { rules } };
}

describe('a route', () => {
  test('whose weights someone else changes gets ours again, once, with an event', async () => {
    const { view } = await openShop();
    await setImage(view, 'shop:v2');
    await untilPausedAt(view, 1, 20);
    await view.patch(httpRoutes, 'shop', weighted(view.route(), 50, 50));
    await view.until('20 again', () => view.weight() === 20 && view.weight('stable') === 80);
    const again = () => view.events().filter((line) => line.includes('changed by someone else'));
    await view.until('an event', () => again().length > 0);
    expect(again()).toEqual([
      'Warning TrafficRoutingError: The weights of a route were changed by someone else and were set again (canary 20)',
    ]);
    expect(view.status().phase).toBe('Paused');
    await command(view, 'promote');
    await untilHealthy(view, 'shop:v2');
    // At rest, too: the canary Service has no version of its own then.
    await view.patch(httpRoutes, 'shop', weighted(view.route(), 0, 100));
    await view.until('all on stable again', () => view.weight() === 0 && view.weight('stable') === 100);
  });

  test('that no gateway answers for holds the update at 0 with a sentence, and an abort takes it back', async () => {
    const { view } = await emptyStage();
    const nowhere = [{ name: 'nowhere', namespace: 'gateway-system' }];
    await view.apply(...shopServices(), shopRoute({ parentRefs: nowhere }), shopRollout());
    await view.until('the pods are there', () => view.readyEndpoints('stable') === 5);
    await untilHealthy(view, 'shop:v1');
    await setImage(view, 'shop:v2');
    await view.until('it says which gateway is silent', () =>
      message(view).includes('Gateway gateway-system/nowhere has not answered for it yet'),
    );
    expect(view.status()).toMatchObject({ phase: 'Progressing', currentStepIndex: 0 });
    await command(view, 'abort');
    await untilAborted(view);
    // Without the gateway's word nobody knows whether requests still come: the pods stay, and the status says so.
    await view.until('it says why pods are kept', () =>
      message(view).includes('canary pods are kept until all traffic is back on stable'),
    );
    await view.apply(shopRoute());
    await view.until('the canary is gone', () => view.podsOf('shop:v2') === 0);
    expect(view.podsOf('shop:v1')).toBe(5);
  });

  test('with a listener that does not exist is refused by the gateway, in its words', async () => {
    const { gateway } = inject('sharedGateway');
    const { view } = await openShop();
    await view.patch(httpRoutes, 'shop', { spec: { parentRefs: [{ ...gateway, sectionName: 'nowhere' }] } });
    await setImage(view, 'shop:v2');
    await view.until('it says so', () => /Gateway gateway-system\/traefik \(nowhere\)/.test(message(view)));
    expect(view.status().currentStepIndex).toBe(0);
    await command(view, 'abort');
    await untilAborted(view);
    await view.patch(httpRoutes, 'shop', { spec: { parentRefs: [{ ...gateway, sectionName: 'web' }] } });
    await view.until('the canary is gone', () => view.podsOf('shop:v2') === 0);
    await command(view, 'retry');
    await untilPausedAt(view, 1, 20);
    expectRoutedLaws(view.history);
  });

  test('that is deleted in the middle: the status says so, an abort works, and it goes on when it is back', async () => {
    const { view } = await openShop({ steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 40 }, { pause: {} }] });
    await setImage(view, 'shop:v2');
    await untilPausedAt(view, 1, 20);
    await view.delete(httpRoutes, 'shop');
    await view.until('it is missed', () => `${message(view)}${invalid(view)}`.includes('HTTPRoute shop'));
    await command(view, 'promote');
    await view.until('it is missed still', () => `${message(view)}${invalid(view)}`.includes('HTTPRoute shop'));
    await command(view, 'abort');
    await view.until('it is aborted', () => view.status().abort === true && view.status().abortedAt !== undefined);
    await view.apply(shopRoute());
    await untilAborted(view);
    await view.until('the canary is gone', () => view.podsOf('shop:v2') === 0);
    await command(view, 'retry');
    await untilPausedAt(view, 1, 20);
  });

  test('that names only one of the Services is a mistake that the status explains', async () => {
    const { view } = await emptyStage();
    const route = shopRoute() as unknown as { spec: { rules: { backendRefs: object[] }[] } };
    const [rule] = route.spec.rules;
    rule?.backendRefs.pop();
    await view.apply(...shopServices(), route, shopRollout());
    await view.until('it is explained', () =>
      invalid(view).includes('has no rule that names both Services stable and canary as backends'),
    );
    expect(view.status().phase).toBe('Degraded');
    await view.apply(shopRoute());
    await untilHealthy(view, 'shop:v1');
    expect(invalid(view)).toBe('');
  });

  test("whose canary backend does not exist does not hide the gateway's complaint", async () => {
    const { view } = await openShop();
    await setImage(view, 'shop:v2');
    await untilPausedAt(view, 1, 20);
    const route = view.route() as unknown as { spec: { rules: { backendRefs: object[] }[] } };
    const rules = structuredClone(route.spec.rules);
    rules[0]?.backendRefs.push({ name: 'not-there', port: 80, weight: 0 });
    await view.patch(httpRoutes, 'shop', { spec: { rules } });
    await view.until(
      'the gateway has spoken',
      () =>
        JSON.stringify(view.route().status).includes('BackendNotFound') ||
        JSON.stringify(view.route().status).includes('not-there'),
    );
    await command(view, 'promote');
    await view.until(
      'its words are in the status',
      () => message(view).includes('not-there') || message(view).includes('BackendNotFound'),
    );
    await command(view, 'abort');
    await untilAborted(view);
    await view.apply(shopRoute());
    await view.until('the canary is gone', () => view.podsOf('shop:v2') === 0);
  });
});

describe('a Service', () => {
  test('that is missing is named, and the Rollout goes on when it is there', async () => {
    const { view } = await emptyStage();
    await view.apply(service('stable', 'shop'), shopRoute(), shopRollout());
    await view.until('it is named', () => invalid(view).includes('Service "canary" not found'));
    await view.apply(service('canary', 'shop'));
    await untilHealthy(view, 'shop:v1');
  });

  test('that disappears in the middle stops nothing that is safe: the abort goes through', async () => {
    const { view } = await openShop();
    await setImage(view, 'shop:v2');
    await untilPausedAt(view, 1, 20);
    await view.delete(services, 'canary');
    await view.until('it is named', () => invalid(view).includes('Service "canary" not found'));
    await command(view, 'abort');
    await view.until('no weight', () => view.weight() === 0 && view.weight('stable') === 100);
    await view.apply(service('canary', 'shop'));
    await untilAborted(view);
    await view.until('the canary is gone', () => view.podsOf('shop:v2') === 0);
    expect(view.podsOf('shop:v1')).toBe(5);
  });

  test('of another Rollout is not taken from it', async () => {
    const { view } = await openShop();
    const hash = view.services.get(view.name, 'stable')?.spec.selector?.[labels.podTemplateHash];
    const thief = shopRollout({ name: 'thief', canary: { stableService: 'stable', canaryService: 'canary' } });
    await view.apply(shopRoute({ name: 'thief' }), thief);
    await view.until('it is refused', () =>
      invalid(view, 'thief').includes('Service "stable" is managed by another Rollout (shop)'),
    );
    expect(view.services.get(view.name, 'stable')?.spec.selector?.[labels.podTemplateHash]).toBe(hash);
    await view.delete(rollouts, 'thief');
    await setImage(view, 'shop:v2');
    await untilPausedAt(view, 1, 20);
  });
});

test.each([
  ['TCPRoute', 'tcpRoute', 'tcp', tcpRoutes, false],
  ['TLSRoute', 'tlsRoute', 'tls', tlsRoutes, true],
  ['GRPCRoute', 'grpcRoute', 'web', grpcRoutes, true],
] as const)('a %s carries the weights as well', async (kind, field, section, resource, hasHosts) => {
  const { view } = await emptyStage();
  const { gateway } = inject('sharedGateway');
  const version = kind === 'GRPCRoute' ? 'v1' : undefined;
  const versions = version === undefined ? ['v1', 'v1alpha3', 'v1alpha2'] : [version];
  const route = (apiVersion: string) => ({
    apiVersion: `gateway.networking.k8s.io/${apiVersion}`,
    kind,
    metadata: { name: 'shop' },
    spec: {
      parentRefs: [{ ...gateway, sectionName: section }],
      ...(hasHosts && { hostnames: [`${view.name}.example`] }),
      rules: [
        {
          backendRefs: [
            { name: 'stable', port: 80, weight: 100 },
            { name: 'canary', port: 80, weight: 0 },
          ],
        },
      ],
    },
  });
  await view.apply(...shopServices());
  const served = await firstServed(view, versions, resource);
  await view.apply(
    route(served),
    shopRollout({ canary: { trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { [field]: 'shop' } } } } }),
  );
  await untilHealthy(view, 'shop:v1');
  await setImage(view, 'shop:v2');
  await view.until(
    '20 percent',
    () =>
      view.status().phase === 'Paused' &&
      view.status().canary?.weights?.canary.weight === 20 &&
      view.status().canary?.weights?.verified === true,
  );
  const live = await view.client.get({ ...resource, version: served }, { namespace: view.name, name: 'shop' });
  const backends = (live as unknown as { spec: { rules: { backendRefs: { name: string; weight: number }[] }[] } }).spec.rules[0]
    ?.backendRefs;
  expect(backends?.map(({ name, weight }) => [name, weight])).toEqual([
    ['stable', 80],
    ['canary', 20],
  ]);
  await command(view, 'promote');
  await untilHealthy(view, 'shop:v2');
});

async function firstServed(view: WatchedNamespace, versions: readonly string[], resource: typeof tcpRoutes): Promise<string> {
  for (const version of versions) {
    try {
      await view.client.list({ ...resource, version }, { namespace: view.name, limit: 1 });
      return version;
    } catch {
      // The next one.
    }
  }
  throw new Error(`no version of ${resource.kind} is served`);
}
