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

/** `shrinks`: this pass takes pods away. */
export function podWork(situation: Situation, { shrinks }: { readonly shrinks: boolean }): PodWork {
  const { observed, nowMs } = situation;
  const restarts = restartOrders(situation).map((order) => ({ ...order, start: order.start && !shrinks }));
  const orders: readonly PodOrder[] = [...dressOrders(situation), ...restarts];
  const restart = restartOf(situation);
  let next: Next = restart.state === 'later' ? requeue(restart.atMs - nowMs) : awaitChange;
  for (const { id, start } of orders) {
    const report = observed.podReports?.get(id);
    const inMs = report === undefined || report.outcome === 'done' ? 0 : retryAtMs(report) - nowMs;
    if (!start && inMs > 0) next = sooner(next, requeue(inMs));
  }
  return { orders, next };
}
