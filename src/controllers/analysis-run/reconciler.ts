/**
 * One look at one AnalysisRun: gather -> decide -> apply -> persist -> announce. Measurements are made beside it and come back as
 * observations; what is not stored when this process dies is measured again.
 */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import { decideAnalysisRun } from '../../core/analysis/decide-analysis-run.ts';
import type { AnalysisRunDecision } from '../../core/analysis/decision.ts';
import { awaitChange, type Next, requeue } from '../../core/decision.ts';
import type { AnyMetricProvider } from '../../providers/metrics/metric-provider.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Cluster } from '../../runtime/cluster.ts';
import type { Store } from '../../runtime/store.ts';
import type { Announcer } from '../announcer.ts';
import { announceRun } from './announce.ts';
import { applyEffects } from './apply.ts';
import { gather } from './gather.ts';
import type { MeasurementRunner } from './measurement-runner.ts';
import { persistStatus } from './persist.ts';

export interface AnalysisRunReconcilerOptions {
  /** Its writes enter the store. */
  readonly cluster: Pick<Cluster, 'patch' | 'delete'>;
  readonly store: Pick<Store<AnalysisRun>, 'getByKey' | 'isBehindOwnWrites'>;
  readonly runner: MeasurementRunner;
  /** name -> those that can be asked */
  readonly providers: ReadonlyMap<string, AnyMetricProvider>;
  readonly clock: Pick<Clock, 'now'>;
  readonly announcer: Announcer;
}

/** The change that made a write fail arrives by the watch; this is for the case that it was seen already. */
const staleRetryMs = 50;

export class AnalysisRunReconciler {
  readonly #options: AnalysisRunReconcilerOptions;
  /** key -> uid of the run, and the identities of what this process has told of it */
  readonly #told = new Map<string, { readonly uid: string; readonly identities: Set<string> }>();

  constructor(options: AnalysisRunReconcilerOptions) {
    this.#options = options;
  }

  /** True while a write of our own to the run has not come back. */
  isBehind(key: string): boolean {
    return this.#options.store.isBehindOwnWrites(key);
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Next> {
    const { cluster, store, runner, providers, clock } = this.#options;
    const stored = store.getByKey(key);
    if (stored === undefined) {
      runner.forget(key);
      this.#told.delete(key);
      return awaitChange;
    }
    const observed = gather(stored, runner, providers);
    const decision = decideAnalysisRun(observed, clock.now());
    await applyEffects(stored, decision.effects, { cluster, runner, providers, signal });
    if (decision.write === 'later') return decision.next;
    // A status that the decision left alone is left alone, whatever another controller wrote into it.
    const status = decision.status === observed.run.status ? undefined : decision.status;
    const written = await persistStatus(stored, status, cluster, signal);
    if (written === 'stale') return requeue(staleRetryMs);
    runner.acknowledge(
      key,
      observed.measurements.filter(({ state }) => state === 'finished'),
    );
    if (written !== 'gone') this.#announce(key, observed.run, decision);
    return decision.next;
  }

  #announce(key: string, run: AnalysisRun, { announcements }: AnalysisRunDecision): void {
    if (announcements.length === 0) return;
    const { uid = '' } = run.metadata;
    const known = this.#told.get(key);
    const told = known?.uid === uid ? known : { uid, identities: new Set<string>() };
    this.#told.set(key, told);
    const news = announcements.filter(({ identity }) => !told.identities.has(identity));
    for (const { identity } of news) told.identities.add(identity);
    announceRun(run, news, this.#options.announcer);
  }
}
