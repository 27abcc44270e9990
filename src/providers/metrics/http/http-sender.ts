/**
 * Sends requests, with bounds: size of an answer, number of redirects, addresses that may be asked, and no credential for another server than the one
 * that was named. Throws MetricProviderError when there is no answer at all; an answer with an HTTP error is an answer.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { AxiosInstance } from 'axios';
import { MetricProviderError } from '../metric-provider.ts';
import type { AddressPolicy } from './address-policy.ts';
import { followed, type HttpBody, type Outgoing } from './redirect.ts';

const DEFAULT_MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_REDIRECTS = 10;
const MAX_URL_LENGTH = 64 * 1024;
const MAX_FREE_SOCKETS = 16;

export interface HttpOptions {
  /** Certificate authorities (PEM) trusted besides those of the system; theirs alone if absent. */
  readonly ca?: string | readonly string[];
  readonly maxAnswerBytes?: number;
  /** For addresses that templates name: which may be asked. No proxy is used then, which would resolve names unseen. Absent, any may. */
  readonly policy?: AddressPolicy;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: HttpBody;
  /** True does not check the server's certificate. */
  readonly insecure: boolean;
  readonly signal: AbortSignal;
  /** Adds what shows who is asking. Called once for each request that is sent, redirects included; `again` after a refusal. */
  readonly sign?: (outgoing: Outgoing, again: boolean) => Promise<Readonly<Record<string, string>>>;
  /** `same-server` keeps method and body and goes nowhere else; `anywhere` does as browsers do, without credentials for other servers. */
  readonly redirects: 'same-server' | 'anywhere';
  /** False where a server might do something twice that is asked twice. */
  readonly mayRepeat: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export class HttpSender {
  private readonly maxAnswerBytes: number;
  private readonly policy: AddressPolicy | undefined;
  private client: Promise<AxiosInstance> | undefined;
  private readonly plain: HttpAgent;
  private readonly checked: HttpsAgent;
  private readonly unchecked: HttpsAgent;

  constructor({ ca, maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES, policy }: HttpOptions = {}) {
    this.maxAnswerBytes = maxAnswerBytes;
    this.policy = policy;
    const lookup = policy === undefined ? {} : { lookup: policy.lookup };
    const settings = { keepAlive: true, maxFreeSockets: MAX_FREE_SOCKETS, ...lookup };
    this.plain = new HttpAgent(settings);
    this.checked = new HttpsAgent({ ...settings, ...(ca === undefined ? {} : { ca: [ca].flat() }) });
    this.unchecked = new HttpsAgent({ ...settings, rejectUnauthorized: false });
  }

  close(): void {
    for (const agent of [this.plain, this.checked, this.unchecked]) agent.destroy();
  }

  /** Follows redirects; a refusal (401) of a signed request is tried once more with a fresh signature. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    let outgoing: Outgoing = {
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: request.body,
      isKnown: true,
    };
    let refusals = 0;
    for (let hop = 0; hop <= MAX_REDIRECTS + 1; hop += 1) {
      const { status, body, location } = await this.sendOnce(request, outgoing, refusals > 0);
      if (status === 401 && request.sign !== undefined && refusals === 0 && outgoing.isKnown) {
        refusals += 1;
        continue;
      }
      const next = location === undefined ? undefined : followed(outgoing, { status, location, redirects: request.redirects });
      if (next === undefined) return { status, body };
      outgoing = next;
    }
    throw new MetricProviderError(
      'bad-answer',
      `${outgoing.url.host} redirects more than ${MAX_REDIRECTS} times; name the last address in the metric`,
    );
  }

  private async sendOnce(
    request: HttpRequest,
    outgoing: Outgoing,
    again: boolean,
  ): Promise<HttpAnswer & { readonly location: string | undefined }> {
    const { method, url, body } = outgoing;
    if (url.href.length > MAX_URL_LENGTH)
      throw new MetricProviderError('misconfigured', `a URL has more than ${MAX_URL_LENGTH} characters`);
    this.policy?.checkHost(url.hostname);
    const type: Record<string, string> = body?.type === undefined ? {} : { 'Content-Type': body.type };
    const headers = { Accept: 'application/json', ...type, ...outgoing.headers };
    const signed = outgoing.isKnown ? await request.sign?.({ ...outgoing, headers }, again) : undefined;
    this.client ??= createClient(this.maxAnswerBytes, this.policy !== undefined);
    const client = await this.client;
    const exchange = () =>
      client.request<unknown>({
        method,
        url: url.href,
        headers: { ...withoutGuess(headers), ...signed },
        data: body?.text,
        signal: request.signal,
        httpAgent: this.plain,
        httpsAgent: request.insecure ? this.unchecked : this.checked,
      });
    try {
      const response = await exchange().catch((error: unknown) => {
        if (!request.mayRepeat || !isStaleConnection(error)) throw error;
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
    if (error instanceof Error && error.cause instanceof MetricProviderError) return error.cause;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const message = error instanceof Error ? error.message : String(error);
    if (message.includes('maxContentLength')) {
      return new MetricProviderError(
        'bad-answer',
        `the answer of ${url.host} has more than ${this.maxAnswerBytes} bytes; ask for less`,
      );
    }
    if (code === 'ERR_CANCELED') return new MetricProviderError('timeout', `the request to ${url.host} was cancelled`);
    const hint = /CERT|SSL|TLS|SELF_SIGNED|VERIFY/.test(code) ? '; its certificate is not trusted' : '';
    return new MetricProviderError('unreachable', `${url.host} cannot be reached: ${message === '' ? code : message}${hint}`);
  }
}

/** Where nobody names the type of a body none is sent, instead of that of a form. */
function withoutGuess(headers: Readonly<Record<string, string>>): Readonly<Record<string, string | false>> {
  return Object.keys(headers).some((name) => /^content-type$/i.test(name)) ? headers : { ...headers, 'Content-Type': false };
}

/** Loaded with the first measurement: a controller whose Rollouts need none does without. */
async function createClient(maxContentLength: number, isDirect: boolean): Promise<AxiosInstance> {
  const { default: axios } = await import('axios');
  return axios.create({
    maxRedirects: 0,
    maxContentLength,
    responseType: 'text',
    transformResponse: (body: unknown) => body,
    validateStatus: () => true,
    ...(isDirect ? { proxy: false } : {}),
  });
}

/** The server closed a kept connection while a request was on its way: it has not looked at it. */
function isStaleConnection(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || !('request' in error)) return false;
  const { code, request } = error;
  const reused = typeof request === 'object' && request !== null && 'reusedSocket' in request && request.reusedSocket === true;
  return reused && (code === 'ECONNRESET' || code === 'EPIPE');
}
