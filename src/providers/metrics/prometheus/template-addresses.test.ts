import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type RecordedServer, startRecordedServer } from '../../../../test/support/recorded-http-server.ts';
import type { PrometheusMetric } from '../../../api/analysis-template.ts';
import { AddressPolicy } from '../http/address-policy.ts';
import { PrometheusProvider } from './prometheus-provider.ts';

let server: RecordedServer;
let provider: PrometheusProvider;

beforeAll(async () => {
  server = await startRecordedServer();
  server.reply = ({ path }) => ({
    body:
      path === '/token'
        ? '{"access_token":"t"}'
        : JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [1763899200, '1.5'] } }),
  });
  provider = new PrometheusProvider({ defaultAddress: server.url, policy: new AddressPolicy({ inCluster: true }) });
});

beforeEach(() => {
  server.asked.length = 0;
});

afterAll(async () => {
  provider.close();
  await server.close();
});

const measure = (query: PrometheusMetric) => provider.measure(query, { signal: new AbortController().signal, nowMs: 0 });

test('no policy holds for the address that the controller was started with', async () => {
  expect(await measure({ query: 'up' })).toMatchObject({ result: 1.5 });
});

test.each<[string, () => PrometheusMetric]>([
  ['its address', () => ({ query: 'up', address: server.url })],
  [
    'where its tokens are issued',
    () => ({
      query: 'up',
      authentication: { oauth2: { tokenUrl: `${server.url}/token`, clientId: 'id', clientSecret: 'secret' } },
    }),
  ],
])('one holds for what a template names: %s', async (_, query) => {
  await expect(measure(query())).rejects.toMatchObject({
    code: 'misconfigured',
    message: "Rampart does not ask 127.0.0.1: it is the controller's own machine",
  });
  expect(server.asked).toEqual([]);
});
