/** An HTTP server on loopback that speaks the query API of Prometheus and answers as a test says. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a query gets: the values of a vector, or an HTTP status; undefined leaves the request open. */
export type QueryAnswer = readonly number[] | { readonly status: number } | undefined;

export interface PrometheusEndpoint {
  readonly address: string;
  /** The Authorization header of each request, or an empty text. */
  readonly authorizations: readonly string[];
  readonly queries: readonly string[];
  stop(): Promise<void>;
}

export async function startPrometheusEndpoint(answer: (query: string, index: number) => QueryAnswer): Promise<PrometheusEndpoint> {
  const queries: string[] = [];
  const authorizations: string[] = [];
  const server = createServer((request, response) => {
    void queryOf(request).then((query) => {
      authorizations.push(request.headers.authorization ?? '');
      const given = answer(query, queries.push(query) - 1);
      if (given === undefined) return;
      if ('status' in given) {
        response.writeHead(given.status, { 'content-type': 'text/plain' }).end('no');
        return;
      }
      const result = given.map((value) => ({ metric: {}, value: [1_700_000_000, Number.isNaN(value) ? 'NaN' : String(value)] }));
      const body = { status: 'success', data: { resultType: 'vector', result } };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    queries,
    authorizations,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** From the URL or from a form. */
async function queryOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  return form.get('query') ?? new URL(request.url ?? '/', 'http://localhost').searchParams.get('query') ?? '';
}
