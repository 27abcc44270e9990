import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ShopMetrics } from './metrics.ts';
import { failsAt, settingsFrom } from './settings.ts';
import { startTraffic } from './traffic.ts';

describe('failsAt', () => {
  it('fails exactly one request in five, evenly', () => {
    const pattern = Array.from({ length: 15 }, (_, index) => failsAt(index + 1, 0.2));
    expect(pattern.map((fails) => (fails ? 'x' : '.')).join('')).toBe('....x....x....x');
  });

  it('keeps every ratio to within one request, at every moment', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 500 }), (percent, requests) => {
        let failed = 0;
        for (let nth = 1; nth <= requests; nth++) if (failsAt(nth, percent / 100)) failed++;
        expect(failed).toBe(Math.floor((requests * percent) / 100));
      }),
    );
  });
});

describe('settingsFrom', () => {
  it('takes the version from the image, and the error ratio from the version unless it is told', () => {
    expect(settingsFrom({ IMAGE_TAG: 'v2' })).toMatchObject({ version: 'v2', errorRatio: 0, port: 8080 });
    expect(settingsFrom({ IMAGE_TAG: 'v3' })).toMatchObject({ version: 'v3', errorRatio: 0.2 });
    expect(settingsFrom({ IMAGE_TAG: 'v3', SHOP_ERROR_RATIO: '0', POD_IP: '10.244.1.1' })).toMatchObject({
      errorRatio: 0,
      host: '10.244.1.1',
    });
  });

  it.each([{ SHOP_ERROR_RATIO: '2' }, { SHOP_ERROR_RATIO: 'x' }, { PORT: 'x' }, { SHOP_DRAIN_MS: 'x' }])('refuses %j', (env) => {
    expect(() => settingsFrom(env)).toThrow();
  });
});

describe('ShopMetrics', () => {
  it('counts by status and fills cumulative buckets', () => {
    const metrics = new ShopMetrics('v1');
    metrics.observe('GET', 200, 0.003);
    metrics.observe('GET', 200, 0.3);
    metrics.observe('GET', 500, 60);
    const text = metrics.text();
    expect(text).toContain('http_requests_total{method="GET",status="200",version="v1"} 2\n');
    expect(text).toContain('http_requests_total{method="GET",status="500",version="v1"} 1\n');
    expect(text).toContain('http_request_duration_seconds_bucket{version="v1",le="0.0025"} 0\n');
    expect(text).toContain('http_request_duration_seconds_bucket{version="v1",le="0.005"} 1\n');
    expect(text).toContain('http_request_duration_seconds_bucket{version="v1",le="2.5"} 2\n');
    expect(text).toContain('http_request_duration_seconds_bucket{version="v1",le="+Inf"} 3\n');
    expect(text).toContain('http_request_duration_seconds_count{version="v1"} 3\n');
  });
});

describe('startTraffic', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  it('counts each answer by version and status, tells the gateway from the shop, and never loses one', async () => {
    let seen = 0;
    server = createServer((request, response) => {
      const kind = seen++ % 4;
      if (kind === 3) request.socket.destroy();
      else if (kind === 2) response.writeHead(503).end('no backend');
      else response.writeHead(kind === 0 ? 200 : 500).end(JSON.stringify({ version: request.headers.host }));
    }).listen(0, '127.0.0.1');
    await vi.waitFor(() => expect(server?.address()).not.toBeNull());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const traffic = startTraffic({ url, host: 'shop.example', requestsPerSecond: 1000 });
    await vi.waitFor(() => expect(traffic.counters.sent).toBeGreaterThan(40));
    const counters = await traffic.stop();
    const { sent, answered, errors, failed, failedByGateway, byVersion } = counters;
    expect(seen).toBe(sent);
    expect(answered + errors).toBe(sent);
    const share = (kind: number) => Math.floor((sent + 3 - kind) / 4);
    expect(byVersion).toEqual({
      'shop.example': { '200': share(0), '500': share(1) },
      '-': { '503': share(2), '0': share(3) },
    });
    expect([errors, failed, failedByGateway]).toEqual([share(3), share(1) + share(2), share(2)]);
  });
});
