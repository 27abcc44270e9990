/**
 * HTTP/1.1 to one API server over kept connections: a bounded pool for requests, and connections of their own for watches, so that
 * neither waits for the other. It knows who it is (credentials, TLS, proxies) and nothing of Kubernetes' objects.
 */
import { createSecureContext, type SecureContext } from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from 'undici';
import type { Clock } from '../clock.ts';
import { ApiError } from '../cluster.ts';
import { messageOf } from '../log.ts';
import { type Answer, retryAfterMsFrom, UnreadAnswer } from './answer.ts';
import { type CollectedResponse, collect } from './collected-response.ts';
import type { Credentials, Identity, TlsMaterial } from './credentials.ts';

export interface TransportOptions {
  readonly server: URL;
  readonly proxy: string | undefined;
  readonly credentials: Credentials;
  readonly clock: Clock;
  readonly userAgent: string;
  /** Time for the head of an answer, and between parts of its body. */
  readonly timeoutMs: number;
  readonly connections: number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query string. */
  readonly path: string;
  /** In words, for errors: `patch replicasets shop/web`. */
  readonly what: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly signal?: AbortSignal | undefined;
}

/** One answer may not be larger; a page of 500 large objects is far below. */
const largestAnswerBytes = 256 * 1024 * 1024;

interface Connections {
  readonly fingerprint: string;
  readonly requests: Dispatcher;
  readonly watches: Dispatcher;
}

export class Transport {
  readonly #options: TransportOptions;
  readonly #prefix: string;
  #connections: Connections | undefined;
  #isClosed = false;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#prefix = options.server.pathname.replace(/\/$/, '');
  }

  /** The complete answer, whatever its code; throws ApiError when there is none. Asks again with new credentials after a 401. */
  async request(request: HttpRequest): Promise<Answer> {
    const first = await this.#identify(request);
    const answer = await this.#exchange(request, first);
    if (answer.status !== 401 || !this.#options.credentials.refuse(first)) return answer;
    return this.#exchange(request, await this.#identify(request));
  }

  /** Opens a stream; its body is read by the caller, who must abort the signal to end it. */
  async stream(request: HttpRequest): Promise<{ answer: Answer } | { body: AsyncIterable<Uint8Array> }> {
    const first = await this.#identify(request);
    const opened = await this.#open(request, first);
    if ('body' in opened || opened.answer.status !== 401 || !this.#options.credentials.refuse(first)) return opened;
    return this.#open(request, await this.#identify(request));
  }

  /** Ends every connection at once. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const { requests, watches } = this.#connections ?? {};
    this.#connections = undefined;
    await Promise.all([requests?.destroy(), watches?.destroy()]);
  }

  async #identify(request: HttpRequest): Promise<Identity> {
    try {
      return await this.#options.credentials.current();
    } catch (cause) {
      throw new ApiError('unauthorized', `${request.what}: no credentials could be had: ${messageOf(cause)}`, { cause });
    }
  }

  async #exchange(request: HttpRequest, identity: Identity): Promise<Answer> {
    const { timeoutMs } = this.#options;
    try {
      const { requests } = this.#connectionsFor(identity);
      return this.#read(await collect(requests, this.#dispatch(request, identity, timeoutMs), request.signal));
    } catch (error) {
      throw connectionError(error, request);
    }
  }

  async #open(request: HttpRequest, identity: Identity): Promise<{ answer: Answer } | { body: AsyncIterable<Uint8Array> }> {
    try {
      const options = { ...this.#dispatch(request, identity, 0), signal: request.signal ?? null };
      const { statusCode: status, headers, body } = await this.#connectionsFor(identity).watches.request(options);
      return status === 200 ? { body } : { answer: this.#read({ status, headers, bytes: Buffer.from(await body.bytes()) }) };
    } catch (error) {
      throw connectionError(error, request);
    }
  }

  #dispatch(request: HttpRequest, identity: Identity, bodyTimeout: number): Dispatcher.DispatchOptions {
    const headers: Record<string, string> = {
      accept: 'application/json',
      'user-agent': this.#options.userAgent,
      ...identity.headers,
    };
    if (request.body !== undefined) headers['content-type'] = request.contentType ?? 'application/json';
    return {
      origin: this.#options.server.origin,
      path: this.#prefix + request.path,
      method: request.method,
      headers,
      body: request.body ?? null,
      headersTimeout: this.#options.timeoutMs,
      bodyTimeout,
    };
  }

  #read({ status, headers, bytes }: CollectedResponse): Answer {
    return new UnreadAnswer(status, retryAfterMsFrom(headers['retry-after'], this.#options.clock.now()), bytes);
  }

  /** New key material means new connections; those of the old one end with what they carry. */
  #connectionsFor(identity: Identity): Connections {
    if (this.#isClosed) throw new ApiError('aborted', 'the client is closed');
    const present = this.#connections;
    if (present?.fingerprint === identity.tlsFingerprint) return present;
    const made = {
      fingerprint: identity.tlsFingerprint,
      requests: this.#dispatcher(identity, this.#options.connections),
      watches: this.#dispatcher(identity, undefined),
    };
    this.#connections = made;
    if (present !== undefined) for (const old of [present.requests, present.watches]) old.close().catch(() => undefined);
    return made;
  }

  /** Certificates and key are read once for all connections, not by each. */
  #tls({ tls: { ca, cert, key, ...rest } }: Identity): TlsMaterial & { readonly secureContext?: SecureContext } {
    if (this.#options.server.protocol !== 'https:') return rest;
    const material = { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
    return { ...rest, secureContext: createSecureContext(material) };
  }

  #dispatcher(identity: Identity, connections: number | undefined): Dispatcher {
    const { proxy } = this.#options;
    const tls = { ...this.#tls(identity), keepAlive: true, keepAliveInitialDelay: 15_000, timeout: 10_000 };
    const common = {
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: 60_000,
      maxResponseSize: connections === undefined ? -1 : largestAnswerBytes,
      ...(connections === undefined ? {} : { connections }),
    };
    if (proxy === undefined) return new Agent({ ...common, connect: tls });
    if (proxy.startsWith('socks')) return new Socks5ProxyAgent(proxy, { ...common, requestTls: tls });
    return new ProxyAgent({ ...common, uri: proxy, requestTls: tls });
  }
}

const timeouts: ReadonlySet<unknown> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** Whatever broke on the way, in the terms of the port. */
export function connectionError(error: unknown, request: Pick<HttpRequest, 'what' | 'signal'>): ApiError {
  if (error instanceof ApiError) return error;
  if (request.signal?.aborted) return new ApiError('aborted', `${request.what}: given up`, { cause: error });
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (timeouts.has(code))
    return new ApiError('timeout', `${request.what}: the API server did not answer in time`, { cause: error });
  const named = typeof code === 'string' ? ` (${code})` : '';
  return new ApiError('unreachable', `${request.what}: the API server cannot be reached: ${messageOf(error)}${named}`, {
    cause: error,
  });
}
