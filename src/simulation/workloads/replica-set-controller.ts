/** ReplicaSets as Kubernetes moves them: pods come and go until there are as many as asked for, and the status says how they are. */
import type { KubeObject, ReplicaSet } from '../../api/kubernetes.ts';
import { isEmptySelector, matchesLabels } from '../../api/label-selector.ts';
import * as resources from '../../api/resources.ts';
import { keyTextOf, parseKeyText } from '../../runtime/object-key.ts';
import { KeyedWork } from './keyed-work.ts';
import {
  controllerOf,
  isActive,
  isReady,
  type Kube,
  ownerKey,
  ownerReference,
  type Pod,
  type PodIndex,
  podResource,
  readySince,
} from './kube.ts';

const actor = 'replicaset-controller';
const deletionCost = 'controller.kubernetes.io/pod-deletion-cost';

export class ReplicaSetController {
  readonly #kube: Kube;
  readonly #pods: PodIndex;
  readonly #work: KeyedWork;

  constructor(kube: Kube, pods: PodIndex) {
    this.#kube = kube;
    this.#pods = pods;
    const random = kube.random.split(actor);
    this.#work = new KeyedWork({ clock: kube.clock, delayMs: () => random.integer(1, 20), look: (key) => this.#look(key) });
    const { storage } = kube.server;
    storage.onChange('apps/replicasets', ({ key, isGone }) => {
      if (!isGone) this.#work.enqueue(key);
    });
    storage.onChange('/pods', ({ object, old }) => {
      for (const pod of [object, old]) this.#enqueueOwner(pod as Pod | undefined);
    });
  }

  #enqueueOwner(pod: Pod | undefined): void {
    if (pod === undefined) return;
    const owner = controllerOf(pod);
    if (owner?.kind === 'ReplicaSet') this.#work.enqueue(ownerKey(pod, owner));
    else if (owner === undefined)
      for (const replicaSet of this.#kube.server.all(resources.replicaSets, pod.metadata.namespace))
        if (selects(replicaSet, pod)) this.#work.enqueue(keyTextOf(replicaSet));
  }

  #look(key: string): number | undefined {
    const replicaSet = this.#kube.server.get(resources.replicaSets, parseKeyText(key));
    if (replicaSet === undefined) return undefined;
    if (replicaSet.metadata.deletionTimestamp === undefined) {
      this.#adopt(replicaSet);
      const active = this.#active(replicaSet);
      const missing = (replicaSet.spec.replicas ?? 1) - active.length;
      for (let made = 0; made < missing; made++) this.#create(replicaSet);
      for (const pod of ranked(active).slice(0, Math.max(0, -missing)))
        this.#kube.server.delete(podResource, pod.metadata, {}, actor);
    }
    return this.#report(replicaSet);
  }

  #active({ metadata: { uid = '' } }: ReplicaSet): readonly Pod[] {
    return [...this.#pods.ownedBy(uid)].filter(isActive);
  }

  /** Takes pods without a controller that it selects, and lets go of its own that it does not select any more. */
  #adopt(replicaSet: ReplicaSet): void {
    const { uid = '', namespace = '' } = replicaSet.metadata;
    const reference = ownerReference(resources.replicaSets, replicaSet);
    for (const pod of [...this.#pods.in(namespace)]) {
      const owner = controllerOf(pod);
      const isSelected = selects(replicaSet, pod);
      if (owner === undefined ? !isSelected || !isActive(pod) : owner.uid !== uid || isSelected) continue;
      const others = (pod.metadata.ownerReferences ?? []).filter((one) => one !== owner);
      const ownerReferences = owner === undefined ? [...others, reference] : others;
      this.#kube.server.write(podResource, { ...pod, metadata: { ...pod.metadata, ownerReferences } }, actor);
    }
  }

  #create(replicaSet: ReplicaSet): void {
    const { metadata, spec } = replicaSet.spec.template;
    const { name, namespace } = replicaSet.metadata;
    const pod = {
      metadata: {
        name: '',
        generateName: `${name}-`,
        namespace,
        ...metadata,
        ownerReferences: [ownerReference(resources.replicaSets, replicaSet)],
      },
      spec: spec ?? {},
    };
    this.#kube.server.create(podResource, pod, actor);
  }

  /** The milliseconds until the next pod becomes available by time alone. */
  #report(replicaSet: ReplicaSet): number | undefined {
    const now = this.#kube.clock.now();
    const minReadyMs = (replicaSet.spec.minReadySeconds ?? 0) * 1000;
    const own = [...this.#pods.ownedBy(replicaSet.metadata.uid ?? '')];
    const active = own.filter(isActive);
    const terminating = own.filter((pod) => pod.metadata.deletionTimestamp !== undefined);
    const ready = active.filter(isReady);
    const waits = ready.map((pod) => (readySince(pod) ?? now) + minReadyMs - now);
    const availableReplicas = waits.filter((ms) => ms <= 0).length;
    const templateLabels = Object.entries(replicaSet.spec.template.metadata?.labels ?? {});
    const fully = active.filter((pod) => templateLabels.every(([key, value]) => pod.metadata.labels?.[key] === value));
    const present = replicaSet.status ?? {};
    const { replicas: _1, fullyLabeledReplicas: _2, readyReplicas: _3, availableReplicas: _4, ...rest } = present;
    const status = {
      ...rest,
      replicas: active.length,
      ...(fully.length > 0 && { fullyLabeledReplicas: fully.length }),
      ...(ready.length > 0 && { readyReplicas: ready.length }),
      ...(availableReplicas > 0 && { availableReplicas }),
      terminatingReplicas: terminating.length,
      observedGeneration: replicaSet.metadata.generation,
    };
    this.#kube.server.write(resources.replicaSets, { ...replicaSet, status }, actor);
    const next = Math.min(...waits.filter((ms) => ms > 0));
    return Number.isFinite(next) ? next : undefined;
  }
}

function selects({ spec: { selector } }: ReplicaSet, { metadata }: KubeObject): boolean {
  return !isEmptySelector(selector) && matchesLabels(selector, metadata.labels ?? {});
}

/** Those that go first come first, as Kubernetes has it: without a node, not running, not ready, cheap, ready since lately, young. */
function ranked(pods: readonly Pod[]): readonly Pod[] {
  const rank = (pod: Pod): readonly number[] => [
    pod.spec.nodeName === undefined ? 0 : 1,
    pod.status?.phase === 'Running' ? 1 : 0,
    isReady(pod) ? 1 : 0,
    Number(pod.metadata.annotations?.[deletionCost] ?? 0),
    -(readySince(pod) ?? 0),
    -Date.parse(pod.metadata.creationTimestamp ?? ''),
  ];
  return [...pods].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    for (const [index, value] of left.entries()) if (value !== right[index]) return value - (right[index] ?? 0);
    return a.metadata.name < b.metadata.name ? -1 : 1;
  });
}
