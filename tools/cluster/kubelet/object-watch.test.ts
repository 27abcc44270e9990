import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { KubeApi } from './kube-api.ts';
import { watchObjects } from './object-watch.ts';
import { StatusWriter } from './status-writer.ts';

let server: Server | undefined;
let api: KubeApi | undefined;
const closing = new AbortController();

afterEach(async () => {
  closing.abort();
  server?.closeAllConnections();
  server?.close();
  await api?.close();
});

async function serve(handler: (url: URL, method: string, body: string, response: ServerResponse) => void): Promise<KubeApi> {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    handler(new URL(request.url ?? '/', 'http://api'), request.method ?? '', body, response);
  }).listen(0, '127.0.0.1');
  await vi.waitFor(() => expect(server?.address()).not.toBeNull());
  api = new KubeApi({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ca: '', cert: '', key: '' });
  return api;
}

const object = (name: string, resourceVersion: string) => ({ metadata: { name, uid: name, resourceVersion } });
const line = (type: string, value: object) => `${JSON.stringify({ type, object: value })}\n`;

describe('watchObjects', () => {
  it('goes on where it was after a break, lists again after 410, and tells of what went away meanwhile', async () => {
    const lists = [[object('a', '1'), object('b', '1')], [object('b', '9')]];
    const watchedFrom: string[] = [];
    const answers = [
      // Breaks in the middle of nothing.
      (response: ServerResponse) => response.end(line('MODIFIED', object('a', '5'))),
      // Too old.
      (response: ServerResponse) => response.end(line('ERROR', { code: 410, message: 'too old' })),
      (response: ServerResponse) => {
        response.write(line('BOOKMARK', object('', '12')));
        response.write(line('ADDED', object('c', '13')) + line('DELETED', object('b', '14')));
      },
    ];
    const client = await serve((url, _method, _body, response) => {
      if (url.searchParams.get('watch') === null) {
        response.end(JSON.stringify({ metadata: { resourceVersion: lists.length === 2 ? '3' : '10' }, items: lists.shift() }));
        return;
      }
      watchedFrom.push(url.searchParams.get('resourceVersion') ?? '');
      response.writeHead(200);
      answers.shift()?.(response);
    });
    const told: string[] = [];
    const handlers = {
      changed: ({ metadata }: { metadata: { name: string; resourceVersion?: string } }) =>
        told.push(`${metadata.name}@${metadata.resourceVersion}`),
      gone: ({ metadata }: { metadata: { name: string } }) => told.push(`${metadata.name} gone`),
    };
    void watchObjects(client, '/api/v1/things', handlers, closing.signal);
    await vi.waitFor(() => expect(told).toEqual(['a@1', 'b@1', 'a@5', 'a gone', 'b@9', 'c@13', 'b gone']), { timeout: 5000 });
    expect(watchedFrom).toEqual(['3', '5', '10']);
  });
});

describe('StatusWriter', () => {
  it('writes one at a time, the newest only, nothing twice, and clears reasons that no longer hold', async () => {
    const bodies: { status: { phase: string; conditions?: unknown } }[] = [];
    const waiting: ServerResponse[] = [];
    const client = await serve((_url, _method, body, response) => {
      bodies.push(JSON.parse(body) as (typeof bodies)[number]);
      waiting.push(response);
    });
    const writer = new StatusWriter(client, { namespace: 'n', name: 'p', uid: 'u' });
    for (const phase of ['one', 'two', 'three']) writer.want({ phase });
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    for (const phase of ['four', 'five']) writer.want({ phase, conditions: [{ type: 'Ready', status: 'True' }] });
    waiting.shift()?.end('{}');
    await vi.waitFor(() => expect(waiting).toHaveLength(1));
    waiting.shift()?.end('{}');
    await writer.settled();
    writer.want({ phase: 'five', conditions: [{ type: 'Ready', status: 'True' }] });
    await writer.settled();
    expect(bodies.map(({ status }) => status.phase)).toEqual(['one', 'five']);
    expect(bodies.at(-1)?.status.conditions).toEqual([{ type: 'Ready', status: 'True', reason: null, message: null }]);
  });

  it('tries again when the server cannot, and stops when the pod is gone', async () => {
    const codes = [500, 429, 200, 404];
    let asked = 0;
    const client = await serve((_url, _method, _body, response) => {
      response.writeHead(codes[asked++] ?? 500).end('{}');
    });
    const writer = new StatusWriter(client, { namespace: 'n', name: 'p', uid: 'u' });
    writer.want({ phase: 'one' });
    await writer.settled();
    expect(asked).toBe(3);
    writer.want({ phase: 'two' });
    await writer.settled();
    expect(asked).toBe(4);
  });
});
