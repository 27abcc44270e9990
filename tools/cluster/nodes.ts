/** Waits for nodes: a pod can be scheduled to them once they are Ready and have lost the taint they were born with. */
import { setTimeout as delay } from 'node:timers/promises';
import { CoreV1Api } from '@kubernetes/client-node';
import type { ClusterAccess, SupervisedProcess } from './contract.ts';
import { lastWords, NotReady } from './control-plane/readiness.ts';
import { loadKubeConfig } from './objects.ts';

const intervalMs = 50;

export async function untilNodesReady(
  access: ClusterAccess,
  names: readonly string[],
  process: SupervisedProcess,
  timeoutMs = 60_000,
): Promise<void> {
  const api = loadKubeConfig(access.adminKubeconfig).makeApiClient(CoreV1Api);
  const deadline = performance.now() + timeoutMs;
  while (true) {
    const { items } = await api.listNode();
    const ready = new Set(
      items
        .filter((node) => node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'))
        .filter((node) => !node.spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/not-ready'))
        .map((node) => node.metadata?.name),
    );
    if (names.every((name) => ready.has(name))) return;
    if (!process.running || performance.now() > deadline) {
      throw new NotReady(process.name, 'did not get its nodes Ready', await lastWords(process.logFile));
    }
    await delay(intervalMs);
  }
}
