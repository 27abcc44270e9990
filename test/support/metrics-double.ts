/** A Prometheus that a test breaks and mends: it listens on one port, and can be down, slow, wrong or empty there. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Values of a vector; an HTTP status with a body; `hang`: no answer at all. */
export type MetricsAnswer = readonly number[] | { readonly status: number; readonly body?: string } | 'hang';

export interface MetricsDouble {
  readonly url: string;
  /** From now on. */
  answer: MetricsAnswer;
  /** What was asked: the queries. */
  readonly queries: string[];
  /** The Authorization header of each request. */
  readonly authorizations: string[];
  /** Connections are refused until `open`. */
  shut(): Promise<void>;
  open(): Promise<void>;
  stop(): Promise<void>;
}

export async function startMetricsDouble(): Promise<MetricsDouble> {
  let server: Server | undefined;
  let port = 0;
  const listen = async (): Promise<void> => {
    const opened = createServer((request, response) => void respond(double, request, response));
    await new Promise<void>((resolve, reject) => opened.once('error', reject).listen(port, '127.0.0.1', resolve));
    port = (opened.address() as AddressInfo).port;
    server = opened;
  };
  const shut = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    if (closing === undefined) return;
    closing.closeAllConnections();
    await new Promise<void>((resolve) => closing.close(() => resolve()));
  };
  await listen();
  const double: MetricsDouble = {
    url: `http://127.0.0.1:${port}`,
    answer: [1],
    queries: [],
    authorizations: [],
    shut,
    open: listen,
    stop: shut,
  };
  return double;
}

async function respond(double: MetricsDouble, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  double.queries.push(form.get('query') ?? new URL(request.url ?? '/', 'http://localhost').searchParams.get('query') ?? '');
  double.authorizations.push(request.headers.authorization ?? '');
  const { answer } = double;
  if (answer === 'hang') return;
  if ('status' in answer) {
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body ?? '');
    return;
  }
  const result = answer.map((value) => ({ metric: {}, value: [1_700_000_000, Number.isNaN(value) ? 'NaN' : String(value)] }));
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
}
