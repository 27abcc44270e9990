/**
 * One request on its way, and what becomes of it when the server sends it elsewhere. Credentials, and everything else that the metric wrote into headers and
 * body, go to the server that the metric names and to no other.
 */
import { MetricProviderError } from '../metric-provider.ts';

export interface HttpBody {
  readonly text: string;
  readonly type: string | undefined;
}

export interface Outgoing {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: HttpBody | undefined;
  /** True while it goes to the server that the metric names: only there it is signed. */
  readonly isKnown: boolean;
}

export interface Redirect {
  readonly status: number;
  readonly location: string;
  readonly redirects: 'same-server' | 'anywhere';
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Those after which browsers ask with GET. */
const SEE_OTHER: ReadonlySet<number> = new Set([301, 302, 303]);

export function formBody(form: URLSearchParams): HttpBody {
  return { text: form.toString(), type: 'application/x-www-form-urlencoded' };
}

/** The next request; undefined where the answer is no redirect. Throws MetricProviderError for a redirect that is not followed. */
export function followed(from: Outgoing, { status, location, redirects }: Redirect): Outgoing | undefined {
  if (!REDIRECTS.has(status) || (redirects === 'same-server' && status === 303)) return undefined;
  const url = target(from.url, location);
  const isSame = isSameServer(from.url, url);
  if (redirects === 'same-server' && !isSame) throw notFollowed(from.url, url);
  const rest = redirects === 'anywhere' && SEE_OTHER.has(status) && from.method !== 'GET' ? asGet(from) : from;
  if (isSame) {
    url.username = from.url.username;
    url.password = from.url.password;
    return { ...rest, url };
  }
  if (rest.body !== undefined) throw notFollowed(from.url, url);
  url.username = '';
  url.password = '';
  return { ...rest, url, headers: {}, isKnown: false };
}

function target(from: URL, location: string): URL {
  const to = URL.parse(location, from.href);
  if (to === null) throw new MetricProviderError('bad-answer', `${from.host} redirects to no address`);
  const isDowngrade = from.protocol === 'https:' && to.protocol !== 'https:';
  if (isDowngrade || !/^https?:$/.test(to.protocol)) throw notFollowed(from, to);
  return to;
}

/** The same origin, or the same host by TLS instead of without. */
function isSameServer(from: URL, to: URL): boolean {
  return to.hostname === from.hostname && to.port === from.port;
}

function asGet({ headers, ...rest }: Outgoing): Outgoing {
  const kept = Object.entries(headers).filter(([name]) => !/^content-/i.test(name));
  return { ...rest, method: 'GET', body: undefined, headers: Object.fromEntries(kept) };
}

function notFollowed(from: URL, to: URL): MetricProviderError {
  const where = to.host === '' ? to.protocol : to.host;
  return new MetricProviderError(
    'misconfigured',
    `${from.host} redirects to ${where}, to which no credentials are sent; name that address in the metric`,
  );
}
