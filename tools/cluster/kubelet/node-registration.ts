/**
 * The Node object of a process kubelet and its heartbeat. It says Ready once and then only renews its Lease, which is what the node
 * lifecycle controller looks at.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type KubeApi, KubeApiError } from './kube-api.ts';
import { timestamp } from './pod-status.ts';

export interface NodeFacts {
  readonly name: string;
  readonly ip: string;
  readonly allocatable: Readonly<Record<string, string>>;
  /** Where it serves logs; undefined: nowhere. */
  readonly port: number | undefined;
}

const leaseSeconds = 40;
const renewMs = 10_000;

/** Creates the Node, or takes over the one that is there, and reports it Ready. Tries until it is done or the signal is aborted. */
export async function registerNode(api: KubeApi, facts: NodeFacts, now: () => number, signal: AbortSignal): Promise<void> {
  await untilDone(signal, async () => {
    try {
      await api.send('POST', '/api/v1/nodes', nodeObject(facts));
    } catch (error) {
      if (!(error instanceof KubeApiError) || error.status !== 409) throw error;
    }
    const type = 'application/strategic-merge-patch+json';
    await api.send('PATCH', `/api/v1/nodes/${facts.name}/status`, { status: nodeStatus(facts, now()) }, type);
    // Every node is born with the not-ready taint; the node lifecycle controller would take it away a moment later.
    await api.send('PATCH', `/api/v1/nodes/${facts.name}`, { spec: { taints: null } }, 'application/merge-patch+json');
  });
  await untilDone(signal, () => renewLease(api, facts.name, now()));
}

/** Renews the Lease until the signal is aborted. */
export async function keepAlive(api: KubeApi, name: string, now: () => number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(renewMs, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) await untilDone(signal, () => renewLease(api, name, now()));
  }
}

async function untilDone(signal: AbortSignal, attempt: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    try {
      await attempt();
      return;
    } catch (error) {
      console.log(`node: ${String(error)}; trying again`);
      await delay(250, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function renewLease(api: KubeApi, name: string, now: number): Promise<void> {
  const collection = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
  const renewTime = new Date(now).toISOString().replace('Z', '000Z');
  const spec = { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime };
  try {
    await api.send('PATCH', `${collection}/${name}`, { spec }, 'application/merge-patch+json');
  } catch (error) {
    if (!(error instanceof KubeApiError) || error.status !== 404) throw error;
    await api.send('POST', collection, { metadata: { name, namespace: 'kube-node-lease' }, spec });
  }
}

function nodeObject({ name }: NodeFacts): unknown {
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'rampart.dev/kubelet': 'process' };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
}

function nodeStatus({ name, ip, allocatable, port }: NodeFacts, now: number): unknown {
  const time = timestamp(now);
  const condition = (type: string, status: string, reason: string, message: string) => {
    return { type, status, reason, message, lastHeartbeatTime: time, lastTransitionTime: time };
  };
  return {
    capacity: allocatable,
    allocatable,
    addresses: [
      { type: 'InternalIP', address: ip },
      { type: 'Hostname', address: name },
    ],
    conditions: [
      condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
    ],
    ...(port === undefined ? {} : { daemonEndpoints: { kubeletEndpoint: { Port: port } } }),
    nodeInfo: {
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      bootID: name,
      containerRuntimeVersion: 'process://1',
      kernelVersion: '',
      kubeProxyVersion: '',
      kubeletVersion: 'v1.37.2-process',
      machineID: name,
      operatingSystem: 'linux',
      osImage: 'local processes',
      systemUUID: name,
    },
  };
}
