import { beforeEach, describe, expect, it } from 'vitest';
import { SteppedClock } from '../../../test/support/stepped-clock.ts';
import type { AnalysisRun } from '../../api/analysis-run.ts';
import { analysisRuns } from '../../api/resources.ts';
import type { MetricValue } from '../../core/analysis/metric-value.ts';
import { type MetricProvider, MetricProviderError } from '../../providers/metrics/metric-provider.ts';
import type { Cluster, Patch, WriteResult } from '../../runtime/cluster.ts';
import { Controller } from '../../runtime/controller.ts';
import type { Log } from '../../runtime/log.ts';
import { fromSelf } from '../../runtime/source.ts';
import { Store } from '../../runtime/store.ts';
import { createMeasure } from './measure.ts';
import { MeasurementRunner } from './measurement-runner.ts';
import { AnalysisRunReconciler } from './reconciler.ts';

const key = 'shop/run';
const silent: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const good: MetricValue = { kind: 'value', result: [1], text: '[1]' };

const runOf = (more: object = {}): AnalysisRun => ({
  metadata: { namespace: 'shop', name: 'run', uid: 'u', resourceVersion: '1' },
  spec: {
    metrics: [
      { name: 'm', count: 2, interval: '10s', successCondition: 'result[0] >= 0.9', provider: { prometheus: { query: 'up' } } },
    ],
    ...more,
  },
});

/** An API server that holds one run, with its versions, and counts what was written. */
class OneRun {
  object: AnalysisRun | undefined;
  writes: Patch[] = [];
  /** Called before the next write is looked at. */
  interfere: (() => void) | undefined;
  #version = 1;

  constructor(object: AnalysisRun) {
    this.object = object;
  }

  /** Someone else's change. */
  edit(spec: object): void {
    if (this.object === undefined) return;
    this.object = { ...this.object, metadata: this.#next(this.object), spec: { ...this.object.spec, ...spec } };
  }

  patch(patch: Patch): WriteResult<AnalysisRun> {
    this.interfere?.();
    this.interfere = undefined;
    if (this.object === undefined) return { outcome: 'not-found' };
    const { metadata, status } = patch.body as { metadata: { resourceVersion: string }; status: object };
    if (metadata.resourceVersion !== this.object.metadata.resourceVersion) return { outcome: 'conflict' };
    this.writes.push(patch);
    const next = { ...this.object, metadata: this.#next(this.object) };
    this.object = { ...next, status: merge(next.status, status) as NonNullable<AnalysisRun['status']> };
    return { outcome: 'done', object: this.object };
  }

  #next({ metadata }: AnalysisRun): AnalysisRun['metadata'] {
    this.#version += 1;
    return { ...metadata, resourceVersion: String(this.#version) };
  }
}

/** JSON merge patch, as the API server does it. */
function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged = new Map(Object.entries(typeof target === 'object' && target !== null ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, merge(merged.get(name), value));
  }
  return Object.fromEntries(merged);
}

describe('the AnalysisRun controller', () => {
  let clock: SteppedClock;
  let server: OneRun;
  let answers: (() => Promise<MetricValue>)[];
  let asked: number;
  let told: string[];
  beforeEach(() => {
    clock = new SteppedClock();
    server = new OneRun(runOf());
    answers = [];
    asked = 0;
    told = [];
  });

  /** One process: what it knows besides the server is lost when the next one starts. */
  function start() {
    const store = new Store<AnalysisRun>({ resource: analysisRuns, clock, log: silent });
    if (server.object !== undefined) store.observe(server.object);
    const cluster = {
      patch: ((_resource, _key, patch) => {
        const result = server.patch(patch);
        if (result.outcome === 'done') store.recordWrite(result.object);
        return Promise.resolve(result);
      }) as Cluster['patch'],
      delete: (() => {
        const gone = server.object;
        server.object = undefined;
        if (gone !== undefined) store.observeDeleted({ ...gone, metadata: { ...gone.metadata, resourceVersion: '1000' } });
        return Promise.resolve('done' as const);
      }) as Cluster['delete'],
      get: (() => Promise.resolve(undefined)) as Cluster['get'],
    };
    const provider: MetricProvider = {
      measure: () => answers[Math.min(asked++, answers.length - 1)]?.() ?? Promise.resolve(good),
    };
    const providers = new Map([['prometheus', provider]]);
    const runner = new MeasurementRunner({
      clock,
      measure: createMeasure(cluster, providers),
      finished: (finishedKey) => controller.enqueue(finishedKey, 'urgent'),
    });
    const recorder = { record: (_: unknown, note: { reason: string }) => told.push(note.reason) > 0 };
    const reconciler = new AnalysisRunReconciler({
      cluster,
      store,
      runner,
      providers,
      clock,
      announcer: { recorder, log: silent },
    });
    const controller = new Controller({
      name: 'analysis-run',
      clock,
      log: silent,
      workers: 1,
      reconcile: (one, signal) => reconciler.reconcile(one, signal),
      sources: [fromSelf(store)],
      keys: () => store.keys(),
      isBehind: (one) => reconciler.isBehind(one),
    });
    controller.start();
    return {
      store,
      runner,
      end: async () => {
        await runner.stop();
        await controller.stop(AbortSignal.abort());
      },
    };
  }

  it('carries a run to its end with one write for each answer, and rests', async () => {
    const process = start();
    await clock.advance(60_000);
    expect(server.object?.status).toMatchObject({ phase: 'Successful', runSummary: { count: 1, successful: 1 } });
    expect(server.object?.status?.metricResults?.[0]).toMatchObject({ count: 2, successful: 2 });
    expect(server.writes).toHaveLength(2);
    expect(told).toEqual(['MetricSuccessful', 'AnalysisRunSuccessful']);
    expect(asked).toBe(2);
    await process.end();
  });

  it('loses no measurement to someone else who writes at the same time', async () => {
    server.interfere = () => server.edit({ terminate: false });
    const process = start();
    await clock.advance(20);
    expect(server.writes).toHaveLength(0);
    if (server.object !== undefined) process.store.observe(server.object);
    await clock.advance(100);
    expect(server.object?.status?.metricResults?.[0]).toMatchObject({ count: 1 });
    expect(asked).toBe(1);
    await process.end();
  });

  it('measures again, and counts once, what a process before it did not store', async () => {
    answers = [() => new Promise(() => undefined), () => Promise.resolve(good)];
    const first = start();
    await clock.advance(2000);
    expect(server.object?.status?.phase).toBe('Running');
    await first.end();
    const second = start();
    await clock.advance(60_000);
    expect(server.object?.status?.metricResults?.[0]).toMatchObject({ count: 2, successful: 2 });
    expect(asked).toBe(3);
    await second.end();
  });

  it('tells what a process before it stored and may not have told, but not for ever', async () => {
    await finishWith(start());
    told = [];
    await finishWith(start());
    expect(told).toEqual(['MetricSuccessful', 'AnalysisRunSuccessful']);
    told = [];
    await clock.advance(10 * 60_000);
    await finishWith(start());
    expect(told).toEqual([]);
  });

  it('takes an error of the provider for an error, and its words into the status', async () => {
    answers = [() => Promise.reject(new MetricProviderError('unreachable', 'connection refused'))];
    const process = start();
    await clock.advance(60_000);
    expect(server.object?.status).toMatchObject({
      phase: 'Error',
      message:
        'Metric "m" assessed Error due to consecutiveErrors (5) > consecutiveErrorLimit (4): "Error Message: connection refused"',
    });
    expect(told).toEqual(['MetricError', 'AnalysisRunError']);
    await process.end();
  });

  it('ends at once when someone asks it to, and stops its measurement', async () => {
    answers = [() => new Promise(() => undefined)];
    const process = start();
    await clock.advance(1000);
    server.edit({ terminate: true });
    if (server.object !== undefined) process.store.observe(server.object);
    await clock.advance(50);
    expect(server.object?.status).toMatchObject({ phase: 'Successful', message: 'Run Terminated' });
    expect(process.runner.observations({ key, namespace: 'shop', name: 'run', uid: 'u' })).toEqual([]);
    await process.end();
  });

  it('deletes a run whose time to live is over, also when that was while nobody looked', async () => {
    server = new OneRun(runOf({ ttlStrategy: { secondsAfterCompletion: 60 } }));
    const first = start();
    await clock.advance(30_000);
    await first.end();
    await clock.advance(3_600_000);
    expect(server.object?.status?.phase).toBe('Successful');
    const second = start();
    await clock.advance(20);
    expect(server.object).toBeUndefined();
    await second.end();
  });

  it('leaves a run alone that another controller has ended, with all that it wrote', async () => {
    const status = { phase: 'Failed', message: 'theirs', unknown: 1, metricResults: 'malformed' } as never;
    server = new OneRun({ ...runOf(), status });
    const process = start();
    await clock.advance(60_000);
    expect(server.writes).toEqual([]);
    expect(asked).toBe(0);
    await process.end();
  });

  it('says of a malformed run what is wrong with it', async () => {
    server = new OneRun({ ...runOf(), spec: { metrics: [{ name: 'm', count: [], provider: { prometheus: {} } }] } as never });
    const process = start();
    await clock.advance(20);
    expect(server.object?.status).toMatchObject({
      phase: 'Error',
      message: expect.stringMatching(/^Analysis spec invalid: spec\.metrics\[0\]\.count/),
    });
    await process.end();
  });

  async function finishWith(process: ReturnType<typeof start>): Promise<void> {
    await clock.advance(30_000);
    await process.end();
  }
});
