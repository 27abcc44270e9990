/** The kubelet for thousands of pods: kwok says that they run, nothing does. Its nodes can live beside those of another kubelet. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ClusterAccess, Component } from './contract.ts';
import { untilNodesReady } from './nodes.ts';

export interface KwokOptions {
  /** How many nodes; each takes as many pods as come. */
  readonly nodes: number;
}

const annotation = 'kwok.x-k8s.io/node';

/** Settles when its nodes are Ready. */
export async function startKwok(access: ClusterAccess, options: KwokOptions): Promise<Component> {
  const stages = await access.partPath('kwok-stages');
  const configs = (await readdir(stages)).filter((name) => name.endsWith('.yaml')).map((name) => `--config=${join(stages, name)}`);
  const process = await access.spawn({
    name: 'kwok',
    command: await access.partPath('kwok'),
    args: [
      `--kubeconfig=${access.adminKubeconfig}`,
      `--manage-nodes-with-annotation-selector=${annotation}=fake`,
      `--cidr=${upperHalf(access.podCidr)}`,
      `--node-ip=${access.nodeIp}`,
      '--node-lease-duration-seconds=40',
      ...configs,
    ],
  });
  const names = Array.from({ length: options.nodes }, (_, index) => `kwok-${index}`);
  await access.applyManifests(names.map(nodeManifest).join('---\n'));
  await untilNodesReady(access, names, process);
  return {
    name: 'kwok',
    logs: [process.logFile],
    stop: async () => {
      await process.stop();
    },
  };
}

/** 10.244.0.0/16 -> 10.244.128.0/17: the lower half belongs to the kubelet whose pods are real. */
function upperHalf(podCidr: string): string {
  return podCidr.replace('.0.0/16', '.128.0/17');
}

function nodeManifest(name: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { [annotation]: 'fake' },
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', type: 'kwok' },
    },
    status: { allocatable: { cpu: '10k', memory: '100Ti', pods: '1M' }, capacity: { cpu: '10k', memory: '100Ti', pods: '1M' } },
  });
}
