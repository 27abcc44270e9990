/**
 * Moves an update along its steps as far as it can go at once, and plans pods and traffic for the step that it stops at. A step counts as
 * done by what was observed, so the same step is never done twice; pods planned here are changed once per pass.
 */
import type { CanaryStep, PauseCondition } from '../../api/rollout.ts';
import { backgroundSlot, recordedRun, stepSlot } from './analysis-runs.ts';
import type { Selected } from './blue-green/selected.ts';
import { type CanaryPods, planPods, podsToPromote } from './canary-pods.ts';
import { planTraffic, type TrafficPlan } from './canary-traffic.ts';
import { type Course, isStable } from './command.ts';
import { isDynamic } from './dynamic-stable.ts';
import { type ExperimentSlot, experimentDone, experimentSlot, isUndecided } from './experiment/step-experiment.ts';
import { moment } from './moment.ts';
import { pauseEnd, withoutStepPause, withPause } from './pause.ts';
import { type PodPlan, withFarewell } from './pod-plan.ts';
import { isWindowRollback } from './rollback-window.ts';
import { sameRoutes } from './routes.ts';
import { planSwitches } from './services.ts';
import { type Situation, timestamp } from './situation.ts';
import { weightAt } from './steps.ts';
import type { UpdatePlan } from './update-plan.ts';

export interface Advance {
  readonly index: number;
  /** Steps done in this pass; those before `pods` was planned and those that it completed. */
  readonly doneBefore: readonly number[];
  readonly doneAfter: readonly number[];
  readonly pauses: readonly PauseCondition[];
  readonly controllerPause: boolean;
  readonly pods: PodPlan;
  readonly traffic: TrafficPlan | undefined;
  /** Why the current version is the stable one from now on; undefined where it does not become it in this pass. */
  readonly promoted: string | undefined;
  /** Milliseconds since the epoch at which a pause ends. */
  readonly wakeAtMs: number | undefined;
  /** There is more to do as soon as this pass is written. */
  readonly again: boolean;
  /** Name of the ReplicaSet that was proven and gives its place away in this pass. */
  readonly retires?: string | undefined;
  /** Of the step in progress. */
  readonly experiment?: ExperimentSlot;
  readonly blueGreen?: {
    /** As the Services are when this pass is carried out. */
    readonly selected: Selected;
    /** True: nothing but pods that have to come keeps the new version from its users. */
    readonly checkPoint: boolean | undefined;
  };
}

export function planCanary(situation: Situation, course: Course): UpdatePlan {
  const moved = advance(situation, course);
  return {
    moved,
    runs: { Step: stepSlot(situation, course, moved.index), Background: backgroundSlot(situation, course, moved.index) },
    switches: planSwitches(situation, course, moved.traffic),
  };
}

function advance(situation: Situation, course: Course): Advance {
  const { steps, rollout, frozen, routed, canary } = situation;
  const walk: Walk = { index: course.index, pauses: [...course.pauses], before: [], after: [], wakeAtMs: undefined, again: false };
  let plan = planAt(situation, course, walk.index);
  const waits = frozen || rollout.spec.paused === true;
  const kind = moment(situation, course);
  const walks = kind === 'update' && !waits && !course.restarted && !course.promoteFull;
  // Also where the update waits for something else: what a status says of a run and why it pauses are stored together.
  if (kind === 'update' && !course.restarted && !course.promoteFull) noteInconclusive(situation, course, walk);
  let locked = false;
  let hasMoved = false;
  for (let left = steps.length; walks && left > 0 && walk.index < steps.length; left -= 1) {
    const step = steps[walk.index];
    const isMove = step !== undefined && movesWorld(step);
    if (locked && isMove) break;
    if (!stepDone(situation, course, plan, walk)) break;
    locked ||= isMove && changesPods(situation, plan.pods);
    (locked ? walk.after : walk.before).push(walk.index);
    walk.index += 1;
    walk.pauses = withoutStepPause(walk.pauses);
    const next: Plan = locked ? plan : planAt(situation, course, walk.index);
    hasMoved ||= isMove;
    // That a step is done is read from the routes: it is stored before they are changed for one behind it.
    locked ||= hasMoved && changesRoutes(plan, next);
    if (locked) walk.again = true;
    else plan = next;
  }
  // A first version is nobody's update: it is the stable one that a person's pause holds updates back from.
  const held = frozen || locked || (waits && kind !== 'alone');
  const promoted = held ? undefined : promotion(situation, course, walk.index, plan);
  const resumePending = waits && course.resumed;
  return {
    index: promoted === undefined ? walk.index : steps.length,
    doneBefore: walk.before,
    doneAfter: walk.after,
    pauses: promoted === undefined && !course.promoteFull ? walk.pauses : [],
    controllerPause: resumePending || (promoted === undefined && !course.promoteFull && walk.pauses.length > 0),
    pods:
      promoted === undefined || !routed
        ? plan.pods
        : withFarewell(situation, plan.pods, isDynamic(situation) ? 0 : (canary.scaleDownDelaySeconds ?? 30)),
    traffic: plan.traffic,
    promoted,
    wakeAtMs: walk.wakeAtMs,
    experiment: experimentSlot(situation, course, walk.index),
    again: walk.again || promoted !== undefined || (plan.traffic?.confirmed === true && !plan.traffic.recorded),
  };
}

interface Plan {
  readonly pods: CanaryPods;
  readonly traffic: TrafficPlan | undefined;
}

interface Walk {
  index: number;
  pauses: readonly PauseCondition[];
  readonly before: number[];
  readonly after: number[];
  wakeAtMs: number | undefined;
  again: boolean;
}

function planAt(situation: Situation, course: Course, index: number): Plan {
  const traffic = planTraffic(situation, course, index);
  return { traffic, pods: planPods(situation, course, index, traffic) };
}

function stepDone(situation: Situation, course: Course, plan: Plan, walk: Walk): boolean {
  const { steps, maxWeight, routed } = situation;
  const step = steps[walk.index];
  if (step === undefined || walk.pauses.some((pause) => pause.reason === 'InconclusiveAnalysisRun')) return false;
  if (step.pause !== undefined) return pauseDone(situation, course, walk, step.pause.duration);
  if (step.analysis !== undefined) {
    return recordedRun(situation, course, { type: 'Step', index: walk.index })?.status === 'Successful';
  }
  if (step.experiment !== undefined) {
    return !walk.pauses.some((pause) => pause.reason === 'InconclusiveExperiment') && experimentDone(situation, course, walk.index);
  }
  if (step.setHeaderRoute !== undefined || step.setMirrorRoute !== undefined) return plan.traffic?.settled === true;
  if (step.setWeight === undefined && step.setCanaryScale === undefined) return false;
  if (!plan.pods.reached) return false;
  if (!routed) return true;
  if (plan.traffic?.settled !== true) return false;
  return plan.pods.target.canary === 0 || plan.traffic.desired.canaryWeight === weightAt(steps, walk.index, maxWeight);
}

function pauseDone(situation: Situation, course: Course, walk: Walk, duration: number | string | undefined): boolean {
  if (course.resumed && walk.index === course.index) return true;
  // Times are written in whole seconds: rounded down, a pause would end before its time.
  const start = duration === undefined ? situation.now : timestamp(situation.nowMs + 999);
  walk.pauses = withPause(walk.pauses, 'CanaryPauseStep', start);
  const endMs = pauseEnd(walk.pauses, duration);
  if (endMs === undefined) return false;
  if (endMs <= situation.nowMs) return true;
  walk.wakeAtMs = endMs;
  return false;
}

/** What could not decide leaves it to a person. */
function noteInconclusive(situation: Situation, course: Course, walk: Walk): void {
  const places = [{ type: 'Step', index: course.index }, { type: 'Background' }] as const;
  if (places.some((place) => recordedRun(situation, course, place)?.status === 'Inconclusive')) {
    walk.pauses = withPause(walk.pauses, 'InconclusiveAnalysisRun', situation.now);
  }
  if (isUndecided(situation, course)) walk.pauses = withPause(walk.pauses, 'InconclusiveExperiment', situation.now);
}

/** Done when pods or routes are as it wants them. */
function movesWorld({ setWeight, setCanaryScale, setHeaderRoute, setMirrorRoute }: CanaryStep): boolean {
  return [setWeight, setCanaryScale, setHeaderRoute, setMirrorRoute].some((part) => part !== undefined);
}

function changesRoutes({ traffic: before }: Plan, { traffic: after }: Plan): boolean {
  return before !== undefined && after !== undefined && !sameRoutes(before.desired, after.desired);
}

function changesPods({ current, stable, older }: Situation, pods: PodPlan): boolean {
  return (
    pods.current !== (current?.size ?? 0) ||
    (stable !== undefined && stable !== current && pods.stable !== stable.size) ||
    older.some((one, i) => pods.older[i] !== one.size)
  );
}

/** The words of the RolloutCompleted event, once the current version has taken the whole place. */
function promotion(situation: Situation, course: Course, index: number, { pods, traffic }: Plan): string | undefined {
  const { current, stable, steps, replicas, routed, maxWeight, canary, older } = situation;
  if (current === undefined || isStable(situation)) return undefined;
  const kind = moment(situation, course);
  if (kind === 'alone') return current.size === replicas && current.available >= replicas ? 'Initial deploy' : undefined;
  if (kind !== 'update' || course.restarted || (index < steps.length && !course.promoteFull)) return undefined;
  if (current.available < podsToPromote(situation) || pods.current !== current.size) return undefined;
  const drained = [stable, ...older].every((one) => one === undefined || (one.size === 0 && one.total === 0));
  const over = routed
    ? traffic?.settled === true && (traffic.desired.canaryWeight === maxWeight || replicas === 0)
    : canary.stableService !== undefined || drained;
  if (!over) return undefined;
  if (course.promoteFull) return 'Full promotion requested';
  return isWindowRollback(situation) ? 'Rollback within window' : `Completed all ${steps.length} canary steps`;
}
