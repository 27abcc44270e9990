/** The AnalysisRun that one analysis of an experiment asks for. */
import type { AnalysisRun, AnalysisRunSpec } from '../../api/analysis-run.ts';
import type { ExperimentAnalysis } from '../../api/experiment.ts';
import { argoApiVersion, labels } from '../../api/names.ts';
import type { Problem } from '../../api/problem.ts';
import { substituteArguments } from '../analysis/arguments.ts';
import { type MergeInput, mergeTemplates } from '../analysis/merge-templates.ts';
import { matchMetricRules } from '../analysis/metric-rules.ts';
import { lookUpField } from '../rollout/field-reference.ts';
import { controllerReference, type Member } from './members.ts';
import type { ObservedExperiment } from './observed-experiment.ts';
import { fillIn } from './run-arguments.ts';

export interface RunContext {
  readonly observed: ObservedExperiment;
  readonly members: readonly Member[];
  /** RFC 3339; of the status, or what it would be. */
  readonly availableAt: string;
}

export type PlannedRun =
  | { readonly spec: AnalysisRunSpec; readonly metricNames: readonly string[] }
  | { readonly problems: readonly Problem[] };

export function plannedRun(context: RunContext, analysis: ExperimentAnalysis, index: number): PlannedRun {
  const { observed } = context;
  const { spec } = observed.experiment;
  const path = `spec.analyses[${index}]`;
  const args = argumentsOf(context, analysis, path);
  if ('problems' in args) return args;
  const merged = mergeTemplates({
    templates: [{ templateName: analysis.templateName, clusterScope: analysis.clusterScope }],
    args: args.args,
    analysisTemplates: observed.analysisTemplates,
    clusterAnalysisTemplates: observed.clusterAnalysisTemplates,
    resolve: ({ fieldRef }) => {
      const value = fieldRef === undefined ? undefined : lookUpField(observed.experiment, fieldRef.fieldPath);
      return value === undefined ? { problem: `the Experiment has no field ${fieldRef?.fieldPath ?? ''}` } : { value };
    },
    mustEnd: false,
    path,
  });
  if ('problems' in merged) {
    return { problems: merged.problems.map((one) => ({ ...one, path: one.path.replace(/\.templates(\[0\])?/, '') })) };
  }
  const metricNames = namesOf(merged.spec);
  const ours = <Rule extends { readonly metricName: string }>(rules: readonly Rule[] | undefined): readonly Rule[] =>
    (rules ?? []).filter((rule) => matchMetricRules([rule], metricNames, '').matches.size > 0);
  const dryRun = [...ours(spec.dryRun), ...(merged.spec.dryRun ?? [])];
  const retention = [...ours(spec.measurementRetention), ...(merged.spec.measurementRetention ?? [])];
  return {
    metricNames,
    spec: {
      ...merged.spec,
      ...(dryRun.length > 0 ? { dryRun } : {}),
      ...(retention.length > 0 ? { measurementRetention: retention } : {}),
    },
  };
}

/** With arguments filled in. */
function namesOf({ metrics, args = [] }: AnalysisRunSpec): readonly string[] {
  const values = new Map(args.flatMap(({ name, value }): [string, string][] => (value === undefined ? [] : [[name, value]])));
  return metrics.map(({ name }) => substituteArguments(name ?? '', values).value);
}

function argumentsOf(
  { observed, members, availableAt }: RunContext,
  { args = [] }: ExperimentAnalysis,
  path: string,
): { readonly args: NonNullable<MergeInput['args']> } | { readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const filled = args.map((argument, index) => {
    if (argument.value === undefined) return argument;
    const { value, problem } = fillIn(argument.value, { spec: observed.experiment.spec, members, availableAt });
    if (problem !== undefined) problems.push({ path: `${path}.args[${index}].value`, message: problem });
    return { ...argument, value };
  });
  return problems.length > 0 ? { problems } : { args: filled };
}

/** To be created. */
export function newRun({ observed }: RunContext, name: string, spec: AnalysisRunSpec): AnalysisRun {
  const { metadata, spec: wanted } = observed.experiment;
  const worn = wanted.analysisRunMetadata;
  const instance = metadata.labels?.[labels.instanceId];
  return {
    apiVersion: argoApiVersion,
    kind: 'AnalysisRun',
    metadata: {
      name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels: { ...worn?.labels, ...(instance === undefined ? {} : { [labels.instanceId]: instance }) },
      ...(worn?.annotations === undefined ? {} : { annotations: worn.annotations }),
      ownerReferences: [controllerReference(observed.experiment)],
    },
    spec,
  };
}
