/** The events of an AnalysisRun: one for each metric that ended, then one for the run. */
import type { AnalysisRunStatus } from '../../api/analysis-run.ts';
import { analysisRunReason, metricReason } from '../../api/reasons.ts';
import type { Announcement } from '../decision.ts';
import { isCompleted } from './phase.ts';

/** What became final between two statuses; all that is final where there was none before. */
export function analysisAnnouncements(
  before: AnalysisRunStatus | undefined,
  after: AnalysisRunStatus | undefined,
): readonly Announcement[] {
  const phaseBefore = new Map((before?.metricResults ?? []).map(({ name, phase }) => [name, phase]));
  // A run that is started over, by taking its status away, may end with the same words again.
  const start = after?.startedAt ?? '';
  const metrics = (after?.metricResults ?? [])
    .filter(({ name, phase }) => isCompleted(phase) && !isCompleted(phaseBefore.get(name)))
    .map(({ name, phase }) => ({
      type: typeOf(phase),
      reason: metricReason(phase),
      message: `Metric '${name}' Completed. Result: ${phase}`,
      identity: `${start}/metric/${name}/${phase}`,
    }));
  const phase = after?.phase;
  if (!isCompleted(phase) || isCompleted(before?.phase)) return metrics;
  return [
    ...metrics,
    {
      type: typeOf(phase),
      reason: analysisRunReason(phase),
      message: `Analysis Completed. Result: ${phase}`,
      identity: `${start}/run/${phase}`,
    },
  ];
}

function typeOf(phase: string | undefined): Announcement['type'] {
  return phase === 'Failed' || phase === 'Error' ? 'Warning' : 'Normal';
}
