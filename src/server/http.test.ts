import { afterEach, describe, expect, it } from 'vitest';
import { type Health, type Listener, serveHealth, serveMetrics } from './http.ts';
import { Metrics } from './metrics.ts';

const open: Listener[] = [];
afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close();
});

const get = (port: number, path: string, method = 'GET') => fetch(`http://127.0.0.1:${port}${path}`, { method });

describe('health', () => {
  it('tells the truth of the moment, in a sentence', async () => {
    let ready: Health = { ok: false, message: 'waiting for the first list of rollouts' };
    const listener = await serveHealth(
      { live: () => ({ ok: true, message: 'ok' }), ready: () => ready },
      { host: '127.0.0.1', port: 0 },
    );
    open.push(listener);
    expect((await get(listener.port, '/healthz')).status).toBe(200);
    const answer = await get(listener.port, '/readyz');
    expect([answer.status, await answer.text()]).toEqual([503, 'waiting for the first list of rollouts\n']);
    ready = { ok: true, message: 'leading' };
    expect((await get(listener.port, '/readyz')).status).toBe(200);
  });

  it('has nothing else to say', async () => {
    const listener = await serveHealth(
      { live: () => ({ ok: true, message: '' }), ready: () => ({ ok: true, message: '' }) },
      { host: '127.0.0.1', port: 0 },
    );
    open.push(listener);
    expect((await get(listener.port, '/debug')).status).toBe(404);
    expect((await get(listener.port, '/healthz', 'POST')).status).toBe(405);
  });
});

describe('metrics', () => {
  it('shows objects as they are at the scrape, and none that are gone', async () => {
    const metrics = new Metrics('1.2.3');
    let phases = ['Progressing'];
    metrics.describeObjects(() => ({
      rollout_info: phases.map((phase) => ({
        labels: { namespace: 'a', name: 'shop', strategy: 'canary', traffic_router: '', phase },
        value: 1,
      })),
    }));
    metrics.events.inc({ type: 'Normal', reason: 'RolloutCompleted' });
    const listener = await serveMetrics(metrics.registry, { host: '127.0.0.1', port: 0 });
    open.push(listener);
    const scrape = async () => (await get(listener.port, '/metrics')).text();
    expect(await scrape()).toContain(
      'rollout_info{namespace="a",name="shop",strategy="canary",traffic_router="",phase="Progressing"} 1',
    );
    expect(await scrape()).toContain('rollout_events_total{type="Normal",reason="RolloutCompleted"} 1');
    expect(await scrape()).toContain('argo_rollouts_controller_info{version="1.2.3"} 1');
    phases = [];
    expect(await scrape()).not.toContain('rollout_info{');
  });
});
