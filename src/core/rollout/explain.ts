/**
 * What a Rollout is doing, what it waits for, what comes next and when, in sentences. They are read off the decision that the controller
 * would make of the same objects at the same time, so they cannot say anything else than what happens.
 */

import type { AnalysisRun } from '../../api/analysis-run.ts';
import { conditionReasons, conditionTypes, phaseMessages } from '../../api/reasons.ts';
import { decideAnalysisRun } from '../analysis/decide-analysis-run.ts';
import { isCompleted } from '../analysis/phase.ts';
import { type Course, readCommand } from './command.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { ObservedRollout } from './observed-rollout.ts';
import { deadlineMs } from './progress.ts';
import { recordedRuns } from './recorded-runs.ts';
import type { RouteEvidence } from './routes.ts';
import { type Situation, survey, timestamp } from './situation.ts';
import { stepText } from './steps.ts';

export interface Explanation {
  readonly phase: string;
  readonly sentences: readonly string[];
}

/** `trouble`: what is wrong with pods of the new version, a few words each; the world beyond the objects of a decision. */
export function explain(observed: ObservedRollout, nowMs: number, trouble: readonly string[] = []): Explanation {
  const seen = withKnownRoutes(observed, nowMs);
  const decision = decide(seen, nowMs);
  const situation = survey({ ...seen, rollout: { ...seen.rollout, status: decision.status } }, nowMs);
  const { phase = 'Progressing', message = '' } = decision.status;
  const behind = notActedOn(observed, decision);
  return { phase, sentences: [...sentencesOf(situation, decision, message, trouble), ...behind] };
}

/**
 * What the router said is in the controller's memory alone. Where the status says that the weights which are wanted now are written, that
 * is taken for its word.
 */
function withKnownRoutes(observed: ObservedRollout, nowMs: number): ObservedRollout {
  const weights = observed.rollout.status?.canary?.weights;
  const asked = decide(observed, nowMs).effects.find((effect) => effect.kind === 'converge-routes');
  if (asked === undefined || weights?.canary.weight !== asked.desired.canaryWeight) return observed;
  const routes: RouteEvidence = {
    desired: asked.desired,
    state: weights.verified === true ? 'confirmed' : 'pending',
    message: weights.verified === true ? '' : 'the gateway has not confirmed the weights yet',
    liveCanaryWeight: asked.desired.canaryWeight,
    reasserted: false,
  };
  return { ...observed, routes };
}

function sentencesOf(situation: Situation, decision: Decision, message: string, trouble: readonly string[]): readonly string[] {
  const { status } = decision;
  const paused = status.conditions?.find(({ type }) => type === conditionTypes.paused)?.message ?? '';
  const invalid = status.conditions?.find(({ type }) => type === conditionTypes.invalidSpec);
  if (invalid !== undefined)
    return [
      sentence(invalid.message),
      'It goes on by itself as soon as that is put right; until then nothing new begins, and an abort still works.',
    ];
  if (status.abort === true) return [sentence(message), sentence(paused)];
  if (status.phase === 'Paused') return [sentence(paused || message), ...analyses(situation)];
  if (status.phase === 'Healthy') return [healthy(situation), ...leaving(situation)];
  return underWay(situation, message, trouble);
}

function healthy({ revision, replicas, current }: Situation): string {
  const pods = replicas === 1 ? 'its pod is available' : `all ${replicas} of its pods are available`;
  return `Revision ${current?.revision ?? revision} is the stable version and ${replicas === 0 ? 'is scaled to 0' : pods}; the next change of the spec begins an update.`;
}

/** Pods that wait for their end. */
function leaving({ older, stable, current, nowMs }: Situation): readonly string[] {
  const members = [...older, ...(stable === current || stable === undefined ? [] : [stable])];
  return members.flatMap(({ replicaSet, revision, size }) => {
    const ms = Date.parse(replicaSet.metadata.annotations?.['scale-down-deadline'] ?? '');
    return size > 0 && ms > nowMs ? [`The ${size} pods of revision ${revision} are kept until ${timestamp(ms)}.`] : [];
  });
}

function underWay(situation: Situation, message: string, trouble: readonly string[]): readonly string[] {
  const { current, revision, replicas, steps, status } = situation;
  const course = readCommand(situation);
  const index = status.currentStepIndex ?? 0;
  const step = steps[index];
  const place =
    step === undefined || status.promoteFull === true ? '' : ` at step ${index + 1}/${steps.length} (${stepText(step)})`;
  const isFirst = situation.stable === undefined;
  const what = isFirst
    ? `Revision ${revision} is deployed for the first time`
    : `Revision ${current?.revision ?? revision} is on its way${place}`;
  const pods =
    current === undefined
      ? 'its ReplicaSet is not there yet'
      : `${current.available} of the ${current.size} pods it has been given are available (${replicas} in the end)`;
  return [
    `${what}: ${pods}.`,
    ...detailOf(message).map((one) => sentence(one)),
    ...trouble.map((one) => sentence(one)),
    ...analyses(situation),
    ...next(situation, course, index),
  ];
}

/** What the message of the phase says beyond the word for it: what a router or the API server refuses. */
function detailOf(message: string): readonly string[] {
  const known = Object.values(phaseMessages).find((words) => message.startsWith(words)) ?? '';
  const detail = message.slice(known.length).replace(/^[:;]\s*/, '');
  return detail === '' ? [] : [detail];
}

function next(situation: Situation, course: Course, index: number): readonly string[] {
  const { steps, revision, stable, status } = situation;
  if (stable === undefined) return deadline(situation, course);
  const following = steps[index + 1];
  const isLast = following === undefined || status.promoteFull === true;
  const then = isLast
    ? `Then revision ${situation.current?.revision ?? revision} becomes the stable version.`
    : `Then comes step ${index + 2}/${steps.length} (${stepText(following)}).`;
  return [then, ...deadline(situation, course)];
}

function deadline(situation: Situation, course: Course): readonly string[] {
  const ms = deadlineMs(situation, course);
  const isStuck = situation.status.conditions?.some(({ reason }) => reason === conditionReasons.progressDeadlineExceeded);
  if (ms === undefined || isStuck === true) return [];
  const { progressDeadlineAbort } = situation.rollout.spec;
  const what = progressDeadlineAbort === true ? 'it is aborted' : 'it counts as stuck';
  return ms <= situation.nowMs ? [] : [`Without progress ${what} at ${timestamp(ms)}.`];
}

/** Those that the update waits for. */
function analyses({ status, observed, nowMs }: Situation): readonly string[] {
  const names = new Set(Object.values(recordedRuns(status)).map((run) => run?.name));
  return observed.analysisRuns.filter(({ metadata }) => names.has(metadata.name)).flatMap((run) => runSentence(run, nowMs));
}

function runSentence(run: AnalysisRun, nowMs: number): readonly string[] {
  const { metadata, spec, status } = run;
  if (isCompleted(status?.phase)) return [];
  const metrics = (status?.metricResults ?? []).map((metric) => {
    const counts = [
      [metric.successful, 'good'],
      [metric.failed, 'bad'],
      [metric.inconclusive, 'neither'],
      [metric.error, 'without an answer'],
    ] as const;
    const told = counts.flatMap(([count, word]) => (count === undefined || count === 0 ? [] : [`${count} ${word}`]));
    return `${metric.name}: ${told.join(', ') || 'nothing yet'}`;
  });
  const providers = new Set((spec.metrics ?? []).flatMap(({ provider }) => Object.keys(provider ?? {})));
  const { next: look } = decideAnalysisRun({ run, problems: [], measurements: [], providers }, nowMs);
  const again = look.kind === 'requeue' && look.afterMs >= 1000 ? `; it measures again at ${timestamp(nowMs + look.afterMs)}` : '';
  return [`AnalysisRun ${metadata.name} measures${metrics.length === 0 ? '' : ` (${metrics.join('; ')})`}${again}.`];
}

/** A controller that works leaves nothing of this for longer than a moment. */
function notActedOn({ rollout }: ObservedRollout, { effects }: Decision): readonly string[] {
  const { generation } = rollout.metadata;
  const seen = Number(rollout.status?.observedGeneration);
  const isOld = generation !== undefined && !(seen >= generation);
  const writes = effects.filter(({ kind }) => kind !== 'converge-routes').length;
  if (!isOld && writes === 0) return [];
  return ['The controller has not acted on this yet; if that lasts, see whether it runs and leads.'];
}

function sentence(text: string): string {
  return text === '' ? '' : `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
}
