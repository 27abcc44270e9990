/** Access tokens by OAuth 2 client credentials, kept until shortly before they end. A token that was refused is fetched anew. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Authentication } from '../../../api/analysis-template.ts';
import { MetricProviderError } from '../metric-provider.ts';
import type { HttpAnswer, HttpSender } from './http-sender.ts';
import { formBody } from './redirect.ts';

type OAuth2 = NonNullable<Authentication['oauth2']>;

const MAX_TOKENS = 200;
const EARLY_MS = 30_000;
const DEFAULT_LIFE_MS = 300_000;

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().optional() });

interface TokenContext {
  readonly insecure: boolean;
  readonly signal: AbortSignal;
  readonly nowMs: number;
  /** The token at hand was refused. */
  readonly fresh: boolean;
}

export class TokenSource {
  private readonly sender: HttpSender;
  /** Digest of what a token was asked with -> the token and when it ends. */
  private readonly kept = new Map<string, { readonly token: string; readonly untilMs: number }>();

  constructor(sender: HttpSender) {
    this.sender = sender;
  }

  async token(oauth2: OAuth2, context: TokenContext): Promise<string> {
    const key = createHash('sha256').update(JSON.stringify(oauth2)).digest('base64');
    const kept = this.kept.get(key);
    if (kept !== undefined && !context.fresh && kept.untilMs > context.nowMs) return kept.token;
    const { access_token: token, expires_in: seconds } = await this.fetch(oauth2, context);
    const lifeMs = seconds === undefined ? DEFAULT_LIFE_MS : seconds * 1000 - EARLY_MS;
    this.kept.delete(key);
    this.kept.set(key, { token, untilMs: context.nowMs + lifeMs });
    const [oldest] = this.kept.keys();
    if (this.kept.size > MAX_TOKENS && oldest !== undefined) this.kept.delete(oldest);
    return token;
  }

  /** Servers differ in where they want the client's secret: in the header first, as the standard prefers, then in the body. */
  private async fetch(oauth2: OAuth2, context: TokenContext): Promise<z.infer<typeof tokenSchema>> {
    const url = URL.parse(oauth2.tokenUrl ?? '');
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw new MetricProviderError('misconfigured', 'authentication.oauth2.tokenUrl must be a URL');
    }
    let answer: HttpAnswer | undefined;
    for (const inHeader of [true, false]) {
      answer = await this.ask(oauth2, url, inHeader, context);
      const parsed = answer.status === 200 ? tokenSchema.safeParse(parseJson(answer.body)) : undefined;
      if (parsed?.success) return parsed.data;
      if (answer.status !== 400 && answer.status !== 401) break;
    }
    throw new MetricProviderError(
      'unauthorized',
      `${url.host} issued no token (HTTP ${answer?.status ?? 0}); check authentication.oauth2`,
    );
  }

  private ask(
    { clientId = '', clientSecret = '', scopes = [] }: OAuth2,
    url: URL,
    inHeader: boolean,
    context: TokenContext,
  ): Promise<HttpAnswer> {
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    if (scopes.length > 0) form.set('scope', scopes.join(' '));
    const headers: Record<string, string> = {};
    if (inHeader) {
      const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
      headers.Authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    } else {
      form.set('client_id', clientId);
      form.set('client_secret', clientSecret);
    }
    const { insecure, signal } = context;
    return this.sender.send({
      method: 'POST',
      url,
      headers,
      body: formBody(form),
      insecure,
      signal,
      redirects: 'same-server',
      mayRepeat: true,
    });
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
