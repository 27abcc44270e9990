/** Real pods, a real gateway and constant traffic: whatever happens to the update or to the controller, no request fails that a version did not fail itself. */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Outcome } from '../../demo/shop/traffic.ts';
import { startTraffic } from '../../demo/shop/traffic.ts';
import { rollouts } from '../../src/api/resources.ts';
import { type EmbeddedCluster, startCluster } from '../../tools/cluster/cluster.ts';
import { createNamespace, deleteNamespace } from '../support/cluster.ts';
import { startController } from '../support/controller.ts';
import { installCrds } from '../support/installed-crds.ts';
import { canaryWeight, nginxRollout, untilTakenBack, untilWeighed } from '../support/nginx-stage.ts';
import { command, untilAborted, untilHealthy, untilPausedAt } from '../support/routed-stage.ts';
import { shopIngress, shopRollout, shopRoute, shopServices } from '../support/shop.ts';
import { type WatchedNamespace, watchNamespace } from '../support/watched-namespace.ts';

const shopProgram = fileURLToPath(new URL('../../demo/shop/shop.ts', import.meta.url));
const images = { shop: { executable: process.execPath, args: ['--disable-warning=ExperimentalWarning', shopProgram] } };
const requestsPerSecond = 60;

let cluster: EmbeddedCluster;
beforeAll(async () => {
  cluster = await startCluster({
    name: 'traffic',
    kubelet: 'process',
    processKubelet: { nodeName: 'node-1', images },
    traefik: true,
  });
  await installCrds(cluster);
});
afterAll(async () => await cluster?.stop());

/** Three pods of the shop that is not ready as soon as it is told to end, and serves on until the gateway has noticed. */
function pods(image: string): object {
  const readinessProbe = { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1, failureThreshold: 1 };
  return {
    metadata: { labels: { app: 'shop' } },
    spec: {
      terminationGracePeriodSeconds: 15,
      containers: [{ name: 'shop', image, ports: [{ containerPort: 8080 }], readinessProbe }],
    },
  };
}

/** Constant traffic, from the moment on when the shop answers. */
async function openDoors(view: WatchedNamespace, host: string) {
  const bad: Outcome[] = [];
  const answered = new Map<string, number>();
  let isOpen = false;
  const traffic = startTraffic({
    url: cluster.traefik?.httpUrl ?? '',
    host,
    requestsPerSecond,
    onResponse: (outcome) => {
      const { status, version } = outcome;
      if (status === 200 && version !== undefined) answered.set(version, (answered.get(version) ?? 0) + 1);
      // The gateway may need a moment before it serves the route at all.
      if (status === 200) isOpen = true;
      else if (isOpen) bad.push(outcome);
    },
  });
  await view.until('the shop is open', () => isOpen);
  return { traffic, bad, from: (version: string) => answered.get(version) ?? 0 };
}

test('an update, an abort, a full promotion, an undo and a killed controller cost no request', async () => {
  const namespace = await createNamespace(cluster);
  onTestFinished(async () => await deleteNamespace(namespace, cluster));
  const view = await watchNamespace(namespace, cluster);
  const first = await startController({ namespace, cluster });
  const gateway = cluster.traefik;
  if (gateway === undefined) throw new Error('the cluster has no gateway');
  const route = shopRoute({ parentRefs: [{ ...gateway.gateway, sectionName: 'web' }] });
  const steps = [{ setWeight: 34 }, { pause: {} }, { setWeight: 67 }, { pause: {} }];
  await view.apply(
    ...shopServices(),
    route,
    shopRollout({
      replicas: 3,
      steps,
      canary: { scaleDownDelaySeconds: 2, abortScaleDownDelaySeconds: 2 },
      spec: { template: pods('shop:v1') },
    }),
  );
  await untilHealthy(view, 'shop:v1');

  const { traffic, from, bad } = await openDoors(view, 'shop.example');
  const update = async (image: string): Promise<void> => await view.patch(rollouts, 'shop', { spec: { template: pods(image) } });

  await update('shop:v2');
  await untilPausedAt(view, 1, 34);
  await view.until('the new version answers', () => from('v2') > 20);
  await command(view, 'abort');
  await untilAborted(view);
  await view.until('the canary is gone', () => view.podsOf('shop:v2') === 0);

  await command(view, 'retry');
  await untilPausedAt(view, 1, 34);
  await first.kill();
  await command(view, 'promote');
  await startController({ namespace, cluster });
  await untilPausedAt(view, 3, 67);
  await command(view, 'promote');
  await untilHealthy(view, 'shop:v2');
  await view.until('the old pods are gone', () => view.podsOf('shop:v1') === 0);

  await update('shop:v4');
  await untilPausedAt(view, 1, 34);
  await command(view, 'promoteFull');
  await untilHealthy(view, 'shop:v4');

  await update('shop:v2');
  await untilPausedAt(view, 1, 34);
  await update('shop:v4');
  await view.until('all on stable again', () => view.weight() === 0 && view.status().phase === 'Healthy');
  await view.until('its pods are gone', () => view.podsOf('shop:v2') === 0);
  const sent = traffic.counters.sent;
  await view.until('a second more of traffic', () => traffic.counters.sent > sent + requestsPerSecond);
  await traffic.stop();

  expect(bad.slice(0, 5)).toEqual([]);
  expect(traffic.counters.sent).toBeGreaterThan(requestsPerSecond * 10);
  expect([from('v1'), from('v2'), from('v4')].every((count) => count > 20)).toBe(true);
}, 240_000);

test('through an Ingress, an update and an abort cost no request either, and requests are split as its annotations say', async () => {
  const namespace = await createNamespace(cluster);
  onTestFinished(async () => await deleteNamespace(namespace, cluster));
  const view = await watchNamespace(namespace, cluster);
  await startController({ namespace, cluster, args: ['--nginx-propagation=1s'] });
  const host = `${namespace}.example`;
  const options = {
    replicas: 3,
    steps: [{ setWeight: 10 }, { pause: {} }, { setWeight: 50 }, { pause: {} }],
    canary: { scaleDownDelaySeconds: 2, abortScaleDownDelaySeconds: 2 },
  };
  const rollout = (image: string) => nginxRollout({ ...options, spec: { template: pods(image) } });
  await view.apply(...shopServices(), shopIngress(host), rollout('shop:v1'));
  await untilHealthy(view, 'shop:v1');
  const { traffic, from, bad } = await openDoors(view, host);

  await view.patch(rollouts, 'shop', { spec: { template: pods('shop:v2') } });
  await untilWeighed(view, 1, 10);
  const [v1, v2] = [from('v1'), from('v2')];
  await view.until('two hundred requests', () => from('v1') + from('v2') >= v1 + v2 + 200);
  const share = (from('v2') - v2) / (from('v1') + from('v2') - v1 - v2);
  expect(share).toBeGreaterThan(0.08);
  expect(share).toBeLessThan(0.12);
  await command(view, 'abort');
  await untilTakenBack(view);
  await view.until('the canary is gone', () => view.podsOf('shop:v2') === 0);
  await command(view, 'retry');
  await untilWeighed(view, 1, 10);
  await command(view, 'promote');
  await untilWeighed(view, 3, 50);
  await command(view, 'promote');
  await untilHealthy(view, 'shop:v2');
  await view.until('the old pods are gone', () => view.podsOf('shop:v1') === 0);
  const sent = traffic.counters.sent;
  await view.until('a second more of traffic', () => traffic.counters.sent > sent + requestsPerSecond);
  await traffic.stop();
  expect(canaryWeight(view)).toBe(0);
  expect(bad.slice(0, 5)).toEqual([]);
}, 240_000);
