/**
 * Reads one metric of a template, its arguments filled in, into what the engine works with: numbers for limits, milliseconds
 * for times, the name of its provider. Everything that is wrong is told at once, with its path; a plan without problems can be run.
 */
import type { Metric } from '../../api/analysis-template.ts';
import { parseDuration } from '../../api/duration.ts';
import type { Problem } from '../../api/problem.ts';
import { maxFilled, substituteArguments } from './arguments.ts';
import { compileCondition } from './condition/condition.ts';
import { ConditionError } from './condition/condition-error.ts';
import { jobMetricProblems } from './job-metric-problems.ts';
import { webMetricProblems } from './web-metric-problems.ts';

export interface MetricPlan {
  readonly name: string;
  /** 0 where the first measurement is due at once. */
  readonly initialDelayMs: number;
  /** Undefined where measurements do not repeat. */
  readonly intervalMs: number | undefined;
  /** Measurements that did not end in an error after which the metric is done; undefined runs until something ends it. */
  readonly count: number | undefined;
  /** -1 is no limit. */
  readonly failureLimit: number;
  readonly inconclusiveLimit: number;
  readonly consecutiveErrorLimit: number;
  /** 0 is no limit. */
  readonly consecutiveSuccessLimit: number;
  readonly successCondition: string;
  readonly failureCondition: string;
  /** `prometheus`, `web`, ...: the one key of the metric's provider block. */
  readonly provider: string;
}

/** Intervals below this are taken as this: times in status have whole seconds. */
const minIntervalMs = 1000;
/** Retries that an unreachable provider gets where the metric does not say. */
const defaultConsecutiveErrorLimit = 4;

type Planned = { readonly plan: MetricPlan } | { readonly problems: readonly Problem[] };

/**
 * Fills `args` into everything but the provider's block: what is left open there comes from a Secret, which is known only when it is
 * measured. Each problem's path starts with `path`, for instance `spec.metrics[0]`.
 */
export function planMetric({ provider, ...rest }: Metric, args: ReadonlyMap<string, string>, path: string): Planned {
  const filled = substituteArguments(rest, args);
  if (filled.tooLong) return { problems: [{ path, message: `its arguments make more than ${maxFilled} characters` }] };
  // What is left open in the provider's block comes from Secrets, and is looked at when it is measured.
  const known = substituteArguments(provider, args);
  if (filled.missing.length === 0) return planFilled({ ...filled.value, provider: known.tooLong ? provider : known.value }, path);
  const names = filled.missing.map((name) => `args.${name}`).join(', ');
  return { problems: [{ path, message: `${names} comes from a Secret, which only the provider's block may use` }] };
}

function planFilled(metric: Metric, path: string): Planned {
  const problems: Problem[] = [];
  const report = (field: string, message: string): void => {
    problems.push({ path: field === '' ? path : `${path}.${field}`, message });
  };
  const name = metric.name ?? '';
  if (name === '') report('name', 'a metric needs a name');
  const intervalMs = readDuration(metric.interval, 'interval', report);
  const count = readCount(metric, intervalMs, report);
  const plan: MetricPlan = {
    name,
    initialDelayMs: readDuration(metric.initialDelay, 'initialDelay', report) ?? 0,
    intervalMs: intervalMs === undefined ? undefined : Math.max(minIntervalMs, intervalMs),
    count,
    failureLimit: readLimit(metric.failureLimit, 'failureLimit', { otherwise: 0, least: -1 }, report),
    inconclusiveLimit: readLimit(metric.inconclusiveLimit, 'inconclusiveLimit', { otherwise: 0, least: 0 }, report),
    consecutiveErrorLimit: readLimit(
      metric.consecutiveErrorLimit,
      'consecutiveErrorLimit',
      { otherwise: defaultConsecutiveErrorLimit, least: 0 },
      report,
    ),
    consecutiveSuccessLimit: readLimit(
      metric.consecutiveSuccessLimit,
      'consecutiveSuccessLimit',
      { otherwise: 0, least: 0 },
      report,
    ),
    successCondition: metric.successCondition ?? '',
    failureCondition: metric.failureCondition ?? '',
    provider: readProvider(metric, report),
  };
  const web = plan.provider === 'web' ? metric.provider.web : undefined;
  for (const problem of web === undefined ? [] : webMetricProblems(web)) report(`provider.web.${problem.path}`, problem.message);
  const job = plan.provider === 'job' ? metric.provider.job : undefined;
  for (const problem of job === undefined ? [] : jobMetricProblems(job)) report(`provider.job.${problem.path}`, problem.message);
  checkLimits(plan, metric.count, report);
  checkCondition(plan.successCondition, 'successCondition', report);
  checkCondition(plan.failureCondition, 'failureCondition', report);
  return problems.length > 0 ? { problems } : { plan };
}

type Report = (field: string, message: string) => void;

function readDuration(text: string | undefined, field: string, report: Report): number | undefined {
  if (text === undefined || text === '') return undefined;
  const ms = parseDuration(text);
  if (typeof ms !== 'number') {
    report(field, ms.error);
    return undefined;
  }
  if (ms < 0) report(field, `must not be negative, got "${text}"`);
  return ms;
}

function readCount(metric: Metric, intervalMs: number | undefined, report: Report): number | undefined {
  const count = readLimit(metric.count, 'count', { otherwise: 0, least: 0 }, report);
  if (count > 1 && intervalMs === undefined) report('interval', `a count of ${count} needs an interval between the measurements`);
  if (count === 0) return intervalMs === undefined ? 1 : undefined;
  return count;
}

function readLimit(
  value: number | string | undefined,
  field: string,
  { otherwise, least }: { readonly otherwise: number; readonly least: number },
  report: Report,
): number {
  if (value === undefined || value === '') return otherwise;
  const number = typeof value === 'number' ? value : /^[+-]?\d+$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) report(field, `"${value}" is not a whole number`);
  else if (number < least) report(field, `${number} is less than ${least}`);
  return number;
}

function readProvider(metric: Metric, report: Report): string {
  const named = Object.entries(metric.provider ?? {}).filter(([, block]) => block !== undefined && block !== null);
  if (named.length === 0) report('provider', 'no provider is named; write for instance prometheus with a query');
  if (named.length > 1) report('provider', `more than one provider is named (${named.map(([name]) => name).join(', ')}); keep one`);
  return named[0]?.[0] ?? '';
}

function checkLimits(plan: MetricPlan, count: Metric['count'], report: Report): void {
  if (plan.failureLimit === -1 && plan.consecutiveSuccessLimit === 0) {
    report('consecutiveSuccessLimit', 'a failureLimit of -1 needs a consecutiveSuccessLimit above 0, or nothing could ever fail');
  }
  // Where no count is written there is one measurement, and limits above it have always been put up with.
  if (plan.count === undefined || count === undefined || count === '') return;
  if (plan.failureLimit > plan.count) {
    report('failureLimit', `${plan.failureLimit} is more than the count of ${plan.count}, so nothing could ever fail`);
  }
  if (plan.inconclusiveLimit > plan.count) {
    report('inconclusiveLimit', `${plan.inconclusiveLimit} is more than the count of ${plan.count}`);
  }
}

function checkCondition(text: string, field: string, report: Report): void {
  if (text === '') return;
  const compiled = compileCondition(text);
  if (compiled instanceof ConditionError) report(field, compiled.message);
}
