/** What is done to a working Rampart and to the Kubernetes that it stands on, one fault after the other; each settles when it is over. */
import { setTimeout as delay } from 'node:timers/promises';
import type { EmbeddedCluster } from '../../tools/cluster/cluster.ts';
import type { Controllers } from './controllers.ts';
import type { Etcd } from './etcd.ts';
import type { History } from './history.ts';
import type { PacketLoss } from './packets.ts';

export interface Stage {
  readonly cluster: EmbeddedCluster;
  readonly etcd: Etcd;
  readonly history: History;
  readonly controllers: Controllers;
  /** Or why there is none. */
  readonly packets: PacketLoss | string;
}

export const faultNames = [
  'the leader is killed',
  'the leader stands still and wakes',
  'the one that waits is killed',
  'the lease is taken away',
  'the API server is killed',
  'etcd is compacted',
  'etcd is compacted and the API server killed',
  'packets are dropped',
] as const;
export type FaultName = (typeof faultNames)[number];

/** Longer than the lease lasts: somebody else has it by then. */
const standsStillMs = 7_000;
const dropsMs = 4_000;
const findsLeaderMs = 30_000;

/** Settles with what there is to count of it: packets. */
export async function carryOut(fault: FaultName, stage: Stage): Promise<number> {
  const { cluster, controllers, history, packets } = stage;
  switch (fault) {
    case 'the leader is killed':
      (await leader(stage))?.kill('SIGKILL');
      return 0;
    case 'the leader stands still and wakes': {
      const standing = await leader(stage);
      standing?.kill('SIGSTOP');
      await delay(standsStillMs);
      standing?.kill('SIGCONT');
      return 0;
    }
    case 'the one that waits is killed':
      controllers.others(history.holder)[0]?.kill('SIGKILL');
      return 0;
    case 'the lease is taken away':
      await takeLease(stage);
      return 0;
    case 'the API server is killed':
      await cluster.restartApiServer({ kill: true });
      return 0;
    case 'etcd is compacted':
      await compact(stage);
      return 0;
    case 'etcd is compacted and the API server killed':
      await compact(stage);
      await cluster.restartApiServer({ kill: true });
      return 0;
    case 'packets are dropped':
      return typeof packets === 'string' ? 0 : await packets.drop(dropsMs);
  }
}

async function leader({ controllers, history }: Stage) {
  await history.until(
    () => `a leader (${history.holder})`,
    () => controllers.named(history.holder) !== undefined,
    findsLeaderMs,
  );
  return controllers.named(history.holder);
}

/** Not beyond what the history of this run has seen. */
async function compact({ etcd, history }: Stage): Promise<void> {
  await etcd.compact(history.seen);
}

/** Someone deletes the Lease object: both run for it. */
async function takeLease({ cluster }: Stage): Promise<void> {
  const { CoordinationV1Api } = await import('@kubernetes/client-node');
  const { loadKubeConfig } = await import('../../tools/cluster/objects.ts');
  const api = loadKubeConfig(cluster.adminKubeconfig).makeApiClient(CoordinationV1Api);
  const { items } = await api.listLeaseForAllNamespaces();
  const found = items.find(({ metadata }) => metadata?.name === 'argo-rollouts-controller-lock');
  const { name, namespace } = found?.metadata ?? {};
  if (name !== undefined && namespace !== undefined) await api.deleteNamespacedLease({ name, namespace });
}
