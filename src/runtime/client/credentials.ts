/**
 * Who the client is, from request to request: tokens, client certificates and plugins change while a process runs. What client-node
 * works out is kept for a short while and worked out anew after a 401; it is read from disk or from a plugin, never stored.
 */
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';

export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface Identity {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsMaterial;
  /** Differs whenever the TLS material does: connections made with another are not for this identity. */
  readonly tlsFingerprint: string;
}

export interface CredentialsOptions {
  readonly config: KubeConfig;
  readonly clock: Clock;
  /** How long an identity is used before it is worked out anew. Default 20 s; files and plugins are asked this often at most. */
  readonly keepMs?: number;
}

/** After a 401 plugins are asked again, but not more often than this. */
const leastRefreshMs = 1000;

export class Credentials {
  readonly #clock: Clock;
  readonly #keepMs: number;
  #config: KubeConfig;
  #identity: Identity | undefined;
  #identityAtMs = Number.NEGATIVE_INFINITY;
  #pending: Promise<Identity> | undefined;

  constructor(options: CredentialsOptions) {
    this.#config = options.config;
    this.#clock = options.clock;
    this.#keepMs = options.keepMs ?? 20_000;
  }

  /** The present identity. Rejects when a file cannot be read or a plugin fails. */
  current(): Identity | Promise<Identity> {
    const age = this.#clock.monotonic() - this.#identityAtMs;
    if (this.#identity !== undefined && age < this.#keepMs) return this.#identity;
    this.#pending ??= this.#workOut().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  /**
   * The server does not accept this identity: the next one is made from scratch, without what plugins and files said before.
   * Returns false when it was made so a moment ago, so that trying again would be of no use.
   */
  refuse(refused: Identity): boolean {
    if (this.#identity !== undefined && this.#identity !== refused) return true;
    if (this.#clock.monotonic() - this.#identityAtMs < leastRefreshMs) return false;
    const { clusters, users, contexts, currentContext } = this.#config;
    this.#config = new KubeConfig();
    this.#config.loadFromOptions({ clusters, users, contexts, currentContext });
    this.#identity = undefined;
    return true;
  }

  async #workOut(): Promise<Identity> {
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value).trim();
    if (typeof options.auth === 'string') headers.authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
    const { ca, cert, key, servername, rejectUnauthorized } = options;
    const tls = {
      ...(ca === undefined ? {} : { ca: ca as Buffer }),
      ...(cert === undefined ? {} : { cert: cert as Buffer }),
      ...(key === undefined ? {} : { key: key as Buffer }),
      ...(servername === undefined ? {} : { servername }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    };
    const tlsFingerprint = [ca, cert, key, servername, rejectUnauthorized].map((part) => String(part ?? '')).join('\n');
    this.#identity = { headers, tls, tlsFingerprint };
    this.#identityAtMs = this.#clock.monotonic();
    return this.#identity;
  }
}
