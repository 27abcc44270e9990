import type { LookupAddress } from 'node:dns';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { metricProviderContract } from '../../../../test/contract/metric-provider.ts';
import { type Asked, type RecordedServer, type Reply, startRecordedServer } from '../../../../test/support/recorded-http-server.ts';
import type { WebMetric } from '../../../api/analysis-template.ts';
import { AddressPolicy, type AddressPolicyOptions } from '../http/address-policy.ts';
import { MetricProviderError } from '../metric-provider.ts';
import { WebProvider } from './web-provider.ts';

const NOW_MS = Date.parse('2026-11-23T12:00:00Z');
const SECRET = 'correct-horse-battery';
const pem = (name: string): string => readFileSync(new URL(`../../../../test/fixtures/tls/${name}.pem`, import.meta.url), 'utf8');

let server: RecordedServer;
let other: RecordedServer;
let provider: WebProvider;

beforeAll(async () => {
  [server, other] = await Promise.all([startRecordedServer(), startRecordedServer()]);
  provider = new WebProvider({
    policy: new AddressPolicy(),
    maxAnswerBytes: 100_000,
    awsCredentials: async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET }),
  });
});

beforeEach(() => {
  for (const { asked } of [server, other]) asked.length = 0;
  other.reply = () => ({ body: '{"from":"other"}' });
});

afterAll(async () => {
  provider.close();
  await Promise.all([server.close(), other.close()]);
});

const metric = (more: Partial<WebMetric> = {}): WebMetric => ({ url: `${server.url}/healthz`, ...more });
const measure = (query: WebMetric, asker = provider) =>
  asker.measure(query, { signal: new AbortController().signal, nowMs: NOW_MS });
const json = (value: unknown): Reply => ({ body: JSON.stringify(value) });

async function failure(query: WebMetric, asker = provider): Promise<MetricProviderError> {
  const answer = await measure(query, asker).catch((error: unknown) => error);
  if (answer instanceof MetricProviderError) return answer;
  throw new Error(`expected an error, got ${JSON.stringify(answer)}`);
}

function last(of = server): Asked {
  const asked = of.asked.at(-1);
  if (asked === undefined) throw new Error('nothing was asked');
  return asked;
}

describe('answers', () => {
  const document = { data: { ok: true, ratio: 0.99, big: 1e21, name: 'v2', none: null }, list: [{ b: 2, a: 1 }], empty: [] };
  test.each<[string, unknown, string]>([
    ['{$.data.ok}', true, 'true'],
    ['{.data.ratio}', 0.99, '0.99'],
    ['{.data.big}', 1e21, '1e+21'],
    ['{$.data.name}', 'v2', '"v2"'],
    ['{.list[0]}', { a: 1, b: 2 }, '{"a":1,"b":2}'],
    ['{.list[*].a}', 1, '1'],
    ['{.list[?(@.b==2)].a}', 1, '1'],
    [' {..ratio} ', 0.99, '0.99'],
  ])('%s', async (jsonPath, result, text) => {
    server.reply = () => json(document);
    expect(await measure(metric({ jsonPath }))).toEqual({ kind: 'value', result, text });
  });

  test.each<[string, string, object]>([
    ['a document', '{"b":[1],"a":"x"}', { kind: 'value', result: { a: 'x', b: [1] }, text: '{"a":"x","b":[1]}' }],
    ['a number', ' 17 ', { kind: 'value', result: 17, text: '17' }],
    ['text', 'all is well\n', { kind: 'value', result: 'all is well\n', text: 'all is well\n' }],
    ['nothing at all', '', { kind: 'value', result: '', text: '' }],
    ['null', 'null', { kind: 'no-data', result: null, text: 'null' }],
    ['an empty list', '[]', { kind: 'no-data', result: [], text: '[]' }],
  ])('without a path: %s', async (_, body, expected) => {
    server.reply = () => ({ body });
    expect(await measure(metric())).toEqual(expected);
  });

  test.each<[string, Partial<WebMetric>, Reply, string, string]>([
    ['no match', { jsonPath: '{.data.gone}' }, json(document), 'bad-answer', 'Could not find JSONPath in body: gone is not found'],
    ['no item', { jsonPath: '{.empty[0]}' }, json(document), 'bad-answer', 'array index out of bounds: index 0, length 0'],
    ['an empty match', { jsonPath: '{.empty[*]}' }, json(document), 'bad-answer', 'result of web metric produced no value'],
    ['no JSON', { jsonPath: '{.a}' }, { body: `<html>${SECRET}` }, 'bad-answer', 'Could not parse JSON body'],
    ['too deep', {}, { body: `${'['.repeat(30_000)}${']'.repeat(30_000)}` }, 'bad-answer', 'nested deeper than 100'],
    ['too much', {}, { body: `"${'x'.repeat(200_000)}"` }, 'bad-answer', 'more than 100000 bytes'],
    ['HTTP 500', {}, { status: 500, body: SECRET }, 'bad-answer', 'received non 2xx response code: 500'],
    ['HTTP 503', {}, { status: 503 }, 'unreachable', 'received non 2xx response code: 503'],
    ['HTTP 401', {}, { status: 401 }, 'unauthorized', 'received non 2xx response code: 401'],
    ['HTTP 304', {}, { status: 304 }, 'bad-answer', 'received non 2xx response code: 304'],
  ])('an error: %s', async (_, more, reply, code, words) => {
    server.reply = () => reply;
    const error = await failure(metric(more));
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(error.message).not.toContain(SECRET);
  });

  test('any 2xx will do', async () => {
    server.reply = () => ({ status: 204 });
    expect(await measure(metric())).toMatchObject({ result: '' });
  });
});

describe('what is sent', () => {
  beforeEach(() => {
    server.reply = () => json(1);
  });

  test('GET, without anything that was not asked for', async () => {
    await measure(metric({ url: `${server.url}/a/b?c=d&c=e#f` }));
    expect(last()).toMatchObject({ method: 'GET', path: '/a/b', body: '' });
    expect(last().params.getAll('c')).toEqual(['d', 'e']);
    expect(last().headers).not.toHaveProperty('authorization');
  });

  test.each(['POST', 'PUT'])('%s with a JSON body', async (method) => {
    await measure(metric({ method, jsonBody: { a: [1, 'x'] } }));
    expect(last()).toMatchObject({ method, body: '{"a":[1,"x"]}' });
    expect(last().headers['content-type']).toBe('application/json');
  });

  test('a body as it is, of the type that the headers say, else of none', async () => {
    await measure(metric({ method: 'POST', body: 'a=b c' }));
    expect(last().body).toBe('a=b c');
    expect(last().headers).not.toHaveProperty('content-type');
    await measure(metric({ method: 'POST', body: 'x', headers: [{ key: 'content-type', value: 'text/csv' }] }));
    expect(last().headers['content-type']).toBe('text/csv');
    await measure(metric({ method: 'POST', jsonBody: 1, headers: [{ key: 'Content-Type', value: 'application/x+json' }] }));
    expect(last().headers['content-type']).toBe('application/x+json');
  });

  test('headers, save those of the connection', async () => {
    const headers = ['X-Token', 'accept', 'Host', 'Content-Length', 'Transfer-Encoding'].map((key) => ({ key, value: '77' }));
    await measure(metric({ headers }));
    expect(last().headers).toMatchObject({ 'x-token': '77', accept: '77', host: new URL(server.url).host });
    expect(last().headers).not.toHaveProperty('transfer-encoding');
  });

  test.each<[string, NonNullable<WebMetric['headers']>, string]>([
    ['a line break', [{ key: 'X-A', value: `${SECRET}\n` }], 'the header X-A'],
    ['no name', [{ key: 'X A', value: '1' }], 'the name of header 1'],
    ['too many', Array.from({ length: 101 }, (_, index) => ({ key: `X-${index}`, value: '1' })), 'more than 100 headers'],
    ['too long', [{ key: 'X-A', value: 'x'.repeat(70_000) }], 'more than 65536 characters'],
  ])('no headers with %s', async (_, headers, words) => {
    const error = await failure(metric({ headers }));
    expect(error).toMatchObject({ code: 'misconfigured', message: expect.stringContaining(words) });
    expect(error.message).not.toContain(SECRET);
    expect(server.asked).toEqual([]);
  });

  test('nothing that contradicts itself', async () => {
    expect(await failure(metric({ method: 'POST', body: 'a', jsonBody: {} }))).toMatchObject({
      code: 'misconfigured',
      message: 'web.jsonBody: use either body or jsonBody; both cannot be sent',
    });
    expect(server.asked).toEqual([]);
  });

  test('a POST is not sent twice, where a GET is, when a kept connection breaks', async () => {
    await measure(metric());
    server.closeKept = true;
    expect(await measure(metric())).toMatchObject({ result: 1 });
    expect(await failure(metric({ method: 'POST', body: 'a' }))).toMatchObject({ code: 'unreachable' });
    server.closeKept = false;
  });

  test('no answer in time', async () => {
    server.reply = () => undefined;
    expect(await failure(metric({ timeoutSeconds: 1 }))).toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('within 1 s'),
    });
  });
});

describe('authentication', () => {
  test.each<[string, NonNullable<WebMetric['authentication']>, RegExp]>([
    ['basic', { basicAuth: { username: 'me', password: SECRET } }, /^Basic /],
    [
      'Signature Version 4',
      { sigv4: { region: 'eu-central-1' } },
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20261123\/eu-central-1\//,
    ],
  ])('%s', async (_, authentication, header) => {
    server.reply = () => json(1);
    await measure(metric({ authentication }));
    expect(last().headers.authorization).toMatch(header);
  });

  test('OAuth 2', async () => {
    server.reply = ({ path, headers }) => {
      if (path === '/token') return json({ access_token: 'the-token', expires_in: 3600 });
      return headers.authorization === 'Bearer the-token' ? json(1) : { status: 401 };
    };
    const oauth2 = { tokenUrl: `${server.url}/token`, clientId: 'id', clientSecret: SECRET };
    expect(await measure(metric({ authentication: { oauth2 } }))).toMatchObject({ result: 1 });
    const refused = { oauth2: { ...oauth2, tokenUrl: 'http://169.254.169.254/token' } };
    expect(await failure(metric({ authentication: refused }))).toMatchObject({ message: expect.stringContaining('link-local') });
  });

  test('more than one way', async () => {
    const authentication = { basicAuth: { username: 'a', password: 'b' }, sigv4: { region: 'r' } };
    expect(await failure(metric({ authentication }))).toMatchObject({ code: 'misconfigured' });
  });
});

describe('redirects', () => {
  const headers = [{ key: 'X-Token', value: SECRET }];
  const authentication = { basicAuth: { username: 'me', password: SECRET } };
  const redirect = (status: number, location: string) => {
    server.reply = ({ path }) => (path === '/healthz' ? { status, headers: { location } } : json('arrived'));
  };

  test.each([301, 302, 303, 307, 308])('%i on the same server, with credentials', async (status) => {
    redirect(status, '/there');
    expect(await measure(metric({ headers, authentication }))).toMatchObject({ result: 'arrived' });
    expect(last().headers).toMatchObject({ 'x-token': SECRET, authorization: expect.stringMatching(/^Basic /) });
  });

  test('to another origin, without credentials', async () => {
    redirect(302, `${other.url.replace('//', '//user:pass@')}/there`);
    expect(await measure(metric({ headers, authentication, jsonPath: '{.from}' }))).toMatchObject({ result: 'other' });
    expect(JSON.stringify(last(other).headers)).not.toMatch(new RegExp(`${SECRET}|authorization|x-token`));
  });

  test('to another origin and back, still without', async () => {
    redirect(302, `${other.url}/there`);
    other.reply = () => ({ status: 302, headers: { location: `${server.url}/back` } });
    expect(await measure(metric({ headers, authentication }))).toMatchObject({ result: 'arrived' });
    expect(JSON.stringify(last().headers)).not.toMatch(new RegExp(`${SECRET}|authorization`));
  });

  test.each([
    [302, 'GET', ''],
    [303, 'GET', ''],
    [307, 'POST', 'text'],
    [308, 'POST', 'text'],
  ])('%i after POST asks with %s', async (status, method, body) => {
    redirect(status, '/there');
    await measure(metric({ method: 'POST', body: 'text' }));
    expect(last()).toMatchObject({ method, body, path: '/there' });
  });

  test('a body goes to no other server', async () => {
    redirect(307, `${other.url}/there`);
    expect(await failure(metric({ method: 'POST', body: SECRET }))).toMatchObject({ code: 'misconfigured' });
    expect(other.asked).toEqual([]);
  });

  test.each([
    ['http://169.254.169.254/latest/meta-data/', 'link-local'],
    ['http://[::ffff:169.254.169.254]/', 'link-local'],
    ['file:///etc/passwd', 'name that address'],
    ['data:application/json,1', 'name that address'],
    ['http://', 'redirects to no address'],
    ['/healthz', 'more than 10 times'],
  ])('to %s is not followed', async (location, words) => {
    redirect(302, location);
    expect((await failure(metric())).message).toContain(words);
    expect(server.asked.length).toBeLessThan(13);
  });
});

describe('where it may go', () => {
  const inCluster = (more: AddressPolicyOptions = {}) =>
    new WebProvider({ policy: new AddressPolicy({ inCluster: true, ...more }) });
  const addresses = (...texts: readonly string[]): readonly LookupAddress[] =>
    texts.map((address) => ({ address, family: isIP(address) }));
  const port = () => new URL(server.url).port;

  test.each(['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '0.0.0.0', '[::1]'])(
    'a controller in a cluster does not ask itself at %s',
    async (host) => {
      server.reply = () => json(1);
      const asker = inCluster();
      const error = await failure(metric({ url: `http://${host}:${port()}/` }), asker);
      expect(error).toMatchObject({ code: 'misconfigured', message: expect.stringContaining("the controller's own machine") });
      expect(server.asked).toEqual([]);
      asker.close();
    },
  );

  test('a name that leads to the metadata service', async () => {
    const asker = inCluster({ resolve: (_, answer) => answer(null, addresses('169.254.169.254')) });
    const error = await failure(metric({ url: 'http://metadata.example/latest', headers: [{ key: 'X-A', value: SECRET }] }), asker);
    expect(error).toMatchObject({ code: 'misconfigured', message: expect.stringContaining('does not ask metadata.example') });
    asker.close();
  });

  test('a name that a redirect leads to', async () => {
    const policy = new AddressPolicy({
      resolve: (host, answer) => answer(null, addresses(host === 'shop.example' ? '127.0.0.1' : 'fd00:ec2::254')),
    });
    const asker = new WebProvider({ policy });
    server.reply = () => ({ status: 302, headers: { location: 'http://elsewhere.example/' } });
    const error = await failure(metric({ url: `http://shop.example:${port()}/` }), asker);
    expect(error.message).toContain('does not ask elsewhere.example');
    expect(server.asked).toHaveLength(1);
    asker.close();
  });

  test('the address that was judged is the one that is connected to, though the name changes', async () => {
    let asked = 0;
    const policy = new AddressPolicy({
      resolve: (_, answer) => {
        asked += 1;
        answer(null, addresses(asked === 1 ? '127.0.0.1' : '169.254.169.254'));
      },
    });
    const asker = new WebProvider({ policy });
    server.reply = () => json(1);
    expect(await measure(metric({ url: `http://shop.example:${port()}/` }), asker)).toMatchObject({ result: 1 });
    expect(last().headers.host).toBe(`shop.example:${port()}`);
    expect(asked).toBe(1);
    asker.close();
  });
});

describe('TLS', () => {
  let tls: RecordedServer;
  beforeAll(async () => {
    tls = await startRecordedServer({ key: pem('loopback-key'), cert: pem('loopback-cert') });
    tls.reply = () => json(1);
  });
  afterAll(() => tls.close());

  test('certificates are checked, unless the metric says otherwise', async () => {
    expect(await failure(metric({ url: tls.url }))).toMatchObject({ message: expect.stringContaining('certificate') });
    expect(await measure(metric({ url: tls.url, insecure: true }))).toMatchObject({ result: 1 });
    const trusting = new WebProvider({ policy: new AddressPolicy(), ca: pem('loopback-cert') });
    expect(await measure(metric({ url: tls.url }), trusting)).toMatchObject({ result: 1 });
    trusting.close();
  });

  test('no way back to plain text', async () => {
    tls.reply = () => ({ status: 302, headers: { location: server.url } });
    expect(await failure(metric({ url: tls.url, insecure: true }))).toMatchObject({ code: 'misconfigured' });
  });
});

test('what a server repeats of the credentials is not shown', async () => {
  server.reply = ({ headers }) => json(headers);
  const value = await measure(metric({ headers: [{ key: 'X-Token', value: SECRET }] }));
  expect(value.text).not.toContain(SECRET);
  expect(value.text).toContain('*****');
});

metricProviderContract<WebMetric>('Web', () => {
  server.reply = ({ path, headers }) => {
    if (path === '/empty') return json({ data: [] });
    if (path === '/wrong') return { status: 400, body: 'no' };
    if (path === '/echo') return { status: 403, body: `you sent ${JSON.stringify(headers)}` };
    return path === '/silence' ? undefined : json({ data: [1] });
  };
  const at = (path: string) => metric({ url: `${server.url}${path}`, jsonPath: '{.data}' });
  return {
    provider,
    answered: at('/'),
    empty: at('/empty'),
    refused: at('/wrong'),
    unreachable: metric({ url: 'http://127.0.0.1:1' }),
    silent: at('/silence'),
    indiscreet: { query: { ...at('/echo'), headers: [{ key: 'X-Token', value: SECRET }] }, secret: SECRET },
  };
});
