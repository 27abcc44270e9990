/** What became of a run, told with the Rollout that it belongs to. */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import { analysisRuns, rollouts } from '../../api/resources.ts';
import type { Announcement } from '../../core/decision.ts';
import { type Announcer, announce } from '../announcer.ts';

export function announceRun(run: AnalysisRun, announcements: readonly Announcement[], announcer: Announcer): void {
  const { name, ownerReferences } = run.metadata;
  const owner = ownerReferences?.find(({ controller, kind }) => controller === true && kind === rollouts.kind);
  const fields = { analysisRun: name, ...(owner !== undefined && { rollout: owner.name }) };
  const ordered = announcements.map((one) => ({ ...one, order: orderOf(run, one) }));
  announce({ resource: analysisRuns, object: run, fields }, ordered, announcer);
}

/** Metrics as the spec has them, the run behind them. */
function orderOf({ spec }: AnalysisRun, { identity }: Announcement): readonly number[] {
  const metric = spec.metrics.findIndex(({ name }) => identity.includes(`/metric/${name}/`));
  return [metric === -1 ? spec.metrics.length : metric];
}
