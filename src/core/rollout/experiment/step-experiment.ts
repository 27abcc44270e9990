/**
 * The Experiment of the step in progress: which one it is, what it says, which is to be created. One is created before a status names it,
 * so one that is there and equal is taken over.
 */
import type { Experiment } from '../../../api/experiment.ts';
import type { Problem } from '../../../api/problem.ts';
import { isCompleted } from '../../analysis/phase.ts';
import type { Course } from '../command.ts';
import { moment } from '../moment.ts';
import { canonical } from '../run-spec.ts';
import type { Situation } from '../situation.ts';
import { experimentName, wantedExperiment } from './wanted-experiment.ts';

export interface ExperimentSlot {
  /** What the status names. */
  readonly name: string | undefined;
  readonly create: Experiment | undefined;
  readonly problems: readonly Problem[];
}

export const noExperiment: ExperimentSlot = { name: undefined, create: undefined, problems: [] };

/** Names of one step that are passed over because others have them. */
const maxForeign = 100;

/** The experiment that the status names, as it is now; undefined where it names none of this step, or none that is there. */
export function recordedExperiment(situation: Situation, course: Course, index: number): Experiment | undefined {
  const { experiment } = course;
  if (experiment === undefined || !isOfStep(situation, index, experiment)) return undefined;
  return situation.observed.experiments.find(({ metadata }) => metadata.name === experiment);
}

/** `<name>`, or `<name>-<number>` of a later try. */
export function isOfStep(situation: Situation, index: number, name: string): boolean {
  const base = experimentName(situation, index);
  return name === base || (name.startsWith(`${base}-`) && /^\d+$/.test(name.slice(base.length + 1)));
}

/** An invalid spec that lost the step ends none. */
export function experimentSlot(situation: Situation, course: Course, index: number): ExperimentSlot {
  const { steps, frozen, rollout } = situation;
  const step = steps[index]?.experiment;
  if (moment(situation, course) !== 'update' || (course.promoteFull && !frozen) || (step === undefined && !frozen))
    return noExperiment;
  const recorded = recordedExperiment(situation, course, index);
  if (recorded !== undefined) return { ...noExperiment, name: recorded.metadata.name };
  if (step === undefined || frozen || rollout.spec.paused === true) return noExperiment;
  const wanted = wantedExperiment(situation, index, step);
  return 'problems' in wanted ? { ...noExperiment, problems: wanted.problems } : opened(situation, wanted.experiment);
}

function opened({ observed }: Situation, wanted: Experiment): ExperimentSlot {
  const own = new Map(observed.experiments.map((one) => [one.metadata.name, one]));
  const base = wanted.metadata.name;
  for (let suffix = 0; suffix <= own.size + maxForeign; suffix += 1) {
    const name = suffix === 0 ? base : `${base}-${suffix}`;
    const taken = own.get(name);
    if (taken === undefined && observed.experimentNames.has(name)) continue;
    if (taken === undefined) return { ...noExperiment, name, create: { ...wanted, metadata: { ...wanted.metadata, name } } };
    if (isOpen(taken) && taken.spec.terminate !== true && isSame(taken, wanted)) return { ...noExperiment, name };
  }
  return noExperiment;
}

export function isOpen({ metadata, status }: Experiment): boolean {
  return metadata.deletionTimestamp === undefined && !isCompleted(status?.phase);
}

function isSame(a: Experiment, b: Experiment): boolean {
  return canonical(a.spec) === canonical(b.spec);
}

/** A person who goes on past an experiment that could not decide has decided. */
export function experimentDone(situation: Situation, course: Course, index: number): boolean {
  const phase = recordedExperiment(situation, course, index)?.status?.phase;
  return phase === 'Successful' || (phase === 'Inconclusive' && course.resumed && index === course.index);
}

export function isUndecided(situation: Situation, course: Course): boolean {
  return !course.resumed && recordedExperiment(situation, course, course.index)?.status?.phase === 'Inconclusive';
}

/** Why the experiment of the step ends the update, in the words of the API and its own; undefined while it does not. */
export function experimentFailure(situation: Situation, course: Course): string | undefined {
  if (moment(situation, course) !== 'update') return undefined;
  const { phase, message } = recordedExperiment(situation, course, course.index)?.status ?? {};
  if (phase !== 'Failed' && phase !== 'Error') return undefined;
  return `Experiment phase error/failed${message ? `: ${message}` : ''}`;
}
