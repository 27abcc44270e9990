/** What is asked of a Prometheus about the past, in which pieces, and with which credentials. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type RecordedServer, startRecordedServer } from '../../../../test/support/recorded-http-server.ts';
import { PrometheusHistory } from './prometheus-history.ts';

const range = { fromMs: 0, toMs: 1_199_940_000, stepMs: 60_000 };
let server: RecordedServer;

beforeEach(async () => {
  server = await startRecordedServer();
});
afterEach(async () => {
  await server.close();
});

const json = (data: object) => ({ status: 200, body: JSON.stringify({ status: 'success', data }) });
const formOf = ({ body }: { readonly body: string }) => Object.fromEntries(new URLSearchParams(body));

function open(headers: readonly { readonly key: string; readonly value: string }[] = []): PrometheusHistory {
  return new PrometheusHistory({ address: `${server.url}/prom/`, headers, insecure: false, now: () => 0 });
}

/** A vector, whose value is the minute; `refuse` says which pieces are too much. */
function answers(refuse: (points: number) => boolean = () => false): void {
  server.reply = (request) => {
    const { start, end, step } = formOf(request);
    if (start === undefined) return json({ resultType: 'vector', result: [] });
    const [first, last, by] = [Number(start), Number(end), Number(step)];
    const times = Array.from({ length: Math.floor((last - first) / by) + 1 }, (_, index) => first + index * by);
    if (refuse(times.length))
      return { status: 422, body: JSON.stringify({ status: 'error', errorType: 'execution', error: 'too many samples' }) };
    return json({
      resultType: 'matrix',
      result: [{ metric: {}, values: times.filter((time) => time % 120 === 0).map((time) => [time, String(time / 60)]) }],
    });
  };
}

test('every step has a value, or nothing; asked in pieces that Prometheus allows', async () => {
  answers();
  const history = open();
  const values = await history.read({ query: 'shop' }, range, new AbortController().signal);
  history.close();
  expect(values).toHaveLength(20_000);
  expect(values.slice(0, 3)).toEqual([
    { atMs: 0, result: [0] },
    { atMs: 60_000, result: [] },
    { atMs: 120_000, result: [2] },
  ]);
  const pieces = server.asked.filter(({ path }) => path === '/prom/api/v1/query_range').map(formOf);
  expect(pieces.map(({ query, start, end, step }) => [query, start, end, step])).toEqual([
    ['shop', '0.000', '599940.000', '60.000'],
    ['shop', '600000.000', '1199940.000', '60.000'],
  ]);
});

test('a scalar gives numbers, several series give a list with all of them', async () => {
  const series = (first: number) => ({
    metric: {},
    values: [
      [0, String(first)],
      [60, 'NaN'],
    ],
  });
  const read = async (shape: object, result: readonly object[]) => {
    server.reply = (request) => json(formOf(request).start === undefined ? shape : { resultType: 'matrix', result });
    const history = open();
    const values = await history.read({ query: 'shop' }, { fromMs: 0, toMs: 60_000, stepMs: 60_000 }, new AbortController().signal);
    history.close();
    return values.map(({ result: value }) => value);
  };
  expect(await read({ resultType: 'scalar', result: [0, '1'] }, [series(1)])).toEqual([1, Number.NaN]);
  expect(await read({ resultType: 'vector', result: [] }, [series(1), series(2)])).toEqual([
    [1, 2],
    [Number.NaN, Number.NaN],
  ]);
});

test('a piece that is too much for it is asked in smaller ones, up to a point', async () => {
  answers((points) => points > 3000);
  const history = open();
  expect(await history.read({ query: 'shop' }, range, new AbortController().signal)).toHaveLength(20_000);
  answers(() => true);
  await expect(history.read({ query: 'shop' }, range, new AbortController().signal)).rejects.toThrow('execution: too many samples');
  history.close();
});

test('the metric’s credentials are sent, the person’s own instead where there are any, and none is told', async () => {
  const metric = {
    query: 'shop',
    headers: [
      { key: 'X-Tenant', value: 'of-the-metric' },
      { key: 'X-Kept', value: 'kept-by-metric' },
    ],
    authentication: { basicAuth: { username: 'shop', password: 'open-sesame' } },
  };
  server.reply = ({ headers }) => ({
    status: 400,
    body: JSON.stringify({ status: 'error', errorType: 'bad_data', error: JSON.stringify(headers) }),
  });
  const words = async (history: PrometheusHistory) => {
    const error = await history.read(metric, range, new AbortController().signal).catch((reason: Error) => reason);
    history.close();
    return error instanceof Error ? error.message : '';
  };
  const first = await words(open());
  expect(server.asked.at(-1)?.headers).toMatchObject({
    authorization: `Basic ${Buffer.from('shop:open-sesame').toString('base64')}`,
    'x-tenant': 'of-the-metric',
  });
  const second = await words(
    open([
      { key: 'authorization', value: 'Bearer of-the-person' },
      { key: 'x-tenant', value: 'tenant-of-person' },
    ]),
  );
  expect(server.asked.at(-1)?.headers).toMatchObject({
    authorization: 'Bearer of-the-person',
    'x-tenant': 'tenant-of-person',
    'x-kept': 'kept-by-metric',
  });
  for (const text of [first, second]) {
    expect(text).toContain('bad_data');
    expect(text).not.toMatch(/open-sesame|of-the-metric|kept-by-metric|of-the-person|tenant-of-person/);
  }
});

test.each([
  ['matrix', { resultType: 'matrix', result: [] }, 'the query gives a range'],
  ['string', { resultType: 'string', result: [0, 'x'] }, 'the query gives a string'],
])('a query that gives a %s is refused in words', async (_, data, words) => {
  server.reply = () => json(data);
  const history = open();
  await expect(history.read({ query: 'shop[5m]' }, range, new AbortController().signal)).rejects.toThrow(words);
  history.close();
});
