/**
 * Starts the process kubelet beside a control plane. It is a process of its own, in a mount namespace where the place for service-account
 * tokens exists, so that pods neither slow the caller down nor see or change the machine's own /var/run.
 *
 * What a pod is here: each container a local process on the machine's own file system, with the pod's IP in POD_IP and volumes mounted at
 * their paths. All pods share one network namespace in which every pod IP is local. A program must therefore listen on POD_IP (an image's args
 * may name it). One that binds 0.0.0.0 answers on its pod's IP too, but on every other address as well: it ends with EADDRINUSE where any
 * pod listens on the same port, and keeps later ones from it. Not simulated: security contexts, resource limits, a read-only root, Service
 * addresses and DNS, `kubectl exec` and `port-forward`.
 *
 * Measured on two cores: from the creation of a pod to Running 27 to 57 ms, to Ready the start of its program more (a Node program 220 ms).
 */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ClusterAccess, Component, ProcessKubeletOptions, SupervisedProcess } from '../contract.ts';
import type { ImageTable } from './image-table.ts';
import type { KubeletConfig } from './kubelet.ts';
import { mountScript } from './mount-script.ts';
import type { BackoffTimes } from './pod-record.ts';

export interface ProcessKubeletSettings extends ProcessKubeletOptions {
  readonly images: ImageTable;
  /** As a kubelet's own when absent: 10 s, doubling up to 300 s. */
  readonly backoff?: BackoffTimes;
  /** What the node offers; 64 CPUs, 256Gi and 500 pods when absent, since nothing is enforced. */
  readonly allocatable?: Readonly<Record<string, string>>;
  /** Leaves the volumes of ended pods on disk; their logs always stay until the run's folder goes. */
  readonly keepPodDirs?: boolean;
}

export interface ProcessKubelet extends Component {
  /** Logs and volumes of each pod: `<podsDir>/<namespace>_<name>_<uid>/<container>.<restart>.log`. */
  readonly podsDir: string;
  /** The kubelet's own process: killing it takes every pod's processes with it. */
  readonly pid: number;
}

const tokenPlace = '/var/run/secrets/kubernetes.io/serviceaccount';
const readyWithinMs = 30_000;

/** Settles when the node is Ready. Throws, naming the log, when the kubelet ends or is not ready within 30 s. */
export async function startProcessKubelet(access: ClusterAccess, settings: ProcessKubeletSettings): Promise<ProcessKubelet> {
  const name = `kubelet-${settings.nodeName}`;
  const folder = join(access.runDir, name);
  const podsDir = join(folder, 'pods');
  for (const directory of [podsDir, join(folder, 'scratch'), join(folder, 'empty')]) await mkdir(directory, { recursive: true });
  const user = `system:node:${settings.nodeName}`;
  const subject = { commonName: user, groups: ['system:nodes'], ipAddresses: [access.nodeIp], dnsNames: [settings.nodeName] };
  const config: KubeletConfig = {
    nodeName: settings.nodeName,
    nodeIp: access.nodeIp,
    kubeconfig: await access.kubeconfigFor(user, ['system:nodes', 'system:masters']),
    podPrefix: access.podCidr.split('.').slice(0, 2).join('.'),
    podsDir,
    images: settings.images,
    allocatable: settings.allocatable ?? { cpu: '64', memory: '256Gi', pods: '500' },
    backoff: settings.backoff ?? { initialMs: 10_000, maxMs: 300_000 },
    logs: { port: await access.freePort(), ...(await access.issueCertificate(subject)) },
    keepPodDirs: settings.keepPodDirs ?? false,
    readyFile: join(folder, `ready-${Date.now()}`),
  };
  const configFile = join(folder, 'config.json');
  await writeFile(configFile, JSON.stringify(config, undefined, 2), { mode: 0o600 });
  const script = join(folder, 'enter.sh');
  const mounts = [{ source: join(folder, 'empty'), target: tokenPlace, readOnly: false }];
  await writeFile(script, mountScript(mounts, { scratch: join(folder, 'scratch') }));
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const kubelet = await access.spawn({
    name,
    command: 'unshare',
    args: [
      '--mount',
      '--propagation',
      'private',
      'sh',
      script,
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      main,
      configFile,
    ],
  });
  await untilReady(kubelet, config.readyFile);
  return {
    name,
    logs: [kubelet.logFile],
    podsDir,
    pid: kubelet.pid,
    stop: async () => {
      await kubelet.stop();
    },
  };
}

async function untilReady(kubelet: SupervisedProcess, readyFile: string): Promise<void> {
  for (const until = Date.now() + readyWithinMs; Date.now() < until && kubelet.running; ) {
    const isReady = await stat(readyFile).then(
      () => true,
      () => false,
    );
    if (isReady) return;
    await delay(20);
  }
  const fate = kubelet.running ? `was not ready within ${readyWithinMs / 1000} s` : 'ended';
  await kubelet.stop();
  throw new Error(`The process kubelet ${fate}; its log is ${kubelet.logFile}.`);
}
