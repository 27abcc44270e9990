/** Runs held against the times at which something was known to be wrong: which incidents a template catches, how soon, and when it cries without one. */
import type { PlayedRun } from './play-run.ts';

export interface Incident {
  readonly startMs: number;
  readonly endMs: number;
}

export interface IncidentSettings {
  readonly incidents: readonly Incident[];
  /** What a query with a window still sees so long after an incident is the incident's. */
  readonly graceMs: number;
}

export interface IncidentOutcome extends Incident {
  readonly isCaught: boolean;
  /** Runs that were under way in it, and how many of them would have aborted in it. */
  readonly met: number;
  readonly aborted: number;
  /** From its beginning to the first abort in it. */
  readonly firstAfterMs: number | undefined;
}

/** A rollout aborts for runs that failed or could not be measured; one that is inconclusive only makes it wait. */
export function isAbort({ phase }: PlayedRun): boolean {
  return phase === 'Failed' || phase === 'Error';
}

/** Index of the incident that an abort at this moment belongs to; undefined where it belongs to none. */
export function incidentAt(atMs: number, { incidents, graceMs }: IncidentSettings): number | undefined {
  const found = incidents.findIndex(({ startMs, endMs }) => atMs >= startMs && atMs <= endMs + graceMs);
  return found < 0 ? undefined : found;
}

export function incidentOutcomes(runs: readonly PlayedRun[], settings: IncidentSettings): readonly IncidentOutcome[] {
  return settings.incidents.map((incident) => {
    const { startMs, endMs } = incident;
    const met = runs.filter((run) => run.startedAtMs <= endMs && run.endedAtMs >= startMs);
    const own = runs.filter((run) => isAbort(run) && run.endedAtMs >= startMs && run.endedAtMs <= endMs + settings.graceMs);
    return {
      startMs,
      endMs,
      isCaught: own.length > 0,
      met: met.length,
      aborted: met.filter((run) => own.includes(run)).length,
      firstAfterMs: own.length === 0 ? undefined : Math.min(...own.map(({ endedAtMs }) => endedAtMs)) - startMs,
    };
  });
}

/** Aborts of runs that were started one after the other, for the same incident or for none. */
export interface Episode {
  readonly runs: number;
  readonly firstAbortMs: number;
  readonly lastAbortMs: number;
  readonly incident: number | undefined;
  /** The run that would have aborted first. */
  readonly first: PlayedRun;
}

/** `runs` in the order of their start. */
export function episodesOf(runs: readonly PlayedRun[], settings: IncidentSettings): readonly Episode[] {
  const episodes: Episode[] = [];
  let isFollowing = false;
  for (const run of runs) {
    const wasFollowing = isFollowing;
    isFollowing = isAbort(run);
    if (!isFollowing) continue;
    const incident = incidentAt(run.endedAtMs, settings);
    const last = episodes.at(-1);
    if (wasFollowing && last !== undefined && last.incident === incident) episodes[episodes.length - 1] = withRun(last, run);
    else episodes.push({ runs: 1, firstAbortMs: run.endedAtMs, lastAbortMs: run.endedAtMs, incident, first: run });
  }
  return episodes;
}

function withRun(episode: Episode, run: PlayedRun): Episode {
  const isFirst = run.endedAtMs < episode.firstAbortMs;
  return {
    ...episode,
    runs: episode.runs + 1,
    firstAbortMs: Math.min(episode.firstAbortMs, run.endedAtMs),
    lastAbortMs: Math.max(episode.lastAbortMs, run.endedAtMs),
    first: isFirst ? run : episode.first,
  };
}
