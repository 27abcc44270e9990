/**
 * A whole Kubernetes in memory: the virtual API server, and everything that moves its objects by itself. One seed and one clock decide
 * all of it; clients of it are made by `client`.
 */
import { definitions } from '../api/crd/definitions.ts';
import type { Clock } from '../runtime/clock.ts';
import { ApiServer } from './api-server/api-server.ts';
import { type Network, quietNetwork } from './network.ts';
import { Random } from './random.ts';
import { VirtualClient, type VirtualClientOptions } from './virtual-client.ts';
import { DeploymentController } from './workloads/deployment-controller.ts';
import { DisruptionController } from './workloads/disruption-controller.ts';
import { EndpointSliceController } from './workloads/endpoint-slice-controller.ts';
import { Eviction } from './workloads/eviction.ts';
import { GarbageCollector } from './workloads/garbage-collector.ts';
import { HorizontalAutoscaler, type Utilization } from './workloads/horizontal-autoscaler.ts';
import { JobController } from './workloads/job-controller.ts';
import { type Kube, PodIndex } from './workloads/kube.ts';
import { Kubelet } from './workloads/kubelet.ts';
import { healthyPods, type PlanPod } from './workloads/pod-plan.ts';
import { ReplicaSetController } from './workloads/replica-set-controller.ts';

export interface VirtualClusterOptions {
  readonly clock: Clock;
  readonly seed: number;
  /** How pods live; healthy ones if absent. */
  readonly pods?: PlanPod;
  /** What autoscalers see of a pod; half of what it asked for if absent. */
  readonly utilization?: Utilization;
  /** How long history is kept for watches; kube-apiserver's five minutes if absent. */
  readonly historyMs?: number;
}

const defaultHistoryMs = 300_000;

export class VirtualCluster {
  readonly server: ApiServer;
  readonly kubelet: Kubelet;
  readonly podIndex: PodIndex;
  readonly random: Random;
  readonly clock: Clock;
  readonly #eviction: Eviction;

  constructor({ clock, seed, pods, utilization, historyMs = defaultHistoryMs }: VirtualClusterOptions) {
    this.clock = clock;
    this.random = new Random(seed);
    this.server = new ApiServer({ clock, random: this.random.split('api-server') });
    for (const definition of definitions) this.server.serve(definition);
    const kube: Kube = { server: this.server, clock, random: this.random };
    this.#eviction = new Eviction(kube);
    this.podIndex = new PodIndex(kube);
    this.kubelet = new Kubelet(kube, pods ?? healthyPods);
    new ReplicaSetController(kube, this.podIndex);
    new DeploymentController(kube);
    new JobController(kube, this.podIndex);
    new EndpointSliceController(kube, this.podIndex);
    new DisruptionController(kube, this.podIndex);
    new GarbageCollector(kube);
    new HorizontalAutoscaler(kube, this.podIndex, utilization ?? (() => 50));
    this.#compactEvery(historyMs);
  }

  /** The Cluster port for one client, by default over a network that harms nobody. */
  client(actor: string, options: Partial<Pick<VirtualClientOptions, 'network' | 'clock' | 'written'>> = {}): VirtualClient {
    const network: Network = options.network ?? quietNetwork;
    const { written } = options;
    return new VirtualClient({
      server: this.server,
      eviction: this.#eviction,
      clock: options.clock ?? this.clock,
      network,
      actor,
      ...(written !== undefined && { written }),
    });
  }

  /** Forgets, at each turn, what was known at the turn before. */
  #compactEvery(ms: number): void {
    let known = this.server.storage.version;
    const later = (): void => {
      this.clock.setTimer(ms, () => {
        this.server.storage.compact(known);
        known = this.server.storage.version;
        later();
      });
    };
    later();
  }
}
