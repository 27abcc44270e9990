/** Tells people what became of a run: an event on the AnalysisRun and a line in the log, in order, after the status is stored. */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import { analysisRuns } from '../../api/resources.ts';
import type { Announcement } from '../../core/decision.ts';
import type { EventRecorder } from '../../runtime/event-recorder.ts';
import type { Log } from '../../runtime/log.ts';

export interface Announcer {
  readonly recorder: Pick<EventRecorder, 'record'>;
  readonly log: Log;
  /** For figures. */
  readonly announced?: (announcement: Announcement) => void;
}

export function announce(run: AnalysisRun, announcements: readonly Announcement[], { recorder, log, announced }: Announcer): void {
  const { namespace, name, uid = '', resourceVersion, ownerReferences } = run.metadata;
  const owner = ownerReferences?.find(({ controller }) => controller === true);
  const regarding = {
    apiVersion: `${analysisRuns.group}/${analysisRuns.version}`,
    kind: analysisRuns.kind,
    name,
    uid,
    ...(namespace !== undefined && { namespace }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
  for (const announcement of announcements) {
    recorder.record(regarding, announcement);
    log[announcement.type === 'Warning' ? 'warn' : 'info'](announcement.message, {
      reason: announcement.reason,
      namespace,
      analysisRun: name,
      ...(owner?.kind === 'Rollout' && { rollout: owner.name }),
    });
    announced?.(announcement);
  }
}
