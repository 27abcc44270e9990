/**
 * Reads the spec of an AnalysisRun into plans of its metrics. Secrets stay references: the engine never sees their values, and
 * refuses them wherever they would have to be known before the moment of measurement.
 */
import type { AnalysisRunSpec } from '../../api/analysis-run.ts';
import type { Argument, Metric } from '../../api/analysis-template.ts';
import type { Problem } from '../../api/problem.ts';
import { toldProblems, toldTogether } from '../../api/validation/invalid-spec.ts';
import { argumentsUsed } from './arguments.ts';
import { cannotBeAsked } from './askable-providers.ts';
import { type MetricPlan, planMetric } from './metric-plan.ts';
import { matchMetricRules } from './metric-rules.ts';

/** Measurements that are kept of each metric where no rule says otherwise. */
const defaultRetention = 10;
/** More would outgrow the object that holds them. */
const maxRetention = 1000;

/** Characters of one value or message that are kept, and of all of a run: answers can be of any size, the object that holds them cannot. */
const maxTextLength = 4096;
const maxTextLengthOfRun = 500_000;

export interface SecretArgument {
  /** Of the argument. */
  readonly argument: string;
  /** Of the Secret, in the namespace of the run. */
  readonly secretName: string;
  readonly secretKey: string;
}

/** What a measurement is asked of, as the template's author wrote it, and what has to be filled in. */
export interface MeasurementQuery {
  /** The provider's block of the metric, with `{{args.x}}` in it. */
  readonly block: unknown;
  /** name -> value of the arguments that may be known. */
  readonly args: ReadonlyMap<string, string>;
  /** Those of the arguments used that come from Secrets. */
  readonly secrets: readonly SecretArgument[];
}

export interface PlannedMetric extends MetricPlan {
  readonly dryRun: boolean;
  /** Measurements to keep. */
  readonly retention: number;
  /** Characters to keep of each text of a measurement. */
  readonly textLimit: number;
  readonly query: MeasurementQuery;
}

/** The message explains to the author of the run why nothing can be measured. */
export type RunPlan = { readonly metrics: readonly PlannedMetric[] } | { readonly message: string };

/** `providers`: names of those that this program can ask. */
export function planRun(spec: AnalysisRunSpec, providers: ReadonlySet<string>): RunPlan {
  const args = readArguments(spec.args ?? []);
  const unresolved = new Set([...args.unresolved, ...argumentsUsed(spec.metrics ?? []).filter((name) => !args.known(name))]);
  if (unresolved.size > 0) {
    const sentences = [...unresolved].map((name) => `args.${name} was not resolved`);
    return { message: `Unable to resolve metric arguments: ${toldTogether(sentences)}` };
  }
  const problems: Problem[] = [];
  const metrics = (spec.metrics ?? []).map((metric, index) => planOne(metric, args, `spec.metrics[${index}]`, problems));
  if (metrics.length === 0) problems.push({ path: 'spec.metrics', message: 'there is no metric to measure' });
  const planned = metrics.filter((metric) => metric !== undefined);
  const names = planned.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) !== index) problems.push({ path: `spec.metrics[${index}].name`, message: `'${name}' is used twice` });
  }
  const complete = planned.length === metrics.length;
  const dry = matchMetricRules(spec.dryRun ?? [], names, 'spec.dryRun');
  const kept = matchMetricRules(spec.measurementRetention ?? [], names, 'spec.measurementRetention');
  if (complete) problems.push(...dry.problems, ...kept.problems);
  if (problems.length > 0) return { message: `Analysis spec invalid: ${toldProblems(problems)}` };
  for (const metric of planned) {
    const message = cannotBeAsked(metric, providers);
    if (message !== undefined) return { message };
  }
  const retention = ({ name }: MetricPlan) =>
    Math.min(maxRetention, Math.max(1, kept.matches.get(name)?.limit || defaultRetention));
  const measurements = planned.reduce((sum, metric) => sum + retention(metric), 0);
  const textLimit = Math.min(maxTextLength, Math.floor(maxTextLengthOfRun / measurements));
  return {
    metrics: planned.map((metric) => ({
      ...metric,
      dryRun: dry.matches.has(metric.name),
      retention: retention(metric),
      textLimit,
    })),
  };
}

interface KnownArguments {
  readonly values: ReadonlyMap<string, string>;
  /** name of the argument -> its Secret. */
  readonly secrets: ReadonlyMap<string, SecretArgument>;
  readonly unresolved: readonly string[];
  known(name: string): boolean;
}

function readArguments(args: readonly Argument[]): KnownArguments {
  const values = new Map<string, string>();
  const secrets = new Map<string, SecretArgument>();
  const unresolved: string[] = [];
  for (const { name, value, valueFrom } of args) {
    const secret = valueFrom?.secretKeyRef;
    if (value !== undefined) values.set(name, value);
    else if (secret !== undefined) secrets.set(name, { argument: name, secretName: secret.name, secretKey: secret.key });
    else unresolved.push(name);
  }
  return { values, secrets, unresolved, known: (name) => values.has(name) || secrets.has(name) };
}

function planOne(
  metric: Metric,
  args: KnownArguments,
  path: string,
  problems: Problem[],
): Omit<PlannedMetric, 'dryRun' | 'retention' | 'textLimit'> | undefined {
  const result = planMetric(metric, args.values, path);
  if ('problems' in result) {
    problems.push(...result.problems);
    return undefined;
  }
  const block = Object.entries(metric.provider).find(([name]) => name === result.plan.provider)?.[1];
  const secrets = argumentsUsed(block).flatMap((name) => args.secrets.get(name) ?? []);
  return { ...result.plan, query: { block, args: args.values, secrets } };
}
