/** Who is asking: basic authentication, OAuth 2 client credentials, or AWS Signature Version 4. One of them, as the metric says. */
import type { Authentication } from '../../../api/analysis-template.ts';
import { MetricProviderError } from '../metric-provider.ts';
import type { HttpRequest, HttpSender } from './http-sender.ts';
import { TokenSource } from './oauth2-token.ts';
import type { Outgoing } from './redirect.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export type AwsCredentialsSource = (sigv4: NonNullable<Authentication['sigv4']>) => Promise<AwsCredentials>;

export interface SignContext {
  readonly address: URL;
  readonly insecure: boolean;
  readonly signal: AbortSignal;
  readonly nowMs: number;
}

export class Authenticator {
  private readonly tokens: TokenSource;
  private readonly awsCredentials: AwsCredentialsSource;

  constructor(sender: HttpSender, awsCredentials: AwsCredentialsSource = ambientAwsCredentials) {
    this.tokens = new TokenSource(sender);
    this.awsCredentials = awsCredentials;
  }

  /** Throws MetricProviderError when the metric names more than one way. Without any, requests go unsigned. */
  signerFor(authentication: Authentication | undefined, context: SignContext): NonNullable<HttpRequest['sign']> {
    const basic = given(authentication?.basicAuth, authentication?.basicAuth?.username);
    const oauth2 = given(authentication?.oauth2, authentication?.oauth2?.tokenUrl);
    const { region, profile, roleArn } = authentication?.sigv4 ?? {};
    const sigv4 = given(
      authentication?.sigv4,
      [region, profile, roleArn].find((text) => text !== undefined && text !== ''),
    );
    if ([basic, oauth2, sigv4].filter((way) => way !== undefined).length > 1) {
      throw new MetricProviderError(
        'misconfigured',
        'authentication names more than one way to sign in; keep one of basicAuth, oauth2 and sigv4',
      );
    }
    if (basic !== undefined) return async () => bearer('Basic', `${basic.username ?? ''}:${basic.password ?? ''}`);
    if (oauth2 !== undefined) {
      return async (_outgoing, again) => ({
        Authorization: `Bearer ${await this.tokens.token(oauth2, { ...context, fresh: again })}`,
      });
    }
    if (sigv4 !== undefined) {
      const known = { ...sigv4, region: regionOf(sigv4, context.address) };
      return async (outgoing) => signAws(outgoing, known.region, await this.awsCredentials(known), context.nowMs);
    }
    return async () => ({});
  }
}

function given<T>(way: T | undefined, essential: string | undefined): T | undefined {
  return essential === undefined || essential === '' ? undefined : way;
}

/** The addresses of Amazon's workspaces name it too. */
function regionOf({ region }: NonNullable<Authentication['sigv4']>, { hostname }: URL): string {
  const named = region === undefined || region === '' ? /^aps-workspaces\.([a-z0-9-]+)\./.exec(hostname)?.[1] : region;
  if (named !== undefined) return named;
  throw new MetricProviderError('misconfigured', 'set authentication.sigv4.region: the address does not name it');
}

function bearer(scheme: string, text: string): Readonly<Record<string, string>> {
  return { Authorization: `${scheme} ${Buffer.from(text).toString('base64')}` };
}

/** For Amazon Managed Service for Prometheus, whose name in signatures is `aps`. */
async function signAws(
  outgoing: Outgoing,
  region: string,
  credentials: AwsCredentials,
  nowMs: number,
): Promise<Readonly<Record<string, string>>> {
  const { url, method, body, headers } = outgoing;
  // Loaded when they are needed first, like the credentials below: few installations do.
  const [{ Sha256 }, { SignatureV4 }] = await Promise.all([import('@aws-crypto/sha256-js'), import('@smithy/signature-v4')]);
  const signer = new SignatureV4({ service: 'aps', region, credentials, sha256: Sha256 });
  const contentType = headers['Content-Type'];
  const signed = await signer.sign(
    {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host, ...(contentType === undefined ? {} : { 'Content-Type': contentType }) },
      ...(body === undefined ? {} : { body: body.text }),
    },
    { signingDate: new Date(nowMs) },
  );
  return signed.headers;
}

/** The credentials the process runs with (environment, profile, web identity, instance), and on top of them a role if one is named. */
async function ambientAwsCredentials({ region, profile, roleArn }: NonNullable<Authentication['sigv4']>): Promise<AwsCredentials> {
  // Loaded when it is needed first: few installations do, and it is large.
  const { fromNodeProviderChain, fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  const ambient = fromNodeProviderChain(profile === undefined || profile === '' ? {} : { profile });
  const source =
    roleArn === undefined || roleArn === ''
      ? ambient
      : fromTemporaryCredentials({
          masterCredentials: ambient,
          params: { RoleArn: roleArn, RoleSessionName: 'rampart' },
          ...(region === undefined ? {} : { clientConfig: { region } }),
        });
  try {
    return await source();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MetricProviderError('unauthorized', `there are no AWS credentials for the controller: ${reason}`);
  }
}
