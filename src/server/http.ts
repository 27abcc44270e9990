/** Two small read-only HTTP servers: figures for Prometheus on one port, health for the kubelet on another. Nothing else listens. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

/** One answer to "how are you": healthy, or a sentence that says what is missing. */
export interface Health {
  readonly ok: boolean;
  readonly message: string;
}

export interface HealthChecks {
  /** Is the process worth keeping? False makes the kubelet restart it. */
  readonly live: () => Health;
  /** Are its caches synced, and does it hold the lease or stand by for it? */
  readonly ready: () => Health;
}

export interface Address {
  /** Undefined listens on all addresses. */
  readonly host?: string | undefined;
  /** 0 takes any free port. */
  readonly port: number;
}

export interface Listener {
  /** The port in fact, where 0 was asked for. */
  readonly port: number;
  close(): Promise<void>;
}

type Respond = (path: string) => Promise<{ status: number; type: string; body: string } | undefined>;

const plain = 'text/plain; charset=utf-8';

/** Serves `/metrics`. Rejects if the port is taken. */
export function serveMetrics(registry: Registry, address: Address): Promise<Listener> {
  return listen(address, async (path) =>
    path === '/metrics' ? { status: 200, type: registry.contentType, body: await registry.metrics() } : undefined,
  );
}

/** Serves `/healthz` (liveness) and `/readyz` (readiness), 503 with a sentence when the answer is no. */
export function serveHealth(checks: HealthChecks, address: Address): Promise<Listener> {
  return listen(address, async (path) => {
    const health = path === '/healthz' ? checks.live() : path === '/readyz' ? checks.ready() : undefined;
    return health && { status: health.ok ? 200 : 503, type: plain, body: `${health.message}\n` };
  });
}

async function listen({ host, port }: Address, respond: Respond): Promise<Listener> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    respond(path).then(
      (answer) => {
        const { status, type, body } = answer ?? { status: 404, type: plain, body: 'not found\n' };
        response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
      },
      (error: unknown) => response.writeHead(500, { 'content-type': plain }).end(`${String(error)}\n`),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host !== undefined && { host }) }, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
