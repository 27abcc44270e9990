/** Keeps secrets out of messages: whatever text a server or a library gives, the values that a metric holds in confidence are masked in it. */
import type { Authentication } from '../../../api/analysis-template.ts';

const MASK = '*****';

export interface Confidences {
  /** Where it is asked, perhaps with a password in it. */
  readonly url: string | undefined;
  readonly authentication?: Authentication | undefined;
  readonly headers?: readonly { readonly value: string }[] | undefined;
}

/** Header values, passwords and tokens of one metric, in the forms in which they travel. */
export function secretsOf({ url, authentication, headers }: Confidences): readonly string[] {
  const { basicAuth, oauth2 } = authentication ?? {};
  const inAddress = URL.parse(url ?? '');
  const plain = [
    ...(headers ?? []).map(({ value }) => value),
    basicAuth?.password,
    oauth2?.clientSecret,
    inAddress?.password,
    inAddress === null ? undefined : decode(inAddress.password),
  ].filter((secret) => secret !== undefined && secret !== '');
  const pairs = [
    [basicAuth?.username, basicAuth?.password],
    [oauth2?.clientId, oauth2?.clientSecret],
  ].map(([name = '', secret = '']) => Buffer.from(`${name}:${secret}`).toString('base64'));
  return [...plain, ...pairs].flatMap((secret) => (secret === undefined ? [] : [secret, encodeURIComponent(secret)]));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Short values (a header `X-Debug: 1`) are no secrets, and masking them would make a riddle of every message. */
export function scrubber(secrets: readonly string[]): (text: string) => string {
  const sorted = [...new Set(secrets)].filter((secret) => secret.length > 2).sort((left, right) => right.length - left.length);
  return (text) => sorted.reduce((clean, secret) => clean.replaceAll(secret, MASK), text);
}
