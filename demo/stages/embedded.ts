/** The stage on an embedded Kubernetes: pods are processes of this machine, and everything ends with this program. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildProgram } from '../../tools/build.ts';
import { type EmbeddedCluster, startCluster } from '../../tools/cluster/cluster.ts';
import type { Prometheus } from '../../tools/cluster/contract.ts';
import { forwardPort } from '../../tools/cluster/namespace/outside.ts';
import { untilAborted } from '../interruption.ts';
import type { Stage, StageSetting } from '../stage.ts';
import { requestsOf } from './api-requests.ts';
import { installChart } from './chart.ts';
import { realWorld } from './real-world.ts';

const demo = join(dirname(fileURLToPath(import.meta.url)), '..');
const shop = 'default';
const system = 'rampart-system';
const host = 'shop.example';
/**
 * A controller that is killed comes back soon, also for the third time: a kubelet's own back-off of 10 s, 20 s, 40 s would outlast the
 * patience of the install and of the play.
 */
const backoff = { initialMs: 500, maxMs: 4_000 };
const installWithinSeconds = 120;
/** Who Rampart is in the audit log. */
const controllerUser = `system:serviceaccount:${system}:rampart`;

export async function setEmbeddedStage({ tell, print, signal }: StageSetting): Promise<Stage> {
  tell('building rampart');
  const program = await buildProgram();
  tell('starting Kubernetes, Traefik and Prometheus');
  const cluster = await startEmbedded(program);
  try {
    signal.throwIfAborted();
    const { traefik, prometheus, auditLog } = cluster;
    if (traefik === undefined || prometheus === undefined)
      throw new Error('the cluster came up without its gateway or without Prometheus');
    tell(`Kubernetes is ready after ${(cluster.readyMs / 1000).toFixed(1)} s; installing Rampart by its chart`);
    await installChart({
      helm: await cluster.partPath('helm'),
      kubeconfig: cluster.adminKubeconfig,
      home: cluster.runDir,
      namespace: system,
      values: { 'image.repository': 'rampart', 'image.tag': 'demo', prometheusAddress: prometheus.url },
      waitSeconds: installWithinSeconds,
      signal,
    });
    tell('opening the shop with version 1');
    for (const file of ['route.yaml', 'rollout.yaml']) {
      await cluster.applyManifests(await readFile(join(demo, 'manifests', file), 'utf8'));
    }
    return {
      namespace: shop,
      world: realWorld({ kubeconfig: cluster.adminKubeconfig, gatewayUrl: traefik.httpUrl, host }),
      withinMs: { open: 60_000, promoted: 90_000, takenBack: 60_000 },
      release: (version) => [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: `shop:${version}` }],
      apiRequests: async () => (auditLog === undefined ? undefined : await requestsOf(controllerUser, auditLog)),
      runDir: cluster.runDir,
      keep: async (asked) => {
        print(await waysIn(cluster, traefik.httpUrl, prometheus));
        await untilAborted(asked);
        await cluster.stop();
      },
      stop: cluster.stop,
    };
  } catch (error) {
    await cluster.stop();
    signal.throwIfAborted();
    throw error;
  }
}

async function startEmbedded(program: string): Promise<EmbeddedCluster> {
  return await startCluster({
    name: 'demo',
    kubelet: 'process',
    processKubelet: {
      nodeName: 'demo',
      backoff,
      images: {
        rampart: { executable: process.execPath, args: [program] },
        shop: { executable: process.execPath, args: [join(demo, 'shop', 'shop.ts')] },
      },
    },
    traefik: true,
    prometheus: { scrapeIntervalMs: 1000 },
    audit: 'metadata',
  });
}

/** How to look at it from another terminal. */
async function waysIn(cluster: EmbeddedCluster, gatewayUrl: string, prometheus: Prometheus): Promise<string> {
  const outside = async (url: string) => forwardPort({ host: new URL(url).hostname, port: Number(new URL(url).port) });
  const [api, web, metrics] = [await outside(cluster.server), await outside(gatewayUrl), await outside(prometheus.url)];
  return `
It is still running. From another terminal:
  export KUBECONFIG=${cluster.adminKubeconfig}
  kubectl --server https://127.0.0.1:${api} get rollouts
  kubectl --server https://127.0.0.1:${api} describe rollout shop
  curl -H 'Host: ${host}' http://127.0.0.1:${web}/
  Prometheus: http://127.0.0.1:${metrics}
Ctrl-C ends it.
`;
}
