/** Ends the experiments of a Rollout that no longer matter, and throws away those beyond the limits or whose version is gone. */
import type { Experiment } from '../../../api/experiment.ts';
import { labels } from '../../../api/names.ts';
import type { Advance } from '../advance.ts';
import type { Course } from '../command.ts';
import type { Effect } from '../decision.ts';
import { moment } from '../moment.ts';
import type { Situation } from '../situation.ts';
import { isOfStep, isOpen } from './step-experiment.ts';

/**
 * `kept` is that of the step in progress. One of a later step was made by a pass whose status was not stored: it is met again. What the
 * status shows or routes may lead to is not thrown away, and nothing is for an invalid spec.
 */
export function tidyExperiments(situation: Situation, course: Course, { experiment: slot, index }: Advance): readonly Effect[] {
  const { observed, rollout, status, frozen } = situation;
  const kept = slot?.name;
  const mayBeMet = moment(situation, course) === 'update' && !course.promoteFull;
  const effects: Effect[] = [];
  const hashes = new Set(observed.replicaSets.map((one) => one.metadata.labels?.[labels.podTemplateHash]));
  const { currentExperiment, weights } = status.canary ?? {};
  const isRouted = (weights?.additional ?? []).length > 0 || weights?.verified === false;
  const ended: { readonly successful: Experiment[]; readonly unsuccessful: Experiment[] } = { successful: [], unsuccessful: [] };
  for (const experiment of observed.experiments) {
    const { name, deletionTimestamp, labels: worn } = experiment.metadata;
    if (name === kept || deletionTimestamp !== undefined) continue;
    if (isOpen(experiment)) {
      const isAhead = mayBeMet && situation.steps.some((_, later) => later > index && isOfStep(situation, later, name));
      if (experiment.spec.terminate !== true && !isAhead) effects.push({ kind: 'terminate-experiment', name });
    } else if (frozen || isRouted || name === currentExperiment) continue;
    else if (!hashes.has(worn?.[labels.podTemplateHash])) effects.push(deletion(experiment));
    else ended[experiment.status?.phase === 'Successful' ? 'successful' : 'unsuccessful'].push(experiment);
  }
  const limits = rollout.spec.analysis;
  effects.push(...beyond(ended.successful, limits?.successfulRunHistoryLimit ?? 5));
  effects.push(...beyond(ended.unsuccessful, limits?.unsuccessfulRunHistoryLimit ?? 5));
  return effects;
}

/** The oldest are deleted; of two that are equally old the one with the smaller name. */
function beyond(experiments: readonly Experiment[], limit: number): readonly Effect[] {
  const age = ({ metadata }: Experiment) => `${metadata.creationTimestamp ?? ''}/${metadata.name}`;
  const oldestFirst = [...experiments].sort((a, b) => (age(a) < age(b) ? -1 : 1));
  return oldestFirst.slice(0, Math.max(0, experiments.length - Math.max(0, limit))).map(deletion);
}

function deletion({ metadata: { name, uid = '' } }: Experiment): Effect {
  return { kind: 'delete-experiment', name, uid };
}
