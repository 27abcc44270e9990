/** A canary behind an Ingress, on a real API server: the canary Ingress beside the user's, its weights, and what becomes of it. */
import { describe, expect, test } from 'vitest';
import { annotations } from '../../src/api/names.ts';
import { httpRoutes, ingresses, rollouts } from '../../src/api/resources.ts';
import { startController } from '../support/controller.ts';
import {
  canaryIngress,
  canaryName,
  canaryWeight,
  nginxRollout,
  openNginxShop,
  soonTaken,
  untilTakenBack,
  untilWeighed,
} from '../support/nginx-stage.ts';
import { expectRoutedLaws, nginxRoad } from '../support/routed-laws.ts';
import { command, emptyStage, setImage, untilHealthy } from '../support/routed-stage.ts';
import { shopIngress, shopRollout, shopRoute, shopServices } from '../support/shop.ts';
import type { WatchedNamespace } from '../support/watched-namespace.ts';

const prefix = 'nginx.ingress.kubernetes.io';
const invalid = (view: WatchedNamespace) =>
  view.status().conditions?.find(({ type, status }) => type === 'InvalidSpec' && status === 'True')?.message ?? '';
const worn = (view: WatchedNamespace, key: string) => canaryIngress(view)?.metadata.annotations?.[`${prefix}/${key}`];
const withNginx = (nginx: object, routing: object = {}) => ({
  spec: { strategy: { canary: { trafficRouting: { nginx, ...routing } } } },
});

describe('a canary Ingress', () => {
  test('carries the weights of an update step by step, is told of, and stays at 0', async () => {
    const { view, kubectl } = await openNginxShop({
      steps: [{ setWeight: 20 }, { pause: { duration: 1 } }, { setWeight: 60 }],
    });
    expect(canaryIngress(view)).toMatchObject({
      metadata: { ownerReferences: [{ kind: 'Rollout', name: 'shop', controller: true }] },
      spec: {
        ingressClassName: 'nginx',
        rules: [
          {
            host: 'shop.example',
            http: { paths: [{ path: '/', backend: { service: { name: 'canary', port: { number: 80 } } } }] },
          },
        ],
      },
    });
    const mark = view.mark();
    await setImage(view, 'shop:v2');
    await untilHealthy(view, 'shop:v2');
    await view.until('the old pods are gone', () => view.podsOf('shop:v1') === 0);
    const weights = view
      .since(mark)
      .filter(({ kind, name }) => kind === 'Ingress' && name === canaryName)
      .map(({ object }) => nginxRoad.weight(object, 'canary'))
      // What else is written to it, such as its address, changes no weight.
      .filter((weight, index, all) => weight !== (all[index - 1] ?? 0));
    expect(weights).toEqual([20, 60, 100, 0]);
    expect([worn(view, 'canary'), worn(view, 'canary-weight'), worn(view, 'canary-weight-total')]).toEqual([
      'true',
      '0',
      undefined,
    ]);
    expect(view.status().canary?.weights).toMatchObject({ canary: { weight: 0 }, stable: { weight: 100 }, verified: true });
    expectRoutedLaws(view.history, { road: nginxRoad });
    await view.untilTold(`Patched canary Ingress ${canaryName}, weight 0`);
    expect(view.events().filter((line) => line.includes('CanaryIngress'))).toEqual([
      `Normal CreatingCanaryIngress: Created canary Ingress ${canaryName} with weight 0`,
      ...[20, 60, 100, 0].map((weight) => `Normal PatchingCanaryIngress: Patched canary Ingress ${canaryName}, weight ${weight}`),
    ]);
    expect(await kubectl.run(['get', 'ingress', 'shop', '-o', 'jsonpath={.metadata.generation}'])).toBe('1');
  });

  test('goes to 0 with an abort, whose pods stay until there was time to take it', async () => {
    const { view } = await openNginxShop({}, { args: ['--nginx-propagation=3s'] });
    await setImage(view, 'shop:v2');
    await untilWeighed(view, 1, 20);
    await command(view, 'abort');
    await view.until('weight 0', () => canaryWeight(view) === 0);
    await view.until('it says what is waited for', () =>
      (view.status().message ?? '').includes(`Ingress ${canaryName} was written; its controller has until `),
    );
    expect(view.podsOf('shop:v2')).toBe(1);
    await untilTakenBack(view);
    await view.until('the canary is gone', () => view.podsOf('shop:v2') === 0);
    expectRoutedLaws(view.history, { road: nginxRoad });
  });

  test('follows the user’s edits, gets back what others take, and is left alone where it is someone else’s', async () => {
    const { view } = await openNginxShop();
    await setImage(view, 'shop:v2');
    await untilWeighed(view, 1, 20);
    const [rule] = (shopIngress('new.example') as unknown as { spec: { rules: object[] } }).spec.rules;
    await view.patch(ingresses, 'shop', { spec: { rules: [rule], tls: [{ hosts: ['new.example'], secretName: 'new' }] } });
    await view.until('the host and its certificate are followed', () => {
      const { rules, tls } = canaryIngress(view)?.spec ?? {};
      return rules?.[0]?.host === 'new.example' && JSON.stringify(tls).includes('new.example') && canaryWeight(view) === 20;
    });
    const former = canaryIngress(view)?.metadata.uid;
    await view.delete(ingresses, canaryName);
    await view.until('it is there again', () => canaryIngress(view)?.metadata.uid !== former && canaryWeight(view) === 20);
    const second = canaryIngress(view)?.metadata.uid;
    await view.patch(ingresses, canaryName, { metadata: { annotations: { [`${prefix}/canary-weight`]: '90' } } });
    await view.until('20 again', () => canaryWeight(view) === 20);
    await view.untilTold('changed by someone else');
    await view.patch(
      rollouts,
      'shop',
      withNginx({ stableIngress: 'shop', additionalIngressAnnotations: { 'canary-by-header': 'x-canary' } }),
    );
    await view.until('the header is there', () => worn(view, 'canary-by-header') === 'x-canary' && canaryWeight(view) === 20);
    expect(canaryIngress(view)?.metadata.uid, 'the same object goes on').toBe(second);
    await command(view, 'promote');
    await untilHealthy(view, 'shop:v2');

    const foreign = { ...shopIngress('other.example'), metadata: { name: 'shop-side-canary' } };
    await view.apply(foreign, { ...shopIngress('side.example'), metadata: { name: 'side' } });
    await view.patch(rollouts, 'shop', withNginx({ stableIngress: 'side' }));
    await view.until('it says so', () => invalid(view).includes("Ingress shop-side-canary is there and is not this Rollout's"));
    await view.delete(ingresses, 'shop-side-canary');
    await view.until('a canary Ingress of its own', () => {
      const made = view.ingresses.get(view.name, 'shop-side-canary');
      return made?.spec?.rules?.[0]?.host === 'side.example' && invalid(view) === '';
    });
    await view.until('the former one is gone', () => canaryIngress(view) === undefined);
  });

  test('is made for each of several Ingresses, with annotations and a total that the user wants', async () => {
    const { view } = await emptyStage({ args: soonTaken });
    const second = {
      ...shopIngress('second.example'),
      metadata: { name: 'second', annotations: { 'kubernetes.io/ingress.class': 'custom' } },
    };
    const { ingressClassName: _, ...spec } = (second as unknown as { spec: { ingressClassName: string } }).spec;
    const nginx = {
      annotationPrefix: 'custom.example',
      stableIngresses: ['shop', 'second'],
      additionalIngressAnnotations: { 'canary-by-header': 'x', 'other.example/key': 'a' },
      canaryIngressAnnotations: { 'other.example/key': 'b' },
    };
    const steps = [{ setWeight: 125 }, { pause: {} }];
    await view.apply(
      ...shopServices(),
      shopIngress(),
      { ...second, spec },
      nginxRollout({ steps }, nginx, { maxTrafficWeight: 1000 }),
    );
    await untilHealthy(view, 'shop:v1');
    await setImage(view, 'shop:v2');
    await view.until('both carry it', () =>
      [canaryName, 'shop-second-canary'].every(
        (name) => view.ingresses.get(view.name, name)?.metadata.annotations?.['custom.example/canary-weight'] === '125',
      ),
    );
    expect(view.ingresses.get(view.name, 'shop-second-canary')).toMatchObject({
      metadata: {
        annotations: {
          'custom.example/canary': 'true',
          'custom.example/canary-weight-total': '1000',
          'custom.example/canary-by-header': 'x',
          'other.example/key': 'b',
          'kubernetes.io/ingress.class': 'custom',
        },
      },
    });
    await view.until('the status knows', () => view.status().canary?.weights?.stable.weight === 875);
  });

  test('is missed, and explained, until the Ingress leads to the stable Service', async () => {
    const { view } = await emptyStage({ args: soonTaken });
    await view.apply(...shopServices(), nginxRollout());
    await view.until('the Ingress is missed', () =>
      invalid(view).includes('spec.strategy.canary.trafficRouting.nginx.stableIngress: Ingress shop does not exist'),
    );
    const elsewhere = JSON.parse(JSON.stringify(shopIngress()).replaceAll('"stable"', '"elsewhere"')) as object;
    await view.apply(elsewhere);
    await view.until('its rules are missed', () =>
      invalid(view).includes('Ingress shop has no rule whose backend is Service stable; route to it by a rule of spec.rules'),
    );
    await view.apply(shopIngress());
    await untilHealthy(view, 'shop:v1');
    await view.delete(ingresses, 'shop');
    await setImage(view, 'shop:v2');
    await view.until('it is missed again', () => invalid(view).includes('Ingress shop does not exist'));
    await view.apply(shopIngress());
    await untilWeighed(view, 1, 20);
  });

  test('goes when the Rollout steers no Ingress any more, or is left behind while nobody runs', async () => {
    const { view, kubectl, controller } = await openNginxShop();
    await setImage(view, 'shop:v2');
    await untilWeighed(view, 1, 20);
    await controller.kill();
    await kubectl.run(['delete', 'rollout', 'shop', '--cascade=orphan']);
    expect(canaryWeight(view)).toBe(20);
    const next = await startController({ namespace: view.name, args: soonTaken });
    await view.until('it is gone', () => canaryIngress(view) === undefined);
    expect(view.podsOf('shop:v1') + view.podsOf('shop:v2')).toBe(6);

    await view.apply(nginxRollout({ image: 'shop:v1' }));
    await untilHealthy(view, 'shop:v1');
    await view.until('it is back', () => canaryIngress(view) !== undefined);
    await next.kill();
    await view.patch(rollouts, 'shop', { spec: { strategy: { canary: null, blueGreen: { activeService: 'stable' } } } });
    await startController({ namespace: view.name, args: soonTaken });
    await view.until('it is gone again', () => canaryIngress(view) === undefined);
    expect(view.ingresses.get(view.name, 'shop')).toBeDefined();
  });
});

test('two kinds of routes carry the same weight, and neither goes ahead alone', async () => {
  const { view } = await emptyStage({ args: soonTaken });
  const both = { nginx: { stableIngress: 'shop' }, plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } };
  await view.apply(...shopServices(), shopIngress(), shopRoute(), shopRollout({ canary: { trafficRouting: both } }));
  await untilHealthy(view, 'shop:v1');
  await setImage(view, 'shop:v2');
  await untilWeighed(view, 1, 20);
  expect(view.weight()).toBe(20);
  await view.patch(httpRoutes, 'shop', { spec: { parentRefs: [{ name: 'nowhere', namespace: 'gateway-system' }] } });
  await command(view, 'promote');
  await view.until('it waits for the gateway', () => {
    const { message = '', currentStepIndex } = view.status();
    return currentStepIndex === 2 && canaryWeight(view) === 100 && message.includes('Gateway gateway-system/nowhere');
  });
  expect(view.status().stableRS).not.toBe(view.status().currentPodHash);
  await command(view, 'abort');
  await view.until('both are back', () => canaryWeight(view) === 0 && view.weight() === 0);
  await view.apply(shopRoute());
  await untilTakenBack(view);
  await view.until('the canary is gone', () => view.podsOf('shop:v2') === 0);
  expectRoutedLaws(view.history);
  expectRoutedLaws(view.history, { road: nginxRoad });
  expect(canaryIngress(view)?.metadata.annotations?.[annotations.weightsOf]).toContain(`${view.name}/shop`);
});
