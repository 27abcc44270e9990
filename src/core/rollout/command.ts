/**
 * What the user wants, read from the fields that clients write: abort, retry, promote, promote full, skip, and a new template or new
 * steps, which begin everything again. The result is the course of the update before this pass moves it on. A command is acted on in the
 * pass that sees it; none is overwritten unseen.
 */
import type { PauseCondition } from '../../api/rollout.ts';
import { pausesBeforePromotion } from './blue-green/gate.ts';
import { backToWorkload } from './observed-workload.ts';
import { type RecordedRuns, recordedRuns, someRun } from './recorded-runs.ts';
import { isWindowRollback } from './rollback-window.ts';
import type { Situation } from './situation.ts';
import { abortAfterUndo, failedBefore, timeOfFailure } from './take-back.ts';

export interface Course {
  /** The step in progress; the number of steps behind the last. */
  readonly index: number;
  /** A template or steps that the status does not speak of yet, or the first look. */
  readonly restarted: boolean;
  readonly retried: boolean;
  readonly aborted: boolean;
  readonly abortedAt: string | undefined;
  /** True in the pass that aborts. */
  readonly abortedNow: boolean;
  /** Why, in people's words; empty for a person's abort. Only with `abortedNow`. */
  readonly abortDetail: string;
  readonly promoteFull: boolean;
  readonly pauses: readonly PauseCondition[];
  /** A person said go on: the controller had paused and the conditions are gone. */
  readonly resumed: boolean;
  /** A person went past a background run that could not decide, as past the step: it measures anew. */
  readonly overruled: boolean;
  /** Of this try, as the status has them. */
  readonly runs: RecordedRuns;
  /** Name of the Experiment of this try, as the status has it. */
  readonly experiment: string | undefined;
}

const nothingToReturnTo = 'there is no stable revision to return to; its pods are kept until you change the template or retry';

export function readCommand(situation: Situation): Course {
  return situation.templateChanged || situation.stepsChanged ? beginAgain(situation) : goOn(situation);
}

/** True where the current template is the stable one: nothing to update, nothing to abort. */
export function isStable({ status, hash }: Situation): boolean {
  return hash !== '' && status.stableRS === hash;
}

function beginAgain(situation: Situation): Course {
  const { status, steps, stable, now } = situation;
  const atEnd = stable === undefined || isStable(situation) || isWindowRollback(situation);
  const fresh: Course = {
    index: atEnd ? steps.length : 0,
    restarted: true,
    retried: false,
    aborted: false,
    abortedAt: undefined,
    abortedNow: false,
    abortDetail: '',
    promoteFull: false,
    pauses: [],
    resumed: false,
    overruled: false,
    runs: {},
    experiment: undefined,
  };
  const kept = abortAfterUndo(situation);
  if (kept !== undefined) return { ...fresh, aborted: true, abortedAt: kept };
  // Of a template that came while nobody was looking. Whether it was meant for this one or for the one before cannot be seen: stable is safe for both.
  const isUnseenAbort = status.abort === true && status.abortedAt === undefined && stable !== undefined && !isStable(situation);
  if (isUnseenAbort) return { ...fresh, index: 0, aborted: true, abortedAt: now, abortedNow: true };
  const again = failedBefore(situation);
  if (again !== undefined) return { ...fresh, index: 0, aborted: true, abortedAt: now, abortedNow: true, abortDetail: again };
  return fresh;
}

function goOn(situation: Situation): Course {
  const { status, steps, stable, now, frozen } = situation;
  const asked = status.abort === true;
  const ongoing = asked && status.abortedAt !== undefined;
  const promoteFull = status.promoteFull === true && stable !== undefined && !isStable(situation) && (!asked || ongoing);
  const retried = (ongoing && promoteFull) || (!asked && status.abortedAt !== undefined);
  const abortedNow = asked && !ongoing && !isStable(situation);
  const aborted = (ongoing && !promoteFull) || abortedNow;
  const isAtEnd = stable === undefined || isStable(situation) || (!aborted && isWindowRollback(situation));
  const end = isAtEnd ? steps.length : undefined;
  // An invalid spec may have lost its steps: those that were under way are still meant.
  const most = frozen ? Number.POSITIVE_INFINITY : steps.length;
  const index = clampIndex(status.currentStepIndex ?? steps.length, most);
  const cleared = aborted || retried;
  const written = cleared ? [] : (status.pauseConditions ?? []);
  return {
    index: end ?? (cleared ? 0 : index),
    restarted: false,
    retried,
    aborted,
    abortedAt: aborted ? (status.abortedAt ?? now) : undefined,
    abortedNow,
    abortDetail: abortedNow && stable === undefined ? nothingToReturnTo + backToWorkload(situation) : '',
    promoteFull,
    pauses: written.filter(({ reason }) => isStanding(situation, reason, end ?? index)),
    resumed: !cleared && status.controllerPause === true && written.length === 0,
    overruled: !cleared && isUndecided(status) && !written.some(({ reason }) => reason === 'InconclusiveAnalysisRun'),
    runs: retried ? {} : recordedRuns(status),
    experiment: retried ? undefined : status.canary?.currentExperiment,
  };
}

/** False for a pause whose step or run a client has moved the index past, or that the spec no longer asks for. */
function isStanding({ status, steps, frozen, blueGreen }: Situation, reason: string, index: number): boolean {
  if (frozen) return true;
  if (reason === 'CanaryPauseStep') return steps[index]?.pause !== undefined;
  if (reason === 'InconclusiveExperiment') return steps[index]?.experiment !== undefined;
  if (reason === 'BlueGreenPause') return blueGreen !== undefined && pausesBeforePromotion(blueGreen);
  if (reason === 'InconclusiveAnalysisRun') return someRun(recordedRuns(status), (run) => run.status === 'Inconclusive');
  return true;
}

/** A status that says this of the run beside the steps is stored with a pause: where there is none, somebody took it away. */
function isUndecided({ canary }: Situation['status']): boolean {
  return canary?.currentBackgroundAnalysisRunStatus?.status === 'Inconclusive';
}

/** Clients may write any number. */
function clampIndex(index: number, steps: number): number {
  return Math.min(steps, Math.max(0, Math.trunc(index)));
}

/** Ends the update because something failed; an abort that is under way stays as it is. */
export function abortBecause(situation: Situation, course: Course, detail: string): Course {
  if (course.aborted || isStable(situation)) return course;
  return {
    ...course,
    index: situation.stable === undefined ? course.index : 0,
    aborted: true,
    abortedAt: timeOfFailure(situation) ?? situation.now,
    abortedNow: true,
    abortDetail: situation.stable === undefined ? `${detail}; ${nothingToReturnTo}${backToWorkload(situation)}` : detail,
    promoteFull: false,
    pauses: [],
    resumed: false,
    overruled: false,
  };
}
