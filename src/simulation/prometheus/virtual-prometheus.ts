/**
 * Prometheus as a metric provider of the virtual cluster: it scrapes what pods have counted, and answers queries over that in PromQL. It can
 * be down, slow, empty or answer NaN. Names of metrics that speak of requests are counters or a histogram
 * by their endings; labels are those of pods, and the status of answers under the names that frameworks use.
 */
import type { PrometheusMetric } from '../../api/analysis-template.ts';
import { formatPlain } from '../../core/analysis/condition/go-format.ts';
import type { MetricValue } from '../../core/analysis/metric-value.ts';
import { type MeasureContext, type MetricProvider, MetricProviderError } from '../../providers/metrics/metric-provider.ts';
import { type Clock, sleep } from '../../runtime/clock.ts';
import { keyTextOf } from '../../runtime/object-key.ts';
import { latencyBounds, type TrafficModel } from '../traffic/traffic-model.ts';
import { isFinished, type Kube, type Pod, type PodIndex } from '../workloads/kube.ts';
import { evaluate } from './promql-evaluate.ts';
import { type Matcher, PromqlError, parsePromql } from './promql-parse.ts';
import type { Labels, Point, Series, SeriesSource, Value } from './series.ts';

/** How Prometheus is: at hand, or in one of the ways in which it is not. */
export type PrometheusHealth = 'up' | 'down' | 'empty' | 'nan' | { readonly answersAfterMs: number };

interface Scrape {
  readonly atMs: number;
  readonly good: number;
  readonly bad: number;
  readonly seconds: number;
  readonly within: Float64Array;
}

interface Target {
  readonly labels: Labels;
  readonly scrapes: Scrape[];
  endedAtMs: number | undefined;
}

const usualScrapeMs = 15_000;
const keptMs = 2 * 3_600_000;
/** Names that speak of requests, whatever the framework. */
const ofRequests =
  /request|http|grpc|call|response|handled|(?:^|_)rq(?:_|$)|latency|(?:error|fail(?:ure)?|success(?:e)?)s?_total$/i;
/** Names of counters that have one kind of answers only. */
const [ofErrors, ofSuccesses] = [/error|fail|5xx|exception/i, /success/i];
const inMilliseconds = /milliseconds|_ms(?:_|$)/;
/** Labels under which frameworks and proxies put the status of an answer -> its values for a good and a bad one. */
const statusLabels: Readonly<Record<string, readonly [string, string]>> = {
  status: ['200', '500'],
  code: ['200', '500'],
  status_code: ['200', '500'],
  response_code: ['200', '500'],
  http_status: ['200', '500'],
  http_status_code: ['200', '500'],
  http_response_status_code: ['200', '500'],
  envoy_response_code: ['200', '500'],
  envoy_response_code_class: ['2', '5'],
  status_class: ['2xx', '5xx'],
  code_class: ['2xx', '5xx'],
  grpc_code: ['OK', 'Internal'],
  grpc_status: ['0', '13'],
  outcome: ['SUCCESS', 'SERVER_ERROR'],
  classification: ['success', 'failure'],
  result: ['success', 'error'],
  success: ['true', 'false'],
  error: ['false', 'true'],
};

/** True where the virtual Prometheus has series of this name. */
export function knowsMetric(name: string): boolean {
  return name === 'up' || ofRequests.test(name);
}

export class VirtualPrometheus implements MetricProvider<PrometheusMetric>, SeriesSource {
  health: PrometheusHealth = 'up';
  /** What was asked: queries, newest last. */
  readonly queries: string[] = [];
  /** How it answers while it is well; to be set where its series are to be read in another way. Throws PromqlError. */
  answer: (metric: PrometheusMetric, nowMs: number) => MetricValue;
  readonly #clock: Clock;
  readonly #pods: PodIndex;
  readonly #traffic: TrafficModel;
  /** pod key and uid -> what was scraped of it */
  readonly #targets = new Map<string, Target>();

  constructor({ clock }: Pick<Kube, 'clock'>, pods: PodIndex, traffic: TrafficModel, scrapeEveryMs = usualScrapeMs) {
    this.#clock = clock;
    this.#pods = pods;
    this.#traffic = traffic;
    this.answer = ({ query = '' }, nowMs) => answerOf(query, this, nowMs);
    const later = (): void => {
      clock.setTimer(scrapeEveryMs, () => {
        this.#scrape();
        later();
      });
    };
    later();
  }

  async measure(metric: PrometheusMetric, { signal, nowMs }: MeasureContext): Promise<MetricValue> {
    const { health } = this;
    if (typeof health === 'object') await sleep(this.#clock, health.answersAfterMs, signal);
    if (signal.aborted) throw new MetricProviderError('timeout', 'the measurement was ended before Prometheus answered');
    if (health === 'down') throw new MetricProviderError('unreachable', 'Prometheus cannot be reached: connection refused');
    this.queries.push(metric.query ?? '');
    if (health === 'empty') return { kind: 'no-data', result: [], text: '[]' };
    if (health === 'nan') return { kind: 'value', result: [Number.NaN], text: '[NaN]' };
    try {
      return this.answer(metric, nowMs);
    } catch (error) {
      if (error instanceof PromqlError) throw new MetricProviderError('bad-query', `bad_data: ${error.message}`);
      throw error;
    }
  }

  describe({ query = '' }: PrometheusMetric): Readonly<Record<string, string>> {
    return { ResolvedPrometheusQuery: query };
  }

  /** Labels of each target that was ever there. */
  targets(): readonly Labels[] {
    return [...this.#targets.values()].map(({ labels }) => labels);
  }

  select(name: string, matchers: readonly Matcher[]): readonly Series[] {
    const found: Series[] = [];
    for (const target of this.#targets.values()) {
      for (const { labels, column } of seriesOf(name, target)) {
        if (!matchers.every(({ label, matches }) => matches(labels[label] ?? ''))) continue;
        found.push({ labels, endedAtMs: target.endedAtMs, points: (after, until) => pointsOf(target, column, after, until) });
      }
    }
    return found;
  }

  #scrape(): void {
    this.#traffic.count();
    const atMs = this.#clock.now();
    const seen = new Set<string>();
    for (const namespace of this.#pods.namespaces()) {
      for (const pod of this.#pods.in(namespace)) {
        if (pod.status?.podIP === undefined || isFinished(pod)) continue;
        const text = `${keyTextOf(pod)} ${pod.metadata.uid}`;
        seen.add(text);
        const target = this.#targets.get(text) ?? { labels: labelsOf(pod), scrapes: [], endedAtMs: undefined };
        this.#targets.set(text, target);
        const tally = this.#traffic.tallyOf(keyTextOf(pod));
        const { good = 0, bad = 0, seconds = 0 } = tally ?? {};
        target.scrapes.push({ atMs, good, bad, seconds, within: tally?.within.slice() ?? new Float64Array(latencyBounds.length) });
      }
    }
    for (const [text, target] of this.#targets) {
      if (!seen.has(text)) target.endedAtMs ??= atMs;
      if ((target.scrapes.at(-1)?.atMs ?? 0) < atMs - keptMs) this.#targets.delete(text);
    }
  }
}

/** Labels of answers that this Prometheus has, besides those of pods. */
export const answerLabels: ReadonlySet<string> = new Set([...Object.keys(statusLabels), 'le', '__name__']);

/** Labels of a pod under the names that service discovery gives them, and where the pod is. */
function labelsOf({ metadata }: Pod): Labels {
  const own = Object.entries(metadata.labels ?? {}).map(([key, value]) => [key.replace(/[^a-zA-Z0-9_]/g, '_'), value] as const);
  return {
    ...Object.fromEntries(own),
    namespace: metadata.namespace ?? '',
    pod: metadata.name,
    instance: metadata.name,
    job: 'pods',
  };
}

function* seriesOf(
  name: string,
  { labels }: Target,
): Generator<{ readonly labels: Labels; readonly column: (scrape: Scrape) => number }> {
  if (name === 'up') {
    yield { labels: { ...labels, __name__: name }, column: () => 1 };
    return;
  }
  if (!ofRequests.test(name)) return;
  const times = inMilliseconds.test(name) ? 1000 : 1;
  if (name.endsWith('_bucket')) {
    for (const [index, bound] of latencyBounds.entries()) {
      const le = Number.isFinite(bound) ? String(bound * times) : '+Inf';
      yield { labels: { ...labels, __name__: name, le }, column: ({ within }) => within[index] ?? 0 };
    }
    return;
  }
  if (name.endsWith('_sum')) {
    yield { labels: { ...labels, __name__: name }, column: ({ seconds }) => seconds * times };
    return;
  }
  if (ofErrors.test(name)) {
    yield { labels: { ...labels, __name__: name }, column: ({ bad }) => bad };
    return;
  }
  if (ofSuccesses.test(name)) {
    yield { labels: { ...labels, __name__: name }, column: ({ good }) => good };
    return;
  }
  yield { labels: { ...labels, ...goodWords, __name__: name }, column: ({ good }) => good };
  yield { labels: { ...labels, ...badWords, __name__: name }, column: ({ bad }) => bad };
}

const goodWords = Object.fromEntries(Object.entries(statusLabels).map(([label, [good]]) => [label, good]));
const badWords = Object.fromEntries(Object.entries(statusLabels).map(([label, [, bad]]) => [label, bad]));

function pointsOf({ scrapes }: Target, column: (scrape: Scrape) => number, afterMs: number, untilMs: number): readonly Point[] {
  const found: Point[] = [];
  for (let index = scrapes.length - 1; index >= 0; index--) {
    const scrape = scrapes[index];
    if (scrape === undefined || scrape.atMs <= afterMs) break;
    if (scrape.atMs <= untilMs) found.push({ atMs: scrape.atMs, value: column(scrape) });
  }
  return found.reverse();
}

/** Throws PromqlError. */
export function answerOf(query: string, source: SeriesSource, nowMs: number): MetricValue {
  return metricValue(evaluate(parsePromql(query), { source, nowMs }));
}

function metricValue(value: Value): MetricValue {
  if (value.type === 'scalar') return { kind: 'value', result: value.value, text: formatPlain(value.value) };
  const numbers =
    value.type === 'vector'
      ? value.items.map((item) => item.value)
      : value.items.flatMap(({ points }) => points.map((point) => point.value));
  if (numbers.length === 0) return { kind: 'no-data', result: [], text: '[]' };
  return { kind: 'value', result: numbers, text: `[${numbers.map(formatPlain).join(',')}]` };
}
