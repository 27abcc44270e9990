/**
 * The conditions of an Experiment, all computed anew in every pass. They carry no observedGeneration: where there is no status subresource
 * every write of the status is a new generation.
 */
import type { ExperimentCondition, ExperimentStatus, ExperimentTemplateStatus } from '../../api/experiment.ts';
import {
  type ExperimentConditionType,
  experimentMessages as messages,
  experimentConditionReasons as reasons,
  experimentConditionTypes as types,
} from '../../api/experiment-reasons.ts';
import { toldProblems } from '../../api/validation/invalid-spec.ts';
import { isCompleted } from '../analysis/phase.ts';
import type { Situation } from './situation.ts';

interface News {
  readonly type: ExperimentConditionType;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

export function conditionsOf(
  situation: Situation,
  next: Pick<ExperimentStatus, 'phase' | 'availableAt'>,
  templates: readonly ExperimentTemplateStatus[],
): readonly ExperimentCondition[] {
  const news = [
    ...(templates.length > 0
      ? [progressing(situation, next, templates), running(situation, next), completed(situation, next)]
      : []),
    replicaFailure(situation),
    invalidity(situation, next),
  ];
  return news.filter((one) => one !== undefined).map((one) => updated(situation, one));
}

function updated({ stored, now }: Situation, { type, status, reason, message }: News): ExperimentCondition {
  const old = stored.conditions?.find((one) => one.type === type);
  const same = old !== undefined && old.status === status && old.reason === reason && old.message === message;
  return {
    type,
    status,
    reason,
    message,
    lastUpdateTime: same ? old.lastUpdateTime : now,
    lastTransitionTime: old?.status === status ? old.lastTransitionTime : now,
  };
}

function progressing(
  { experiment }: Situation,
  { availableAt }: Pick<ExperimentStatus, 'availableAt'>,
  templates: readonly ExperimentTemplateStatus[],
): News {
  const { name } = experiment.metadata;
  const type = types.progressing;
  if (templates.some(({ status }) => status === 'Failed')) {
    return { type, status: 'False', reason: reasons.progressDeadlineExceeded, message: messages.timedOut(name) };
  }
  return availableAt === undefined
    ? { type, status: 'True', reason: reasons.replicaSetUpdated, message: messages.progressing(name) }
    : { type, status: 'True', reason: reasons.newReplicaSetAvailable, message: messages.available(name) };
}

function running({ experiment }: Situation, { phase }: Pick<ExperimentStatus, 'phase'>): News {
  const runs = phase === 'Running';
  const { name } = experiment.metadata;
  return {
    type: types.running,
    status: runs ? 'True' : 'False',
    reason: reasons.running,
    message: runs ? messages.running(name) : messages.notRunning(name),
  };
}

function completed({ experiment }: Situation, { phase }: Pick<ExperimentStatus, 'phase'>): News {
  const done = isCompleted(phase);
  const { name } = experiment.metadata;
  return {
    type: types.completed,
    status: done ? 'True' : 'False',
    reason: reasons.completed,
    message: done ? messages.completed(name) : messages.notCompleted(name),
  };
}

function replicaFailure({ observed }: Situation): News | undefined {
  for (const { status } of observed.replicaSets) {
    const failure = status?.conditions?.find((one) => one.type === types.replicaFailure && one.status === 'True');
    if (failure === undefined) continue;
    const { reason = '', message = '' } = failure;
    return { type: types.replicaFailure, status: 'True', reason, message };
  }
  return undefined;
}

/** An experiment that has come to its end needs nobody to put its spec right. */
function invalidity(situation: Situation, { phase }: Pick<ExperimentStatus, 'phase'>): News | undefined {
  const { frozen, stored } = situation;
  if (!frozen || (isCompleted(phase) && (stored.templateStatuses ?? []).length > 0)) return undefined;
  return { type: types.invalidSpec, status: 'True', reason: reasons.invalidSpec, message: invalidSpecText(situation) };
}

/** `The Experiment "x" is invalid: spec.templates[0].selector: is required ...`. */
export function invalidSpecText({ problems, experiment }: Situation): string {
  return messages.invalidSpec(experiment.metadata.name, toldProblems(problems));
}
