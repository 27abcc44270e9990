/**
 * One call brings up a Kubernetes: control plane, a kubelet of the kind that is asked for, Traefik and Prometheus on request. Must be called inside a
 * network namespace of enterNamespace; everything it starts ends with the calling process.
 */
import type { ClusterDescription, OpenedCluster } from './access.ts';
import { openCluster, saveDescription } from './access.ts';
import type { Component, KubeletKind, Prometheus, PrometheusOptions, SupervisedProcess } from './contract.ts';
import type { AuditLevel } from './control-plane/audit.ts';
import { startControlPlane } from './control-plane/control-plane.ts';
import type { ProcessKubelet, ProcessKubeletSettings } from './kubelet/process-kubelet.ts';
import { startProcessKubelet } from './kubelet/process-kubelet.ts';
import { startKwok } from './kwok.ts';
import { residentBytes } from './memory.ts';
import { insideNamespace } from './namespace/enter.ts';
import { claimPodNetwork } from './pod-network.ts';
import { startPrometheus } from './prometheus/prometheus.ts';
import { cleanRunDirectory, createRunDirectory } from './run-directory.ts';
import type { TraefikGateway } from './traefik/traefik.ts';
import { startTraefik } from './traefik/traefik.ts';

export interface ClusterOptions {
  /** Part of the run directory's name. */
  readonly name: string;
  readonly kubelet: KubeletKind;
  /** For kubelet `kwok`; 1 when absent. */
  readonly kwokNodes?: number;
  /** For kubelet `process`, and needed for it: which program runs for which image. */
  readonly processKubelet?: ProcessKubeletSettings;
  readonly traefik?: boolean;
  readonly prometheus?: PrometheusOptions;
  /** Writes <runDir>/audit.log, a JSON line a request. */
  readonly audit?: AuditLevel;
  /** Leaves keys and data in the run directory after stop(), for a look at them. */
  readonly keepFiles?: boolean;
  /** For example `WatchList=false`. */
  readonly featureGates?: string;
  /** Kubernetes' own kinds are stored as JSON too, so that whoever follows etcd can read every version of every object. */
  readonly storesJson?: boolean;
}

export interface EmbeddedCluster extends OpenedCluster {
  readonly source: 'embedded';
  /** Milliseconds from the call to the moment a pod could be created, and to everything that was asked for running. */
  readonly controlPlaneReadyMs: number;
  readonly readyMs: number;
  readonly processKubelet: ProcessKubelet | undefined;
  readonly traefik: TraefikGateway | undefined;
  readonly prometheus: Prometheus | undefined;
  readonly auditLog: string | undefined;
  /** Of its clients; without TLS, and only in the namespace. */
  readonly etcdUrl: string;
  /** Name of each running process -> resident bytes now. */
  memory(): Promise<Readonly<Record<string, number>>>;
  /** Same port, same data; `kill` ends the old one by SIGKILL. Settles when the new one is ready. */
  restartApiServer(options?: { readonly kill?: boolean }): Promise<void>;
  /** Ends everything. Logs stay in the run directory for a day; a second call does nothing. */
  stop(): Promise<void>;
}

const serviceCidr = '10.96.0.0/16';

export async function startCluster(options: ClusterOptions): Promise<EmbeddedCluster> {
  if (!insideNamespace()) throw new Error('startCluster needs a network namespace: call enterNamespace first');
  const startedAt = performance.now();
  const undo: (() => Promise<void>)[] = [];
  const unwind = async (): Promise<void> => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  try {
    const runDir = await createRunDirectory(options.name);
    if (options.keepFiles !== true) undo.push(async () => await cleanRunDirectory(runDir));
    const network = await claimPodNetwork();
    undo.push(network.release);
    const { podCidr, nodeIp } = network;
    const started: SupervisedProcess[] = [];
    const controlPlane = await startControlPlane({
      runDir,
      nodeIp,
      podCidr,
      serviceCidr,
      audit: options.audit,
      featureGates: options.featureGates,
      storesJson: options.storesJson ?? false,
    });
    undo.push(controlPlane.stop);
    const controlPlaneReadyMs = performance.now() - startedAt;
    const { server, auditLog, etcdUrl } = controlPlane;
    const description: ClusterDescription = { server, runDir, podCidr, nodeIp, serviceCidr, auditLog };
    await saveDescription(description);
    const opened = await openCluster(description);
    const access: OpenedCluster = {
      ...opened,
      spawn: async (spec) => {
        const process = await opened.spawn(spec);
        started.push(process);
        return process;
      },
    };
    const beside = await startBeside(access, options, (component) => undo.push(async () => await component.stop()));
    return {
      ...access,
      ...beside,
      source: 'embedded',
      auditLog,
      etcdUrl,
      controlPlaneReadyMs,
      readyMs: performance.now() - startedAt,
      memory: async () => {
        const running = [...controlPlane.processes(), ...started.filter((process) => process.running)];
        return Object.fromEntries(await Promise.all(running.map(async ({ name, pid }) => [name, await residentBytes(pid)])));
      },
      restartApiServer: controlPlane.restartApiServer,
      stop: unwind,
    };
  } catch (error) {
    await unwind();
    throw error;
  }
}

type Beside = Pick<EmbeddedCluster, 'processKubelet' | 'traefik' | 'prometheus'>;

/** What runs beside the control plane, at the same time where nothing waits for another. `keep` is told of each component as soon as it runs. */
async function startBeside(access: OpenedCluster, options: ClusterOptions, keep: (component: Component) => void): Promise<Beside> {
  const kept = async <T extends Component>(starting: Promise<T>): Promise<T> => {
    const component = await starting;
    keep(component);
    return component;
  };
  const { kubelet, processKubelet, prometheus } = options;
  if (kubelet === 'process' && processKubelet === undefined) throw new Error('kubelet `process` needs the option processKubelet');
  const starting = [
    kubelet === 'kwok' ? kept(startKwok(access, { nodes: options.kwokNodes ?? 1 })) : undefined,
    kubelet === 'process' && processKubelet !== undefined ? kept(startProcessKubelet(access, processKubelet)) : undefined,
    options.traefik === true ? kept(startTraefik(access)) : undefined,
    prometheus === undefined ? undefined : kept(startPrometheus(access, prometheus)),
  ] as const;
  // All have come to an end before the first failure is thrown, so that whatever did start is known to `keep`.
  await Promise.allSettled(starting);
  const [, kubeletStarted, traefikStarted, prometheusStarted] = await Promise.all(starting);
  return { processKubelet: kubeletStarted, traefik: traefikStarted, prometheus: prometheusStarted };
}
