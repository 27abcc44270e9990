/** Collects what a decision about one AnalysisRun may look at: the object of the store and its measurements. No request is made here. */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import { decodeAnalysisRun } from '../../api/decode.ts';
import type { ObservedAnalysisRun } from '../../core/analysis/observed-analysis-run.ts';
import { keyTextOf } from '../../runtime/object-key.ts';
import type { MeasurementRunner, RunIdentity } from './measurement-runner.ts';

export function gather(stored: AnalysisRun, runner: MeasurementRunner, providers: ReadonlySet<string>): ObservedAnalysisRun {
  const { run, problems } = decodeAnalysisRun(stored);
  return { run, problems, measurements: runner.observations(identityOf(stored)), providers };
}

export function identityOf(run: AnalysisRun): RunIdentity {
  return { key: keyTextOf(run), namespace: run.metadata.namespace ?? '', uid: run.metadata.uid ?? '' };
}
