/**
 * One look at one Experiment: gather -> decide -> apply -> persist -> announce. All progress lives in the cluster; what a process that
 * ended too early has not told is told from the status by the next one.
 */
import type { Experiment } from '../../api/experiment.ts';
import { awaitChange, type Next, requeue, sooner } from '../../core/decision.ts';
import { announcementsFromStatus } from '../../core/experiment/announcements.ts';
import { decideExperiment } from '../../core/experiment/decide-experiment.ts';
import type { ExperimentFailure } from '../../core/experiment/observed-experiment.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Cluster } from '../../runtime/cluster.ts';
import type { Announcer } from '../announcer.ts';
import type { Stores } from '../stores.ts';
import { announceExperiment } from './announce.ts';
import { applyEffects } from './apply.ts';
import { gather } from './gather.ts';
import { persistStatus } from './persist.ts';

export interface ExperimentReconcilerOptions {
  /** Its writes enter the stores. */
  readonly cluster: Pick<Cluster, 'create' | 'patch' | 'delete'>;
  readonly stores: Stores;
  readonly clock: Pick<Clock, 'now'>;
  readonly announcer: Announcer;
}

interface Memory {
  readonly uid: string;
  /** Passes in a row that found the world changed under them. */
  staleInARow: number;
}

/** A refusal is decided on at once, but not for ever within one pass. */
const mostRounds = 8;
const staleRetryMs = 50;
const longestStaleRetryMs = 5_000;
const retryRefusedMs = 5_000;

export class ExperimentReconciler {
  readonly #options: ExperimentReconcilerOptions;
  readonly #memories = new Map<string, Memory>();

  constructor(options: ExperimentReconcilerOptions) {
    this.#options = options;
  }

  /** True while a write of our own to the Experiment or to what it owns has not come back. */
  isBehind(key: string): boolean {
    const { experiments, replicaSets, services, analysisRuns } = this.#options.stores;
    if (experiments.isBehindOwnWrites(key)) return true;
    const uid = experiments.getByKey(key)?.metadata.uid;
    return uid !== undefined && [replicaSets, services, analysisRuns].some((store) => store.isBehindOwnWritesOfOwner(uid));
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Next> {
    const stored = this.#options.stores.experiments.getByKey(key);
    if (stored === undefined) {
      this.#memories.delete(key);
      return awaitChange;
    }
    if (stored.metadata.deletionTimestamp !== undefined) return awaitChange;
    return this.#pass(stored, this.#remember(key, stored), signal);
  }

  async #pass(stored: Experiment, memory: Memory, signal: AbortSignal): Promise<Next> {
    const { stores, clock, cluster, announcer } = this.#options;
    const failures: ExperimentFailure[] = [];
    for (let round = 1; ; round++) {
      const decision = decideExperiment(gather(stores, stored, failures), clock.now());
      const applied = await applyEffects(stored, decision.effects, { cluster, signal });
      if (applied.outcome === 'stale') return lookAgain(memory);
      if (applied.outcome === 'failed') {
        failures.push(applied.failure);
        if (round < mostRounds) continue;
      }
      const written = await persistStatus(stored, decision.status, cluster, signal);
      if (written === 'stale') return lookAgain(memory);
      memory.staleInARow = 0;
      if (written !== 'gone') announceExperiment(stored, decision.announcements, announcer);
      return failures.length > 0 ? sooner(decision.next, requeue(retryRefusedMs)) : decision.next;
    }
  }

  /** The first look of a process tells what the one before may not have told; what it did tell is recognised by its identity. */
  #remember(key: string, stored: Experiment): Memory {
    const { uid = '' } = stored.metadata;
    const known = this.#memories.get(key);
    if (known?.uid === uid) return known;
    const memory = { uid, staleInARow: 0 };
    this.#memories.set(key, memory);
    const { stores, clock, announcer } = this.#options;
    const { experiment, analysisRuns } = gather(stores, stored, []);
    const told = announcementsFromStatus(experiment.status ?? {}, analysisRuns, clock.now());
    const { recorder, log } = announcer;
    announceExperiment(stored, told, { recorder, log: { ...log, info: log.debug, warn: log.debug } });
    return memory;
  }
}

/** The world was not as decided on. What changed it usually arrives by a watch at once; what never does is asked for ever more rarely. */
function lookAgain(memory: Memory): Next {
  memory.staleInARow += 1;
  return requeue(Math.min(longestStaleRetryMs, staleRetryMs * 2 ** Math.min(memory.staleInARow - 1, 10)));
}
