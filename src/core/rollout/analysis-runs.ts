/**
 * The analysis runs of an update: which of them belong to which place in it, what they say, which are to be created,
 * ended and thrown away. A run is created before a status names it, so one that is there and equal is taken over.
 */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import { annotations, labels } from '../../api/names.ts';
import type { Problem } from '../../api/problem.ts';
import type { RolloutAnalysis, RolloutAnalysisRunStatus } from '../../api/rollout.ts';
import { isCompleted } from '../analysis/phase.ts';
import type { Course } from './command.ts';
import type { Effect } from './decision.ts';
import { moment } from './moment.ts';
import { type RunType, recordedRuns, runTypes, someRun } from './recorded-runs.ts';
import { isWindowRollback } from './rollback-window.ts';
import { type RunPlace, sameRunSpec, wantedRun } from './run-spec.ts';
import type { Situation } from './situation.ts';

/** One place in an update where a run is wanted. */
export interface RunSlot {
  readonly status: RolloutAnalysisRunStatus | undefined;
  readonly create: AnalysisRun | undefined;
  readonly problems: readonly Problem[];
}

/** Names of one place that are passed over because runs of others have them. */
const maxForeignRuns = 100;

/** Only the places that the strategy has. */
export type Runs = Readonly<Partial<Record<RunType, RunSlot>>>;

export const emptySlot: RunSlot = { status: undefined, create: undefined, problems: [] };

/** What a recorded run says now; undefined where none is recorded for this place, or where it no longer counts. */
export function recordedRun(situation: Situation, course: Course, place: RunPlace): RolloutAnalysisRunStatus | undefined {
  const recorded = course.runs[place.type];
  if (recorded === undefined) return undefined;
  const run = situation.observed.analysisRuns.find((one) => one.metadata.name === recorded.name);
  if (run === undefined || !belongs(situation, run, place)) return undefined;
  const status = statusOf(run);
  // A canary that was inconclusive measures anew; a person who promotes blue-green has decided.
  const decides = place.type === 'PrePromotion' || place.type === 'PostPromotion';
  const measuresAnew = course.resumed || (course.overruled && place.type === 'Background');
  return measuresAnew && !decides && status.status === 'Inconclusive' ? undefined : status;
}

function statusOf(run: AnalysisRun): RolloutAnalysisRunStatus {
  const { phase, message } = run.status ?? {};
  return { name: run.metadata.name, status: phase ?? 'Pending', ...(message ? { message } : {}) };
}

function belongs({ hash, revision }: Situation, { metadata }: AnalysisRun, place: RunPlace): boolean {
  const worn = metadata.labels ?? {};
  return (
    worn[labels.podTemplateHash] === hash &&
    metadata.annotations?.[annotations.revision] === String(revision) &&
    worn[labels.rolloutType] === place.type &&
    (place.type !== 'Step' || worn[labels.stepIndex] === String(place.index))
  );
}

/** The run of the step in progress, to be created where there is none. An invalid spec that lost it ends none. */
export function stepSlot(situation: Situation, course: Course, index: number): RunSlot {
  const analysis = situation.steps[index]?.analysis;
  const recorded = recordedRun(situation, course, { type: 'Step', index });
  if (moment(situation, course) !== 'update' || (analysis === undefined && !situation.frozen)) return emptySlot;
  if (recorded !== undefined) return { ...emptySlot, status: recorded };
  return analysis === undefined ? emptySlot : openRun(situation, { type: 'Step', index }, analysis);
}

/** The run beside the steps: from its starting step on, while steps remain. */
export function backgroundSlot(situation: Situation, course: Course, index: number): RunSlot {
  const { canary, steps, current, frozen } = situation;
  const { analysis } = canary;
  if (moment(situation, course) !== 'update' || (course.promoteFull && !frozen) || isWindowRollback(situation)) return emptySlot;
  const wanted = (analysis?.templates ?? []).length > 0 ? analysis : undefined;
  const recorded = wanted !== undefined || frozen ? recordedRun(situation, course, { type: 'Background' }) : undefined;
  if (recorded !== undefined) return { ...emptySlot, status: recorded };
  const due = steps.length === 0 || (index >= (wanted?.startingStep ?? 0) && index < steps.length);
  if (wanted === undefined || !due || current === undefined || course.restarted) return emptySlot;
  return openRun(situation, { type: 'Background' }, wanted);
}

/** Takes over an equal run that is under way, else makes one under the first name that is free. */
export function openRun(situation: Situation, place: RunPlace, analysis: RolloutAnalysis): RunSlot {
  if (situation.frozen || situation.rollout.spec.paused === true) return emptySlot;
  const wanted = wantedRun(situation, place, analysis);
  if ('problems' in wanted) return { ...emptySlot, problems: wanted.problems };
  const base = wanted.run.metadata.name;
  const known = situation.observed.analysisRuns.filter(({ metadata }) => suffixOf(metadata.name, base) !== undefined);
  const own = known.find((run) => {
    const open = !isCompleted(run.status?.phase) && run.spec.terminate !== true;
    return open && belongs(situation, run, place) && sameRunSpec(run.spec, wanted.run.spec);
  });
  if (own !== undefined) return { ...emptySlot, status: statusOf(own) };
  // Behind all that there are: one that was thrown away has had its name told.
  const first = Math.max(-1, ...known.map(({ metadata }) => suffixOf(metadata.name, base) ?? 0)) + 1;
  for (let suffix = first; suffix <= first + maxForeignRuns; suffix += 1) {
    const name = suffix === 0 ? base : `${base}.${suffix}`;
    // A run of nobody's: left behind by a Rollout that was deleted as an orphan, or written back from a backup.
    if (situation.observed.analysisRunNames.has(name)) continue;
    const run = { ...wanted.run, metadata: { ...wanted.run.metadata, name } };
    return { status: { name, status: 'Pending' }, create: run, problems: [] };
  }
  return emptySlot;
}

/** 0 for the first name of a place, n for `<name>.n`; undefined for others. */
function suffixOf(name: string, base: string): number | undefined {
  if (name === base) return 0;
  const [, digits] = name.startsWith(`${base}.`) ? (/^\.([1-9]\d{0,8})$/.exec(name.slice(base.length)) ?? []) : [];
  return digits === undefined ? undefined : Number(digits);
}

/** Why the runs of this update end it, in the words of the API and of the run; undefined while none does. */
export function failureOf(situation: Situation, course: Course): string | undefined {
  if (moment(situation, course) !== 'update') return undefined;
  for (const type of runTypes) {
    const status = recordedRun(situation, course, type === 'Step' ? { type, index: course.index } : { type });
    if (status?.status !== 'Failed' && status?.status !== 'Error') continue;
    const text = `${kinds[type]} analysis phase error/failed`;
    return status.message ? `${text}: ${status.message}` : text;
  }
  return undefined;
}

const kinds: Readonly<Record<RunType, string>> = {
  Step: 'Step-based',
  Background: 'Background',
  PrePromotion: 'Blue/green pre-promotion',
  PostPromotion: 'Blue/green post-promotion',
};

/**
 * Ends the runs that no longer matter, and throws away those beyond the limits or whose ReplicaSet is gone. What the status shows is not
 * thrown away, and nothing is for an invalid spec.
 */
export function tidyRuns(situation: Situation, kept: ReadonlySet<string>): readonly Effect[] {
  const { observed, rollout, status, frozen } = situation;
  const shown = recordedRuns(status);
  const effects: Effect[] = [];
  const hashes = new Set(observed.replicaSets.map((one) => one.metadata.labels?.[labels.podTemplateHash]));
  const finished: { readonly successful: AnalysisRun[]; readonly unsuccessful: AnalysisRun[] } = {
    successful: [],
    unsuccessful: [],
  };
  for (const run of observed.analysisRuns) {
    const { name, deletionTimestamp, labels: worn } = run.metadata;
    const type = worn?.[labels.rolloutType];
    if (kept.has(name) || deletionTimestamp !== undefined || type === undefined) continue;
    if (!isCompleted(run.status?.phase)) {
      if (run.spec.terminate !== true) effects.push({ kind: 'terminate-analysis-run', name });
    } else if (frozen || someRun(shown, (one) => one.name === name)) continue;
    else if (!hashes.has(worn?.[labels.podTemplateHash])) effects.push(deletion(run));
    else finished[run.status?.phase === 'Successful' ? 'successful' : 'unsuccessful'].push(run);
  }
  const limits = rollout.spec.analysis;
  effects.push(...beyond(finished.successful, limits?.successfulRunHistoryLimit ?? 5));
  effects.push(...beyond(finished.unsuccessful, limits?.unsuccessfulRunHistoryLimit ?? 5));
  return effects;
}

/** The oldest are deleted; of two that are equally old the one with the smaller name. */
function beyond(runs: readonly AnalysisRun[], limit: number): readonly Effect[] {
  if (runs.length <= limit) return [];
  const age = (run: AnalysisRun) => `${run.metadata.creationTimestamp ?? ''}/${run.metadata.name}`;
  const oldestFirst = [...runs].sort((a, b) => (age(a) < age(b) ? -1 : 1));
  return oldestFirst.slice(0, runs.length - Math.max(0, limit)).map(deletion);
}

function deletion(run: AnalysisRun): Effect {
  return { kind: 'delete-analysis-run', name: run.metadata.name, uid: run.metadata.uid ?? '' };
}
