/**
 * Makes an AnalysisRun. A name that the store does not show may be taken all the same, by a run that another instance made before this
 * Rollout was handed over: it is given this Rollout's instance, and then counts like any other.
 */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import { labels } from '../../api/names.ts';
import * as resources from '../../api/resources.ts';
import type { Rollout } from '../../api/rollout.ts';
import { ApiError, type Cluster } from '../../runtime/cluster.ts';

/** False where the world is not as the decision saw it. Throws where the name is somebody else's. */
export async function createRun(rollout: Rollout, run: AnalysisRun, cluster: Cluster, signal: AbortSignal): Promise<boolean> {
  const created = await cluster.create(resources.analysisRuns, run, signal);
  if (created.outcome !== 'already-exists') return created.outcome === 'done';
  const key = { namespace: run.metadata.namespace, name: run.metadata.name };
  const found = await cluster.get(resources.analysisRuns, key, signal);
  const instanceOf = (one: AnalysisRun): string | undefined => one.metadata.labels?.[labels.instanceId];
  // Of the own instance: the store shows it in a moment.
  if (found === undefined || instanceOf(found) === instanceOf(run)) return false;
  const { ownerReferences, resourceVersion } = found.metadata;
  if (ownerReferences?.some(({ uid }) => uid === rollout.metadata.uid) !== true) {
    const whose = instanceOf(found) ?? 'the one without an id';
    throw new ApiError(
      'invalid',
      `AnalysisRun ${key.name} is there and serves another instance (${whose}); delete it, or rename it`,
    );
  }
  const body = { metadata: { resourceVersion, labels: { [labels.instanceId]: instanceOf(run) ?? null } } };
  await cluster.patch(resources.analysisRuns, key, { type: 'merge', body }, { signal });
  return false;
}
