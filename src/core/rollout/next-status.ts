/** Puts the complete next status together from what was commanded, planned and counted. Fields that are empty are left out. */

import type { LabelSelector } from '../../api/kubernetes.ts';
import { selectorText } from '../../api/label-selector.ts';
import { labels } from '../../api/names.ts';
import type { BlueGreenStatus, CanaryStatus, CanaryWeights, RolloutAnalysisRunStatus, RolloutStatus } from '../../api/rollout.ts';
import type { Advance } from './advance.ts';
import type { Runs } from './analysis-runs.ts';
import { activeMember } from './blue-green/selected.ts';
import type { Course } from './command.ts';
import { conditionsOf } from './conditions.ts';
import { durationOf } from './duration.ts';
import { phaseOf } from './phase.ts';
import { nextTurn } from './ping-pong.ts';
import { countPods } from './progress.ts';
import type { RunType } from './recorded-runs.ts';
import { restartedAt } from './restart/restart.ts';
import type { Situation } from './situation.ts';

export function nextStatus(situation: Situation, course: Course, moved: Advance, runs: Runs): RolloutStatus {
  const { status, hash, stepHash, collisionCount, frozen, generation, rollout } = situation;
  const counts = countPods(situation);
  const active = activeMember(situation);
  const conditions = conditionsOf(situation, course, moved);
  const unknown = frozen && hash === '';
  const next: Record<string, unknown> = {
    ...status,
    ...phaseOf(situation, course, moved, conditions),
    conditions,
    observedGeneration: String(generation),
    workloadObservedGeneration: workloadGeneration(situation),
    // A template that is not to be had takes the selector with it: an autoscaler goes on with the one it knew.
    selector: textOf(active?.replicaSet.spec.selector ?? rollout.spec.selector) ?? (frozen ? status.selector : undefined),
    replicas: counts.replicas,
    updatedReplicas: counts.updated,
    readyReplicas: counts.ready,
    availableReplicas: counts.available,
    // Pods that an update adds are not the autoscaler's: counted, they would make it ask for more, and the update for more again.
    HPAReplicas: active?.total ?? Math.min(counts.replicas, situation.replicas),
    abort: course.aborted || undefined,
    abortedAt: course.abortedAt,
    promoteFull: (course.promoteFull && moved.promoted === undefined) || undefined,
    pauseConditions: moved.pauses.length > 0 ? moved.pauses : undefined,
    controllerPause: moved.controllerPause || undefined,
    canary: canaryStatus(situation, course, moved, runs),
    blueGreen: blueGreenStatus(situation, course, moved, runs),
    duration: durationOf(situation, course, moved),
    restartedAt: restartedAt(situation),
  };
  if (!unknown) {
    next.currentPodHash = hash;
    next.currentStepHash = stepHash === '' ? undefined : stepHash;
    next.currentStepIndex = stepIndex(situation, course, moved);
    next.collisionCount = collisionCount;
    if (moved.promoted !== undefined) next.stableRS = hash;
  }
  return Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)) as RolloutStatus;
}

/** An invalid spec may have lost its steps: the place in those that were under way is kept for the spec that is valid again. */
function stepIndex({ frozen, steps, status }: Situation, course: Course, moved: Advance): number | undefined {
  if (frozen && !course.aborted && !course.retried) return status.currentStepIndex;
  return steps.length > 0 || frozen ? moved.index : undefined;
}

function workloadGeneration({ observed, frozen, status }: Situation): string | undefined {
  if (frozen) return status.workloadObservedGeneration;
  const generation = observed.workload?.generation;
  return generation === undefined ? undefined : String(generation);
}

function canaryStatus(situation: Situation, course: Course, moved: Advance, runs: Runs): CanaryStatus | undefined {
  if (situation.blueGreen !== undefined) return situation.frozen ? situation.status.canary : undefined;
  const {
    currentStepAnalysisRunStatus: _step,
    currentBackgroundAnalysisRunStatus: _background,
    currentExperiment: _experiment,
    weights: _weights,
    stablePingPong,
    ...rest
  } = situation.status.canary ?? {};
  const step = runStatus(situation, course, runs, 'Step');
  const background = runStatus(situation, course, runs, 'Background');
  const weights = weightsOf(situation);
  const { experiment } = moved;
  const { canary, status, frozen, stable } = situation;
  const turn =
    nextTurn(canary, status.canary, moved.promoted !== undefined && stable !== undefined) ?? (frozen ? stablePingPong : undefined);
  const next: CanaryStatus = {
    ...rest,
    ...(step === undefined ? {} : { currentStepAnalysisRunStatus: step }),
    ...(background === undefined ? {} : { currentBackgroundAnalysisRunStatus: background }),
    ...(experiment?.name === undefined ? {} : { currentExperiment: experiment.name }),
    ...(weights === undefined ? {} : { weights }),
    ...(turn === undefined ? {} : { stablePingPong: turn }),
  };
  return Object.keys(next).length > 0 ? next : undefined;
}

function blueGreenStatus(situation: Situation, course: Course, { blueGreen }: Advance, runs: Runs): BlueGreenStatus | undefined {
  const { status, frozen } = situation;
  if (blueGreen === undefined) return frozen ? status.blueGreen : undefined;
  const { selected, checkPoint } = blueGreen;
  const pre = runStatus(situation, course, runs, 'PrePromotion');
  const post = runStatus(situation, course, runs, 'PostPromotion');
  return {
    ...(selected.preview ? { previewSelector: selected.preview } : {}),
    ...(selected.active === '' ? {} : { activeSelector: selected.active }),
    ...(checkPoint === undefined ? {} : { scaleUpPreviewCheckPoint: checkPoint }),
    ...(pre === undefined ? {} : { prePromotionAnalysisRunStatus: pre }),
    ...(post === undefined ? {} : { postPromotionAnalysisRunStatus: post }),
  };
}

/** After an abort the runs stay visible, with their last word. */
function runStatus({ observed }: Situation, course: Course, runs: Runs, type: RunType): RolloutAnalysisRunStatus | undefined {
  const present = runs[type]?.status;
  if (present !== undefined || !course.aborted) return present;
  const recorded = course.runs[type];
  const status = observed.analysisRuns.find((run) => run.metadata.name === recorded?.name)?.status;
  if (recorded === undefined || status === undefined) return recorded;
  return { name: recorded.name, status: status.phase, ...(status.message ? { message: status.message } : {}) };
}

/** What was last written to the routes. */
export function weightsOf({ observed, routed, status, frozen }: Situation): CanaryWeights | undefined {
  const { routes } = observed;
  // A spec that cannot be obeyed moves no weight: what rests on the routes still does.
  if (!routed) return frozen ? status.canary?.weights : undefined;
  if (routes === undefined || routes.state === 'failed') return status.canary?.weights;
  const { canaryService, stableService, canaryWeight, stableWeight, additional } = routes.desired;
  const behind = (service: string) => {
    const hash = observed.services.get(service)?.spec.selector?.[labels.podTemplateHash];
    return { serviceName: service, ...(hash === undefined ? {} : { podTemplateHash: hash }) };
  };
  return {
    canary: { weight: canaryWeight, ...behind(canaryService) },
    stable: { weight: stableWeight, ...behind(stableService) },
    ...(additional.length === 0 ? {} : { additional: additional.map(({ service, weight }) => ({ weight, ...behind(service) })) }),
    verified: routes.state === 'confirmed',
  };
}

function textOf(selector: LabelSelector | undefined): string | undefined {
  return selector === undefined ? undefined : selectorText(selector);
}
