/**
 * Stores a run's next status in one merge patch of what differs, guarded by the version that was decided on. It goes to the object
 * itself, since an AnalysisRun has no status subresource.
 */
import type { AnalysisRun, AnalysisRunStatus } from '../../api/analysis-run.ts';
import { analysisRuns } from '../../api/resources.ts';
import type { Cluster } from '../../runtime/cluster.ts';
import { mergeDiff } from '../merge-diff.ts';

/** Undefined is no change. `unchanged` and `done` mean that the server has this status; `stale` that someone has written since; `gone` that nobody needs it. */
export async function persistStatus(
  stored: AnalysisRun,
  status: AnalysisRunStatus | undefined,
  cluster: Pick<Cluster, 'patch'>,
  signal: AbortSignal,
): Promise<'done' | 'unchanged' | 'stale' | 'gone'> {
  if (status === undefined) return 'unchanged';
  const difference = mergeDiff(stored.status ?? {}, status);
  if (difference === undefined) return 'unchanged';
  const { namespace, name, resourceVersion } = stored.metadata;
  const body = { metadata: { resourceVersion }, status: difference };
  const result = await cluster.patch(analysisRuns, { namespace, name }, { type: 'merge', body }, { signal });
  if (result.outcome === 'conflict') return 'stale';
  return result.outcome === 'not-found' ? 'gone' : 'done';
}
