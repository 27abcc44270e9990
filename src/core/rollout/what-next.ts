/**
 * The sentence of a Rollout that waits: where it stands, what goes on next, and when or by whose hand. It is the message of the condition
 * Paused, whose words no client matches on; it is made of what is stored anyway and names instants, so it costs no write of its own.
 */
import { conditionMessages } from '../../api/reasons.ts';
import type { CanaryStep } from '../../api/rollout.ts';
import type { Advance } from './advance.ts';
import { pauseEnd } from './pause.ts';
import { type Situation, timestamp } from './situation.ts';
import { stepText } from './steps.ts';

/** Why a Rollout that is paused goes on, and when. */
export function pausedUntil(situation: Situation, moved: Advance): string {
  const { rollout, steps, name, frozen, blueGreen } = situation;
  const step = steps[moved.index];
  const place = step === undefined ? '' : ` at step ${moved.index + 1}/${steps.length} (${nameOf(step)})`;
  const paused = `${conditionMessages.paused}${place}`;
  if (rollout.spec.paused === true) return `${paused}: goes on when spec.paused is no longer true`;
  if (frozen) return `${paused}: goes on when what InvalidSpec says is put right`;
  const promote = `kubectl argo rollouts promote ${name}`;
  const next = nextStep(situation, moved.index);
  if (moved.pauses.some(({ reason }) => reason === 'InconclusiveAnalysisRun')) {
    return `${paused}: an analysis could not decide; goes on with ${next} by ${promote}, or goes back by kubectl argo rollouts abort ${name}`;
  }
  if (moved.pauses.some(({ reason }) => reason === 'InconclusiveExperiment')) {
    return `${paused}: an experiment could not decide; goes on with ${next} by ${promote}, or goes back by kubectl argo rollouts abort ${name}`;
  }
  const endMs = blueGreen === undefined ? pauseEnd(moved.pauses, step?.pause?.duration) : moved.wakeAtMs;
  return endMs === undefined
    ? `${paused}: goes on with ${next} when someone promotes it: ${promote}`
    : `${paused}: goes on with ${next} at ${timestamp(endMs)}`;
}

/** What an aborted Rollout has come to, and what begins it again. */
export function abortedUntil({ stable, name, routed }: Situation, moved: Advance): string {
  const again = `another version in the spec, or for kubectl argo rollouts retry rollout ${name}`;
  if (stable === undefined) return `Rollout is aborted: there is nothing to go back to; waits for ${again}`;
  const revision = `revision ${stable.revision}`;
  if (!routed && moved.blueGreen === undefined) return `Rollout is aborted: back to ${revision}; waits for ${again}`;
  const isBack = moved.traffic?.settled === true || moved.blueGreen?.selected.active === stable.hash;
  const back = isBack ? `all traffic is on ${revision}` : `traffic goes back to ${revision}`;
  return `Rollout is aborted: ${back}; waits for ${again}`;
}

function nextStep({ steps, revision }: Situation, index: number): string {
  const next = steps[index + 1];
  return next === undefined ? `the promotion of revision ${revision}` : nameOf(next);
}

function nameOf(step: CanaryStep): string {
  const templates = step.analysis?.templates ?? [];
  return templates.length === 0 ? stepText(step) : `analysis ${templates.map(({ templateName }) => templateName).join(', ')}`;
}
