/**
 * A Kubernetes that is not ours: the one of the current kubeconfig, or K3s in a container. Pods there are containers, so images have to be where its
 * nodes can get them; nothing of it can be restarted or listened to from here. Its result has the part of EmbeddedCluster that is true for it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from '@kubernetes/client-node';
import { KubeConfig } from '@kubernetes/client-node';
import type { ClusterAccess } from '../contract.ts';
import { writeKubeconfig } from '../control-plane/kubeconfig.ts';
import { applyManifests, requestToken } from '../objects.ts';
import { freePort } from '../ports.ts';
import { spawnSupervised } from '../process.ts';
import { partPath } from '../provision/provision.ts';
import { RawApi } from '../raw-api.ts';
import { cleanRunDirectory, createRunDirectory } from '../run-directory.ts';
import { startK3s } from './k3s.ts';

type SharedAccess = Pick<
  ClusterAccess,
  'server' | 'adminKubeconfig' | 'runDir' | 'partPath' | 'spawn' | 'freePort' | 'applyManifests'
>;

export interface ExternalCluster extends SharedAccess {
  readonly source: 'existing' | 'k3s';
  readonly readyMs: number;
  serviceAccountKubeconfig(namespace: string, serviceAccount: string): Promise<string>;
  /** Loads a tar file of `docker save` into the nodes. Undefined where only a registry can do that: give an image that they can pull. */
  readonly importImage: ((tarFile: string) => Promise<void>) | undefined;
  /** Ends the K3s container; leaves an existing cluster alone. */
  stop(): Promise<void>;
}

const tokenSeconds = 3600;

/** The cluster of the current context of this kubeconfig file; by default of the current one (KUBECONFIG, ~/.kube/config, in-cluster). */
export async function openExistingCluster(file?: string): Promise<ExternalCluster> {
  const startedAt = performance.now();
  const config = new KubeConfig();
  if (file === undefined) config.loadFromDefault();
  else config.loadFromFile(file);
  const shared = await shareAccess('existing', config);
  await untilAnswered(config);
  return {
    ...shared,
    source: 'existing',
    readyMs: performance.now() - startedAt,
    importImage: undefined,
    stop: async () => await cleanRunDirectory(shared.runDir),
  };
}

/** Throws with what to do when the engine cannot pull the image. */
export async function startK3sCluster(): Promise<ExternalCluster> {
  const startedAt = performance.now();
  const k3s = await startK3s();
  const config = new KubeConfig();
  config.loadFromString(k3s.kubeconfig);
  const shared = await shareAccess('k3s', config);
  return {
    ...shared,
    source: 'k3s',
    readyMs: performance.now() - startedAt,
    importImage: k3s.importImage,
    stop: async () => {
      await k3s.stop();
      await cleanRunDirectory(shared.runDir);
    },
  };
}

type Shared = SharedAccess & Pick<ExternalCluster, 'serviceAccountKubeconfig'>;

async function shareAccess(name: string, config: KubeConfig): Promise<Shared> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the current kubeconfig names no cluster; set KUBECONFIG or the current context');
  const runDir = await createRunDirectory(name);
  const adminKubeconfig = join(runDir, 'admin.kubeconfig');
  await writeFile(adminKubeconfig, config.exportConfig(), { mode: 0o600 });
  const caPem = await readAuthority(cluster);
  return {
    server: cluster.server,
    adminKubeconfig,
    runDir,
    partPath: async (part) => await partPath(part),
    freePort,
    spawn: async (spec) => await spawnSupervised({ ...spec, logFile: spec.logFile ?? join(runDir, `${spec.name}.log`) }),
    applyManifests: async (yaml) => await applyManifests(config, yaml),
    serviceAccountKubeconfig: async (namespace, serviceAccount) => {
      const token = await requestToken(config, { namespace, serviceAccount, expirationSeconds: tokenSeconds });
      const user = `system:serviceaccount:${namespace}:${serviceAccount}`;
      const file = join(runDir, `${user.replaceAll(':', '_')}.kubeconfig`);
      return await writeKubeconfig(file, { server: cluster.server, caPem, user, credentials: { kind: 'token', token } });
    },
  };
}

/** Throws when the server does not answer or does not know who asks. */
async function untilAnswered(config: KubeConfig): Promise<void> {
  const api = new RawApi(config);
  try {
    const { status } = await api.send({ method: 'GET', path: '/api/v1/namespaces?limit=1' });
    if (status >= 300) throw new Error(`${config.getCurrentCluster()?.server} answered with HTTP ${status}`);
  } finally {
    api.close();
  }
}

/** Undefined where the machine's own authorities are meant. */
async function readAuthority(cluster: Cluster): Promise<string | undefined> {
  if (cluster.caData !== undefined) return Buffer.from(cluster.caData, 'base64').toString();
  return cluster.caFile === undefined ? undefined : await readFile(cluster.caFile, 'utf8');
}
