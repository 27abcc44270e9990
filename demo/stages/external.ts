/**
 * The stage on a cluster that is not embedded: one that others use too, or a K3s of our own. Pods are containers there. Everything is in a namespace of
 * its own, with a Rampart that watches only that namespace and only objects marked for it, so nothing else in the cluster is touched.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rollouts } from '../../src/api/resources.ts';
import { loadKubeConfig } from '../../src/runtime/client/kube-config.ts';
import { KubernetesClient } from '../../src/runtime/client/kubernetes-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { ApiError, type Cluster } from '../../src/runtime/cluster.ts';
import type { ExternalCluster } from '../../tools/cluster/external/external-cluster.ts';
import { untilAborted } from '../interruption.ts';
import type { ExistingParts } from '../options.ts';
import type { Patience, Stage, StageSetting } from '../stage.ts';
import { installChart } from './chart.ts';
import { type Gateway, gateways, type Meeting, meetGateway, noGatewayApi } from './gateway.ts';
import { imageValues } from './image.ts';
import { takePlace } from './place.ts';
import { untilPodIsReady } from './pod-ready.ts';
import { untilPrometheusKnows } from './prometheus-check.ts';
import { realWorld } from './real-world.ts';
import { placeShop, versionPath } from './shop-manifests.ts';

export interface ExternalParts extends ExistingParts {
  readonly image: string;
}

const namespace = 'rampart-demo';
/** Other controllers of Rollouts leave alone what carries it. */
const instanceId = 'rampart-demo';
const manifests = join(dirname(fileURLToPath(import.meta.url)), '..', 'manifests');

/** The cluster is stopped with the stage, also when the stage cannot be set. */
export async function setExternalStage(cluster: ExternalCluster, parts: ExternalParts, setting: StageSetting): Promise<Stage> {
  const undo: (() => Promise<void>)[] = [cluster.stop];
  const stop = async (): Promise<void> => {
    const step = undo.pop();
    if (step === undefined) return;
    try {
      await step();
    } finally {
      await stop();
    }
  };
  try {
    const client = clientOf(cluster.adminKubeconfig);
    undo.push(async () => await client.close());
    const meeting = await findGateway(client, parts);
    const place = await takePlace(client, namespace);
    undo.push(async () => {
      setting.tell(`deleting the namespace ${namespace}`);
      await place.leave();
    });
    await fillPlace(cluster, client, { ...parts, meeting }, setting);
    return {
      namespace,
      world: realWorld({ kubeconfig: cluster.adminKubeconfig, gatewayUrl: meeting.url, host: meeting.host }),
      withinMs: patienceFor(windowSecondsOf(parts)),
      release: (version) => [{ op: 'replace', path: versionPath, value: version }],
      apiRequests: async () => undefined,
      runDir: cluster.runDir,
      keep: async (asked) => {
        setting.print(waysIn(cluster, meeting));
        if (cluster.source === 'k3s') await untilAborted(asked);
        await client.close();
        await cluster.stop();
      },
      stop,
    };
  } catch (error) {
    await stop().catch((left: unknown) => setting.tell(`not everything could be taken away: ${String(left)}`));
    setting.signal.throwIfAborted();
    throw error;
  }
}

async function fillPlace(
  cluster: ExternalCluster,
  client: Cluster,
  parts: ExternalParts & { readonly meeting: Meeting },
  { tell, signal }: StageSetting,
): Promise<void> {
  const { image, meeting, prometheusAddress, scrapeIntervalSeconds } = parts;
  tell(`installing Rampart by its chart into the namespace ${namespace}`);
  await installChart({
    helm: await cluster.partPath('helm'),
    kubeconfig: cluster.adminKubeconfig,
    home: cluster.runDir,
    namespace,
    values: { ...imageValues(image), namespaced: 'true', instanceId, prometheusAddress },
    signal,
  });
  const rampart = { namespace, labelSelector: 'app.kubernetes.io/name=rampart', withinMs: 180_000 };
  await untilPodIsReady(client, { ...rampart, otherwise: async () => 'it has no pod' }, signal);
  tell(`opening the shop with version 1 behind the gateway ${meeting.namespace}/${meeting.name}, ${meeting.url}`);
  for (const file of ['route.yaml', 'rollout.yaml']) {
    const yaml = await readFile(join(manifests, file), 'utf8');
    await cluster.applyManifests(placeShop(yaml, { namespace, instanceId, image, meeting, windowSeconds: windowSecondsOf(parts) }));
  }
  const shop = { namespace, labelSelector: 'app=shop', withinMs: 120_000 };
  await untilPodIsReady(client, { ...shop, otherwise: async () => await rolloutInWords(client) }, signal);
  tell('asking Prometheus whether it sees the shop');
  await untilPrometheusKnows(client, { namespace, instanceId, prometheusAddress, scrapeIntervalSeconds }, signal);
}

async function rolloutInWords(client: Cluster): Promise<string> {
  const { status } = (await client.get(rollouts, { namespace, name: 'shop' })) ?? {};
  return `the Rollout says ${status?.phase ?? 'nothing'}: ${status?.message ?? 'nothing'}`;
}

async function findGateway(client: Cluster, wish: ExistingParts): Promise<Meeting> {
  try {
    return meetGateway((await client.list<Gateway>(gateways, {})).items, wish);
  } catch (error) {
    if (error instanceof ApiError && error.code === 'not-found') throw new Error(noGatewayApi, { cause: error });
    throw error;
  }
}

function clientOf(kubeconfig: string): KubernetesClient {
  const { env: environment } = process;
  const { config } = loadKubeConfig({ kubeconfig, environment });
  return KubernetesClient.create({ config, clock: systemClock, random: Math.random, environment, limits: undefined });
}

/** A rate needs two scrapes; the third is for the one that was just missed. */
function windowSecondsOf({ scrapeIntervalSeconds }: ExistingParts): number {
  return Math.max(5, Math.ceil(3 * scrapeIntervalSeconds));
}

/** Images are pulled first; each version waits for a window once or twice. */
function patienceFor(windowSeconds: number): Patience {
  const windowMs = windowSeconds * 1000;
  return { open: 180_000, promoted: 150_000 + 2 * windowMs, takenBack: 90_000 + windowMs };
}

function waysIn({ source, adminKubeconfig }: ExternalCluster, { url, host }: Meeting): string {
  const [where, end] =
    source === 'k3s'
      ? [`\n  export KUBECONFIG=${adminKubeconfig}`, 'Ctrl-C ends it.']
      : ['', `This ends it:\n  kubectl delete namespace ${namespace}`];
  return `
It is still running, in the namespace ${namespace}:${where}
  kubectl --namespace ${namespace} get rollouts
  kubectl --namespace ${namespace} describe rollout shop
  curl -H 'Host: ${host}' ${url}/
${end}
`;
}
