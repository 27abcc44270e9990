/**
 * Sends objects to the API server exactly as they were written. The typed client of client-node keeps only the fields that its models name in their spelling, so it
 * would drop `x-kubernetes-*` from a CRD without a word.
 */
import type { RequestOptions } from 'node:https';
import { Agent, request } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';

export interface RawAnswer {
  readonly status: number;
  /** Parsed JSON, or undefined when the answer was none. */
  readonly body: unknown;
}

export interface RawRequest {
  readonly method: 'GET' | 'PATCH';
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

const timeoutMs = 30_000;

export class RawApi {
  readonly #config: KubeConfig;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(config: KubeConfig) {
    this.#config = config;
  }

  /** Any answer is a result; throws only when there was none. */
  async send(what: RawRequest): Promise<RawAnswer> {
    const cluster = this.#config.getCurrentCluster();
    if (cluster === null) throw new Error('the kubeconfig names no cluster');
    const options: RequestOptions = {
      method: what.method,
      timeout: timeoutMs,
      headers: { accept: 'application/json', ...(what.contentType === undefined ? {} : { 'content-type': what.contentType }) },
    };
    await this.#config.applyToHTTPSOptions(options);
    // Above, the config has set an agent of its own that keeps no connection; its certificates are in the options as well.
    options.agent = this.#agent;
    const url = new URL(cluster.server.replace(/\/$/, '') + what.path);
    return await new Promise<RawAnswer>((resolve, reject) => {
      const sent = request(url, options, (response) => {
        const chunks: string[] = [];
        response.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body: parseJson(chunks.join('')) }));
      });
      sent.once('timeout', () => sent.destroy(new Error(`no answer from ${cluster.server} within ${timeoutMs / 1000} s`)));
      sent.once('error', reject);
      sent.end(what.body === undefined ? undefined : JSON.stringify(what.body));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
