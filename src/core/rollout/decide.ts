/**
 * One look at a Rollout, one answer: what the user wants, how far the update can go, what is to be written, said and awaited. A pure
 * function of the observed world and the time; every prefix of its effects leaves the Rollout safe, and doing it again in a settled
 * world changes nothing.
 */

import { conditionMessages } from '../../api/reasons.ts';
import { type Next, requeue, sooner } from '../decision.ts';
import { beforePods } from './abort-first.ts';
import { type Advance, planCanary } from './advance.ts';
import { failureOf, type Runs, tidyRuns } from './analysis-runs.ts';
import { announcementsOf } from './announcements.ts';
import { nextAppointment } from './appointments.ts';
import { arrivalMs } from './arrival.ts';
import { planBlueGreen } from './blue-green/plan.ts';
import { abortBecause, type Course, readCommand } from './command.ts';
import type { Decision, Effect } from './decision.ts';
import { experimentFailure } from './experiment/step-experiment.ts';
import { tidyExperiments } from './experiment/tidy-experiments.ts';
import { tidyReplicaSets } from './history.ts';
import { dressEffects } from './injected/dress.ts';
import { nextStatus } from './next-status.ts';
import type { ObservedRollout } from './observed-rollout.ts';
import { podWork } from './pod-work.ts';
import { isStuck } from './progress.ts';
import { keepQuiet } from './quiet.ts';
import { type ReplicaSetEffects, replicaSetEffects } from './replica-set-effects.ts';
import { patchRollout } from './rollout-patch.ts';
import { type Situation, survey } from './situation.ts';
import { chapterOf } from './story-order.ts';
import { templateToPutBack, undoesFailures } from './take-back.ts';
import type { UpdatePlan } from './update-plan.ts';
import { workloadEffects } from './workload.ts';

/** Never throws on what users can write; a broken invariant of our own is a bug. */
export function decide(observed: ObservedRollout, nowMs: number): Decision {
  const situation = survey(observed, nowMs);
  const arrives = arrivalMs(situation);
  if (arrives !== undefined) return { status: situation.status, effects: [], announcements: [], next: requeue(arrives) };
  const course = setCourse(situation);
  const { moved, runs, switches } = planUpdate(situation, course);
  const chapter = chapterOf(situation, course, moved);
  const replicaSets = replicaSetEffects(situation, moved, chapter);
  const putBack = templateToPutBack(situation);
  const wanted: readonly Effect[] = [
    ...replicaSets.create,
    ...replicaSets.keep,
    ...routeEffects(moved),
    ...switches.map(({ effect }) => effect),
    // Before pods are made of them.
    ...dressEffects(situation),
    ...replicaSets.raise,
    ...replicaSets.lower,
    ...runEffects(situation, runs),
    ...experimentEffects(situation, course, moved),
    ...patchRollout(situation, course, moved, putBack?.template),
    ...workloadEffects(situation, course),
    ...tidyReplicaSets(situation),
  ];
  const possible = wanted.filter((effect) => !observed.failures.some((failure) => isSame(failure.effect, effect)));
  const effects = observed.storesBadly === true ? possible : beforePods(possible, course);
  const leavesPods = effects.length < possible.length;
  const told = { ...withProblems(situation, runs, moved), selected: moved.blueGreen?.selected };
  const status = nextStatus(told, course, moved, runs);
  const story = {
    situation: told,
    course,
    moved,
    chapter,
    next: status,
    replicaSets: carriedOut(replicaSets, effects),
    switches: switches.filter(({ effect }) => effects.includes(effect)),
    tookBack: putBack?.failure,
  };
  const pods = podWork(situation, { shrinks: replicaSets.lower.length > 0 });
  return keepQuiet(situation, {
    status,
    effects,
    announcements: announcementsOf(story),
    next: leavesPods ? requeue(0) : sooner(nextLook(situation, course, moved, observed.failures.length > 0), pods.next),
    ...(leavesPods && { leavesPods }),
    ...(pods.orders.length > 0 && { podOrders: pods.orders }),
  });
}

function planUpdate(situation: Situation, course: Course): UpdatePlan {
  const { blueGreen } = situation;
  return blueGreen === undefined ? planCanary(situation, course) : planBlueGreen(situation, blueGreen, course);
}

/** Commands first, then what went wrong by itself. */
function setCourse(situation: Situation): Course {
  const course = readCommand(situation);
  const failed = failureOf(situation, course) ?? experimentFailure(situation, course);
  if (failed !== undefined) return abortBecause(situation, course, failed);
  const gaveUp = situation.rollout.spec.progressDeadlineAbort === true || undoesFailures(situation);
  if (gaveUp && situation.stable !== undefined && isStuck(situation, course)) {
    return abortBecause(situation, course, conditionMessages.replicaSetTimeout(situation.current?.name ?? situation.name));
  }
  return course;
}

function routeEffects({ traffic }: Advance): readonly Effect[] {
  return traffic?.known === true && !traffic.confirmed ? [{ kind: 'converge-routes', desired: traffic.desired }] : [];
}

function runEffects(situation: Situation, runs: Runs): readonly Effect[] {
  const created = Object.values(runs).flatMap(({ create }): Effect[] =>
    create === undefined ? [] : [{ kind: 'create-analysis-run', run: create }],
  );
  const kept = new Set(Object.values(runs).flatMap(({ status }) => (status === undefined ? [] : [status.name])));
  return [...created, ...tidyRuns(situation, kept)];
}

function experimentEffects(situation: Situation, course: Course, moved: Advance): readonly Effect[] {
  const { experiment } = moved;
  const created: readonly Effect[] =
    experiment?.create === undefined ? [] : [{ kind: 'create-experiment', experiment: experiment.create }];
  return [...created, ...tidyExperiments(situation, course, moved)];
}

/** A run that cannot be made is the spec's fault too. */
function withProblems(situation: Situation, runs: Runs, { experiment }: Advance): Situation {
  const problems = [...Object.values(runs), ...(experiment === undefined ? [] : [experiment])].flatMap((slot) => slot.problems);
  return problems.length === 0 ? situation : { ...situation, problems: [...situation.problems, ...problems] };
}

/** Without what is left out of this pass, since nobody may be told of it. */
function carriedOut(wanted: ReplicaSetEffects, effects: readonly Effect[]): ReplicaSetEffects {
  const names = new Set(effects.flatMap((effect) => nameOfReplicaSet(effect) ?? []));
  const kept = (effect: Effect): boolean => effects.includes(effect);
  return {
    create: wanted.create.filter(kept),
    keep: wanted.keep.filter(kept),
    raise: wanted.raise.filter(kept),
    lower: wanted.lower.filter(kept),
    scalings: wanted.scalings.filter(({ name }) => names.has(name)),
  };
}

function nameOfReplicaSet(effect: Effect): string | undefined {
  if (effect.kind === 'create-replica-set') return effect.replicaSet.metadata.name;
  return effect.kind === 'patch-replica-set' ? effect.name : undefined;
}

/** The same write to the same object, whatever it says. */
function isSame(a: Effect, b: Effect): boolean {
  if (a.kind !== b.kind) return false;
  return 'name' in a && 'name' in b ? a.name === b.name : true;
}

const retryFailedMs = 5_000;

function nextLook(situation: Situation, course: Course, moved: Advance, retries: boolean): Next {
  const appointment = nextAppointment(situation, course, moved);
  return retries ? sooner(appointment, requeue(retryFailedMs)) : appointment;
}
