import { describe, expect, it } from 'vitest';
import { objectGauges } from '../../src/controllers/object-gauges.ts';
import type { Stores } from '../../src/controllers/stores.ts';
import { Figures } from '../../src/process/figures.ts';
import { Metrics } from '../../src/server/metrics.ts';
import { publishedMetrics } from './metrics-reference.ts';

const listing = <T>(...objects: readonly T[]) => ({ list: () => objects });

const metric = { name: 'm', provider: { prometheus: { query: 'x' } } };
const stores = {
  rollouts: listing({
    metadata: { namespace: 'shop', name: 'web' },
    spec: { strategy: { canary: {} } },
    status: { phase: 'Healthy' },
  }),
  analysisRuns: listing({
    metadata: { namespace: 'shop', name: 'run' },
    spec: { metrics: [metric] },
    status: { phase: 'Running', metricResults: [{ name: 'm', phase: 'Running' }] },
  }),
  experiments: listing({ metadata: { namespace: 'shop', name: 'compare' }, spec: {}, status: { phase: 'Running' } }),
  analysisTemplates: listing({ metadata: { namespace: 'shop', name: 'rate' }, spec: { metrics: [metric] } }),
} as unknown as Stores;

/** A scrape of a controller to which everything has happened once: name -> labels. */
async function scrape(): Promise<ReadonlyMap<string, readonly string[]>> {
  const metrics = new Metrics('0.0.0');
  const figures = new Figures(metrics);
  metrics.describeObjects(() => objectGauges(stores));
  figures.request({ verb: 'get', resource: 'rollouts', namespace: 'shop', name: 'web', status: 200, durationMs: 1 });
  figures.announced({ type: 'Normal', reason: 'RolloutUpdated', message: '', identity: '' });
  for (const name of ['rollout', 'analysis', 'experiment'] as const) {
    const { queue, reconciled, busyWorkers } = figures.controller(name);
    queue?.depth?.(1);
    queue?.added?.();
    queue?.retried?.();
    queue?.waited?.(1);
    queue?.worked?.(1);
    reconciled?.('shop/web', 'failed', 1);
    busyWorkers?.(1);
  }
  figures.leads('lock', () => true);
  figures.ended({ status: 'Promoted', seconds: 1, pausedSeconds: 0 });
  figures.watcher.relisted?.('rollouts');
  figures.measurements.began?.(1);
  figures.measurements.finished?.('prometheus', 'measured', 1);
  const found = new Map<string, readonly string[]>();
  for (const line of (await metrics.registry.metrics()).split('\n')) {
    const [, series = '', labels = ''] = /^([a-z_0-9]+)(?:\{(.*)\})? /.exec(line) ?? [];
    if (line.startsWith('#') || series === '') continue;
    const names = [...labels.matchAll(/([a-z_]+)="/g)].map(([, label = '']) => label).filter((label) => label !== 'le');
    found.set(series.replace(/_(bucket|sum|count)$/, ''), names);
  }
  return found;
}

describe('the page of metrics', () => {
  it('has what a scrape gives, with its labels, and nothing else', async () => {
    const scraped = await scrape();
    const described = await publishedMetrics();
    const known = new Map(described.map(({ name, labels }) => [name, labels]));
    for (const [name, labels] of scraped) expect([name, [...labels].sort()]).toEqual([name, [...(known.get(name) ?? [])].sort()]);
    expect(described.map(({ name }) => name).filter((name) => !scraped.has(name))).toEqual([]);
  });

  it('says of each what it is', async () => {
    for (const { help, type } of await publishedMetrics()) {
      expect(help).toMatch(/^[A-Z1].*\.$/);
      expect(['counter', 'gauge', 'histogram']).toContain(type);
    }
  });
});
