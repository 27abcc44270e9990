/**
 * One look at an Experiment, one answer: which pods and Services it needs, which analyses may begin, whether it is over and how it ended. A
 * pure function of the observed world and the time; every prefix of its effects is safe, and doing it again in a settled world writes nothing.
 */
import type { ExperimentStatus, ExperimentTemplateStatus } from '../../api/experiment.ts';
import { isCompleted } from '../analysis/phase.ts';
import { awaitChange, type Next, requeue, sooner } from '../decision.ts';
import { latestStatus, type PlannedAnalysis, planAnalyses, terminations } from './analyses.ts';
import { announcementsOf } from './announcements.ts';
import { conditionsOf, invalidSpecText } from './conditions.ts';
import type { ExperimentDecision, ExperimentEffect } from './decision.ts';
import { type Ending, endingOf, endMs, outlives, worstPhase } from './ending.ts';
import type { Member } from './members.ts';
import type { ObservedExperiment } from './observed-experiment.ts';
import { keepUp, takeDown } from './replica-set-effects.ts';
import { availableAtMs, type Situation, survey } from './situation.ts';
import { deadlineMs, isFinal, templateStatus } from './template-status.ts';

/** Never throws on what users can write; a broken invariant of our own is a bug. */
export function decideExperiment(observed: ObservedExperiment, nowMs: number): ExperimentDecision {
  const situation = survey(observed, nowMs);
  if (situation.ended) return tidyUp(situation);
  if (situation.frozen && (situation.stored.templateStatuses ?? []).length === 0) return refuse(situation);
  return goOn(situation);
}

function goOn(situation: Situation): ExperimentDecision {
  const { members, status, stored, now, observed } = situation;
  const pods = members.map((member) => templateStatus(situation, member, false));
  // What is over begins only what has to outlive it.
  const begun = planAnalyses(situation, () => true);
  const ending = endingOf(situation, pods, begun);
  const over = ending.kind !== 'goes-on';
  const analyses = over ? planAnalyses(situation, (one) => ending.kind === 'over' && outlives(situation, one)) : begun;
  const templates = over ? members.map((member, i) => lastStatus(situation, member, pods[i])) : pods;
  const available = !over && pods.length > 0 && pods.every((one) => one.status === 'Running');
  const availableAt = status.availableAt ?? (available ? now : undefined);
  const verdict = phaseOf(situation, { ending, templates, analyses, availableAt });
  const next = statusOf(situation, { verdict, templates, analyses, availableAt });
  const farewell = over ? takeDown(situation) : undefined;
  const effects = [...(farewell?.effects ?? keepUp(situation)), ...runEffects(situation, { ending, analyses })];
  return {
    status: next,
    effects: effects.filter((effect) => !wasRefused(observed, effect)),
    announcements: announcementsOf(stored, next, observed.analysisRuns),
    next: nextLook(situation, templates, {
      wakeAtMs: over ? farewell?.wakeAtMs : endMs(situation),
      again: availableAt !== status.availableAt,
    }),
  };
}

/** What went wrong with it stays told. */
function lastStatus(situation: Situation, member: Member, present: ExperimentTemplateStatus | undefined): ExperimentTemplateStatus {
  return isFinal(present) ? present : templateStatus(situation, member, true);
}

interface Planned {
  readonly ending: Ending;
  readonly templates: readonly ExperimentTemplateStatus[];
  readonly analyses: readonly PlannedAnalysis[];
  readonly availableAt: string | undefined;
}

type Phase = Pick<ExperimentStatus, 'phase' | 'message'>;

function phaseOf(situation: Situation, { ending, templates, analyses, availableAt }: Planned): Phase {
  if (ending.kind === 'failed') return { phase: ending.phase, message: ending.message };
  const open = analyses
    .filter(({ analysis, status }) => (status === undefined ? outlives(situation, analysis) : !isCompleted(status.phase)))
    .map(({ analysis }) => analysis.name);
  if (ending.kind === 'over') {
    if (open.length === 0) return ended(situation, analyses, ending.why);
    return {
      phase: availableAt === undefined ? 'Pending' : 'Running',
      message: `${ending.why}; waits for the verdict of ${open.join(', ')}`,
    };
  }
  if (situation.frozen)
    return { phase: availableAt === undefined ? 'Pending' : 'Running', message: `InvalidSpec: ${invalidSpecText(situation)}` };
  if (availableAt === undefined) {
    const missing = templates.filter(({ status }) => status !== 'Running').map(({ name }) => name);
    return { phase: 'Pending', message: `waits for the pods of ${missing.join(', ')} to be available` };
  }
  return { phase: 'Running', message: untilWhen(situation, availableAt) };
}

function ended({ spec }: Situation, analyses: readonly PlannedAnalysis[], why: string): Phase {
  const phase = worstPhase(analyses);
  const guilty = analyses.find(({ status }) => status?.phase === phase)?.status;
  if (phase === 'Successful' || guilty === undefined) return { phase, ...(spec.terminate === true ? { message: why } : {}) };
  const detail = guilty.message ? `: ${guilty.message}` : '';
  return { phase, message: `AnalysisRun '${guilty.analysisRun}' ${phase}${detail}` };
}

function untilWhen(situation: Situation, availableAt: string): string {
  const { spec } = situation;
  const required = (spec.analyses ?? []).filter((one) => one.requiredForCompletion === true).map(({ name }) => name);
  const end = endMs({ ...situation, status: { ...situation.status, availableAt } });
  const byRuns = required.length === 0 ? '' : `until ${required.join(', ')} ${required.length === 1 ? 'has' : 'have'} ended`;
  const byTime = end === undefined ? '' : `until ${new Date(end).toISOString().replace(/\.\d+Z$/, 'Z')}`;
  if (byRuns === '' && byTime === '') return 'runs until it is terminated';
  return `runs ${[byRuns, byTime].filter((text) => text !== '').join(', or ')}`;
}

function statusOf(
  { status, stored, ...rest }: Situation,
  { verdict, templates, analyses, availableAt }: Omit<Planned, 'ending'> & { readonly verdict: Phase },
): ExperimentStatus {
  const runs = analyses.flatMap((one) => one.status ?? []);
  const conditions = conditionsOf({ status, stored, ...rest }, { phase: verdict.phase, availableAt }, templates);
  return {
    ...verdict,
    templateStatuses: [...templates],
    ...(availableAt === undefined ? {} : { availableAt }),
    conditions: [...conditions],
    ...(runs.length === 0 ? {} : { analysisRuns: runs }),
  };
}

function runEffects(situation: Situation, { ending, analyses }: Pick<Planned, 'ending' | 'analyses'>): readonly ExperimentEffect[] {
  const kept = analyses.filter(
    ({ analysis }) => ending.kind === 'goes-on' || (ending.kind === 'over' && outlives(situation, analysis)),
  );
  // Before all pods were available no run is one of this try.
  const names = availableAtMs(situation) === undefined ? [] : kept.flatMap(({ status }) => status?.analysisRun ?? []);
  return [
    ...analyses.flatMap(({ analysis, create }): ExperimentEffect[] =>
      create === undefined ? [] : [{ kind: 'create-analysis-run', analysis: analysis.name, run: create }],
    ),
    ...terminations(situation, new Set(names)),
  ];
}

/** Nothing is begun of what cannot be obeyed. What is only missing may still come. */
function refuse(situation: Situation): ExperimentDecision {
  const { stored, problems, observed } = situation;
  const phase = problems.every((one) => one.isMissing === true) ? 'Pending' : 'Error';
  const conditions = conditionsOf(situation, { phase, availableAt: undefined }, []);
  const next = { phase, message: `InvalidSpec: ${invalidSpecText(situation)}`, conditions: [...conditions] };
  return {
    status: next,
    effects: [...takeDown(situation).effects, ...terminations(situation, new Set())],
    announcements: announcementsOf(stored, next, observed.analysisRuns),
    next: awaitChange,
  };
}

/** After the end: pods go when their time is over, runs get their verdict, and the status shows both. */
function tidyUp(situation: Situation): ExperimentDecision {
  const { stored, members, observed, nowMs } = situation;
  const { effects, wakeAtMs } = takeDown(situation);
  const templates = members.flatMap((member) => counted(situation, member) ?? []);
  const runs = (stored.analysisRuns ?? []).map((one) => latestStatus(observed, one));
  const next = {
    ...stored,
    ...(templates.length === 0 ? {} : { templateStatuses: templates }),
    ...(runs.length === 0 ? {} : { analysisRuns: runs }),
  };
  return {
    status: next,
    effects: [...effects, ...terminations(situation, new Set())].filter((effect) => !wasRefused(observed, effect)),
    announcements: announcementsOf(stored, next, observed.analysisRuns),
    next: wakeAtMs === undefined ? awaitChange : requeue(wakeAtMs - nowMs),
  };
}

const counts = ['replicas', 'readyReplicas', 'availableReplicas'] as const;

/** A status that another controller wrote is left as it is while its numbers are right. */
function counted(situation: Situation, member: Member): ExperimentTemplateStatus | undefined {
  const { recorded } = member;
  if (!isFinal(recorded)) return recorded;
  const present = templateStatus(situation, member, true);
  return counts.every((count) => (recorded[count] ?? 0) === present[count]) ? recorded : present;
}

function nextLook(
  situation: Situation,
  templates: readonly ExperimentTemplateStatus[],
  { wakeAtMs, again }: { readonly wakeAtMs: number | undefined; readonly again: boolean },
): Next {
  const { nowMs, members } = situation;
  let next: Next = again ? requeue(0) : awaitChange;
  const at = (ms: number | undefined): void => {
    if (ms !== undefined && ms > nowMs) next = sooner(next, requeue(ms - nowMs));
  };
  at(wakeAtMs);
  for (const [index, member] of members.entries()) {
    const recorded = templates[index];
    if (recorded !== undefined) at(deadlineMs(situation, { ...member, recorded }));
  }
  return next;
}

/** The same write to the same object, whatever it says, was refused in this pass. */
function wasRefused({ failures }: ObservedExperiment, effect: ExperimentEffect): boolean {
  return failures.some((failure) => failure.effect.kind === effect.kind && nameOf(failure.effect) === nameOf(effect));
}

function nameOf(effect: ExperimentEffect): string {
  switch (effect.kind) {
    case 'create-replica-set':
      return effect.replicaSet.metadata.name;
    case 'create-service':
      return effect.service.metadata.name;
    case 'create-analysis-run':
      return effect.run.metadata.name;
    default:
      return effect.name;
  }
}
