/** Evictions: deletions of pods that ask the disruption budgets first. */
import type { ObjectKey } from '../../runtime/cluster.ts';
import { ApiError } from '../../runtime/cluster.ts';
import { covers, disruptionBudgets } from './disruption-controller.ts';
import { isFinished, type Kube, type Pod, podResource } from './kube.ts';

export class Eviction {
  readonly #kube: Pick<Kube, 'server'>;

  constructor(kube: Pick<Kube, 'server'>) {
    this.#kube = kube;
  }

  evict(key: ObjectKey, actor: string): 'done' | 'blocked' | 'not-found' {
    const { server } = this.#kube;
    const pod = server.get(podResource, key);
    if (pod === undefined) return 'not-found';
    if (needsNoBudget(pod)) return ended(server.delete(podResource, key, {}, actor));
    const budgets = [...server.all(disruptionBudgets, key.namespace)].filter((budget) => covers(budget, pod));
    const [budget] = budgets;
    if (budgets.length > 1)
      throw new ApiError(
        'unavailable',
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support. (500)',
        { status: 500 },
      );
    if (budget !== undefined) {
      const { observedGeneration = 0, disruptionsAllowed = 0 } = budget.status ?? {};
      if (observedGeneration < (budget.metadata.generation ?? 0) || disruptionsAllowed <= 0) return 'blocked';
      const status = { ...budget.status, disruptionsAllowed: disruptionsAllowed - 1 };
      server.write(disruptionBudgets, { ...budget, status }, actor);
    }
    return ended(server.delete(podResource, key, {}, actor));
  }
}

/** Pods that serve nobody yet or any more. */
function needsNoBudget(pod: Pod): boolean {
  return (
    isFinished(pod) ||
    pod.status?.phase === 'Pending' ||
    pod.status?.phase === undefined ||
    pod.metadata.deletionTimestamp !== undefined
  );
}

function ended(outcome: 'done' | 'conflict' | 'not-found'): 'done' | 'not-found' {
  return outcome === 'not-found' ? 'not-found' : 'done';
}
