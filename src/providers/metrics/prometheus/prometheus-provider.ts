/**
 * Measures with Prometheus, or anything that speaks its query API. One measurement is one query, by POST, or by GET where POST is not allowed; how requests
 * are sent is http/http-sender.ts's, how they are signed http/authentication.ts's, what answers mean answer.ts's business.
 */
import type { PrometheusMetric } from '../../../api/analysis-template.ts';
import type { MetricValue } from '../../../core/analysis/metric-value.ts';
import { Authenticator, type AwsCredentialsSource } from '../http/authentication.ts';
import { headersOf } from '../http/headers.ts';
import { type HttpOptions, HttpSender } from '../http/http-sender.ts';
import { formBody } from '../http/redirect.ts';
import { type Confidences, scrubber, secretsOf } from '../http/scrub.ts';
import { type MeasureContext, type MetricProvider, MetricProviderError } from '../metric-provider.ts';
import { readAnswer } from './answer.ts';
import { buildQuery, resolveAddress } from './query.ts';

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
  /** For addresses that templates name. */
  private readonly sender: HttpSender;
  /** For the default address, which whoever runs the controller answers for: no policy holds there. */
  private readonly trusting: HttpSender;
  private readonly authenticator: Authenticator;

  constructor(options: PrometheusOptions = {}) {
    this.defaultAddress = options.defaultAddress;
    this.sender = new HttpSender(options);
    const { policy: _ofTemplates, ...rest } = options;
    this.trusting = new HttpSender(rest);
    this.authenticator = new Authenticator(this.sender, options.awsCredentials);
  }

  /** Throws MetricProviderError; no message of it holds a secret of the query. */
  async measure(query: PrometheusMetric, { signal, nowMs }: MeasureContext): Promise<MetricValue> {
    const scrub = scrubber(secretsOf(confidences(query)));
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
    return { ResolvedPrometheusQuery: scrubber(secretsOf(confidences(query)))(query.query ?? '') };
  }

  serverOf({ address }: PrometheusMetric): string {
    return URL.parse((address ?? '') === '' ? (this.defaultAddress ?? '') : (address ?? ''))?.host ?? '';
  }

  /** Closes kept connections. */
  close(): void {
    this.sender.close();
    this.trusting.close();
  }

  private async ask(metric: PrometheusMetric, context: MeasureContext & { readonly timeoutMs: number }): Promise<MetricValue> {
    const address = resolveAddress(metric, this.defaultAddress);
    const { path, form } = buildQuery(metric, context);
    const url = new URL(withoutSlashesBehind(address.pathname) + path, address);
    const headers = headersOf(metric.headers);
    const insecure = metric.insecure === true;
    const sign = this.authenticator.signerFor(metric.authentication, {
      address,
      insecure,
      signal: context.signal,
      nowMs: context.nowMs,
    });
    const request = { url, headers, insecure, signal: context.signal, sign, redirects: 'same-server', mayRepeat: true } as const;
    const sender = (metric.address ?? '') === '' ? this.trusting : this.sender;
    const answer = await sender.send({ ...request, method: 'POST', body: formBody(form) });
    if (answer.status !== 405 && answer.status !== 501) return readAnswer(answer);
    const withQuery = new URL(url);
    for (const [key, value] of form) withQuery.searchParams.set(key, value);
    return readAnswer(await sender.send({ ...request, url: withQuery, method: 'GET' }));
  }
}

function confidences({ address, authentication, headers }: PrometheusMetric): Confidences {
  return { url: address, authentication, headers };
}

function timeoutOf({ timeout }: PrometheusMetric): number {
  if (timeout === undefined || timeout === 0) return DEFAULT_TIMEOUT_SECONDS;
  const seconds = Number(timeout);
  if (seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS) return seconds;
  throw new MetricProviderError('misconfigured', `timeout must be from 1 to ${MAX_TIMEOUT_SECONDS} seconds, it is ${seconds}`);
}

/** An expression for what stands at the end looks at every slash again and again, and a template may have any address. */
function withoutSlashesBehind(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}
