/**
 * What is left to do for a run that has ended: stop what still measures, say so again after a crash (announcements have names of
 * their own, so saying it twice changes nothing), and delete it when its time to live is over.
 */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import { awaitChange, type Next, requeue } from '../decision.ts';
import { analysisAnnouncements } from './announcements.ts';
import type { AnalysisEffect, AnalysisRunDecision } from './decision.ts';
import { parseTime } from './schedule.ts';

/** A run that ended longer ago was announced, or is no news. */
const newsMs = 5 * 60_000;

/** `run` has its final status; `effects` are carried out first. */
export function decideCompletedRun(run: AnalysisRun, effects: readonly AnalysisEffect[], nowMs: number): AnalysisRunDecision {
  const completedAtMs = parseTime(run.status?.completedAt);
  const isNews = completedAtMs !== undefined && nowMs - completedAtMs < newsMs;
  const expiresAtMs = expiry(run, completedAtMs);
  const expired = expiresAtMs !== undefined && expiresAtMs <= nowMs;
  const deletion: readonly AnalysisEffect[] = expired ? [{ kind: 'delete-run', uid: run.metadata.uid ?? '' }] : [];
  const next: Next = expiresAtMs === undefined || expired ? awaitChange : requeue(expiresAtMs - nowMs);
  return {
    status: run.status,
    write: 'now',
    effects: [...effects, ...deletion],
    announcements: isNews ? analysisAnnouncements(undefined, run.status) : [],
    next,
  };
}

/** Milliseconds since the epoch; undefined where the run is kept. The rule for success or failure outranks that for any end. */
function expiry({ spec, status }: AnalysisRun, completedAtMs: number | undefined): number | undefined {
  const ttl = spec.ttlStrategy;
  const special =
    status?.phase === 'Successful' ? ttl?.secondsAfterSuccess : status?.phase === 'Failed' ? ttl?.secondsAfterFailure : undefined;
  const seconds = special ?? ttl?.secondsAfterCompletion;
  return seconds === undefined || completedAtMs === undefined ? undefined : completedAtMs + seconds * 1000;
}
