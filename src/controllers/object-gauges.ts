/** The figures that describe objects, read from the stores at each scrape. */
import type { AnalysisRun } from '../api/analysis-run.ts';
import type { Rollout } from '../api/rollout.ts';
import { decodeOnce } from './rollout/decoded.ts';
import type { Stores } from './stores.ts';

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

type Series = Record<string, Sample[]>;

/** gauge -> its series now */
export function objectGauges(stores: Stores): Readonly<Record<string, readonly Sample[]>> {
  const series: Series = {};
  const add = (gauge: string, labels: Readonly<Record<string, string>>, value = 1): void => {
    const samples = series[gauge] ?? [];
    series[gauge] = samples;
    samples.push({ labels, value });
  };
  for (const stored of stores.rollouts.list()) describeRollout(decodeOnce(stored).rollout, add);
  const inFlight = new Map([
    ['Pending', 0],
    ['Running', 0],
  ]);
  for (const run of stores.analysisRuns.list()) {
    describeRun(run, add);
    const phase = run.status?.phase ?? 'Pending';
    const count = inFlight.get(phase);
    if (count !== undefined) inFlight.set(phase, count + 1);
  }
  for (const [phase, count] of inFlight) add('rampart_analysis_runs_in_flight', { phase }, count);
  for (const { metadata, status } of stores.experiments.list()) {
    const labels = { namespace: metadata.namespace ?? '', name: metadata.name, phase: status?.phase ?? 'Pending' };
    add('experiment_info', labels);
    add('experiment_phase', labels);
  }
  for (const { metadata, spec } of stores.analysisTemplates.list()) {
    const name = { namespace: metadata.namespace ?? '', name: metadata.name };
    add('analysis_template_info', name);
    for (const metric of spec.metrics ?? [])
      add('analysis_template_metric_info', { ...name, type: providerOf(metric.provider), metric: metric.name });
  }
  return series;
}

type Add = (gauge: string, labels: Readonly<Record<string, string>>, value?: number) => void;

function describeRollout({ metadata, spec, status }: Rollout, add: Add): void {
  const name = { namespace: metadata.namespace ?? '', name: metadata.name };
  const strategy = spec.strategy?.canary !== undefined ? 'canary' : spec.strategy?.blueGreen !== undefined ? 'blueGreen' : 'none';
  const routing = spec.strategy?.canary?.trafficRouting;
  const routers = [...(routing?.nginx === undefined ? [] : ['nginx']), ...Object.keys(routing?.plugins ?? {})];
  const phase = status?.phase ?? 'Unknown';
  const desired = spec.replicas ?? 1;
  const available = status?.availableReplicas ?? 0;
  add('rollout_info', { ...name, strategy, traffic_router: routers.join(','), phase });
  add('rollout_phase', { ...name, strategy, phase });
  add('rollout_info_replicas_desired', name, desired);
  add('rollout_info_replicas_available', name, available);
  add('rollout_info_replicas_unavailable', name, Math.max(0, (status?.replicas ?? 0) - available));
  add('rollout_info_replicas_updated', name, status?.updatedReplicas ?? 0);
}

function describeRun({ metadata, spec, status }: AnalysisRun, add: Add): void {
  const name = { namespace: metadata.namespace ?? '', name: metadata.name };
  const phase = status?.phase ?? 'Pending';
  add('analysis_run_info', { ...name, phase });
  add('analysis_run_phase', { ...name, phase });
  for (const metric of spec.metrics ?? []) {
    const type = providerOf(metric.provider);
    const result = status?.metricResults?.find((found) => found.name === metric.name);
    add('analysis_run_metric_type', { ...name, metric: metric.name, type });
    if (result?.phase !== undefined)
      add('analysis_run_metric_phase', {
        ...name,
        metric: metric.name,
        type,
        dry_run: String(result.dryRun === true),
        phase: result.phase,
      });
  }
}

function providerOf(provider: unknown): string {
  return typeof provider === 'object' && provider !== null ? (Object.keys(provider)[0] ?? 'unknown') : 'unknown';
}
