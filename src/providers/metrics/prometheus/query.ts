/** What is asked and where: the address, the path of the API and the form, from one metric. Says what is wrong with the metric before anything is sent. */
import type { PrometheusMetric } from '../../../api/analysis-template.ts';
import { ConditionError } from '../../../core/analysis/condition/condition-error.ts';
import { parseDuration } from '../../../core/analysis/condition/go-time.ts';
import { evaluateTime } from '../../../core/analysis/condition/time-expression.ts';
import { MetricProviderError } from '../metric-provider.ts';

const MAX_POINTS = 11_000;

/** The metric's own address, else the default. */
export function resolveAddress(metric: PrometheusMetric, fallback: string | undefined): URL {
  const text = (metric.address ?? '') === '' ? (fallback ?? '') : (metric.address ?? '');
  if (text === '') {
    throw misconfigured('no address: set prometheus.address in the metric, or start the controller with --prometheus-address');
  }
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw misconfigured('the address of Prometheus must be a URL such as http://prometheus.monitoring:9090');
  }
  url.search = '';
  url.hash = '';
  return url;
}

export interface Query {
  readonly path: string;
  readonly form: URLSearchParams;
}

/** An instant query is asked at Prometheus' own time, so that clocks which differ do no harm; a range has the bounds it names. */
export function buildQuery(
  metric: PrometheusMetric,
  { nowMs, timeoutMs }: { readonly nowMs: number; readonly timeoutMs: number },
): Query {
  const query = metric.query ?? '';
  if (query.trim() === '') throw misconfigured('the query is empty: set prometheus.query in the metric');
  const form = new URLSearchParams({ query, timeout: `${timeoutMs / 1000}s` });
  const range = metric.rangeQuery;
  if (range === undefined) return { path: '/api/v1/query', form };
  const startMs = moment('start', range.start, nowMs);
  const endMs = moment('end', range.end, nowMs);
  const stepMs = stepOf(range.step);
  if (endMs < startMs) throw misconfigured('rangeQuery.end is before rangeQuery.start');
  if ((endMs - startMs) / stepMs > MAX_POINTS) {
    throw misconfigured(`rangeQuery asks for more than ${MAX_POINTS} points of a series; make the step longer or the time shorter`);
  }
  form.set('start', seconds(startMs));
  form.set('end', seconds(endMs));
  form.set('step', seconds(stepMs));
  return { path: '/api/v1/query_range', form };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function moment(name: 'start' | 'end', text: string | undefined, nowMs: number): number {
  if (text === undefined || text === '')
    throw misconfigured(`rangeQuery.${name} is missing; write for instance now() - duration("1h")`);
  const ms = evaluateTime(text, nowMs);
  if (ms instanceof ConditionError) throw misconfigured(`rangeQuery.${name}: ${ms.message}`);
  return ms;
}

function stepOf(text: string | undefined): number {
  const duration = parseDuration(text ?? '');
  const ms = duration === undefined ? 0 : Number(duration.ns) / 1e6;
  if (ms >= 1) return ms;
  throw misconfigured('rangeQuery.step must be a duration of at least a millisecond, such as 1m');
}

function misconfigured(message: string): MetricProviderError {
  return new MetricProviderError('misconfigured', message);
}
