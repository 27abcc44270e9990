/**
 * Where each announcement stands in the story of a Rollout, as numbers that compare: revision, start of the try, stage of the try, place
 * on its way along the steps, second, and what comes first within a second. The beginnings of a revision stand before all its tries.
 */
import type { RolloutStatus } from '../../api/rollout.ts';
import type { Advance } from './advance.ts';
import type { Course } from './command.ts';
import { durationOf } from './duration.ts';
import type { Situation } from './situation.ts';

export type Order = readonly number[];

/** One try of one revision: what a retry begins anew. */
export interface Epoch {
  /** `<revision>/<start of the try>`. */
  readonly text: string;
  /** Revision, second of the start. */
  readonly order: Order;
}

export function epochOf(revision: number, { duration }: Pick<RolloutStatus, 'duration'>): Epoch {
  const start = duration?.rolloutStartedAt;
  return { text: `${revision}/${start ?? ''}`, order: [revision, secondOf(start)] };
}

/** Stages of a try. What a pass does in a stage stands between its ends. */
const stages = { beginning: 0, walking: 1, aborting: 2, aborted: 3, afterAbort: 4, completed: 5, afterEnd: 6 } as const;

/** Within one second at one place of the way. */
const ranks = { done: 1, begun: 2, paused: 3 } as const;

/** Larger than any `stages`: a try without a start stands before the beginnings of its revision. */
const openings = { updated: 11, created: 12, previewed: 13, notCompleted: 14, skipped: 15 } as const;

export const addedOrder: Order = [0];
/** Behind every revision. */
export const deletedOrder: Order = [Number.MAX_SAFE_INTEGER];

/** These have no start: it is not stored yet, and a pass that is repeated may give it another second. */
export function openingOrder(revision: number, opening: keyof typeof openings): Order {
  return [revision, 0, openings[opening]];
}

/** A step's run that ended well stands before the end of the step. */
export function stepEndOrder({ order }: Epoch, index: number, what: 'run' | 'step'): Order {
  return [...order, stages.walking, 2 * index + 1, what === 'run' ? 0 : 1];
}

/** A run that has begun stands at the place of the step from which on it is wanted. */
export function runBegunOrder({ order }: Epoch, index: number, startedAt: string | undefined): Order {
  return [...order, stages.walking, 2 * index, secondOf(startedAt), ranks.begun];
}

/** `startTime` for pauses that no step asks for; the pause of a step is the first thing at its place. */
export function pauseOrder({ order }: Epoch, index: number, startTime?: string): Order {
  const place = [...order, stages.walking, 2 * index];
  return startTime === undefined ? [...place, 0] : [...place, secondOf(startTime), ranks.paused];
}

/** The nth experiment of a step, behind a pause that was there before it. */
export function experimentOrder({ order }: Epoch, index: number, nth: number): Order {
  return [...order, stages.walking, 2 * index, 0, ranks.begun, nth];
}

export function abortOrder({ order }: Epoch): Order {
  return [...order, stages.aborted];
}

/** Right behind the abort that it follows. */
export function tookBackOrder(epoch: Epoch): Order {
  return [...abortOrder(epoch), 1];
}

export function completedOrder({ order }: Epoch): Order {
  return [...order, stages.completed];
}

/** Where a pass finds the Rollout. */
export interface Chapter {
  readonly epoch: Epoch;
  /** Of what the pass does, before and after the steps that it ends by doing it. */
  readonly before: Order;
  readonly after: Order;
  readonly nowMs: number;
}

export function chapterOf(situation: Situation, course: Course, moved: Advance): Chapter {
  const duration = durationOf(situation, course, moved);
  const epoch = epochOf(situation.revision, duration === undefined ? {} : { duration });
  const stage = stageOf(situation, course);
  const at = (index: number): Order => [...epoch.order, stage, stage === stages.walking ? 2 * index : 0];
  return { epoch, before: at(moved.doneAfter[0] ?? moved.index), after: at(moved.index), nowMs: situation.nowMs };
}

/** A version is told to be the stable one before it has all its pods, which is when the update is over. */
function stageOf({ status, hash, observed }: Situation, course: Course): number {
  if (course.abortedNow || (course.aborted && observed.isAborting === true)) return stages.aborting;
  if (course.aborted) return stages.afterAbort;
  if (course.restarted || course.retried) return stages.beginning;
  return status.duration?.finishedAt === undefined && status.stableRS !== hash ? stages.walking : stages.afterEnd;
}

/** The nth thing that the pass does. */
export function deedOrder({ before, nowMs }: Pick<Chapter, 'before' | 'nowMs'>, nth: number): Order {
  return [...before, Math.floor(nowMs / 1000), ranks.done, nowMs % 1000, nth];
}

/** The nth thing that the pass does because the update is over. */
export function afterEndOrder({ epoch, nowMs }: Chapter, nth: number): Order {
  return deedOrder({ before: [...epoch.order, stages.afterEnd, 0], nowMs }, nth);
}

/** What goes on failing at a place of the way has no time there: whoever tells it again tells the same. */
export function troubleOrder({ after }: Pick<Chapter, 'after'>): Order {
  return [...after, 0, ranks.done];
}

const behindAllDeeds = 10_000;

/** The nth thing that the pass finds behind all that it does. */
export function turnOrder({ after, nowMs }: Chapter, nth: number): Order {
  return deedOrder({ before: after, nowMs }, behindAllDeeds + nth);
}

/** When something was done that has a `deedOrder`, in milliseconds since the epoch; undefined for other orders. */
export function timeOfDeed(order: Order): number | undefined {
  const [, , , , second, rank, millisecond] = order;
  if (second === undefined || rank !== ranks.done || millisecond === undefined) return undefined;
  return second * 1000 + millisecond;
}

/** 0 for what is no time. */
function secondOf(time: string | undefined): number {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? 0 : Math.max(0, Math.floor(ms / 1000));
}
