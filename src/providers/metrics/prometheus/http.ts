/**
 * Sends requests, with bounds: size of an answer, number of redirects, and only to the host that was named, so that no credential leaves for another one.
 * Throws MetricProviderError when there is no answer at all; an answer with an HTTP error is an answer.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { AxiosInstance } from 'axios';
import { MetricProviderError } from '../metric-provider.ts';

const DEFAULT_MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 307, 308]);

export interface HttpOptions {
  /** Certificate authorities (PEM) trusted besides those of the system; theirs alone if absent. */
  readonly ca?: string | readonly string[];
  readonly maxAnswerBytes?: number;
}

export interface Outgoing {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Body of a POST. */
  readonly form?: URLSearchParams;
  /** True does not check the server's certificate. */
  readonly insecure: boolean;
  readonly signal: AbortSignal;
  /** Adds what shows who is asking. Called once for each request that is sent, redirects included; `again` after a refusal. */
  readonly sign?: (outgoing: Outgoing, again: boolean) => Promise<Readonly<Record<string, string>>>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export class HttpSender {
  private readonly maxAnswerBytes: number;
  private client: Promise<AxiosInstance> | undefined;
  private readonly plain = new HttpAgent({ keepAlive: true, maxFreeSockets: 16 });
  private readonly checked: HttpsAgent;
  private readonly unchecked = new HttpsAgent({ keepAlive: true, maxFreeSockets: 16, rejectUnauthorized: false });

  constructor({ ca, maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES }: HttpOptions = {}) {
    this.maxAnswerBytes = maxAnswerBytes;
    this.checked = new HttpsAgent({ keepAlive: true, maxFreeSockets: 16, ...(ca === undefined ? {} : { ca: [ca].flat() }) });
  }

  close(): void {
    for (const agent of [this.plain, this.checked, this.unchecked]) agent.destroy();
  }

  /** Follows redirects with method and body kept; a refusal (401) of a signed request is tried once more with a fresh signature. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    let url = request.url;
    let refusals = 0;
    for (let hop = 0; hop <= MAX_REDIRECTS + 1; hop += 1) {
      const { status, body, location } = await this.sendOnce(request, url, refusals > 0);
      if (status === 401 && request.sign !== undefined && refusals === 0) {
        refusals += 1;
        continue;
      }
      if (!REDIRECTS.has(status) || location === undefined) return { status, body };
      url = followed(url, location);
    }
    throw new MetricProviderError(
      'bad-answer',
      `${url.host} redirects more than ${MAX_REDIRECTS} times; name the last address in the metric`,
    );
  }

  private async sendOnce(
    request: HttpRequest,
    url: URL,
    again: boolean,
  ): Promise<HttpAnswer & { readonly location: string | undefined }> {
    const body = request.form?.toString();
    const type: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' };
    const headers = { Accept: 'application/json', ...type, ...request.headers };
    const signed = await request.sign?.({ method: request.method, url, headers, body }, again);
    this.client ??= createClient(this.maxAnswerBytes);
    const client = await this.client;
    const exchange = () =>
      client.request<unknown>({
        method: request.method,
        url: url.href,
        headers: { ...headers, ...signed },
        data: body,
        signal: request.signal,
        httpAgent: this.plain,
        httpsAgent: request.insecure ? this.unchecked : this.checked,
      });
    try {
      const response = await exchange().catch((error: unknown) => {
        if (!isStaleConnection(error)) throw error;
        return exchange();
      });
      const location: unknown = response.headers.location;
      const text = typeof response.data === 'string' ? response.data : '';
      return { status: response.status, body: text, location: typeof location === 'string' ? location : undefined };
    } catch (error) {
      throw this.unanswered(error, url);
    }
  }

  private unanswered(error: unknown, url: URL): MetricProviderError {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const message = error instanceof Error ? error.message : String(error);
    if (message.includes('maxContentLength')) {
      return new MetricProviderError(
        'bad-answer',
        `the answer of ${url.host} has more than ${this.maxAnswerBytes} bytes; aggregate in the query`,
      );
    }
    if (code === 'ERR_CANCELED') return new MetricProviderError('timeout', `the request to ${url.host} was cancelled`);
    const hint = /CERT|SSL|TLS|SELF_SIGNED|VERIFY/.test(code) ? '; its certificate is not trusted' : '';
    return new MetricProviderError('unreachable', `${url.host} cannot be reached: ${message === '' ? code : message}${hint}`);
  }
}

/** Loaded with the first measurement: a controller whose Rollouts need none does without. */
async function createClient(maxContentLength: number): Promise<AxiosInstance> {
  const { default: axios } = await import('axios');
  return axios.create({
    maxRedirects: 0,
    maxContentLength,
    responseType: 'text',
    transformResponse: (body: unknown) => body,
    validateStatus: () => true,
  });
}

/** The server closed a kept connection while a request was on its way: it has not looked at it, and every request here only reads. */
function isStaleConnection(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || !('request' in error)) return false;
  const { code, request } = error;
  const reused = typeof request === 'object' && request !== null && 'reusedSocket' in request && request.reusedSocket === true;
  return reused && (code === 'ECONNRESET' || code === 'EPIPE');
}

/** Where a redirect leads: the same host, and never from TLS back to plain text. */
function followed(from: URL, location: string): URL {
  const to = URL.parse(location, from.href);
  if (to === null) throw new MetricProviderError('bad-answer', `${from.host} redirects to no address`);
  if (to.hostname !== from.hostname || (from.protocol === 'https:' && to.protocol !== 'https:') || !/^https?:$/.test(to.protocol)) {
    throw new MetricProviderError(
      'misconfigured',
      `${from.host} redirects to ${to.host}, to which no credentials are sent; name that address in the metric`,
    );
  }
  to.username = from.username;
  to.password = from.password;
  return to;
}
