/** How the client takes answers that a real API server seldom gives; what it does with the usual ones is its contract suite's. */
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { ApiError, type Resource } from '../cluster.ts';
import { KubernetesClient, type RequestRecord } from './kubernetes-client.ts';

const things: Resource = { group: '', version: 'v1', kind: 'Thing', plural: 'things', namespaced: true };
const key = { namespace: 'n', name: 'a' };
const thing = { apiVersion: 'v1', kind: 'Thing', metadata: key };

let close: (() => Promise<void>) | undefined;
afterEach(async () => close?.());

/** A client whose clock sleeps no longer than a millisecond and writes down for how long it was asked to. */
async function against(listener: RequestListener) {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const config = new KubeConfig();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix`;
  config.loadFromClusterAndUser({ name: 'c', server: url, skipTLSVerify: true }, { name: 'u', username: 'jane', password: 'pass' });
  const slept: number[] = [];
  const records: RequestRecord[] = [];
  const client = KubernetesClient.create({
    config,
    clock: {
      ...systemClock,
      setTimer: (ms, callback) => {
        slept.push(ms);
        return systemClock.setTimer(1, callback);
      },
    },
    random: () => 0,
    environment: {},
    limits: undefined,
    timeoutMs: 300,
    onRequest: (record) => records.push(record),
  });
  close = async () => {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { client, slept, records };
}

function answer(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(typeof body === 'string' ? body : JSON.stringify(body));
}

async function errorOf(work: Promise<unknown>): Promise<ApiError> {
  const error = await work.catch((thrown: unknown) => thrown);
  if (error instanceof ApiError) return error;
  throw new Error(`no ApiError, but ${String(error)}`);
}

test('a read is tried again a few times, as late as the server asks', async () => {
  let asked = 0;
  const { client, slept, records } = await against((_, response) => {
    asked += 1;
    if (asked === 1) answer(response, 429, {}, { 'retry-after': '2' });
    else if (asked === 2) answer(response, 503, 'busy');
    else answer(response, 200, thing);
  });
  expect(await client.get(things, key)).toEqual(thing);
  expect(slept).toEqual([2000, 200]);
  expect(records.map((record) => record.status)).toEqual([429, 503, 200]);
});

test('a read that never succeeds ends in its last error, a write in its first', async () => {
  let asked = 0;
  const { client } = await against((_, response) => {
    asked += 1;
    answer(response, 500, { kind: 'Status', message: 'etcd is unhappy', reason: 'InternalError' });
  });
  const error = await errorOf(client.get(things, key));
  expect([error.code, error.status, error.reason, error.message]).toEqual([
    'unavailable',
    500,
    'InternalError',
    'get things n/a: etcd is unhappy (500)',
  ]);
  expect(asked).toBe(4);
  asked = 0;
  expect((await errorOf(client.patch(things, key, { type: 'merge', body: {} }))).code).toBe('unavailable');
  expect(asked).toBe(1);
});

test('a server that does not answer, or breaks off, is told apart', async () => {
  const { client, records } = await against((request, response) => {
    if (request.method === 'PATCH') response.socket?.destroy();
  });
  expect((await errorOf(client.create(things, thing))).code).toBe('timeout');
  expect((await errorOf(client.patch(things, key, { type: 'merge', body: {} }))).code).toBe('unreachable');
  expect(records.map((record) => record.status)).toEqual([0, 0]);
});

test('requests carry the path of the server, the user and the right type', async () => {
  const seen: unknown[] = [];
  const { client } = await against((request, response) => {
    seen.push([request.method, request.url, request.headers['content-type'], request.headers.authorization]);
    answer(response, 200, thing);
  });
  const basic = `Basic ${Buffer.from('jane:pass').toString('base64')}`;
  await client.patch(
    things,
    key,
    { type: 'apply', fieldManager: 'me & you', force: true, body: { metadata: key } },
    { subresource: 'status' },
  );
  await client.get({ ...things, group: 'example.org', namespaced: false }, { name: 'a' });
  expect(seen).toEqual([
    [
      'PATCH',
      '/prefix/api/v1/namespaces/n/things/a/status?fieldManager=me%20%26%20you&force=true',
      'application/apply-patch+yaml',
      basic,
    ],
    ['GET', '/prefix/apis/example.org/v1/things/a', undefined, basic],
  ]);
});

test('a watch that holds something else than events breaks, and says what it was', async () => {
  const { client } = await against((_, response) => {
    response.writeHead(200).write(`${JSON.stringify({ type: 'ADDED', object: thing })}\n<html>`);
    response.end();
  });
  const seen: string[] = [];
  const error = await errorOf(
    (async () => {
      for await (const event of client.watch(things, {}, new AbortController().signal)) seen.push(event.type);
    })(),
  );
  expect([seen, error.code, error.message]).toEqual([['ADDED'], 'bad-answer', expect.stringContaining('<html>')]);
});

test('leaving a watch early closes its connection', async () => {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const { client } = await against((request, response) => {
    request.on('close', () => resolve());
    response.writeHead(200).write(`${JSON.stringify({ type: 'ADDED', object: thing })}\n`);
  });
  for await (const event of client.watch(things, {}, new AbortController().signal)) {
    expect(event.type).toBe('ADDED');
    break;
  }
  await closed;
});

test('a closed client refuses', async () => {
  const { client } = await against((_, response) => answer(response, 200, thing));
  await client.get(things, key);
  await client.close();
  expect((await errorOf(client.get(things, key))).code).toBe('aborted');
});
