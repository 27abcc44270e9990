/** What a person wants to be told of a scenario, in order: what was done to the world, and the events that changed something. */
import type { PlayedScenario } from '../../rehearsal/report.ts';

export interface Moment {
  readonly atSeconds: number;
  readonly kind: 'mark' | 'warning' | 'event';
  readonly reason: string;
  readonly text: string;
}

/** Reasons that say something of their own; sizes of ReplicaSets and the like can be seen in the chart. */
const telling =
  /^(?:RolloutUpdated|RolloutStepCompleted|RolloutPaused|RolloutResumed|RolloutCompleted|RolloutAborted|RolloutRetried|RolloutPromoted|RolloutDeleted|SkipSteps|SwitchService|PromotionAnalysis\w*|AnalysisRun\w+|Experiment\w+|TrafficWeightUpdated|\w*Undo\w*|\w*TakenBack\w*)$/;
const silent = /^(?:AnalysisRunRunning|AnalysisRunPending)$/;

export function storyOf({ marks, events }: Pick<PlayedScenario, 'marks' | 'events'>): readonly Moment[] {
  const done = marks.map(({ atSeconds, text }): Moment => ({ atSeconds, kind: 'mark', reason: '', text }));
  const told = events
    .filter(({ type, reason }) => type === 'Warning' || (telling.test(reason) && !silent.test(reason)))
    .map(
      ({ atSeconds, type, reason, message }): Moment => ({
        atSeconds,
        kind: type === 'Warning' ? 'warning' : 'event',
        reason,
        text: message,
      }),
    );
  // Stable: at the same moment a mark stands before what came of it.
  return [...done, ...told].toSorted((a, b) => a.atSeconds - b.atSeconds);
}

/** The most important of them, in their order; `left` is how many are left out. */
export function shortStory(
  scenario: Pick<PlayedScenario, 'marks' | 'events'>,
  most: number,
): { readonly moments: readonly Moment[]; readonly left: number } {
  const all = repeatsJoined(storyOf(scenario));
  if (all.length <= most) return { moments: all, left: 0 };
  const ranked = all
    .map((moment, index) => ({ moment, index, rank: rankOf(moment) }))
    .toSorted((a, b) => a.rank - b.rank || a.index - b.index)
    .slice(0, most)
    .toSorted((a, b) => a.index - b.index);
  return { moments: ranked.map(({ moment }) => moment), left: all.length - most };
}

function rankOf({ kind, reason }: Moment): number {
  if (kind === 'mark' || /Aborted|Completed$|Deleted|Switch|Undo/.test(reason)) return reason === 'RolloutStepCompleted' ? 2 : 0;
  return kind === 'warning' ? 1 : 3;
}

/** The same again and again is told once, with how often. */
function repeatsJoined(moments: readonly Moment[]): readonly Moment[] {
  const joined: { moment: Moment; times: number }[] = [];
  for (const moment of moments) {
    const same = joined.find((one) => one.moment.reason === moment.reason && one.moment.text === moment.text);
    if (same === undefined) joined.push({ moment, times: 1 });
    else same.times += 1;
  }
  return joined.map(({ moment, times }) => (times === 1 ? moment : { ...moment, text: `${moment.text} (${times} times)` }));
}
