/**
 * A kubelet whose containers are local processes: registers its node, follows the pods bound to it and gives each a worker and an IP.
 * It keeps nothing on disk that it needs again: a restarted kubelet starts its pods anew, as its processes ended with it.
 */
import { mkdir } from 'node:fs/promises';
import { EventRecorder } from './event-recorder.ts';
import type { ImageTable } from './image-table.ts';
import { IpPool } from './ip-pool.ts';
import { KubeApi, readCredentials } from './kube-api.ts';
import type { KubeletContext } from './kubelet-context.ts';
import { serveLogs } from './log-server.ts';
import { keepAlive, registerNode } from './node-registration.ts';
import { watchObjects } from './object-watch.ts';
import type { BackoffTimes } from './pod-record.ts';
import type { Pod } from './pod-types.ts';
import { PodWorker } from './pod-worker.ts';

/** What a kubelet process reads from its configuration file. */
export interface KubeletConfig {
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly kubeconfig: string;
  /** The first two octets of pod IPs. */
  readonly podPrefix: string;
  readonly podsDir: string;
  readonly images: ImageTable;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly backoff: BackoffTimes;
  /** Where `kubectl logs` is served on the node IP, with PEM key and certificate. */
  readonly logs: { readonly port: number; readonly keyPem: string; readonly certificatePem: string };
  readonly keepPodDirs: boolean;
  /** Written once the node is Ready. */
  readonly readyFile: string;
}

export interface Kubelet {
  /** Kills every pod's processes and settles when they have ended. The API server is told nothing, as with a node that dies. */
  stop(): Promise<void>;
}

/** Settles when the node is Ready. */
export async function startKubelet(config: KubeletConfig, now: () => number, path: string): Promise<Kubelet> {
  const credentials = await readCredentials(config.kubeconfig);
  const api = new KubeApi(credentials);
  const { hostname, port } = new URL(credentials.server);
  await mkdir(config.podsDir, { recursive: true });
  const context: KubeletContext = {
    api,
    events: new EventRecorder(api, config.nodeName, now),
    images: config.images,
    nodeIp: config.nodeIp,
    ca: credentials.ca,
    apiServer: { host: hostname, port },
    podsDir: config.podsDir,
    allocatable: config.allocatable,
    backoff: config.backoff,
    path,
    keepPodDirs: config.keepPodDirs,
    now,
  };
  const closing = new AbortController();
  const facts = { name: config.nodeName, ip: config.nodeIp, allocatable: config.allocatable, port: config.logs.port };
  await registerNode(api, facts, now, closing.signal);
  void keepAlive(api, config.nodeName, now, closing.signal);
  const workers = followPods(config, context, closing.signal);
  const find = (namespace: string, name: string) =>
    [...workers.values()].findLast(({ pod: { metadata } }) => metadata.namespace === namespace && metadata.name === name);
  const closeLogs = await serveLogs({
    ip: config.nodeIp,
    port: config.logs.port,
    ca: credentials.ca,
    cert: config.logs.certificatePem,
    key: config.logs.keyPem,
    directoryOf: (namespace, name) => find(namespace, name)?.directory,
    isWriting: (namespace, name, container) => find(namespace, name)?.isRunning(container) ?? false,
  });
  return {
    stop: async () => {
      closing.abort();
      closeLogs();
      await Promise.all([...workers.values()].map((worker) => worker.vanished()));
      await api.close();
    },
  };
}

/** uid -> worker, kept up to date until the signal is aborted. */
function followPods(config: KubeletConfig, context: KubeletContext, signal: AbortSignal): ReadonlyMap<string, PodWorker> {
  const workers = new Map<string, PodWorker>();
  const pool = new IpPool(config.podPrefix);
  const changed = (pod: Pod) => {
    const { uid = '', deletionTimestamp } = pod.metadata;
    const known = workers.get(uid);
    if (known !== undefined) return known.update(pod);
    const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (isOver && deletionTimestamp === undefined) return;
    const ip = pod.spec.hostNetwork === true ? config.nodeIp : pool.take(uid, pod.status?.podIP);
    const worker = new PodWorker(pod, ip, context);
    workers.set(uid, worker);
    worker.update(pod);
  };
  const gone = ({ metadata: { uid = '' } }: Pod) => {
    const worker = workers.get(uid);
    workers.delete(uid);
    void worker?.vanished().finally(() => pool.release(uid));
  };
  const path = `/api/v1/pods?fieldSelector=spec.nodeName%3D${config.nodeName}`;
  const troubled = (message: string) => console.log(`watch: ${message}`);
  void watchObjects<Pod>(context.api, path, { changed, gone, troubled }, signal);
  return workers;
}
