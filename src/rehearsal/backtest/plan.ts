/**
 * What a backtest asks: a template with its arguments filled in, as a run of it would have them. Secrets that were not given stay out, with what
 * needs them; metrics that no history can be asked for are named.
 */
import type { AnalysisRunSpec } from '../../api/analysis-run.ts';
import type { PrometheusMetric } from '../../api/analysis-template.ts';
import type { Problem } from '../../api/problem.ts';
import { problemText } from '../../api/validation/invalid-spec.ts';
import { argumentsUsed, substituteArguments } from '../../core/analysis/arguments.ts';
import { mergeTemplates } from '../../core/analysis/merge-templates.ts';
import { type PlannedMetric, planRun } from '../../core/analysis/run-plan.ts';
import { type Templates, templateClosure } from '../../core/analysis/template-closure.ts';
import type { NotLooked } from './report.ts';

export interface PlanInput extends Templates {
  readonly templateName: string;
  readonly clusterScope: boolean;
  /** name -> value. */
  readonly args: ReadonlyMap<string, string>;
}

export interface BacktestPlan {
  readonly metrics: readonly PlannedQuery[];
  readonly notLooked: readonly NotLooked[];
  readonly notes: readonly string[];
  /** Values that are shown to nobody. */
  readonly secrets: readonly string[];
}

export interface PlannedQuery {
  readonly plan: PlannedMetric;
  readonly prometheus: PrometheusMetric;
}

/** Either the plan, or every reason why there is none, in words for the person who asked. */
export function planBacktest(input: PlanInput): BacktestPlan | { readonly problems: readonly string[] } {
  const { templateName, clusterScope, args } = input;
  const reference = { templateName, clusterScope };
  const declared = templateClosure([reference], input).found.flatMap(({ spec }) => spec.args ?? []);
  const strange = [...args.keys()].filter((name) => !declared.some((one) => one.name === name));
  if (strange.length > 0) {
    const known = declared.map(({ name }) => name);
    const which = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
    return { problems: strange.map((name) => `the template has no argument ${name}; ${which}`) };
  }
  const merged = mergeTemplates({
    ...input,
    templates: [reference],
    args: [...args].map(([name, value]) => ({ name, value })),
    resolve: () => ({ problem: 'there is no Rollout to read it from' }),
    mustEnd: false,
    path: '',
  });
  if ('problems' in merged) return { problems: merged.problems.map(sentence) };
  const secrets = declared.flatMap(({ name, valueFrom }) => (valueFrom?.secretKeyRef === undefined ? [] : (args.get(name) ?? [])));
  return planQueries(merged.spec, secrets);
}

const unresolved = /args\.(\S+) was not resolved/;

function sentence(problem: Problem): string {
  const name = unresolved.exec(problem.message)?.[1];
  if (name === undefined) return problemText({ ...problem, path: problem.path.replace(/^\./, '') });
  return `argument ${name} has no value: give it by --arg ${name}=VALUE; what changes with every release, as a pod's hash does, can be a pattern where the query matches by =~, as in --arg '${name}=.+'`;
}

function planQueries(spec: AnalysisRunSpec, secrets: readonly string[]): BacktestPlan | { readonly problems: readonly string[] } {
  const providers = new Set((spec.metrics ?? []).flatMap(({ provider }) => Object.keys(provider)));
  const planned = planRun(spec, providers);
  if ('message' in planned) return { problems: [planned.message] };
  const metrics: PlannedQuery[] = [];
  const notLooked: NotLooked[] = [];
  const notes: string[] = [];
  for (const plan of planned.metrics) {
    const query = plan.provider === 'prometheus' ? readQuery(plan, notes) : `it asks ${plan.provider}, not Prometheus`;
    if (typeof query === 'string') notLooked.push({ metric: plan.name, why: query });
    else metrics.push({ plan, prometheus: query });
  }
  return { metrics, notLooked, notes, secrets };
}

/** What is to be asked, or why nothing can be. */
function readQuery({ name, query: { block, args } }: PlannedMetric, notes: string[]): PrometheusMetric | string {
  const { value } = substituteArguments(block as PrometheusMetric, args);
  if (value.rangeQuery !== undefined) return 'it has a rangeQuery: each measurement would be a range of its own';
  if ((value.query ?? '').trim() === '') return 'its query is empty';
  const missing = argumentsUsed(value.query);
  if (missing.length > 0) return `its query needs ${words(missing)} from a Secret; give it by --arg`;
  const { authentication, headers = [], ...rest } = value;
  const openHeaders = headers.filter((header) => argumentsUsed(header).length > 0);
  const openSignature = argumentsUsed(authentication);
  for (const open of [openSignature, argumentsUsed(openHeaders)]) {
    if (open.length === 0) continue;
    const what = open === openSignature ? 'its authentication' : `its header ${openHeaders.map(({ key }) => key).join(', ')}`;
    notes.push(
      `${name} is asked without ${what}, which needs ${words(open)} from a Secret; --arg gives it, --header another way in`,
    );
  }
  return {
    ...rest,
    headers: headers.filter((header) => !openHeaders.includes(header)),
    ...(authentication === undefined || openSignature.length > 0 ? {} : { authentication }),
  };
}

function words(names: readonly string[]): string {
  return names.map((name) => `args.${name}`).join(', ');
}
