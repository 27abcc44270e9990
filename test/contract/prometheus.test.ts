/** The Prometheus provider against a real Prometheus: the shapes that the provider's own tests have on record are what it really sends. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PrometheusMetric } from '../../src/api/analysis-template.ts';
import { MetricProviderError } from '../../src/providers/metrics/metric-provider.ts';
import { PrometheusProvider } from '../../src/providers/metrics/prometheus/prometheus-provider.ts';
import type { Prometheus } from '../../tools/cluster/contract.ts';
import { startPrometheus } from '../../tools/cluster/prometheus/prometheus.ts';
import { sharedCluster } from '../support/cluster.ts';
import { type RecordedServer, startRecordedServer } from '../support/recorded-http-server.ts';
import { metricProviderContract } from './metric-provider.ts';

const SECRET = 'correct-horse-battery';
let prometheus: Prometheus;
let provider: PrometheusProvider;
let silent: RecordedServer;

beforeAll(async () => {
  prometheus = await startPrometheus(await sharedCluster(), { scrapeIntervalMs: 1000 });
  provider = new PrometheusProvider({ defaultAddress: prometheus.url });
  silent = await startRecordedServer();
  silent.reply = () => undefined;
});

afterAll(async () => {
  provider?.close();
  await Promise.all([prometheus?.stop(), silent?.close()]);
});

const measure = (query: PrometheusMetric) => provider.measure(query, { signal: new AbortController().signal, nowMs: Date.now() });

describe('real answers', () => {
  test.each([
    ['1.5', 1.5, '1.5'],
    ['vector(0.97)', [0.97], '[0.97]'],
    ['vector(0) / vector(0)', [Number.NaN], '[NaN]'],
    ['vector(1) / vector(0)', [Number.POSITIVE_INFINITY], '[+Inf]'],
    ['vector(-1) / vector(0)', [Number.NEGATIVE_INFINITY], '[-Inf]'],
    ['sort(vector(1) or label_replace(vector(2), "a", "b", "", ""))', [1, 2], '[1,2]'],
    ['vector(1e21)', [1e21], '[1000000000000000000000]'],
    ['vector(1e-7)', [1e-7], '[0.0000001]'],
  ])('%s', async (query, result, text) => {
    expect(await measure({ query })).toMatchObject({ kind: 'value', result, text });
  });

  test('nothing', async () => {
    expect(await measure({ query: 'absent(vector(1))' })).toMatchObject({ kind: 'no-data', result: [] });
  });

  test('a range', async () => {
    const rangeQuery = { start: 'now() - duration("3m")', end: 'now()', step: '1m' };
    expect(await measure({ query: 'vector(2)', rangeQuery })).toMatchObject({ kind: 'value', result: [2, 2, 2, 2] });
  });

  test.each([
    ['"hello"', 'bad-query', 'gives a string'],
    ['sum(', 'bad-query', 'parse error'],
    ['vector(1) + on() group_left() foo{', 'bad-query', 'parse error'],
  ])('%s is refused in its own words', async (query, code, words) => {
    const error = await measure({ query }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MetricProviderError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
  });
});

metricProviderContract<PrometheusMetric>('A real Prometheus', () => ({
  provider,
  answered: { query: 'vector(1)' },
  empty: { query: 'absent(vector(1))' },
  refused: { query: 'sum(' },
  unreachable: { query: 'up', address: 'http://127.0.0.1:1' },
  silent: { query: 'up', address: silent.url },
  indiscreet: {
    query: { query: `sum(${SECRET}`, headers: [{ key: 'X-Token', value: SECRET }] },
    secret: SECRET,
  },
}));
