/** What is wrong with what an Experiment refers to: templates of analyses, arguments, names of Services that others have. */
import type { ExperimentStatus } from '../../api/experiment.ts';
import type { Problem } from '../../api/problem.ts';
import { matchMetricRules } from '../analysis/metric-rules.ts';
import type { Member } from './members.ts';
import type { ObservedExperiment } from './observed-experiment.ts';
import { plannedRun } from './run-spec.ts';

interface Context {
  readonly observed: ObservedExperiment;
  readonly members: readonly Member[];
  readonly status: ExperimentStatus;
  readonly now: string;
}

export function referenceProblems(context: Context): readonly Problem[] {
  return [...serviceProblems(context), ...analysisProblems(context)];
}

/** A run that was begun needs its template no more. */
function analysisProblems({ observed, members, status, now }: Context): readonly Problem[] {
  const { analyses = [], dryRun = [], measurementRetention = [] } = observed.experiment.spec;
  const begun = new Set((status.analysisRuns ?? []).map(({ name }) => name));
  if (begun.size > 0 && analyses.every(({ name }) => begun.has(name))) return [];
  const runContext = { observed, members, availableAt: status.availableAt ?? now };
  const planned = analyses.map((analysis, index) => plannedRun(runContext, analysis, index));
  const problems = planned.flatMap((plan, index) =>
    'problems' in plan && !begun.has(analyses[index]?.name ?? '') ? plan.problems : [],
  );
  if (planned.some((plan) => 'problems' in plan)) return problems;
  const names = planned.flatMap((plan) => ('metricNames' in plan ? plan.metricNames : []));
  return [
    ...matchMetricRules(dryRun, names, 'spec.dryRun').problems,
    ...matchMetricRules(measurementRetention, names, 'spec.measurementRetention').problems,
  ];
}

function serviceProblems({ observed, members }: Context): readonly Problem[] {
  const { spec } = observed.experiment;
  return members.flatMap(({ template, service }): Problem[] => {
    const name = service?.metadata.name;
    const isOurs = observed.services.some(({ metadata }) => metadata.name === name);
    if (name === undefined || isOurs || !observed.names.services.has(name)) return [];
    const index = (spec.templates ?? []).findIndex((one) => one.name === template.name);
    const message = `a Service "${name}" that is not this experiment's is there already; name another`;
    return [{ path: `spec.templates[${index}].service`, message, isMissing: true }];
  });
}
