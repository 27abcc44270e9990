import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { metricProviderContract } from '../../../../test/contract/metric-provider.ts';
import { type Asked, type RecordedServer, type Reply, startRecordedServer } from '../../../../test/support/recorded-http-server.ts';
import type { PrometheusMetric } from '../../../api/analysis-template.ts';
import { Authenticator } from '../http/authentication.ts';
import { HttpSender } from '../http/http-sender.ts';
import { MetricProviderError } from '../metric-provider.ts';
import { PrometheusProvider } from './prometheus-provider.ts';

const NOW_MS = Date.parse('2026-11-23T12:00:00Z');
const SECRET = 'correct-horse-battery';
const pem = (name: string): string => readFileSync(new URL(`../../../../test/fixtures/tls/${name}.pem`, import.meta.url), 'utf8');

let server: RecordedServer;
let provider: PrometheusProvider;

beforeAll(async () => {
  server = await startRecordedServer();
  provider = new PrometheusProvider({
    defaultAddress: server.url,
    maxAnswerBytes: 100_000,
    awsCredentials: async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET, sessionToken: 'session-token' }),
  });
});

beforeEach(() => {
  server.asked.length = 0;
});

afterAll(async () => {
  provider.close();
  await server.close();
});

const measure = (query: PrometheusMetric, asker = provider) =>
  asker.measure(query, { signal: new AbortController().signal, nowMs: NOW_MS });

async function failure(query: PrometheusMetric, asker = provider): Promise<MetricProviderError> {
  const answer = await measure(query, asker).catch((error: unknown) => error);
  if (answer instanceof MetricProviderError) return answer;
  throw new Error(`expected an error, got ${JSON.stringify(answer)}`);
}

const success = (resultType: string, result: unknown, more: object = {}): Reply => ({
  body: JSON.stringify({ status: 'success', data: { resultType, result }, ...more }),
});
const vector = (...values: readonly string[]): Reply =>
  success(
    'vector',
    values.map((value, index) => ({ metric: { pod: `p${index}` }, value: [1763899200.123, value] })),
  );

/** The Authorization header that a request to this address would have. */
async function signedBy(authentication: PrometheusMetric['authentication'], address: URL): Promise<string> {
  const awsCredentials = async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET });
  const context = { address, insecure: false, signal: new AbortController().signal, nowMs: NOW_MS };
  const sign = new Authenticator(new HttpSender(), awsCredentials).signerFor(authentication, context);
  const outgoing = { method: 'POST', url: address, headers: {}, body: undefined, isKnown: true } as const;
  const headers = await sign(outgoing, false);
  return headers.authorization ?? headers.Authorization ?? '';
}

function last(): Asked {
  const asked = server.asked.at(-1);
  if (asked === undefined) throw new Error('nothing was asked');
  return asked;
}

describe('answers', () => {
  test.each([
    ['a scalar', success('scalar', [1763899200, '1.5']), 1.5, '1.5'],
    ['a large scalar', success('scalar', [1763899200, '1e+21']), 1e21, '1000000000000000000000'],
    ['one series', vector('0.97'), [0.97], '[0.97]'],
    ['many series', vector('0.9', '1', '0'), [0.9, 1, 0], '[0.9,1,0]'],
    [
      'what is not finite',
      vector('NaN', '+Inf', '-Inf'),
      [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      '[NaN,+Inf,-Inf]',
    ],
    ['small numbers', vector('1e-07', '1.7976931348623157e+308'), [1e-7, Number.MAX_VALUE], undefined],
    [
      'a matrix',
      success('matrix', [
        {
          metric: {},
          values: [
            [1, '1'],
            [2, '2.5'],
          ],
        },
        { metric: {}, values: [[1, '3']] },
      ]),
      [1, 2.5, 3],
      '[1,2.5,3]',
    ],
  ])('%s', async (_what, reply, result, text) => {
    server.reply = () => reply;
    const value = await measure({ query: 'up' });
    expect(value).toMatchObject({ kind: 'value', result });
    if (text !== undefined) expect(value.text).toBe(text);
  });

  test.each(['vector', 'matrix'])('an empty %s is no data', async (type) => {
    server.reply = () => success(type, []);
    expect(await measure({ query: 'up' })).toEqual({ kind: 'no-data', result: [], text: '[]' });
  });

  test.each(['vector', 'matrix'])('a %s of null is an empty one, as servers write it that are not Prometheus', async (type) => {
    server.reply = () => success(type, null);
    expect(await measure({ query: 'up' })).toEqual({ kind: 'no-data', result: [], text: '[]' });
  });

  test('warnings are kept', async () => {
    server.reply = () => success('scalar', [1, '1'], { warnings: ['a store is away', 'old data'], infos: ['not a counter'] });
    expect((await measure({ query: 'up' })).metadata).toEqual({ warnings: 'a store is away; old data', infos: 'not a counter' });
  });
});

describe('failures', () => {
  const refusal = (errorType: string, error: string) => JSON.stringify({ status: 'error', errorType, error });

  test.each<[string, Reply, string, string]>([
    [
      'a wrong query',
      { status: 400, body: refusal('bad_data', '1:5: parse error: unexpected end of input') },
      'bad-query',
      'parse error: unexpected end of input',
    ],
    [
      'an impossible query',
      { status: 422, body: refusal('execution', 'found duplicate series') },
      'bad-query',
      'found duplicate series',
    ],
    [
      'a query that took too long',
      { status: 503, body: refusal('timeout', 'query timed out in expression evaluation') },
      'timeout',
      'timed out',
    ],
    ['an error with status 200', { status: 200, body: refusal('bad_data', 'no') }, 'bad-query', 'bad_data: no'],
    ['401', { status: 401, body: 'who are you' }, 'unauthorized', 'HTTP 401'],
    ['403', { status: 403, body: '' }, 'unauthorized', 'HTTP 403'],
    ['404', { status: 404, body: '404 page not found' }, 'bad-answer', '404 page not found'],
    ['500', { status: 500, body: 'boom' }, 'bad-answer', 'boom'],
    ['502', { status: 502, body: '<html>bad gateway</html>' }, 'unreachable', 'bad gateway'],
    ['a page', { body: '<html>sign in</html>' }, 'bad-answer', 'check the address'],
    [
      'half an answer',
      { body: '{"status":"success","data":{"resultType":"vector","result":[{"metric"' },
      'bad-answer',
      'check the address',
    ],
    ['an empty answer', { body: '' }, 'bad-answer', 'check the address'],
    ['a string', success('string', [1, 'hello']), 'bad-query', 'gives a string'],
    ['no number', vector('many'), 'bad-answer', 'no number'],
    ['histograms', success('vector', [{ metric: {}, histogram: [1, { count: '1' }] }]), 'bad-query', 'histogram_quantile'],
    ['too much', { body: `"${'x'.repeat(200_000)}"` }, 'bad-answer', 'more than 100000 bytes'],
    [
      'a redirect in a circle',
      { status: 307, headers: { location: '/api/v1/query' } },
      'bad-answer',
      'redirects more than 10 times',
    ],
    [
      'a redirect to another host',
      { status: 307, headers: { location: 'http://other.example/api/v1/query' } },
      'misconfigured',
      'other.example',
    ],
    ['a redirect out of HTTP', { status: 307, headers: { location: 'file:///etc/passwd' } }, 'misconfigured', 'name that address'],
  ])('%s', async (_what, reply, code, words) => {
    server.reply = () => reply;
    const error = await failure({ query: 'up' });
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
    expect(error.message.length).toBeLessThan(800);
  });

  test('no answer in time', async () => {
    server.reply = () => undefined;
    const before = performance.now();
    expect(await failure({ query: 'up', timeout: 1 })).toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('within 1 s'),
    });
    expect(performance.now() - before).toBeLessThan(3000);
  });

  test.each<[PrometheusMetric, string]>([
    [{}, 'query is empty'],
    [{ query: ' ' }, 'query is empty'],
    [{ query: 'up', address: 'prometheus:9090' }, 'must be a URL'],
    [{ query: 'up', address: 'ftp://prometheus' }, 'must be a URL'],
    [{ query: 'up', timeout: -1 }, 'timeout must be'],
    [{ query: 'up', rangeQuery: { start: 'now() -', end: 'now()', step: '1m' } }, 'rangeQuery.start: the expression ends'],
    [{ query: 'up', rangeQuery: { start: 'now()', end: '5', step: '1m' } }, 'rangeQuery.end: expected time, but got int'],
    [{ query: 'up', rangeQuery: { start: 'now()', end: 'now() - duration("1h")', step: '1m' } }, 'is before'],
    [{ query: 'up', rangeQuery: { start: 'now() - duration("1h")', end: 'now()', step: 'often' } }, 'rangeQuery.step'],
    [{ query: 'up', rangeQuery: { start: 'now() - duration("9000h")', end: 'now()', step: '1s' } }, 'more than 11000 points'],
    [{ query: 'up', rangeQuery: { end: 'now()', step: '1s' } }, 'rangeQuery.start is missing'],
    [{ query: 'up', authentication: { basicAuth: { username: 'u' }, sigv4: { region: 'r' } } }, 'more than one way'],
  ])('%j is misconfigured and asks nobody', async (query, words) => {
    expect(await failure(query)).toMatchObject({ code: 'misconfigured', message: expect.stringContaining(words) });
    expect(server.asked).toEqual([]);
  });

  test('no address anywhere', async () => {
    const asker = new PrometheusProvider();
    expect((await failure({ query: 'up' }, asker)).message).toBe(
      'no address: set prometheus.address in the metric, or start the controller with --prometheus-address',
    );
  });
});

describe('requests', () => {
  test('an instant query is a form', async () => {
    server.reply = () => vector('1');
    await measure({
      query: 'sum(rate(x{a="b&c"}[5m]))',
      address: `${server.url}/base/`,
      headers: [{ key: 'X-Scope-OrgID', value: 'tenant' }],
    });
    expect(last()).toMatchObject({ method: 'POST', path: '/base/api/v1/query' });
    expect(last().headers).toMatchObject({ 'x-scope-orgid': 'tenant', 'content-type': 'application/x-www-form-urlencoded' });
    expect(Object.fromEntries(last().params)).toEqual({ query: 'sum(rate(x{a="b&c"}[5m]))', timeout: '30s' });
  });

  test('a range query has its bounds', async () => {
    server.reply = () => success('matrix', []);
    await measure({ query: 'up', rangeQuery: { start: 'now() - duration("1h")', end: 'now()', step: '1m30s' } });
    expect(last().path).toBe('/api/v1/query_range');
    expect(Object.fromEntries(last().params)).toMatchObject({
      start: `${NOW_MS / 1000 - 3600}.000`,
      end: `${NOW_MS / 1000}.000`,
      step: '90.000',
    });
  });

  test('a kept connection that the server closes at the wrong moment is no outage', async () => {
    const idle = await startRecordedServer();
    const asker = new PrometheusProvider({ defaultAddress: idle.url });
    idle.reply = () => vector('1');
    await measure({ query: 'first' }, asker);
    idle.closeKept = true;
    expect(await measure({ query: 'second' }, asker)).toMatchObject({ result: [1] });
    expect(idle.asked.map(({ params }) => params.get('query'))).toEqual(['first', 'second']);
    asker.close();
    await idle.close();
  });

  test('GET where POST is not allowed', async () => {
    server.reply = ({ method }) => (method === 'POST' ? { status: 405 } : vector('1'));
    expect(await measure({ query: 'up + 1' })).toMatchObject({ result: [1] });
    expect(server.asked.map(({ method }) => method)).toEqual(['POST', 'GET']);
    expect(last().params.get('query')).toBe('up + 1');
  });

  test('a redirect on the same host keeps method and form', async () => {
    server.reply = ({ path }) =>
      path === '/api/v1/query' ? { status: 302, headers: { location: '/prom/api/v1/query' } } : vector('1');
    expect(await measure({ query: 'up' })).toMatchObject({ result: [1] });
    expect(last()).toMatchObject({ method: 'POST', path: '/prom/api/v1/query' });
    expect(last().params.get('query')).toBe('up');
  });

  test('the query is described', () => {
    expect(provider.describe({ query: 'up == 1' })).toEqual({ ResolvedPrometheusQuery: 'up == 1' });
  });
});

describe('authentication', () => {
  test('basic', async () => {
    server.reply = () => vector('1');
    await measure({ query: 'up', authentication: { basicAuth: { username: 'me', password: SECRET } } });
    expect(last().headers.authorization).toBe(`Basic ${Buffer.from(`me:${SECRET}`).toString('base64')}`);
  });

  test('OAuth 2: a token is kept until it ends or is refused', async () => {
    let issued = 0;
    let accepted = 'token-1';
    server.reply = ({ path, headers }) => {
      if (path === '/token') {
        issued += 1;
        return { body: JSON.stringify({ access_token: `token-${issued}`, expires_in: 3600 }) };
      }
      return headers.authorization === `Bearer ${accepted}` ? vector('1') : { status: 401 };
    };
    const query = {
      query: 'up',
      authentication: { oauth2: { tokenUrl: `${server.url}/token`, clientId: 'id', clientSecret: SECRET, scopes: ['a', 'b'] } },
    };
    await measure(query);
    await measure(query);
    expect(issued).toBe(1);
    const asked = server.asked.find(({ path }) => path === '/token');
    expect(Object.fromEntries(asked?.params ?? [])).toEqual({ grant_type: 'client_credentials', scope: 'a b' });
    accepted = 'token-2';
    expect(await measure(query)).toMatchObject({ result: [1] });
    expect(issued).toBe(2);
    await provider.measure(query, { signal: new AbortController().signal, nowMs: NOW_MS + 3_600_000 }).catch(() => undefined);
    expect(issued).toBeGreaterThan(2);
  });

  test('OAuth 2: a server that wants the secret in the body', async () => {
    server.reply = ({ path, params }) => {
      if (path !== '/token') return vector('1');
      return params.get('client_secret') === SECRET
        ? { body: '{"access_token":"t"}' }
        : { status: 401, body: '{"error":"invalid_client"}' };
    };
    const oauth2 = { tokenUrl: `${server.url}/token`, clientId: 'body', clientSecret: SECRET };
    expect(await measure({ query: 'up', authentication: { oauth2 } })).toMatchObject({ result: [1] });
  });

  test('OAuth 2: no token', async () => {
    server.reply = () => ({ status: 401, body: SECRET });
    const oauth2 = { tokenUrl: `${server.url}/token`, clientId: 'none', clientSecret: SECRET };
    expect(await failure({ query: 'up', authentication: { oauth2 } })).toMatchObject({ code: 'unauthorized' });
  });

  test('Signature Version 4', async () => {
    server.reply = () => vector('1');
    await measure({ query: 'up', authentication: { sigv4: { region: 'eu-central-1' } } });
    expect(last().headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20261123\/eu-central-1\/aps\/aws4_request, SignedHeaders=content-type;host;[a-z0-9;-]+, Signature=[0-9a-f]{64}$/,
    );
    expect(last().headers).toMatchObject({ 'x-amz-date': '20261123T120000Z', 'x-amz-security-token': 'session-token' });
  });
});

test.each([
  ['http://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1', { roleArn: 'arn:aws:iam::1:role/r' }, 'eu-west-1'],
  ['http://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1', { region: 'us-east-2', profile: 'p' }, 'us-east-2'],
])('Signature Version 4 at %s with %j is of %s', async (address, sigv4, region) => {
  const signed = signedBy({ sigv4 }, new URL(address));
  expect(await signed).toContain(`/${region}/aps/aws4_request`);
});

test('Signature Version 4 without any region asks nobody', async () => {
  const authentication = { sigv4: { profile: 'p' } };
  expect(await failure({ query: 'up', authentication })).toMatchObject({
    code: 'misconfigured',
    message: expect.stringContaining('authentication.sigv4.region'),
  });
  expect(server.asked).toEqual([]);
});

describe('TLS', () => {
  let tls: RecordedServer;
  beforeAll(async () => {
    tls = await startRecordedServer({ key: pem('loopback-key'), cert: pem('loopback-cert') });
    tls.reply = () => vector('1');
  });
  afterAll(() => tls.close());

  test('a certificate that nobody vouches for', async () => {
    expect(await failure({ query: 'up', address: tls.url })).toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('certificate'),
    });
  });

  test('insecure does not look at it', async () => {
    expect(await measure({ query: 'up', address: tls.url, insecure: true })).toMatchObject({ result: [1] });
  });

  test('a certificate authority of our own', async () => {
    const trusting = new PrometheusProvider({ ca: pem('loopback-cert') });
    expect(await measure({ query: 'up', address: tls.url }, trusting)).toMatchObject({ result: [1] });
    trusting.close();
  });

  test('no way back to plain text', async () => {
    tls.reply = () => ({ status: 307, headers: { location: `${server.url}/api/v1/query` } });
    expect(await failure({ query: 'up', address: tls.url, insecure: true })).toMatchObject({ code: 'misconfigured' });
  });
});

metricProviderContract<PrometheusMetric>('Prometheus', () => {
  server.reply = ({ params, headers }) => {
    const query = params.get('query') ?? '';
    if (query === 'empty') return success('vector', []);
    if (query === 'wrong') return { status: 400, body: '{"status":"error","errorType":"bad_data","error":"parse error"}' };
    if (query === 'echo') return { status: 403, body: `you sent ${JSON.stringify(headers)}` };
    return query === 'silence' ? undefined : vector('1');
  };
  return {
    provider,
    answered: { query: 'up' },
    empty: { query: 'empty' },
    refused: { query: 'wrong' },
    unreachable: { query: 'up', address: 'http://127.0.0.1:1' },
    silent: { query: 'silence' },
    indiscreet: { query: { query: 'echo', headers: [{ key: 'X-Token', value: SECRET }] }, secret: SECRET },
  };
});
