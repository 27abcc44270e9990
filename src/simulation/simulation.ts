/**
 * A world in which Rampart can be tried: the virtual cluster, a gateway, traffic, Prometheus and a user, on one clock and from one seed.
 * The same seed and the same steps give the same world, write for write. README.md says how it is used and what it leaves out.
 */
import type { KubeObject } from '../api/kubernetes.ts';
import type { Logger } from '../logger.ts';
import type { ControllerOptions } from '../options/controller-options.ts';
import type { MetricProvider } from '../providers/metrics/metric-provider.ts';
import type { Patch, Resource, WriteOptions } from '../runtime/cluster.ts';
import { keyText } from '../runtime/object-key.ts';
import { type Network, quietNetwork, type Request } from './network.ts';
import { VirtualPrometheus } from './prometheus/virtual-prometheus.ts';
import { RampartProcess } from './rampart-process.ts';
import type { Random } from './random.ts';
import { type Behaviour, goodPods, TrafficModel } from './traffic/traffic-model.ts';
import { type PlanRoute, VirtualGateway, willingGateway } from './traffic/virtual-gateway.ts';
import { type PlanIngress, promptIngresses, VirtualIngresses } from './traffic/virtual-ingresses.ts';
import { VirtualClock } from './virtual-clock.ts';
import { VirtualCluster } from './virtual-cluster.ts';
import type { Utilization } from './workloads/horizontal-autoscaler.ts';
import type { PlanPod } from './workloads/pod-plan.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** When it begins, in milliseconds since 1970; New Year 2026 if absent. */
  readonly startMs?: number;
  /** How pods live; healthy ones if absent. */
  readonly pods?: PlanPod;
  /** How routes are taken; by a gateway that accepts everything if absent. */
  readonly routes?: PlanRoute;
  /** How soon Ingresses are followed; within a second and a half if absent. */
  readonly ingresses?: PlanIngress;
  /** How pods answer; always well if absent. */
  readonly behaviour?: Behaviour;
  /** What autoscalers see of a pod. */
  readonly utilization?: Utilization;
  /** What lies between Rampart and the API server; nothing if absent. */
  readonly network?: Network;
  /** How often Prometheus looks at pods; every fifteen seconds if absent. */
  readonly scrapeEveryMs?: number;
  /** Metric providers besides Prometheus. */
  readonly providers?: ReadonlyMap<string, MetricProvider>;
  /** What Rampart says; nobody listens if absent. */
  readonly log?: Logger;
  /** Settings of Rampart. Leader election is off where they say nothing: alone there is nobody to elect. */
  readonly controller?: Partial<ControllerOptions>;
}

export interface RampartStart {
  readonly written?: (request: Request, process: RampartProcess) => void;
  readonly controller?: Partial<ControllerOptions>;
}

const rampartNamespace = 'kube-system';
const newYear = Date.UTC(2026, 0, 1);
const silence: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export class Simulation {
  readonly clock: VirtualClock;
  readonly cluster: VirtualCluster;
  readonly gateway: VirtualGateway;
  readonly ingresses: VirtualIngresses;
  readonly traffic: TrafficModel;
  readonly prometheus: VirtualPrometheus;
  readonly random: Random;
  readonly #options: SimulationOptions;
  #started = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
    const { seed, startMs = newYear, pods, utilization } = options;
    this.clock = new VirtualClock(startMs);
    this.cluster = new VirtualCluster({ clock: this.clock, seed, ...(pods && { pods }), ...(utilization && { utilization }) });
    const { server, random, podIndex } = this.cluster;
    this.random = random;
    const kube = { server, clock: this.clock, random };
    this.gateway = new VirtualGateway(kube, options.routes ?? willingGateway);
    this.ingresses = new VirtualIngresses(kube, options.ingresses ?? promptIngresses);
    const { gateway, ingresses } = this;
    this.traffic = new TrafficModel(kube, podIndex, { gateway, ingresses, behaviour: options.behaviour ?? goodPods });
    this.prometheus = new VirtualPrometheus(kube, podIndex, this.traffic, options.scrapeEveryMs);
  }

  /** Starts a process of Rampart. With `leaderElect` several may run. */
  startRampart({ written, controller }: RampartStart = {}): RampartProcess {
    this.#started += 1;
    const identity = `rampart-${this.#started}`;
    return new RampartProcess({
      cluster: this.cluster,
      random: this.random.split(identity),
      network: this.#options.network ?? quietNetwork,
      providers: new Map<string, MetricProvider>([['prometheus', this.prometheus], ...(this.#options.providers ?? [])]),
      log: this.#options.log ?? silence,
      identity,
      namespace: rampartNamespace,
      options: { leaderElect: false, ...this.#options.controller, ...controller },
      ...(written && { written }),
    });
  }

  /** Creates objects as a user, or changes those that are there as `kubectl apply --server-side` does. Throws what the API server refuses. */
  apply(...objects: readonly KubeObject[]): void {
    for (const object of objects) {
      const resource = this.resourceOf(object);
      const namespace = resource.namespaced ? (object.metadata.namespace ?? 'default') : undefined;
      const body = { ...object, metadata: { ...object.metadata, ...(namespace !== undefined && { namespace }) } };
      const key = { namespace, name: object.metadata.name };
      const applied = this.cluster.server.patch(
        resource,
        key,
        { type: 'apply', body, fieldManager: 'user', force: true },
        {},
        'user',
      );
      if (applied.outcome !== 'done') throw new Error(`${resource.kind} ${keyText(key)} cannot be applied: ${applied.outcome}`);
    }
  }

  /** Patches an object as a user, at once. */
  patch(
    resource: Resource,
    name: string,
    body: object,
    options: WriteOptions & { readonly namespace?: string; readonly type?: Exclude<Patch['type'], 'apply' | 'json'> } = {},
  ): void {
    const { namespace = 'default', type = 'merge', ...rest } = options;
    const key = { ...(resource.namespaced && { namespace }), name };
    const { outcome } = this.cluster.server.patch(resource, key, { type, body }, rest, 'user');
    if (outcome !== 'done') throw new Error(`${resource.kind} ${name} cannot be patched: ${outcome}`);
  }

  delete(resource: Resource, name: string, namespace = 'default'): void {
    this.cluster.server.delete(
      resource,
      { ...(resource.namespaced && { namespace }), name },
      { propagation: 'Background' },
      'user',
    );
  }

  get<T extends KubeObject>(resource: Resource<T>, name: string, namespace = 'default'): T | undefined {
    return this.cluster.server.get(resource, { ...(resource.namespaced && { namespace }), name });
  }

  all<T extends KubeObject>(resource: Resource<T>, namespace = 'default'): readonly T[] {
    return this.cluster.server.list(resource, { ...(resource.namespaced && { namespace }) }).items;
  }

  /** Every change of every object from now on, in order, in one line each. */
  record(): readonly string[] {
    const lines: string[] = [];
    const startedMs = this.clock.monotonic();
    this.cluster.server.storage.onAnyChange(({ kind, key, version, old, isGone, actor }) => {
      const verb = isGone ? 'delete' : old === undefined ? 'create' : 'update';
      lines.push(
        `${((this.clock.monotonic() - startedMs) / 1000).toFixed(3)} ${version} ${actor} ${verb} ${kind.slice(kind.indexOf('/') + 1)} ${key}`,
      );
    });
    return lines;
  }

  /** How the API server addresses the kind of an object. Throws where it is not served. */
  resourceOf(object: KubeObject): Resource {
    const resource = this.cluster.server.resourceOf(object.apiVersion ?? 'v1', object.kind ?? '');
    if (resource === undefined) throw new Error(`kind ${object.apiVersion} ${object.kind} is not served by the virtual cluster`);
    return resource;
  }
}
