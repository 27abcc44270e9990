/** Sets the stage: a Kubernetes with a gateway and Prometheus, Rampart installed by its chart, and the shop's first version behind a route. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildProgram } from '../tools/build.ts';
import { type EmbeddedCluster, startCluster } from '../tools/cluster/cluster.ts';
import type { Prometheus, Traefik } from '../tools/cluster/contract.ts';

export interface Stage {
  readonly cluster: EmbeddedCluster;
  readonly gateway: Traefik;
  readonly prometheus: Prometheus;
  /** Namespace of the shop. */
  readonly namespace: string;
  /** Who Rampart is in the audit log. */
  readonly controllerUser: string;
}

const run = promisify(execFile);
const demo = dirname(fileURLToPath(import.meta.url));
const root = join(demo, '..');
const shop = 'default';
const system = 'rampart-system';

/** `tell` hears what is being done, a few words each. */
export async function setStage(tell: (words: string) => void): Promise<Stage> {
  tell('building rampart');
  const program = await buildProgram();
  tell('starting Kubernetes, Traefik and Prometheus');
  const cluster = await startCluster({
    name: 'demo',
    kubelet: 'process',
    processKubelet: {
      nodeName: 'demo',
      images: {
        rampart: { executable: process.execPath, args: [program] },
        shop: { executable: process.execPath, args: [join(demo, 'shop', 'shop.ts')] },
      },
    },
    traefik: true,
    prometheus: { scrapeIntervalMs: 1000 },
    audit: 'metadata',
  });
  const { traefik, prometheus } = cluster;
  if (traefik === undefined || prometheus === undefined)
    throw new Error('the cluster came up without its gateway or without Prometheus');
  tell(`Kubernetes is ready after ${(cluster.readyMs / 1000).toFixed(1)} s; installing Rampart by its chart`);
  await installRampart(cluster, prometheus.url);
  tell('opening the shop with version 1');
  for (const file of ['route.yaml', 'rollout.yaml']) {
    await cluster.applyManifests(await readFile(join(demo, 'manifests', file), 'utf8'));
  }
  return { cluster, gateway: traefik, prometheus, namespace: shop, controllerUser: `system:serviceaccount:${system}:rampart` };
}

async function installRampart(cluster: EmbeddedCluster, prometheusUrl: string): Promise<void> {
  const args = ['install', 'rampart', join(root, 'charts', 'rampart'), '--namespace', system, '--create-namespace'];
  const values = ['--set', 'image.repository=rampart', '--set', 'image.tag=demo', '--set', `prometheusAddress=${prometheusUrl}`];
  await run(await cluster.partPath('helm'), [...args, ...values, '--wait', '--timeout', '60s'], {
    env: { ...process.env, KUBECONFIG: cluster.adminKubeconfig, HOME: cluster.runDir },
  });
}
