import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Pod } from '../kubelet/pod-types.ts';
import { targetOf } from './pod-discovery.ts';
import { prometheusConfig } from './prometheus-config.ts';

const annotations = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' };
const pod = (metadata: Partial<Pod['metadata']>, status: Pod['status'] = { phase: 'Running', podIP: '10.244.1.1' }): Pod => ({
  metadata: { name: 'p', namespace: 'n', ...metadata },
  spec: { containers: [] },
  ...(status === undefined ? {} : { status }),
});

describe('targetOf', () => {
  it('labels what an annotated pod serves', () => {
    const labels = { app: 'shop', 'rollouts-pod-template-hash': 'abc', other: 'x' };
    expect(targetOf(pod({ annotations: { ...annotations, 'prometheus.io/path': '/m' }, labels }))).toEqual({
      targets: ['10.244.1.1:8080'],
      labels: { pod: 'p', namespace: 'n', app: 'shop', rollouts_pod_template_hash: 'abc', __metrics_path__: '/m' },
    });
  });

  it('leaves out pods that do not ask, have no address, or do not run', () => {
    expect(targetOf(pod({}))).toBeUndefined();
    expect(targetOf(pod({ annotations: { ...annotations, 'prometheus.io/scrape': 'false' } }))).toBeUndefined();
    expect(targetOf(pod({ annotations }, { phase: 'Running' }))).toBeUndefined();
    expect(targetOf(pod({ annotations }, { phase: 'Succeeded', podIP: '10.244.1.1' }))).toBeUndefined();
  });
});

describe('prometheusConfig', () => {
  it('scrapes at the interval asked for, with a timeout no longer than that', () => {
    const targets = { other: ['1.2.3.4:5'] };
    const config = parse(
      prometheusConfig({ scrapeIntervalMs: 500, podTargetsFile: '/pods.json', offers: '/offers/*.json', targets }),
    );
    expect(config).toEqual({
      global: { scrape_interval: '500ms', scrape_timeout: '500ms' },
      scrape_configs: [
        { job_name: 'pods', file_sd_configs: [{ files: ['/pods.json'] }] },
        { job_name: 'components', file_sd_configs: [{ files: ['/offers/*.json'] }] },
        { job_name: 'other', static_configs: [{ targets: ['1.2.3.4:5'] }] },
      ],
    });
  });
});
