/** On what a run would have aborted: the newest looks at the metrics that decided it. */
import type { Look, PlayedRun } from '../../rehearsal/backtest/play-run.ts';

const shownLooks = 6;

export function evidenceOf({ looks, decidedBy }: PlayedRun): readonly Look[] {
  return looks.filter(({ metric }) => decidedBy.includes(metric)).slice(-shownLooks);
}
