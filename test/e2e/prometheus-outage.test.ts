/** A real Prometheus that hangs, dies and comes back in the middle of an analysis, or does not come back: what the update makes of it. */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { AnalysisRun } from '../../src/api/analysis-run.ts';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import type { ProcessSpec, SupervisedProcess } from '../../tools/cluster/contract.ts';
import { startPrometheus } from '../../tools/cluster/prometheus/prometheus.ts';
import { sharedCluster } from '../support/cluster.ts';
import { emptyStage, setImage, untilHealthy } from '../support/routed-stage.ts';
import { shopRollout, template } from '../support/shop.ts';
import type { WatchedNamespace } from '../support/watched-namespace.ts';

interface MortalPrometheus {
  readonly url: string;
  /** Its process, the one that was started last. */
  process(): SupervisedProcess;
  /** The same command again: same data, same port. */
  restart(): Promise<void>;
}

async function mortalPrometheus(): Promise<MortalPrometheus> {
  const cluster = await sharedCluster();
  const runDir = await mkdtemp(join(cluster.runDir, 'outage-'));
  const started: { readonly spec: ProcessSpec; readonly process: SupervisedProcess }[] = [];
  const spawn = async (spec: ProcessSpec): Promise<SupervisedProcess> => {
    const process = await cluster.spawn(spec);
    started.push({ spec, process });
    return process;
  };
  const newest = () => {
    const last = started.at(-1);
    if (last === undefined) throw new Error('Prometheus was never started');
    return last;
  };
  const prometheus = await startPrometheus({ ...cluster, runDir, spawn }, { scrapeIntervalMs: 60_000 });
  onTestFinished(async () => {
    newest().process.kill('SIGKILL');
    await prometheus.stop();
  });
  return {
    url: prometheus.url,
    process: () => newest().process,
    restart: async () => void (await spawn(newest().spec)),
  };
}

/** Pods carry the traffic here: what is tested is the analysis. */
function rollout(): KubeObject {
  const canary = {
    trafficRouting: undefined,
    stableService: undefined,
    canaryService: undefined,
    scaleDownDelaySeconds: undefined,
  };
  const steps = [{ setWeight: 50 }, { analysis: { templates: [{ templateName: 'shop' }] } }];
  return shopRollout({
    replicas: 2,
    steps,
    canary: { ...canary, abortScaleDownDelaySeconds: undefined, maxSurge: 1, maxUnavailable: 0 },
  });
}

const run = (view: WatchedNamespace): AnalysisRun | undefined => view.runs.list(view.name)[0];
const result = (view: WatchedNamespace, metric: string) => run(view)?.status?.metricResults?.find(({ name }) => name === metric);

/** The first measurements of the new version are made, and good. */
async function beginAnalysis(view: WatchedNamespace): Promise<void> {
  await untilHealthy(view, 'shop:v1');
  await setImage(view, 'shop:v2');
  await view.until('it is measured', () => (run(view)?.status?.metricResults ?? []).some(({ successful = 0 }) => successful > 0));
}

test('a Prometheus that hangs, is killed and comes back takes nothing back', async () => {
  const { view } = await emptyStage();
  const prometheus = await mortalPrometheus();
  // One gives up while it hangs, the other waits until the connection breaks.
  const metrics = Object.entries({ impatient: 1, patient: 60 }).map(([name, timeout]) => ({
    name,
    count: 5,
    interval: '1s',
    successCondition: 'result[0] == 1',
    provider: { prometheus: { address: prometheus.url, query: 'vector(1)', timeout } },
  }));
  await view.apply(template('shop', prometheus.url, {}, { metrics }), rollout());
  await beginAnalysis(view);
  prometheus.process().kill('SIGSTOP');
  await view.until('one has given up', () => (result(view, 'impatient')?.error ?? 0) > 0);
  expect(result(view, 'patient')?.error ?? 0).toBe(0);
  prometheus.process().kill('SIGKILL');
  await view.until('the other is cut off', () => (result(view, 'patient')?.error ?? 0) > 0);
  expect([run(view)?.status?.phase, view.status().phase]).toEqual(['Running', 'Progressing']);
  expect(run(view)?.status?.message).toMatch(/^Metric "impatient" could not be measured and is tried again: /);
  expect(result(view, 'impatient')?.measurements?.at(-1)?.message).toMatch(/did not answer within 1 s/);
  expect(result(view, 'patient')?.measurements?.at(-1)?.message).toMatch(/cannot be reached/);
  await prometheus.restart();
  await untilHealthy(view, 'shop:v2');
  for (const name of ['impatient', 'patient']) {
    expect(result(view, name), name).toMatchObject({ phase: 'Successful', count: 5, successful: 5, consecutiveError: 0 });
  }
  expect(run(view)?.status?.message ?? '').toBe('');
  await view.untilTold('completed update to revision 2');
  expect(view.events().filter((line) => line.startsWith('Warning'))).toEqual([]);
}, 90_000);

test('a Prometheus that is killed for good ends the analysis in an Error, and the update with it', async () => {
  const { view } = await emptyStage();
  const prometheus = await mortalPrometheus();
  const provider = { prometheus: { address: prometheus.url, query: 'vector(1)' } };
  const metric = { provider, count: 100, interval: '1s', consecutiveErrorLimit: 0 };
  await view.apply(template('shop', prometheus.url, metric), rollout());
  await beginAnalysis(view);
  prometheus.process().kill('SIGKILL');
  await view.until(
    'it is taken back',
    () => view.status().phase === 'Degraded' && view.podsOf('shop:v2') === 0 && view.podsOf('shop:v1') === 2,
  );
  expect(result(view, 'success-rate')).toMatchObject({ phase: 'Error', error: 1, consecutiveError: 1 });
  expect(result(view, 'success-rate')?.failed ?? 0).toBe(0);
  expect(run(view)?.status).toMatchObject({
    phase: 'Error',
    message: expect.stringMatching(
      /^Metric "success-rate" assessed Error due to consecutiveErrors \(1\) > consecutiveErrorLimit \(0\): "Error Message: .* cannot be reached: /,
    ),
  });
  expect(view.status().message).toMatch(
    /^RolloutAborted: .*Step-based analysis phase error\/failed: Metric "success-rate" assessed Error/,
  );
  await view.untilTold('Warning AnalysisRunError:');
}, 90_000);
