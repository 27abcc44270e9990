/**
 * HorizontalPodAutoscalers as Kubernetes moves them, by the use of processor time of the pods that their target's scale selects: looked at
 * every fifteen seconds, within a tolerance of a tenth, and down only to the most that was wanted in the last five minutes.
 */
import type { KubeObject, Resource } from '../../api/kubernetes.ts';
import { matchesLabels } from '../../api/label-selector.ts';
import { keyTextOf } from '../../runtime/object-key.ts';
import { autoscalers as autoscalerKind } from '../api-server/builtin-kinds.ts';
import { scaleOf } from '../api-server/scale.ts';
import { parseLabelSelector } from '../api-server/selectors.ts';
import { isActive, isReady, type Kube, type Pod, type PodIndex, timeText } from './kube.ts';

export interface Autoscaler extends KubeObject {
  readonly spec: {
    readonly scaleTargetRef: { readonly apiVersion: string; readonly kind: string; readonly name: string };
    readonly minReplicas?: number;
    readonly maxReplicas: number;
    readonly metrics?: readonly {
      readonly type: string;
      readonly resource?: { readonly name: string; readonly target: { readonly averageUtilization?: number } };
    }[];
  };
  readonly status?: { readonly lastScaleTime?: string; readonly currentReplicas?: number; readonly desiredReplicas?: number };
}

export const autoscalers = autoscalerKind as Resource<Autoscaler>;

/** The use of processor time of a pod, in percent of what it asked for. */
export type Utilization = (pod: Pod) => number;

interface Scale extends KubeObject {
  readonly spec: { readonly replicas: number };
  readonly status: { readonly selector?: string };
}

const actor = 'horizontal-pod-autoscaler';
const periodMs = 15_000;
const tolerance = 0.1;
const stabilizationMs = 300_000;
const defaultTarget = 80;

export class HorizontalAutoscaler {
  readonly #kube: Kube;
  readonly #pods: PodIndex;
  readonly #utilization: Utilization;
  /** key -> what was wanted lately */
  readonly #wanted = new Map<string, { readonly atMs: number; readonly replicas: number }[]>();
  #isRunning = false;

  constructor(kube: Kube, pods: PodIndex, utilization: Utilization) {
    this.#kube = kube;
    this.#pods = pods;
    this.#utilization = utilization;
    kube.server.storage.onChange('autoscaling/horizontalpodautoscalers', () => this.#run());
  }

  /** Ticks only while there is something to scale. */
  #run(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#kube.clock.setTimer(periodMs, () => {
      this.#isRunning = false;
      const all = [...this.#kube.server.all(autoscalers)];
      for (const autoscaler of all) this.#look(autoscaler);
      if (all.length > 0) this.#run();
    });
  }

  #look(autoscaler: Autoscaler): void {
    const { server, clock } = this.#kube;
    const { scaleTargetRef, minReplicas = 1, maxReplicas } = autoscaler.spec;
    const resource = server.resourceOf(scaleTargetRef.apiVersion, scaleTargetRef.kind);
    const key = { namespace: autoscaler.metadata.namespace, name: scaleTargetRef.name };
    const target = resource && server.get(resource, key);
    if (resource === undefined || target === undefined) return;
    const { spec, status } = scaleOf(server.kindOf(resource), target) as Scale;
    if (spec.replicas === 0) return;
    const desired = this.#stabilized(
      keyTextOf(autoscaler),
      this.#desired(autoscaler, spec.replicas, status.selector),
      spec.replicas,
    );
    const mostUp = Math.max(spec.replicas * 2, spec.replicas + 4);
    const replicas = Math.min(maxReplicas, mostUp, Math.max(minReplicas, desired));
    if (replicas !== spec.replicas)
      server.patch(resource, key, { type: 'merge', body: { spec: { replicas } } }, { subresource: 'scale' }, actor);
    const scaled = replicas === spec.replicas ? {} : { lastScaleTime: timeText(clock.now()) };
    server.write(
      autoscalers,
      {
        ...autoscaler,
        status: { ...autoscaler.status, currentReplicas: spec.replicas, desiredReplicas: replicas, ...scaled },
      } as Autoscaler,
      actor,
    );
  }

  #desired({ metadata, spec }: Autoscaler, replicas: number, selector: string | undefined): number {
    if (selector === undefined || selector === '') return replicas;
    const labels = parseLabelSelector(selector);
    const pods = [...this.#pods.in(metadata.namespace ?? '')].filter(
      (pod) => isActive(pod) && matchesLabels(labels, pod.metadata.labels ?? {}),
    );
    const ready = pods.filter(isReady);
    if (ready.length === 0) return replicas;
    const cpu =
      spec.metrics?.find(({ resource }) => resource?.name === 'cpu')?.resource?.target.averageUtilization ?? defaultTarget;
    const used = ready.reduce((sum, pod) => sum + this.#utilization(pod), 0) / ready.length;
    const ratio = used / cpu;
    return Math.abs(ratio - 1) <= tolerance ? replicas : Math.ceil(ready.length * ratio);
  }

  #stabilized(key: string, desired: number, present: number): number {
    const now = this.#kube.clock.monotonic();
    const lately = [...(this.#wanted.get(key) ?? []), { atMs: now, replicas: desired }].filter(
      ({ atMs }) => atMs > now - stabilizationMs,
    );
    this.#wanted.set(key, lately);
    if (desired >= present) return desired;
    return Math.min(present, Math.max(...lately.map(({ replicas }) => replicas)));
  }
}
