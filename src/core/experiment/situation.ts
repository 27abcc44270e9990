/**
 * What one look at an Experiment comes to: its templates with their ReplicaSets, what keeps it from being obeyed, and what the status says
 * of this try. A status that was taken away, or pods that were changed under way, begin another try.
 */
import type { Experiment, ExperimentSpec, ExperimentStatus } from '../../api/experiment.ts';
import { experimentConditionTypes } from '../../api/experiment-reasons.ts';
import type { ReplicaSet } from '../../api/kubernetes.ts';
import type { Problem } from '../../api/problem.ts';
import { validateExperiment } from '../../api/validation/experiment.ts';
import { isCompleted } from '../analysis/phase.ts';
import { timestamp } from '../rollout/situation.ts';
import { type Member, memberOf, recordedMember } from './members.ts';
import type { ObservedExperiment } from './observed-experiment.ts';
import { referenceProblems } from './references.ts';

export interface Situation {
  readonly observed: ObservedExperiment;
  readonly experiment: Experiment;
  readonly spec: ExperimentSpec;
  /** As it is stored. */
  readonly stored: ExperimentStatus;
  /** The same, empty where this pass begins another try. */
  readonly status: ExperimentStatus;
  readonly nowMs: number;
  /** `nowMs` as status writes times. */
  readonly now: string;
  readonly problems: readonly Problem[];
  /** True while the spec cannot be obeyed: nothing new begins, what was begun comes to its end. */
  readonly frozen: boolean;
  /** It has ended before: nothing is left but to tidy up. */
  readonly ended: boolean;
  readonly members: readonly Member[];
  /** Its ReplicaSets of pods that are no longer wanted. */
  readonly others: readonly ReplicaSet[];
}

export function survey(observed: ObservedExperiment, nowMs: number): Situation {
  const { experiment } = observed;
  const { spec, status: stored = {} } = experiment;
  const ended = hasEnded(stored);
  const recorded = stored.templateStatuses ?? [];
  const byItself = ended ? [] : validateExperiment(experiment, observed.problems);
  const wanted = (spec.templates ?? []).map((template) =>
    memberOf(
      observed,
      template,
      recorded.find(({ name }) => name === template.name),
    ),
  );
  const restarts = !ended && byItself.length === 0 && wanted.some(isOther);
  const members = restarts ? wanted.map((member) => ({ ...member, recorded: undefined })) : wanted;
  const status = restarts ? {} : stored;
  const problems =
    ended || byItself.length > 0 ? byItself : referenceProblems({ observed, members, status, now: timestamp(nowMs) });
  const frozen = problems.length > 0;
  const kept = ended || frozen ? recorded.map((one) => recordedMember(observed, one)) : members;
  const uids = new Set(kept.map(({ replicaSet }) => replicaSet?.metadata.uid));
  return {
    observed,
    experiment,
    spec,
    stored,
    status: frozen ? stored : status,
    nowMs,
    now: timestamp(nowMs),
    problems,
    frozen,
    ended,
    members: kept,
    others: observed.replicaSets.filter(({ metadata }) => !uids.has(metadata.uid)),
  };
}

/** What an invalid spec says is no end: it goes on when that is put right. */
function hasEnded({ phase, conditions = [] }: ExperimentStatus): boolean {
  return (
    isCompleted(phase) && !conditions.some(({ type, status }) => type === experimentConditionTypes.invalidSpec && status === 'True')
  );
}

/** Its pods are not those that the status speaks of. */
function isOther({ recorded, hash }: Member): boolean {
  return recorded?.podTemplateHash !== undefined && recorded.podTemplateHash !== hash;
}

/** Milliseconds since the epoch; undefined before all pods were available. */
export function availableAtMs({ status }: Pick<Situation, 'status'>): number | undefined {
  const ms = Date.parse(status.availableAt ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}
