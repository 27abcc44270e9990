/** For tests: an HTTP server on loopback that answers as it is told and remembers what it was asked. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Of the form, else of the query. */
  readonly params: URLSearchParams;
  readonly body: string;
}

/** undefined: never answers. */
export type Reply =
  | { readonly status?: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  | undefined;

export interface RecordedServer {
  readonly url: string;
  readonly asked: Asked[];
  /** What to answer from now on. */
  reply: (asked: Asked) => Reply;
  /** True breaks a connection as soon as a second request comes on it, unread. */
  closeKept: boolean;
  close(): Promise<void>;
}

export async function startRecordedServer(tls?: { readonly key: string; readonly cert: string }): Promise<RecordedServer> {
  const asked: Asked[] = [];
  const used = new WeakSet<object>();
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    if (recorded.closeKept && used.has(request.socket)) {
      request.socket.destroy();
      return;
    }
    used.add(request.socket);
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const params = new URLSearchParams(body === '' ? url.search : body);
      const entry = { method: request.method ?? '', path: url.pathname, headers: request.headers, params, body };
      asked.push(entry);
      const reply = recorded.reply(entry);
      if (reply === undefined) return;
      response.writeHead(reply.status ?? 200, { 'Content-Type': 'application/json', ...reply.headers });
      response.end(reply.body ?? '');
    });
  };
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const recorded: RecordedServer = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    asked,
    reply: () => ({ status: 500 }),
    closeKept: false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return recorded;
}
