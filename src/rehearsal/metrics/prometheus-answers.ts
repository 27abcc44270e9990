/**
 * How the virtual Prometheus reads queries as they are in the wild: labels that only a real installation has match every pod, or those of the Service
 * that they name; queries about what has nothing to do with requests are answered as a healthy version would. Each such reading is told once.
 */
import type { PrometheusMetric } from '../../api/analysis-template.ts';
import type { MetricValue } from '../../core/analysis/metric-value.ts';
import type { Matcher } from '../../simulation/prometheus/promql-parse.ts';
import { PromqlError } from '../../simulation/prometheus/promql-parse.ts';
import type { Labels, Series, SeriesSource } from '../../simulation/prometheus/series.ts';
import { answerLabels, answerOf, knowsMetric, type VirtualPrometheus } from '../../simulation/prometheus/virtual-prometheus.ts';
import { answerFor } from './answer-for.ts';
import { markOf } from './mark.ts';

export interface PrometheusAnswersOptions {
  readonly prometheus: VirtualPrometheus;
  /** name of a Service of the Rollout -> labels that its pods have now */
  readonly selectorOf: (service: string) => Readonly<Record<string, string>> | undefined;
  readonly services: readonly string[];
  /** The new version answers well now. */
  readonly isGood: () => boolean;
  readonly assume: (sentence: string) => void;
}

class Unanswerable extends PromqlError {}

/** Labels that say where something was scraped: another installation has other values. */
const placeLabels: ReadonlySet<string> = new Set(['job', 'instance', 'namespace', 'pod']);
/** A word of what the users meet. */
const ofUsers = /success|error|fail|avail|latenc|duration|5xx/i;

export class PrometheusAnswers implements SeriesSource {
  readonly #options: PrometheusAnswersOptions;
  #metric = '';

  constructor(options: PrometheusAnswersOptions) {
    this.#options = options;
  }

  answer(metric: PrometheusMetric, nowMs: number): MetricValue {
    const mark = markOf(metric.headers);
    this.#metric = mark.metric === '' ? 'a query' : mark.metric;
    if (metric.rangeQuery !== undefined)
      this.#options.assume(`${this.#metric}: its range query is answered with the newest value alone.`);
    try {
      return answerOf(metric.query ?? '', this, nowMs);
    } catch (error) {
      if (!(error instanceof PromqlError)) throw error;
      return this.#guessed(metric.query ?? '', error, mark);
    }
  }

  select(name: string, matchers: readonly Matcher[]): readonly Series[] {
    if (!knowsMetric(name))
      throw new Unanswerable(`${name === '' ? 'a selector without a name' : name} is no metric that the rehearsal knows`);
    const { prometheus } = this.#options;
    const targets = prometheus.targets();
    const kept: Matcher[] = [];
    const picks: ((labels: Labels) => boolean)[] = [];
    for (const matcher of matchers) {
      const isKnown = answerLabels.has(matcher.label) || this.#isOwnLabel(matcher, targets);
      if (isKnown) kept.push(matcher);
      else picks.push(this.#reading(matcher));
    }
    return prometheus.select(name, kept).filter(({ labels }) => picks.every((pick) => pick(labels)));
  }

  /** A label that pods themselves have; one of the place only where it fits a pod that was there. */
  #isOwnLabel({ label, matches }: Matcher, targets: readonly Labels[]): boolean {
    if (placeLabels.has(label)) return targets.some((labels) => matches(labels[label] ?? ''));
    return targets.some((labels) => labels[label] !== undefined);
  }

  #reading({ label, op, value }: Matcher): (labels: Labels) => boolean {
    const { services, selectorOf, assume } = this.#options;
    const named = [...services].sort((a, b) => b.length - a.length).find((service) => value.includes(service));
    const selector = named === undefined ? undefined : selectorOf(named);
    if (named === undefined || selector === undefined) {
      assume(`${this.#metric}: the label ${label} of its query is taken to fit all pods of the Rollout.`);
      return () => true;
    }
    assume(`${this.#metric}: ${label}${op}"${value}" of its query is taken to mean the pods that Service ${named} selects.`);
    const wanted = Object.entries(selector).map(([key, one]) => [key.replace(/[^a-zA-Z0-9_]/g, '_'), one] as const);
    const isOf = (labels: Labels): boolean => wanted.every(([key, one]) => labels[key] === one);
    return op.startsWith('!') ? (labels) => !isOf(labels) : isOf;
  }

  #guessed(query: string, error: PromqlError, conditions: ReturnType<typeof markOf>): MetricValue {
    const speaksOfUsers = ofUsers.test(query);
    const isGood = speaksOfUsers ? this.#options.isGood() : true;
    const value = answerFor(conditions, isGood) ?? answerFor(conditions, !isGood);
    if (value === undefined) throw error;
    this.#options.assume(
      speaksOfUsers
        ? `${this.#metric}: its query cannot be computed here (${error.message}); it is answered by whether the new version answers well.`
        : `${this.#metric}: its query cannot be computed here (${error.message}); it is answered as for a healthy version, so it never takes a version back in a rehearsal.`,
    );
    return value;
  }
}
