/**
 * Stores a Rollout's next status in one merge patch of what differs, guarded by the version that was decided on, so that a command a
 * user wrote meanwhile is never overwritten unseen. Remembers what a foreign CRD drops of it, so that this is not written again and again.
 */
import * as resources from '../../api/resources.ts';
import type { Rollout, RolloutStatus } from '../../api/rollout.ts';
import type { Cluster } from '../../runtime/cluster.ts';
import { mergeDiff } from '../merge-diff.ts';

export class StatusWriter {
  readonly #cluster: Cluster;
  /** uid -> the difference that remained after a write that the server accepted */
  readonly #dropped = new Map<string, string>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** `unchanged` and `done` mean that the server has this status; `stale` that someone has written since. */
  async write(
    rollout: Rollout,
    status: RolloutStatus,
    resourceVersion: string | undefined,
    signal: AbortSignal,
  ): Promise<'done' | 'unchanged' | 'stale'> {
    const { namespace, name, uid = '' } = rollout.metadata;
    const difference = mergeDiff(rollout.status ?? {}, status);
    if (difference === undefined || JSON.stringify(difference) === this.#dropped.get(uid)) return 'unchanged';
    const body = { metadata: { resourceVersion }, status: difference };
    const result = await this.#cluster.patch(
      resources.rollouts,
      { namespace, name },
      { type: 'merge', body },
      { subresource: 'status', signal },
    );
    if (result.outcome !== 'done') return 'stale';
    const remaining = mergeDiff(result.object.status ?? {}, status);
    if (remaining === undefined) this.#dropped.delete(uid);
    else this.#dropped.set(uid, JSON.stringify(remaining));
    return 'done';
  }

  forget(uid: string): void {
    this.#dropped.delete(uid);
  }
}
