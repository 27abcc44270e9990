/**
 * Measures by one HTTP request of the template's own making. Where it may go is http/address-policy.ts's, how it is sent http/http-sender.ts's, what the answer
 * means answer.ts's business.
 */
import type { WebMetric } from '../../../api/analysis-template.ts';
import type { MetricValue } from '../../../core/analysis/metric-value.ts';
import { maxWebTimeoutSeconds, webMethods, webMetricProblems } from '../../../core/analysis/web-metric-problems.ts';
import type { AddressPolicy } from '../http/address-policy.ts';
import { Authenticator, type AwsCredentialsSource } from '../http/authentication.ts';
import { headersOf } from '../http/headers.ts';
import { type HttpOptions, HttpSender } from '../http/http-sender.ts';
import type { HttpBody } from '../http/redirect.ts';
import { type Confidences, scrubber, secretsOf } from '../http/scrub.ts';
import { type MeasureContext, type MetricProvider, MetricProviderError } from '../metric-provider.ts';
import { readAnswer } from './answer.ts';

const DEFAULT_TIMEOUT_SECONDS = 10;

export interface WebOptions extends HttpOptions {
  /** Every address is a template's. */
  readonly policy: AddressPolicy;
  /** Where credentials for SigV4 come from; the ambient ones of the process if absent. */
  readonly awsCredentials?: AwsCredentialsSource;
}

export class WebProvider implements MetricProvider<WebMetric> {
  private readonly sender: HttpSender;
  private readonly authenticator: Authenticator;

  constructor(options: WebOptions) {
    this.sender = new HttpSender(options);
    this.authenticator = new Authenticator(this.sender, options.awsCredentials);
  }

  /** Throws MetricProviderError; no message and no text of a value holds a secret of the query. */
  async measure(metric: WebMetric, { signal, nowMs }: MeasureContext): Promise<MetricValue> {
    const scrub = scrubber(secretsOf(metric satisfies Confidences));
    const timeoutSeconds = timeoutOf(metric);
    const limit = AbortSignal.timeout(timeoutSeconds * 1000);
    try {
      const value = await this.ask(metric, { nowMs, signal: AbortSignal.any([signal, limit]) });
      return { ...value, text: scrub(value.text) };
    } catch (error) {
      if (limit.aborted && !signal.aborted) {
        throw new MetricProviderError(
          'timeout',
          `there was no answer within ${timeoutSeconds} s; raise timeoutSeconds if it may take longer`,
        );
      }
      const known = error instanceof MetricProviderError;
      const message = error instanceof Error ? error.message : String(error);
      // The cause is left out: the errors below this one carry headers and URLs.
      throw new MetricProviderError(known ? error.code : 'bad-answer', scrub(message));
    }
  }

  serverOf({ url }: WebMetric): string {
    return URL.parse(url)?.host ?? '';
  }

  /** Closes kept connections. */
  close(): void {
    this.sender.close();
  }

  private async ask(metric: WebMetric, { signal, nowMs }: MeasureContext): Promise<MetricValue> {
    const [problem] = webMetricProblems(metric);
    if (problem !== undefined) throw new MetricProviderError('misconfigured', `web.${problem.path}: ${problem.message}`);
    const url = new URL(metric.url);
    url.hash = '';
    const method = webMethods.find((known) => known === metric.method) ?? 'GET';
    const insecure = metric.insecure === true;
    const sign = this.authenticator.signerFor(metric.authentication, { address: url, insecure, signal, nowMs });
    const body = bodyOf(metric);
    const answer = await this.sender.send({
      method,
      url,
      headers: { Accept: 'application/json, */*;q=0.8', ...headersOf(metric.headers) },
      ...(body === undefined ? {} : { body }),
      insecure,
      signal,
      sign,
      redirects: 'anywhere',
      mayRepeat: method !== 'POST',
    });
    return readAnswer(answer, (metric.jsonPath ?? '').trim());
  }
}

function bodyOf({ body, jsonBody }: WebMetric): HttpBody | undefined {
  if (jsonBody !== undefined && jsonBody !== null) return { text: JSON.stringify(jsonBody), type: 'application/json' };
  return body === undefined || body === '' ? undefined : { text: body, type: undefined };
}

function timeoutOf({ timeoutSeconds }: WebMetric): number {
  if (timeoutSeconds === undefined || timeoutSeconds <= 0) return DEFAULT_TIMEOUT_SECONDS;
  return Math.min(timeoutSeconds, maxWebTimeoutSeconds);
}
