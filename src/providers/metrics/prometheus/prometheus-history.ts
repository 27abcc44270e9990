/**
 * Asks Prometheus what the query of a metric gave at every step of a time that is past: what an instant query at that moment would have given. Asked in
 * pieces that Prometheus allows, in smaller ones where they are too much for it; credentials go nowhere but to the address.
 */
import type { PrometheusMetric } from '../../../api/analysis-template.ts';
import type { PastValue } from '../../../core/analysis/metric-value.ts';
import { Authenticator } from '../http/authentication.ts';
import { headersOf } from '../http/headers.ts';
import { type HttpAnswer, HttpSender } from '../http/http-sender.ts';
import { formBody } from '../http/redirect.ts';
import { scrubber, secretsOf } from '../http/scrub.ts';
import { MetricProviderError } from '../metric-provider.ts';
import { readRange, readShape } from './answer.ts';

/** Points of a series in one answer: Prometheus gives 11,000. */
const mostPoints = 10_000;
/** A piece this small that is too much will not get better. */
const fewestPoints = 100;
const maxAnswerBytes = 128 * 1024 * 1024;
const timeoutMs = 120_000;

export interface HistoryTarget {
  readonly address: string;
  /** Sent besides those of the metric, instead of those of the same name. */
  readonly headers: readonly { readonly key: string; readonly value: string }[];
  /** Do not check the server's certificate; that of the metric counts as well. */
  readonly insecure: boolean;
  /** Certificate authorities (PEM) trusted besides those of the system. */
  readonly ca?: string;
  /** The time, which signatures and tokens depend on. */
  readonly now: () => number;
}

/** Milliseconds since the epoch; whole seconds. */
export interface HistoryRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

export class PrometheusHistory {
  readonly #target: HistoryTarget;
  readonly #sender: HttpSender;
  readonly #authenticator: Authenticator;

  constructor(target: HistoryTarget) {
    this.#target = target;
    this.#sender = new HttpSender({ maxAnswerBytes, ...(target.ca === undefined ? {} : { ca: target.ca }) });
    this.#authenticator = new Authenticator(this.#sender, undefined);
  }

  /**
   * One value for each step, an empty list where there was no data. Throws MetricProviderError, whose message holds no secret of the metric and
   * none of the target's headers.
   */
  async read(metric: PrometheusMetric, range: HistoryRange, signal: AbortSignal): Promise<readonly PastValue[]> {
    const { address, headers } = this.#target;
    const scrub = scrubber([
      ...secretsOf({ url: address, authentication: metric.authentication, headers: metric.headers }),
      ...headers.map(({ value }) => value),
    ]);
    try {
      const form = { query: metric.query ?? '', time: seconds(range.toMs) };
      const shape = readShape(await this.#ask(metric, '/api/v1/query', form, signal));
      if (shape === 'matrix') {
        throw new MetricProviderError(
          'bad-query',
          'the query gives a range; write one that gives numbers, with rate() for instance',
        );
      }
      const found = await this.#readPiece(metric, range, shape, signal);
      const known = new Map(found.map((value) => [value.atMs, value]));
      return stepsOf(range).map((atMs) => known.get(atMs) ?? { atMs, result: [] });
    } catch (error) {
      const message = scrub(error instanceof Error ? error.message : String(error));
      throw new MetricProviderError(error instanceof MetricProviderError ? error.code : 'bad-answer', message);
    }
  }

  close(): void {
    this.#sender.close();
  }

  async #readPiece(
    metric: PrometheusMetric,
    { fromMs, toMs, stepMs }: HistoryRange,
    shape: 'scalar' | 'vector',
    signal: AbortSignal,
    most = mostPoints,
  ): Promise<readonly PastValue[]> {
    const found: PastValue[] = [];
    for (let startMs = fromMs; startMs <= toMs; startMs += most * stepMs) {
      const endMs = Math.min(toMs, startMs + (most - 1) * stepMs);
      const form = {
        query: metric.query ?? '',
        start: seconds(startMs),
        end: seconds(endMs),
        step: seconds(stepMs),
        timeout: `${timeoutMs / 1000}s`,
      };
      try {
        found.push(...readRange(await this.#ask(metric, '/api/v1/query_range', form, signal), shape));
      } catch (error) {
        if (!isTooMuch(error) || most <= fewestPoints || signal.aborted) throw error;
        const smaller = Math.ceil(most / 4);
        found.push(...(await this.#readPiece(metric, { fromMs: startMs, toMs: endMs, stepMs }, shape, signal, smaller)));
      }
    }
    return found;
  }

  async #ask(
    metric: PrometheusMetric,
    path: string,
    fields: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const address = this.#address();
    const url = new URL(address.pathname.replace(/\/+$/, '') + path, address);
    const insecure = this.#target.insecure || metric.insecure === true;
    const headers = headersOf(this.#headersFor(metric));
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    // Who says by a header who is asking does not want the metric's own way.
    const authentication = 'authorization' in lowerCased(this.#target.headers) ? undefined : metric.authentication;
    const sign = this.#authenticator.signerFor(authentication, { address, insecure, signal: limit, nowMs: this.#target.now() });
    const request = { url, headers, insecure, signal: limit, sign, redirects: 'same-server', mayRepeat: true } as const;
    const form = new URLSearchParams(fields);
    const answer = await this.#sender.send({ ...request, method: 'POST', body: formBody(form) });
    if (answer.status !== 405 && answer.status !== 501) return answer;
    const withQuery = new URL(url);
    for (const [key, value] of form) withQuery.searchParams.set(key, value);
    return await this.#sender.send({ ...request, url: withQuery, method: 'GET' });
  }

  #address(): URL {
    const url = URL.parse(this.#target.address);
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
      throw new MetricProviderError('misconfigured', 'the address of Prometheus must be a URL such as http://localhost:9090');
    }
    url.search = '';
    url.hash = '';
    return url;
  }

  #headersFor({ headers = [] }: PrometheusMetric): HistoryTarget['headers'] {
    const own = this.#target.headers;
    const named = lowerCased(own);
    return [...headers.filter(({ key }) => !(key.toLowerCase() in named)), ...own];
  }
}

function lowerCased(headers: HistoryTarget['headers']): Readonly<Record<string, string>> {
  return Object.fromEntries(headers.map(({ key, value }) => [key.toLowerCase(), value]));
}

/** An answer that is too large, takes too long or loads too much: a smaller piece may do. */
function isTooMuch(error: unknown): boolean {
  return error instanceof MetricProviderError && ['bad-answer', 'bad-query', 'timeout'].includes(error.code);
}

function stepsOf({ fromMs, toMs, stepMs }: HistoryRange): readonly number[] {
  return Array.from({ length: Math.floor((toMs - fromMs) / stepMs) + 1 }, (_, index) => fromMs + index * stepMs);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
