/** PodDisruptionBudgets: how many pods may be taken away right now, counted as Kubernetes counts. */
import type { KubeObject, LabelSelector, Resource } from '../../api/kubernetes.ts';
import { isEmptySelector, matchesLabels } from '../../api/label-selector.ts';
import * as resources from '../../api/resources.ts';
import { keyTextOf, parseKeyText } from '../../runtime/object-key.ts';
import { disruptionBudgets as budgetKind } from '../api-server/builtin-kinds.ts';
import { KeyedWork } from './keyed-work.ts';
import { controllerOf, isActive, isReady, type Kube, type Pod, type PodIndex } from './kube.ts';

export interface DisruptionBudget extends KubeObject {
  readonly spec: {
    readonly minAvailable?: number | string;
    readonly maxUnavailable?: number | string;
    readonly selector?: LabelSelector;
  };
  readonly status?: { readonly disruptionsAllowed?: number; readonly observedGeneration?: number | undefined };
}

export const disruptionBudgets = budgetKind as Resource<DisruptionBudget>;
const actor = 'disruption-controller';

export class DisruptionController {
  readonly #kube: Kube;
  readonly #pods: PodIndex;
  readonly #work: KeyedWork;

  constructor(kube: Kube, pods: PodIndex) {
    this.#kube = kube;
    this.#pods = pods;
    const random = kube.random.split(actor);
    this.#work = new KeyedWork({ clock: kube.clock, delayMs: () => random.integer(1, 50), look: (key) => this.#look(key) });
    const { storage } = kube.server;
    storage.onChange('policy/poddisruptionbudgets', ({ key, isGone }) => {
      if (!isGone) this.#work.enqueue(key);
    });
    storage.onChange('/pods', ({ object }) => {
      for (const budget of kube.server.all(disruptionBudgets, object.metadata.namespace))
        if (covers(budget, object)) this.#work.enqueue(keyTextOf(budget));
    });
  }

  #look(key: string): undefined {
    const budget = this.#kube.server.get(disruptionBudgets, parseKeyText(key));
    if (budget === undefined) return;
    const pods = [...this.#pods.in(budget.metadata.namespace ?? '')].filter((pod) => covers(budget, pod) && isActive(pod));
    const healthy = pods.filter(isReady).length;
    const { expected, desired } = this.#wanted(budget, pods);
    const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0;
    const status = {
      ...budget.status,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      disruptionsAllowed: allowed,
      observedGeneration: budget.metadata.generation,
      conditions: [
        {
          type: 'DisruptionAllowed',
          status: allowed > 0 ? 'True' : 'False',
          reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
          message: '',
        },
      ],
    };
    this.#kube.server.write(disruptionBudgets, { ...budget, status }, actor);
  }

  #wanted({ spec }: DisruptionBudget, pods: readonly Pod[]): { readonly expected: number; readonly desired: number } {
    const { minAvailable, maxUnavailable } = spec;
    if (maxUnavailable !== undefined) {
      const expected = this.#expected(pods);
      return { expected, desired: Math.max(0, expected - amount(maxUnavailable, expected)) };
    }
    if (typeof minAvailable === 'number') return { expected: pods.length, desired: minAvailable };
    const expected = this.#expected(pods);
    return { expected, desired: amount(minAvailable ?? 1, expected) };
  }

  /** What the controllers of these pods ask for. */
  #expected(pods: readonly Pod[]): number {
    const owners = new Map(pods.map((pod) => [controllerOf(pod)?.uid ?? '', pod] as const));
    let sum = 0;
    for (const pod of owners.values()) {
      const owner = controllerOf(pod);
      const replicaSet =
        owner && this.#kube.server.get(resources.replicaSets, { namespace: pod.metadata.namespace, name: owner.name });
      sum += replicaSet?.spec.replicas ?? 0;
    }
    return sum;
  }
}

export function covers({ spec: { selector } }: DisruptionBudget, { metadata }: KubeObject): boolean {
  return selector !== undefined && (isEmptySelector(selector) || matchesLabels(selector, metadata.labels ?? {}));
}

/** Percentages are rounded up. */
function amount(value: number | string, total: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseFloat(value) / 100) * total);
}
