/**
 * Makes the one spec of an AnalysisRun out of the templates that a rollout names: metrics put together, arguments merged, nested
 * templates followed, names of dry runs and retentions checked. Either the result can be run or every problem is told.
 */
import type { AnalysisRunSpec } from '../../api/analysis-run.ts';
import type { Argument, DryRun, MeasurementRetention, Metric } from '../../api/analysis-template.ts';
import type { Problem } from '../../api/problem.ts';
import { argumentsUsed } from './arguments.ts';
import { planMetric } from './metric-plan.ts';
import { matchMetricRules } from './metric-rules.ts';
import { type FoundTemplate, maxTemplates, type TemplateReference, type Templates, templateClosure } from './template-closure.ts';

/** Where a value comes from when it is not written down: one of these. */
export interface ArgumentSource {
  /** `Stable` or `Latest`. */
  readonly podTemplateHashValue?: string | undefined;
  /** Left as it is, to be read when it is needed. Only experiments give it. */
  readonly secretKeyRef?: { readonly name: string; readonly key: string } | undefined;
  readonly fieldRef?: { readonly fieldPath: string } | undefined;
}

/** An argument as a rollout gives it. */
export interface RolloutArgument {
  readonly name: string;
  readonly value?: string | undefined;
  readonly valueFrom?: ArgumentSource | undefined;
}

export interface MergeInput extends Templates {
  readonly templates: readonly TemplateReference[];
  readonly args?: readonly RolloutArgument[] | undefined;
  readonly dryRun?: readonly DryRun[] | undefined;
  readonly measurementRetention?: readonly MeasurementRetention[] | undefined;
  /** The value of a hash or a field of the rollout; the problem says what is missing, without a path. */
  readonly resolve: (source: ArgumentSource) => { readonly value: string } | { readonly problem: string };
  /** True for steps and everything else that has to end by itself. */
  readonly mustEnd: boolean;
  /** Where the rollout names the templates, for instance `spec.strategy.canary.steps[2].analysis`. */
  readonly path: string;
}

export type MergedTemplates = { readonly spec: AnalysisRunSpec } | { readonly problems: readonly Problem[] };

/** Guarantees that metrics have unique names and complete arguments; a secret stays a reference, to be read when it is needed. */
export function mergeTemplates(input: MergeInput): MergedTemplates {
  const closure = templateClosure(input.templates, input);
  const problems: Problem[] = closure.missing.map(({ kind, name, index }) => ({
    path: `${input.path}.templates[${index}].templateName`,
    message: `${kind} '${name}' not found`,
    isMissing: true,
  }));
  if (closure.tooMany)
    problems.push({ path: `${input.path}.templates`, message: `more than ${maxTemplates} templates are reached` });
  for (const template of closure.found) {
    problems.push(...template.problems.map(({ path, message }) => ({ path: `${label(template)}: ${path}`, message })));
  }
  if (problems.length > 0) return { problems };

  const args = mergeArguments(closure.found, input, problems);
  const metrics = mergeMetrics(closure.found, problems, input.path);
  const dryRun = [...(input.dryRun ?? []), ...closure.found.flatMap(({ spec }) => spec.dryRun ?? [])];
  const retention = [
    ...(input.measurementRetention ?? []),
    ...closure.found.flatMap(({ spec }) => spec.measurementRetention ?? []),
  ];
  if (problems.length > 0) return { problems };

  const names = checkMetrics(closure.found, { metrics, args, mustEnd: input.mustEnd, path: input.path }, problems);
  if (problems.length > 0) return { problems };
  problems.push(...matchMetricRules(dryRun, names, `${input.path}.dryRun`).problems);
  problems.push(...matchMetricRules(retention, names, `${input.path}.measurementRetention`).problems);
  if (problems.length > 0) return { problems };
  return {
    spec: {
      metrics,
      ...(args.length > 0 ? { args } : {}),
      ...(dryRun.length > 0 ? { dryRun } : {}),
      ...(retention.length > 0 ? { measurementRetention: retention } : {}),
    },
  };
}

function mergeMetrics(found: readonly FoundTemplate[], problems: Problem[], path: string): Metric[] {
  const owner = new Map<string, FoundTemplate>();
  const metrics: Metric[] = [];
  for (const template of found) {
    for (const metric of template.spec.metrics ?? []) {
      const name = metric.name ?? '';
      const other = owner.get(name);
      if (other !== undefined) {
        problems.push({
          path: `${path}.templates`,
          message: `two metrics have the name '${name}' (${label(other)} and ${label(template)}); names must be unique`,
        });
      }
      owner.set(name, template);
      metrics.push(metric);
    }
  }
  if (metrics.length === 0) problems.push({ path: `${path}.templates`, message: 'the templates hold no metric' });
  return metrics;
}

function mergeArguments(found: readonly FoundTemplate[], input: MergeInput, problems: Problem[]): Argument[] {
  const merged = new Map<string, Argument>();
  for (const template of found) {
    for (const argument of template.spec.args ?? []) {
      const known = merged.get(argument.name);
      if (known !== undefined && hasSource(known) && hasSource(argument) && !sameSource(known, argument)) {
        problems.push({
          path: `${input.path}.templates`,
          message: `the templates give argument '${argument.name}' different values; give it one in ${input.path}.args and none there`,
        });
      }
      if (known === undefined || !hasSource(known)) merged.set(argument.name, argument);
    }
  }
  for (const [index, argument] of (input.args ?? []).entries()) {
    if (!merged.has(argument.name)) continue;
    const secretKeyRef = argument.valueFrom?.secretKeyRef;
    if (argument.value !== undefined) merged.set(argument.name, { name: argument.name, value: argument.value });
    else if (secretKeyRef !== undefined) merged.set(argument.name, { name: argument.name, valueFrom: { secretKeyRef } });
    else if (argument.valueFrom !== undefined) {
      const resolved = input.resolve(argument.valueFrom);
      if ('value' in resolved) merged.set(argument.name, { name: argument.name, value: resolved.value });
      else {
        problems.push({
          path: `${input.path}.args[${index}].valueFrom`,
          message: `args.${argument.name} was not resolved: ${resolved.problem}`,
        });
        merged.set(argument.name, { name: argument.name, value: '' });
      }
    }
  }
  return [...merged.values()].map((argument) => resolveArgument(argument, input, problems));
}

/** What a template itself says about a value, a field of the rollout read now and a secret left for later. */
function resolveArgument(argument: Argument, input: MergeInput, problems: Problem[]): Argument {
  if (argument.value !== undefined || argument.valueFrom?.secretKeyRef !== undefined) return argument;
  const fieldRef = argument.valueFrom?.fieldRef;
  if (fieldRef === undefined) {
    problems.push(unresolved(argument.name, input.path));
    return argument;
  }
  const resolved = input.resolve({ fieldRef });
  if ('value' in resolved) return { name: argument.name, value: resolved.value };
  problems.push({ path: `${input.path}.args`, message: `args.${argument.name} was not resolved: ${resolved.problem}` });
  return argument;
}

/** Their names, with arguments filled in. */
function checkMetrics(
  found: readonly FoundTemplate[],
  { metrics, args, mustEnd, path }: { metrics: readonly Metric[]; args: readonly Argument[]; mustEnd: boolean; path: string },
  problems: Problem[],
): readonly string[] {
  const known = new Set(args.map(({ name }) => name));
  for (const name of argumentsUsed(metrics)) {
    if (!known.has(name)) problems.push(unresolved(name, path));
  }
  if (problems.length > 0) return [];
  const values = new Map(args.flatMap(({ name, value }): [string, string][] => (value === undefined ? [] : [[name, value]])));
  const names: string[] = [];
  for (const template of found) {
    for (const [index, metric] of (template.spec.metrics ?? []).entries()) {
      const at = `${label(template)}: spec.metrics[${index}]`;
      const planned = planMetric(metric, values, at);
      if ('problems' in planned) {
        problems.push(...planned.problems);
        continue;
      }
      const { name } = planned.plan;
      if (names.includes(name)) problems.push({ path: at, message: `two metrics have the name '${name}'; names must be unique` });
      names.push(name);
      if (mustEnd && planned.plan.count === undefined) {
        problems.push({ path: at, message: `metric '${planned.plan.name}' runs indefinitely; what waits for it needs a count` });
      }
    }
  }
  return names;
}

function unresolved(name: string, path: string): Problem {
  return { path: `${path}.args`, message: `args.${name} was not resolved` };
}

function hasSource(argument: Argument): boolean {
  return argument.value !== undefined || argument.valueFrom !== undefined;
}

function sameSource(a: Argument, b: Argument): boolean {
  const source = ({ value, valueFrom }: Argument) =>
    JSON.stringify([value, valueFrom?.secretKeyRef?.name, valueFrom?.secretKeyRef?.key, valueFrom?.fieldRef?.fieldPath]);
  return source(a) === source(b);
}

function label(template: FoundTemplate): string {
  return `${template.kind} '${template.name}'`;
}
