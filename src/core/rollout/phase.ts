/** The one word and the one sentence that a Rollout shows: the first that fits, most urgent first. */
import { conditionReasons, conditionTypes, phaseMessages } from '../../api/reasons.ts';
import type { RolloutCondition, RolloutPhase } from '../../api/rollout.ts';
import type { Advance } from './advance.ts';
import type { Course } from './command.ts';
import { willBeStable } from './conditions.ts';
import { countPods } from './progress.ts';
import { refusalSay } from './refusals.ts';
import { restartSay } from './restart/restart.ts';
import type { Situation } from './situation.ts';

export interface PhaseAndMessage {
  readonly phase: RolloutPhase;
  readonly message: string;
}

export function phaseOf(
  situation: Situation,
  course: Course,
  moved: Advance,
  conditions: readonly RolloutCondition[],
): PhaseAndMessage {
  const invalid = conditions.find(({ type }) => type === conditionTypes.invalidSpec);
  const failed = conditions.find(
    ({ reason }) => reason === conditionReasons.rolloutAborted || reason === conditionReasons.progressDeadlineExceeded,
  );
  if (invalid !== undefined) return { phase: 'Degraded', message: `InvalidSpec: ${invalid.message}` };
  if (failed !== undefined)
    return {
      phase: 'Degraded',
      message: `${failed.reason}: ${failed.message}${stillServing(situation, course, moved)}${refusalSay(situation.observed)}`,
    };
  if (situation.rollout.spec.paused === true) return { phase: 'Paused', message: phaseMessages.manuallyPaused };
  const [pause] = moved.pauses;
  if (pause !== undefined) return { phase: 'Paused', message: pause.reason + refusalSay(situation.observed) };
  const waitingFor = restartSay(situation) ?? whatIsMissing(situation, moved);
  if (waitingFor === undefined) return { phase: 'Healthy', message: '' };
  return { phase: 'Progressing', message: waitingFor + refusalSay(situation.observed) };
}

function whatIsMissing(situation: Situation, moved: Advance): string | undefined {
  const counts = countPods(situation);
  const { replicas, current, routed, blueGreen, selected, hash } = situation;
  const wanted = blueGreen === undefined ? replicas : Math.min(replicas, moved.pods.current);
  if (counts.updated < wanted) return phaseMessages.moreReplicas + routesSay(situation);
  if ((current?.replicaSet.status?.availableReplicas ?? 0) < counts.updated) return phaseMessages.becomingAvailable;
  if (blueGreen !== undefined && selected?.active !== hash) return phaseMessages.cutover;
  if (blueGreen !== undefined) return willBeStable(situation, moved) ? undefined : phaseMessages.analysis;
  if (!routed && counts.replicas > counts.updated) return phaseMessages.oldReplicas;
  return willBeStable(situation, moved) ? undefined : phaseMessages.steps + routesSay(situation);
}

function routesSay({ observed }: Situation): string {
  const { routes } = observed;
  return routes === undefined || routes.state === 'confirmed' || routes.message === '' ? '' : `: ${routes.message}`;
}

/** After an abort that the gateway has not confirmed users may still meet the canary; its pods stay until it has. */
function stillServing({ observed, stable, current }: Situation, course: Course, moved: Advance): string {
  const { routes } = observed;
  const { active } = moved.blueGreen?.selected ?? {};
  if (course.aborted && stable !== undefined && active !== undefined && active === current?.hash && current !== stable)
    return '; the active Service goes back as soon as a pod of the stable version is available';
  if (!course.aborted || moved.traffic === undefined || moved.traffic.settled) return '';
  const why = routes === undefined || routes.message === '' ? 'the routes are not confirmed yet' : routes.message;
  return `; canary pods are kept until all traffic is back on stable: ${why}`;
}
