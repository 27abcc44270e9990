/**
 * What the rules look at: one Rollout with the analyses that it uses, arguments filled in as far as a file tells them, its pods' template, and
 * what was played. What is not in the files is left undefined, and rules say nothing of it.
 */
import type { Metric } from '../../api/analysis-template.ts';
import { decodeRollout } from '../../api/decode.ts';
import type { KubeObject, PodTemplate } from '../../api/kubernetes.ts';
import type { Rollout, RolloutAnalysis } from '../../api/rollout.ts';
import { argumentsUsed, substituteArguments } from '../../core/analysis/arguments.ts';
import { type MetricPlan, planMetric } from '../../core/analysis/metric-plan.ts';
import { matchMetricRules } from '../../core/analysis/metric-rules.ts';
import { type TemplateReference, type Templates, templateClosure } from '../../core/analysis/template-closure.ts';
import type { PlayedScenario } from '../report.ts';
import { type Query, readQuery } from './query.ts';

export interface Subject {
  readonly rollout: Rollout;
  /** All objects of the files. */
  readonly objects: readonly KubeObject[];
  /** Undefined where it is in none of the files. */
  readonly template: PodTemplate | undefined;
  readonly replicas: number;
  readonly analyses: readonly UsedAnalysis[];
  readonly played: readonly PlayedScenario[];
}

export type Place =
  | { readonly kind: 'step' | 'experiment'; readonly index: number }
  | { readonly kind: 'background'; readonly startingStep: number }
  | { readonly kind: 'before promotion' | 'after promotion' };

export interface UsedAnalysis {
  readonly place: Place;
  /** `Rollout shop: spec.strategy.canary.steps[2].analysis` */
  readonly where: string;
  /** False where a template is in none of the files. */
  readonly isComplete: boolean;
  readonly metrics: readonly UsedMetric[];
}

export interface UsedMetric {
  /** `AnalysisTemplate success-rate: spec.metrics[0]` */
  readonly where: string;
  readonly name: string;
  readonly dryRun: boolean;
  /** Undefined where it would be refused, or needs an argument that is not known. */
  readonly plan: MetricPlan | undefined;
  /** PromQL with its arguments; undefined for other providers, and for what cannot be parsed. */
  readonly query: Query | undefined;
}

/** Stands where the hash of the new version will stand. */
export const newHash = 'hash-of-the-new-version';
const stableHash = 'hash-of-the-stable-version';

export function subjectOf(objects: readonly KubeObject[], object: KubeObject, played: readonly PlayedScenario[]): Subject {
  const { rollout } = decodeRollout(object);
  return {
    rollout,
    objects,
    template: rollout.spec.template ?? templateOfReferent(rollout, objects),
    replicas: replicasOf(rollout, objects),
    analyses: analysesOf(rollout, templatesIn(objects, namespaceOf(rollout))),
    played,
  };
}

export function namespaceOf({ metadata }: KubeObject): string {
  return metadata.namespace ?? 'default';
}

function specOf(object: KubeObject | undefined): Readonly<Record<string, unknown>> {
  const { spec } = (object ?? {}) as { readonly spec?: unknown };
  return typeof spec === 'object' && spec !== null ? (spec as Readonly<Record<string, unknown>>) : {};
}

function templateOfReferent(rollout: Rollout, objects: readonly KubeObject[]): PodTemplate | undefined {
  return specOf(referentOf(rollout, objects)).template as PodTemplate | undefined;
}

function referentOf({ spec, metadata }: Rollout, objects: readonly KubeObject[]): KubeObject | undefined {
  const reference = spec.workloadRef;
  if (reference === undefined) return undefined;
  return objects.find(
    (one) =>
      one.kind === reference.kind &&
      one.metadata.name === reference.name &&
      namespaceOf(one) === namespaceOf({ metadata } as Rollout),
  );
}

/** The fewest that are meant to run: an autoscaler's minimum outranks the number in the file. */
function replicasOf(rollout: Rollout, objects: readonly KubeObject[]): number {
  const autoscaler = objects.find((one) => {
    const target = specOf(one).scaleTargetRef as { readonly kind?: unknown; readonly name?: unknown } | undefined;
    return (
      one.kind === 'HorizontalPodAutoscaler' &&
      namespaceOf(one) === namespaceOf(rollout) &&
      target?.kind === 'Rollout' &&
      target.name === rollout.metadata.name
    );
  });
  const least = specOf(autoscaler).minReplicas;
  if (typeof least === 'number') return least;
  const written = rollout.spec.replicas ?? specOf(referentOf(rollout, objects)).replicas;
  return typeof written === 'number' ? written : 1;
}

function templatesIn(objects: readonly KubeObject[], namespace: string): Templates {
  const named = (kind: string, isHere: (one: KubeObject) => boolean) =>
    new Map(objects.filter((one) => one.kind === kind && isHere(one)).map((one) => [one.metadata.name, one as never]));
  return {
    analysisTemplates: named('AnalysisTemplate', (one) => namespaceOf(one) === namespace),
    clusterAnalysisTemplates: named('ClusterAnalysisTemplate', () => true),
  };
}

interface Named {
  readonly place: Place;
  readonly path: string;
  readonly references: readonly TemplateReference[];
  readonly analysis: Pick<RolloutAnalysis, 'args' | 'dryRun'>;
}

function analysesOf(rollout: Rollout, templates: Templates): readonly UsedAnalysis[] {
  const { canary, blueGreen } = rollout.spec.strategy ?? {};
  const named: Named[] = [];
  const add = (place: Place, path: string, analysis: RolloutAnalysis | undefined) => {
    if ((analysis?.templates ?? []).length > 0)
      named.push({ place, path, references: analysis?.templates ?? [], analysis: analysis ?? {} });
  };
  add({ kind: 'background', startingStep: canary?.analysis?.startingStep ?? 0 }, 'canary.analysis', canary?.analysis);
  for (const [index, { analysis, experiment }] of (canary?.steps ?? []).entries()) {
    add({ kind: 'step', index }, `canary.steps[${index}].analysis`, analysis);
    for (const [at, one] of (experiment?.analyses ?? []).entries()) {
      const path = `canary.steps[${index}].experiment.analyses[${at}]`;
      named.push({
        place: { kind: 'experiment', index },
        path,
        references: [one],
        analysis: { args: one.args, dryRun: experiment?.dryRun },
      });
    }
  }
  add({ kind: 'before promotion' }, 'blueGreen.prePromotionAnalysis', blueGreen?.prePromotionAnalysis);
  add({ kind: 'after promotion' }, 'blueGreen.postPromotionAnalysis', blueGreen?.postPromotionAnalysis);
  return named.map((one) => usedAnalysis(one, rollout, templates));
}

function usedAnalysis({ place, path, references, analysis }: Named, rollout: Rollout, templates: Templates): UsedAnalysis {
  const { found, missing, tooMany } = templateClosure(references, templates);
  const args = new Map<string, string>();
  for (const { spec } of found)
    for (const { name, value } of spec.args ?? []) if (value !== undefined && !args.has(name)) args.set(name, value);
  for (const { name, value, valueFrom } of analysis.args ?? []) {
    const hash = valueFrom?.podTemplateHashValue;
    const known = value ?? (hash === 'Latest' ? newHash : hash === 'Stable' ? stableHash : undefined);
    if (known !== undefined) args.set(name, experimentHash(known));
  }
  const names = found.flatMap(({ spec }) => (spec.metrics ?? []).map(({ name }) => name ?? ''));
  const rules = [...(analysis.dryRun ?? []), ...found.flatMap(({ spec }) => spec.dryRun ?? [])];
  const dry = matchMetricRules(rules, names, '').matches;
  const metrics = found.flatMap(({ kind, name, spec }) =>
    (spec.metrics ?? []).map((metric, index) => {
      const at = `spec.metrics[${index}]`;
      return usedMetric(metric, { where: `${kind} ${name}: ${at}`, args, dryRun: dry.has(metric.name ?? '') });
    }),
  );
  const where = `Rollout ${rollout.metadata.name}: spec.strategy.${path}`;
  return { place, where, isComplete: missing.length === 0 && !tooMany, metrics };
}

/** Experiments name the pods of each of their templates by placeholders of their own. */
function experimentHash(value: string): string {
  return /\{\{\s*templates\.[^}]*podTemplateHash\s*\}\}/.test(value) ? newHash : value;
}

function usedMetric(
  metric: Metric,
  { where, args, dryRun }: { readonly where: string; readonly args: ReadonlyMap<string, string>; readonly dryRun: boolean },
): UsedMetric {
  const { provider: _, ...judged } = metric;
  const isKnown = argumentsUsed(judged).every((name) => args.has(name));
  const planned = isKnown ? planMetric(metric, args, '') : undefined;
  const text = metric.provider?.prometheus?.query;
  return {
    where,
    name: metric.name ?? '',
    dryRun,
    plan: planned !== undefined && 'plan' in planned ? planned.plan : undefined,
    query: text === undefined ? undefined : readQuery(substituteArguments(text, args).value),
  };
}

/** Can take a version back: what only looks cannot. */
export function decides({ isComplete, metrics }: UsedAnalysis): boolean {
  return !isComplete || metrics.some(({ dryRun }) => !dryRun);
}

export function rolloutField({ rollout }: Subject, path: string): string {
  return `Rollout ${rollout.metadata.name}: ${path}`;
}
