/**
 * Measures with Prometheus, or anything that speaks its query API. One measurement is one query, by POST, or by GET where POST is not allowed; how requests
 * are sent is http.ts's, how they are signed authentication.ts's, what answers mean answer.ts's business.
 */
import type { PrometheusMetric } from '../../../api/analysis-template.ts';
import type { MetricValue } from '../../../core/analysis/metric-value.ts';
import { type MeasureContext, type MetricProvider, MetricProviderError } from '../metric-provider.ts';
import { readAnswer } from './answer.ts';
import { Authenticator, type AwsCredentialsSource } from './authentication.ts';
import { type HttpOptions, HttpSender } from './http.ts';
import { buildQuery, resolveAddress } from './query.ts';
import { scrubber, secretsOf } from './scrub.ts';

const DEFAULT_TIMEOUT_SECONDS = 30;
const MAX_TIMEOUT_SECONDS = 3600;

export interface PrometheusOptions extends HttpOptions {
  /** Used by metrics without an address: the `--prometheus-address` flag. */
  readonly defaultAddress?: string | undefined;
  /** Where credentials for SigV4 come from; the ambient ones of the process if absent. */
  readonly awsCredentials?: AwsCredentialsSource;
}

export class PrometheusProvider implements MetricProvider<PrometheusMetric> {
  private readonly defaultAddress: string | undefined;
  private readonly sender: HttpSender;
  private readonly authenticator: Authenticator;

  constructor(options: PrometheusOptions = {}) {
    this.defaultAddress = options.defaultAddress;
    this.sender = new HttpSender(options);
    this.authenticator = new Authenticator(this.sender, options.awsCredentials);
  }

  /** Throws MetricProviderError; no message of it holds a secret of the query. */
  async measure(query: PrometheusMetric, { signal, nowMs }: MeasureContext): Promise<MetricValue> {
    const scrub = scrubber(secretsOf(query));
    const timeoutMs = timeoutOf(query) * 1000;
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      return await this.ask(query, { nowMs, timeoutMs, signal: AbortSignal.any([signal, limit]) });
    } catch (error) {
      if (limit.aborted && !signal.aborted) {
        throw new MetricProviderError(
          'timeout',
          `Prometheus did not answer within ${timeoutMs / 1000} s; make the query cheaper or raise its timeout`,
        );
      }
      const known = error instanceof MetricProviderError;
      const message = error instanceof Error ? error.message : String(error);
      // The cause is left out: the errors below this one carry headers and URLs.
      throw new MetricProviderError(known ? error.code : 'bad-answer', scrub(message));
    }
  }

  describe(query: PrometheusMetric): Readonly<Record<string, string>> {
    return { ResolvedPrometheusQuery: scrubber(secretsOf(query))(query.query ?? '') };
  }

  /** Closes kept connections. */
  close(): void {
    this.sender.close();
  }

  private async ask(metric: PrometheusMetric, context: MeasureContext & { readonly timeoutMs: number }): Promise<MetricValue> {
    const address = resolveAddress(metric, this.defaultAddress);
    const { path, form } = buildQuery(metric, context);
    const url = new URL(address.pathname.replace(/\/+$/, '') + path, address);
    const headers = Object.fromEntries((metric.headers ?? []).map(({ key, value }) => [key, value]));
    const insecure = metric.insecure === true;
    const sign = this.authenticator.signerFor(metric.authentication, {
      address,
      insecure,
      signal: context.signal,
      nowMs: context.nowMs,
    });
    const request = { url, headers, insecure, signal: context.signal, sign };
    const answer = await this.sender.send({ ...request, method: 'POST', form });
    if (answer.status !== 405 && answer.status !== 501) return readAnswer(answer);
    const withQuery = new URL(url);
    for (const [key, value] of form) withQuery.searchParams.set(key, value);
    return readAnswer(await this.sender.send({ ...request, url: withQuery, method: 'GET' }));
  }
}

function timeoutOf({ timeout }: PrometheusMetric): number {
  if (timeout === undefined || timeout === 0) return DEFAULT_TIMEOUT_SECONDS;
  const seconds = Number(timeout);
  if (seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS) return seconds;
  throw new MetricProviderError('misconfigured', `timeout must be from 1 to ${MAX_TIMEOUT_SECONDS} seconds, it is ${seconds}`);
}
