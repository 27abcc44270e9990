/** What a test file on the shared cluster asks for: a door to it, and a namespace that nobody else uses. */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CoreV1Api } from '@kubernetes/client-node';
import { afterEach, beforeEach, inject } from 'vitest';
import type { OpenedCluster } from '../../tools/cluster/access.ts';
import { openCluster } from '../../tools/cluster/access.ts';
import { loadKubeConfig } from '../../tools/cluster/objects.ts';
import type { SharedGateway } from './shared-cluster.ts';

/** kubelet: kwok, so every pod that fits a node runs within a second. Tests that stop or restart parts start a cluster of their own. */
export async function sharedCluster(): Promise<OpenedCluster> {
  return await openCluster(inject('sharedCluster'));
}

export function sharedGateway(): SharedGateway {
  return inject('sharedGateway');
}

const accountIntervalMs = 20;
const accountTimeoutMs = 30_000;

/** Creates a namespace and waits for the account that its pods need. Give `cluster` when it is not the shared one. */
export async function createNamespace(cluster?: Pick<OpenedCluster, 'adminKubeconfig'>): Promise<string> {
  const { adminKubeconfig } = cluster ?? (await sharedCluster());
  const api = loadKubeConfig(adminKubeconfig).makeApiClient(CoreV1Api);
  const name = `test-${randomBytes(4).toString('hex')}`;
  await api.createNamespace({ body: { metadata: { name } } });
  const deadline = performance.now() + accountTimeoutMs;
  while (true) {
    const accounts = await api.listNamespacedServiceAccount({ namespace: name });
    if (accounts.items.some((account) => account.metadata?.name === 'default')) return name;
    if (performance.now() > deadline) throw new Error(`namespace ${name} got no service account`);
    await delay(accountIntervalMs);
  }
}

/** Asks for the namespace's end and does not wait for it. */
export async function deleteNamespace(name: string, cluster?: OpenedCluster): Promise<void> {
  const { adminKubeconfig } = cluster ?? (await sharedCluster());
  await loadKubeConfig(adminKubeconfig).makeApiClient(CoreV1Api).deleteNamespace({ name });
}

/** A fresh namespace for each test of the file or `describe` it is called in; `name` is only good inside a test. */
export function useNamespace(): { readonly name: string } {
  const current = { name: '' };
  beforeEach(async () => {
    current.name = await createNamespace();
  });
  afterEach(async () => {
    await deleteNamespace(current.name);
  });
  return current;
}
