/** Everything that is to be done about pods beside the workers, and when to look at it again though nothing changes. */
import { awaitChange, type Next, requeue, sooner } from '../decision.ts';
import { dressOrders } from './injected/dress.ts';
import { type PodOrder, retryAtMs } from './pod-orders.ts';
import { restartOf, restartOrders } from './restart/restart.ts';
import type { Situation } from './situation.ts';

export interface PodWork {
  readonly orders: readonly PodOrder[];
  readonly next: Next;
}

export function podWork(situation: Situation): PodWork {
  const { observed, nowMs } = situation;
  const orders: readonly PodOrder[] = [...dressOrders(situation), ...restartOrders(situation)];
  const restart = restartOf(situation);
  let next: Next = restart.state === 'later' ? requeue(restart.atMs - nowMs) : awaitChange;
  for (const { id, start } of orders) {
    const report = observed.podReports?.get(id);
    if (!start && report !== undefined && report.outcome !== 'done') next = sooner(next, requeue(retryAtMs(report) - nowMs));
  }
  return { orders, next };
}
