/** Rules about what a PromQL query can see: of which version, over which time, and what it answers while nobody asks. */
import { evaluateConditions } from '../../core/analysis/condition/evaluate-conditions.ts';
import type { MetricPlan } from '../../core/analysis/metric-plan.ts';
import type { Query } from './query.ts';
import { duration, type Hole, percent, type Rule } from './rule.ts';
import { newHash, type Place, type Subject, type UsedMetric } from './subject.ts';
import { walkSteps } from './walk.ts';

const toldApartBy =
  'Pick the new version by its pods: pass args {name: hash, valueFrom: {podTemplateHashValue: Latest}} and match rollouts_pod_template_hash="{{args.hash}}", or match the canary Service.';

/** After a switch of all users both versions need not be told apart. */
function seesBoth({ kind }: Place): boolean {
  return kind !== 'after promotion';
}

export const versionsNotToldApart: Rule = (subject) =>
  subject.analyses
    .filter(({ place }) => seesBoth(place))
    .flatMap(({ metrics }) => metrics)
    .flatMap(({ where, query, plan, dryRun }) => {
      if (dryRun || query === undefined || query.selectors.length === 0 || tellsApart(query, subject)) return [];
      return [
        {
          level: 'risk' as const,
          where: `${where}.provider.prometheus.query`,
          says: `It measures both versions together. ${dilution(subject, plan)}`,
          change: toldApartBy,
        },
      ];
    });

function dilution(subject: Subject, plan: MetricPlan | undefined): string {
  const first = walkSteps(subject).rises.find(({ from }) => from > 0)?.from ?? 100;
  if (first >= 100) return 'The old one answers for the new one.';
  const hidden = plan === undefined ? 0 : mostErrorsThatPass(plan, first / 100);
  return hidden === 0
    ? `At a weight of ${percent(first)} the old one answers for most of the new one.`
    : `At a weight of ${percent(first)} a version that fails ${hidden === 1 ? 'every request' : `${percent(hidden * 100)} of its requests`} passes it.`;
}

/** For a metric that is a share of good or of bad requests: the share of errors that one version may have, where it gets this share of the requests. */
function mostErrorsThatPass(plan: MetricPlan, weight: number): number {
  const phase = (value: number) => evaluateConditions(plan, { kind: 'value', result: [value], text: '' }).phase;
  const isOfGood = phase(1) === 'Successful' && phase(0) !== 'Successful';
  const isOfBad = phase(0) === 'Successful' && phase(1) !== 'Successful';
  if (!isOfGood && !isOfBad) return 0;
  const passing = Array.from({ length: 100 }, (_, index) => (index + 1) / 100).filter(
    (errors) => phase(isOfGood ? 1 - weight * errors : weight * errors) === 'Successful',
  );
  return Math.max(0, ...passing);
}

const versionLabels = /hash|version|revision|canary|variant|subset|track|colou?r|slot|tag|replica_?set/i;

function tellsApart({ selectors, labels }: Query, subject: Subject): boolean {
  if (labels.some((label) => versionLabels.test(label) || label === 'pod')) return true;
  return selectors.some(({ metric, matchers }) => {
    if (/canary|preview/i.test(metric)) return true;
    return matchers.some(({ label, value }) => versionLabels.test(label) || isOfOneVersion(label, value, subject));
  });
}

function isOfOneVersion(label: string, value: string, { rollout }: Subject): boolean {
  const { canary, blueGreen } = rollout.spec.strategy ?? {};
  if (/canary|preview/i.test(value) || value.includes(newHash)) return true;
  // What is not known may be anything.
  if (/\{\{\s*args\./.test(value)) return true;
  const services = [canary?.canaryService, blueGreen?.previewService, canary?.pingPong?.pingService, canary?.pingPong?.pongService];
  if (services.some((name) => name !== undefined && name !== '' && value.includes(name))) return true;
  const worn = { ...canary?.canaryMetadata?.labels, ...blueGreen?.previewMetadata?.labels };
  return Object.entries(worn).some(([key, worth]) => label.endsWith(key.replaceAll(/[^a-zA-Z0-9]/g, '_')) && worth === value);
}

export const windowLongerThanPause: Rule = (subject) =>
  walkSteps(subject).looks.flatMap(({ analysis, index, weight, afterMs }) =>
    weight === 0
      ? []
      : analysis.metrics.flatMap((metric) => {
          const hole = tooEarly(metric, { weight, afterMs }, tellsApartOrUnknown(metric, subject));
          return hole === undefined
            ? []
            : [{ ...hole, says: `${hole.says} (spec.strategy.canary.steps[${index}] asks it ${since(afterMs)} the weight rose.)` }];
        }),
  );

function since(afterMs: number): string {
  return afterMs === 0 ? 'at once when' : `${duration(afterMs)} after`;
}

function tellsApartOrUnknown({ query }: UsedMetric, subject: Subject): boolean {
  return query === undefined || tellsApart(query, subject);
}

function tooEarly(
  { where, query, plan, dryRun }: UsedMetric,
  { weight, afterMs }: { readonly weight: number; readonly afterMs: number },
  apart: boolean,
): Hole | undefined {
  if (query === undefined || plan === undefined || dryRun) return undefined;
  const lastAt = afterMs + plan.initialDelayMs + Math.max(0, (plan.count ?? 1) - 1) * (plan.intervalMs ?? 0);
  if (query.longestRangeMs <= lastAt) return undefined;
  const range = duration(query.longestRangeMs);
  return {
    level: apart ? 'advice' : 'risk',
    where: `${where}.provider.prometheus.query`,
    says: `Its window of ${range} reaches back before the weight of ${percent(weight)}: even its last answer is mostly about what was before.`,
    change: `Pause for ${range} before it, or use a window of ${lastAt < 60_000 ? 'less than the pause' : duration(lastAt)}.`,
  };
}

export const noTraffic: Rule = ({ analyses }) =>
  analyses
    .flatMap(({ metrics }) => metrics)
    .flatMap(({ where, query, plan, dryRun }) => {
      if (query === undefined || plan === undefined || dryRun || !query.dividesByTraffic) return [];
      const hole = whileNobodyAsks(plan);
      return hole === undefined ? [] : [{ ...hole, where }];
    });

function whileNobodyAsks(plan: MetricPlan): Omit<Hole, 'where'> | undefined {
  const conditions = `${plan.successCondition} ${plan.failureCondition}`;
  const notANumber = evaluateConditions(plan, { kind: 'value', result: [Number.NaN], text: 'NaN' }).phase;
  if (notANumber === 'Successful') {
    if (/isNaN/i.test(conditions)) return undefined;
    return {
      level: 'risk',
      says: 'While nobody asks, the query divides by zero, and its conditions call NaN good: a version that no user has met passes.',
      change: 'Judge by a successCondition, which NaN does not meet, beside the failureCondition: neither is then inconclusive.',
    };
  }
  const empty = evaluateConditions(plan, { kind: 'no-data', result: [], text: '' }).phase;
  const counts = [
    ...(notANumber === 'Failed' ? ['NaN, which counts as failed'] : []),
    ...(empty === 'Error' || empty === 'Failed' ? [`nothing, which counts as ${empty === 'Error' ? 'an error' : 'failed'}`] : []),
  ];
  if (counts.length === 0) return undefined;
  return {
    level: 'advice',
    says: `While nobody asks, the query answers ${counts.join(', or ')}: in a quiet hour a good version is taken back.`,
    change:
      'That is the safe side. Where quiet hours are usual, give it time (initialDelay, a longer window, a failureLimit above the quiet measurements) or requests of your own while it measures. Calling missing data good or inconclusive would leave users with a bad version whenever Prometheus has no data.',
  };
}
