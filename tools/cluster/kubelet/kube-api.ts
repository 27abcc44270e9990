/**
 * A small client for the API server, for tools that live beside a cluster: one kubeconfig with a client certificate, JSON in and out,
 * one connection pool. Answers other than 2xx are thrown as KubeApiError; nothing is retried here.
 */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Agent, request } from 'undici';
import { parse } from 'yaml';

export class KubeApiError extends Error {
  /** HTTP status, or 0 when there was no answer. */
  readonly status: number;
  constructor(status: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'KubeApiError';
    this.status = status;
  }
}

export interface Credentials {
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export type Json = Readonly<Record<string, unknown>>;

export interface StreamEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Json;
}

const timeoutMs = 15_000;
/** The server ends a watch after this long; a healthy one is opened again at once. */
const watchSeconds = 300;

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
}

/** The first cluster and the first user of a kubeconfig file, with what it names in files read in. */
export async function readCredentials(kubeconfig: string): Promise<Credentials> {
  const { clusters, users } = parse(await readFile(kubeconfig, 'utf8')) as Kubeconfig;
  const cluster = clusters[0]?.cluster ?? {};
  const user = users[0]?.user ?? {};
  const read = async (from: Readonly<Record<string, string>>, field: string) => {
    const data = from[`${field}-data`];
    return data === undefined ? await readFile(from[field] ?? '', 'utf8') : Buffer.from(data, 'base64').toString('utf8');
  };
  return {
    server: cluster.server ?? '',
    ca: await read(cluster, 'certificate-authority'),
    cert: await read(user, 'client-certificate'),
    key: await read(user, 'client-key'),
  };
}

export class KubeApi {
  readonly #server: string;
  readonly #agent: Agent;

  constructor({ server, ca, cert, key }: Credentials) {
    this.#server = server;
    this.#agent = new Agent({ connect: { ca, cert, key }, connections: 32, keepAliveTimeout: 30_000 });
  }

  get<T = Json>(path: string): Promise<T> {
    return this.send<T>('GET', path);
  }

  /** `contentType` undefined sends JSON; a body that is a string is sent as it is. */
  async send<T = Json>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<T> {
    const signal = AbortSignal.timeout(timeoutMs);
    const headers = {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
    };
    try {
      const answer = await request(this.#server + path, {
        method,
        headers,
        signal,
        dispatcher: this.#agent,
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.body.text();
      if (answer.statusCode >= 300) throw new KubeApiError(answer.statusCode, messageOf(text, `${method} ${path}`));
      return JSON.parse(text) as T;
    } catch (error) {
      if (error instanceof KubeApiError) throw error;
      throw new KubeApiError(0, `${method} ${path}: ${String(error)}`, error);
    }
  }

  /** The events of a watch until the server, the connection or the signal ends it. `path` carries its query. */
  async *watch(path: string, resourceVersion: string, signal: AbortSignal): AsyncGenerator<StreamEvent> {
    const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${watchSeconds}&resourceVersion=${resourceVersion}`;
    const url = `${this.#server}${path}${path.includes('?') ? '&' : '?'}${query}`;
    const answer = await request(url, {
      dispatcher: this.#agent,
      signal,
      headersTimeout: timeoutMs,
      bodyTimeout: (watchSeconds + 30) * 1000,
    });
    if (answer.statusCode >= 300) throw new KubeApiError(answer.statusCode, messageOf(await answer.body.text(), `watch ${path}`));
    for await (const line of createInterface({ input: answer.body, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line !== '') yield JSON.parse(line) as StreamEvent;
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

function messageOf(text: string, what: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: string };
    return `${what}: ${message ?? text}`;
  } catch {
    return `${what}: ${text.slice(0, 300)}`;
  }
}
