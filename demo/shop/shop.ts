/**
 * The shop that the demo delivers: a small HTTP service whose version, and whose share of failing requests, come from its image's tag or its
 * environment. At its end it first stops being ready, serves on until the gateway has had time to notice, and only then closes, so that no
 * request is lost. It knows nothing of Rampart.
 *
 * Environment: POD_IP and PORT (8080) to listen on; SHOP_VERSION (else IMAGE_TAG); SHOP_ERROR_RATIO (else by version: v3 0.2, others 0);
 * SHOP_DRAIN_MS, how long it serves on after SIGTERM (3000).
 *
 * Why 3000: Traefik takes a pod out of its pool some tens of milliseconds after the pod's deletion on an idle machine, but later on a busy one.
 * At 150 requests a second through scaling and deletions, with two cores, a drain of 0, 100 and 250 ms lost 33, 28 and 55 of 2,000 requests;
 * 500 ms and more lost none. A preStop hook of `sleep` does the same for programs that end at once on SIGTERM.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { ShopMetrics } from './metrics.ts';
import { failsAt, type ShopSettings, settingsFrom } from './settings.ts';

function serve(settings: ShopSettings): void {
  const metrics = new ShopMetrics(settings.version);
  let requests = 0;
  let isDraining = false;

  const answer = (response: ServerResponse, status: number, body: unknown): void => {
    // Tells the gateway not to keep this connection for another request.
    if (isDraining) response.setHeader('connection', 'close');
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
  };
  const shop = (request: IncomingMessage, response: ServerResponse): void => {
    const began = process.hrtime.bigint();
    const isFailing = failsAt(++requests, settings.errorRatio);
    const status = isFailing ? 500 : 200;
    response.once('close', () => metrics.observe(request.method ?? '', status, Number(process.hrtime.bigint() - began) / 1e9));
    const body = { version: settings.version, pod: process.env.HOSTNAME ?? hostname() };
    answer(response, status, isFailing ? { ...body, error: 'the cart is on fire' } : body);
  };
  const server = createServer((request, response) => {
    request.resume();
    const { pathname } = new URL(request.url ?? '/', 'http://shop');
    if (pathname === '/healthz') answer(response, 200, { ok: true });
    else if (pathname === '/ready') answer(response, isDraining ? 503 : 200, { ready: !isDraining });
    else if (pathname === '/metrics') response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metrics.text());
    else shop(request, response);
  });
  // Longer than gateways keep idle connections (Traefik: 90 s): it must be they who close one, never the shop under a request on its way.
  server.keepAliveTimeout = 120_000;

  const drain = async (): Promise<void> => {
    if (isDraining) return;
    isDraining = true;
    console.log(`draining for ${settings.drainMs} ms`);
    await delay(settings.drainMs);
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  };
  process.on('SIGTERM', () => void drain());
  process.on('SIGINT', () => void drain());
  server.listen(settings.port, settings.host, () =>
    console.log(`shop ${settings.version} listens on ${settings.host}:${settings.port}`),
  );
}

serve(settingsFrom(process.env));
