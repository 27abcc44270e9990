/** What lint says of an AnalysisTemplate by itself: whether it could be measured, and whether it could ever fail. */
import type { AnalysisTemplateSpec, Metric } from '../../api/analysis-template.ts';
import type { Problem } from '../../api/problem.ts';
import { argumentsUsed } from '../../core/analysis/arguments.ts';
import { askableProviders, cannotBeAsked } from '../../core/analysis/askable-providers.ts';
import { planMetric } from '../../core/analysis/metric-plan.ts';
import { matchMetricRules } from '../../core/analysis/metric-rules.ts';
import { neverFails } from '../../core/analysis/never-fails.ts';
import { isFields } from './documents.ts';
import { error, type Remark, warning } from './finding.ts';

/** For arguments that only a Rollout gives. */
const placeholder = '1';

export function templateRemarks(spec: AnalysisTemplateSpec, decoding: readonly Problem[]): readonly Remark[] {
  const remarks = decoding.map(({ path, message }) => error(path, message));
  const args = new Map((spec.args ?? []).map(({ name, value }) => [name, value ?? placeholder]));
  const metrics = spec.metrics ?? [];
  if (metrics.length === 0 && (spec.templates ?? []).length === 0)
    remarks.push(error('spec.metrics', 'there is no metric to measure'));
  const names = new Map<string, number>();
  for (const [index, metric] of metrics.entries()) {
    const path = `spec.metrics[${index}]`;
    const first = names.get(metric.name ?? '');
    if (first !== undefined)
      remarks.push(error(`${path}.name`, `"${metric.name}" is the name of spec.metrics[${first}] too; names must be unique`));
    else names.set(metric.name ?? '', index);
    remarks.push(...metricRemarks(metric, path, args, isDry(spec, metric)));
  }
  const every = [...names.keys()];
  for (const field of ['dryRun', 'measurementRetention'] as const) {
    // Nested templates have metrics of their own.
    if ((spec.templates ?? []).length > 0) continue;
    remarks.push(
      ...matchMetricRules(spec[field] ?? [], every, `spec.${field}`).problems.map(({ path, message }) => error(path, message)),
    );
  }
  return remarks;
}

function isDry({ dryRun }: AnalysisTemplateSpec, { name = '' }: Metric): boolean {
  return matchMetricRules(dryRun ?? [], [name], '').matches.has(name);
}

function metricRemarks(metric: Metric, path: string, args: ReadonlyMap<string, string>, dry: boolean): readonly Remark[] {
  const undeclared = argumentsUsed([metric]).filter((name) => !args.has(name));
  const remarks: Remark[] = undeclared.map((name) => warning(path, `uses args.${name}, which spec.args does not name`));
  const values = new Map([...args, ...undeclared.map((name) => [name, placeholder] as const)]);
  const planned = planMetric(metric, values, path);
  if ('problems' in planned) {
    const certain = planned.problems.filter((problem) => !isOpen(metric, problem.path.slice(path.length + 1)));
    return [...remarks, ...certain.map((problem) => error(problem.path, problem.message))];
  }
  const foreign = cannotBeAsked(planned.plan, askableProviders);
  if (foreign !== undefined) return [...remarks, error(`${path}.provider`, foreign)];
  const never = dry ? undefined : neverFails(planned.plan);
  return never === undefined ? remarks : [...remarks, warning(path, never)];
}

/** True where the field waits for an argument, so that nothing can be said of its value yet. */
function isOpen(metric: Metric, field: string): boolean {
  let value: unknown = metric;
  for (const part of field.split('.')) value = isFields(value) ? value[part] : value;
  return argumentsUsed([value]).length > 0;
}
