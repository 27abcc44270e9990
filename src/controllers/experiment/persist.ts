/**
 * Stores an Experiment's next status in one merge patch of what differs, guarded by the version that was decided on. It goes to the object
 * itself, since an Experiment has no status subresource.
 */
import type { Experiment, ExperimentStatus } from '../../api/experiment.ts';
import { experiments } from '../../api/resources.ts';
import type { Cluster } from '../../runtime/cluster.ts';
import { mergeDiff } from '../merge-diff.ts';

/** `unchanged` and `done` mean that the server has this status; `stale` that someone has written since; `gone` that nobody needs it. */
export async function persistStatus(
  stored: Experiment,
  status: ExperimentStatus,
  cluster: Pick<Cluster, 'patch'>,
  signal: AbortSignal,
): Promise<'done' | 'unchanged' | 'stale' | 'gone'> {
  const difference = mergeDiff(stored.status ?? {}, status);
  if (difference === undefined) return 'unchanged';
  const { namespace, name, resourceVersion } = stored.metadata;
  const body = { metadata: { resourceVersion }, status: difference };
  const result = await cluster.patch(experiments, { namespace, name }, { type: 'merge', body }, { signal });
  if (result.outcome === 'conflict') return 'stale';
  return result.outcome === 'not-found' ? 'gone' : 'done';
}
