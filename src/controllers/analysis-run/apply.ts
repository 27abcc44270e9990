/** Carries out the effects of a decision. Each is idempotent, and none waits for a provider. */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import { analysisRuns } from '../../api/resources.ts';
import type { AnalysisEffect } from '../../core/analysis/decision.ts';
import { type AnyMetricProvider, isLasting } from '../../providers/metrics/metric-provider.ts';
import type { Cluster } from '../../runtime/cluster.ts';
import { identityOf } from './gather.ts';
import type { MeasurementRunner } from './measurement-runner.ts';

export interface World {
  readonly cluster: Pick<Cluster, 'delete'>;
  readonly runner: MeasurementRunner;
  /** name -> provider */
  readonly providers: ReadonlyMap<string, AnyMetricProvider>;
  readonly signal: AbortSignal;
}

export async function applyEffects(
  run: AnalysisRun,
  effects: readonly AnalysisEffect[],
  { cluster, runner, providers, signal }: World,
): Promise<void> {
  const identity = identityOf(run);
  for (const effect of effects) {
    switch (effect.kind) {
      case 'start-measurement':
        runner.start(identity, effect);
        break;
      case 'resume-measurement': {
        const { startedAtMs, metadata } = effect;
        runner.start(identity, { ...effect, ordinal: 0, begun: { startedAtMs, metadata } });
        break;
      }
      case 'end-measurement': {
        const provider = providers.get(effect.provider);
        runner.forgetLasting(identity.key, effect.metric, effect.metadata);
        if (provider !== undefined && isLasting(provider)) await provider.cancel(effect.metadata, identity);
        break;
      }
      case 'cancel-measurement':
        runner.cancel(identity.key, effect.metric);
        break;
      case 'delete-run': {
        const { namespace, name } = run.metadata;
        await cluster.delete(analysisRuns, { namespace, name }, { uid: effect.uid, propagation: 'Background', signal });
        break;
      }
      default:
        effect satisfies never;
    }
  }
}
