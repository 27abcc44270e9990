/** One round of a restart: looks at the pods as they are now, and evicts those that may go. Budgets of users have the last word. */
import type { PodReport, RestartOrder } from '../../../core/rollout/pod-orders.ts';
import { planEvictions, type RestartablePod } from '../../../core/rollout/restart/plan-evictions.ts';
import type { Cluster } from '../../../runtime/cluster.ts';
import { controllerOf, isLeaving, listPods, type Pod } from './list-pods.ts';
import type { RolloutIdentity } from './pod-runner.ts';

export async function restartPods(
  { namespace }: RolloutIdentity,
  order: RestartOrder,
  { cluster, nowMs }: { readonly cluster: Cluster; readonly nowMs: number },
  signal: AbortSignal,
): Promise<Pick<PodReport, 'outcome' | 'message'>> {
  const pick = (pod: Pod) => restartable(pod, order, nowMs);
  const found = await listPods(cluster, { namespace, selector: order.selector }, pick, signal);
  const { left, now } = planEvictions(order, found);
  for (const { name } of now) {
    if ((await cluster.evict({ namespace, name }, signal)) !== 'blocked') continue;
    return { outcome: 'blocked', message: blocked(name, left) };
  }
  return { outcome: left === 0 ? 'done' : 'more', message: '' };
}

function blocked(pod: string, left: number): string {
  return `${left} ${left === 1 ? 'pod is' : 'pods are'} left, and a PodDisruptionBudget keeps pod ${pod}; tried again within 30 s`;
}

function restartable(pod: Pod, { minReadySeconds }: RestartOrder, nowMs: number): RestartablePod | undefined {
  const owner = controllerOf(pod);
  if (owner === undefined || isLeaving(pod)) return undefined;
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  const sinceMs = Date.parse(ready?.lastTransitionTime ?? '');
  const isAvailable = ready?.status === 'True' && !(sinceMs + minReadySeconds * 1000 > nowMs);
  return { name: pod.metadata.name, owner, createdMs: Date.parse(pod.metadata.creationTimestamp ?? ''), isAvailable };
}
