/** Collects what a decision about one AnalysisRun may look at: the object of the store and its measurements. No request is made here. */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import { decodeAnalysisRun } from '../../api/decode.ts';
import { labels } from '../../api/names.ts';
import { unfinishedMeasurement } from '../../core/analysis/lasting.ts';
import type { ObservedAnalysisRun } from '../../core/analysis/observed-analysis-run.ts';
import { type AnyMetricProvider, isLasting } from '../../providers/metrics/metric-provider.ts';
import { keyTextOf } from '../../runtime/object-key.ts';
import type { MeasurementRunner, RunIdentity } from './measurement-runner.ts';

/** `providers`: name -> provider */
export function gather(
  stored: AnalysisRun,
  runner: MeasurementRunner,
  providers: ReadonlyMap<string, AnyMetricProvider>,
): ObservedAnalysisRun {
  const { run, problems } = decodeAnalysisRun(stored);
  const identity = identityOf(stored);
  return {
    run,
    problems,
    measurements: runner.observations(identity),
    providers: new Set(providers.keys()),
    ended: endedMetrics(run, identity, providers),
  };
}

/** Metrics with a measurement that goes on by status and, as its provider has seen, came to its end. */
function endedMetrics(
  { status }: AnalysisRun,
  identity: RunIdentity,
  providers: ReadonlyMap<string, AnyMetricProvider>,
): ReadonlySet<string> {
  const ended = new Set<string>();
  for (const [name, provider] of providers) {
    if (!isLasting(provider)) continue;
    for (const result of status?.metricResults ?? []) {
      const unfinished = unfinishedMeasurement(name, result);
      if (unfinished !== undefined && provider.hasEnded(unfinished.metadata, identity)) ended.add(result.name);
    }
  }
  return ended;
}

export function identityOf(run: AnalysisRun): RunIdentity {
  const { namespace = '', name, uid = '' } = run.metadata;
  return { key: keyTextOf(run), namespace, name, uid, instanceId: run.metadata.labels?.[labels.instanceId] };
}
