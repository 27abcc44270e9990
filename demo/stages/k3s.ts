/**
 * The stage on a K3s of our own, for machines that have a Docker engine and cannot have the embedded Kubernetes. It has not been run yet, since no
 * engine that can pull was at hand.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loadKubeConfig } from '../../src/runtime/client/kube-config.ts';
import { KubernetesClient } from '../../src/runtime/client/kubernetes-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { type ExternalCluster, startK3sCluster } from '../../tools/cluster/external/external-cluster.ts';
import { gatewayCrds } from '../../tools/cluster/traefik/gateway-manifests.ts';
import type { Stage, StageSetting } from '../stage.ts';
import { type ExternalParts, setExternalStage } from './external.ts';
import { type Gateway, gateways, isProgrammed } from './gateway.ts';
import { buildImage } from './image.ts';

const gateway = { namespace: 'demo-parts', name: 'traefik' };
const prometheusAddress = 'http://prometheus.demo-parts:9090';
const manifest = join(dirname(fileURLToPath(import.meta.url)), '..', 'manifests', 'k3s.yaml');
const programmedWithinMs = 180_000;
const lookAgainMs = 500;

/** `image` undefined: it is built and imported. */
export async function setK3sStage(image: string | undefined, setting: StageSetting): Promise<Stage> {
  setting.tell('starting K3s in a container');
  const cluster = await startK3sCluster();
  let parts: ExternalParts;
  try {
    parts = await furnish(cluster, image, setting);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return await setExternalStage(cluster, parts, setting);
}

async function furnish(
  cluster: ExternalCluster,
  image: string | undefined,
  { tell, signal }: StageSetting,
): Promise<ExternalParts> {
  tell('adding Traefik and Prometheus');
  for (const crd of (await gatewayCrds(await cluster.partPath('gateway-api-crds'))).values()) await cluster.applyManifests(crd);
  await cluster.applyManifests(await readFile(manifest, 'utf8'));
  const parts = { gateway, gatewayUrl: undefined, prometheusAddress, scrapeIntervalSeconds: 1 };
  if (image === undefined && cluster.importImage !== undefined) tell("building the demo's image");
  const ready =
    cluster.importImage === undefined ? image : (image ?? (await buildImage(cluster.runDir, cluster.importImage, signal)));
  if (ready === undefined) throw new Error('This cluster takes no image from here: name one that it can pull with --image.');
  await untilProgrammed(cluster.adminKubeconfig, signal);
  return { ...parts, image: ready };
}

async function untilProgrammed(kubeconfig: string, signal: AbortSignal): Promise<void> {
  const { config } = loadKubeConfig({ kubeconfig, environment: {} });
  const client = KubernetesClient.create({ config, clock: systemClock, random: Math.random, environment: {}, limits: undefined });
  try {
    for (const until = Date.now() + programmedWithinMs; Date.now() < until; await delay(lookAgainMs, undefined, { signal })) {
      const found = await client.get<Gateway>(gateways, gateway, signal);
      if (found !== undefined && isProgrammed(found)) return;
    }
  } finally {
    await client.close();
  }
  throw new Error(`Traefik is not ready after ${programmedWithinMs / 1000} s; can the cluster pull its image?`);
}
