/** Which work belongs to which kind of order. */
import type { Clock } from '../../../runtime/clock.ts';
import { type DressOptions, dressPods } from './dress-pods.ts';
import type { CarryOut } from './pod-runner.ts';
import { restartPods } from './restart-pods.ts';

export function carryOutOn({ clock, ...options }: DressOptions & { readonly clock: Clock }): CarryOut {
  const { cluster } = options;
  return async (rollout, order, signal) => {
    switch (order.kind) {
      case 'dress':
        return await dressPods(rollout, order, options, signal);
      case 'restart':
        return await restartPods(rollout, order, { cluster, nowMs: clock.now() }, signal);
      default:
        return order satisfies never;
    }
  };
}
