/**
 * Carries out what Rollouts want of pods, beside the reconcile workers: so many orders at a time, one of a kind for each Rollout, none twice.
 * Keeps the last report of each order that is still wanted and nothing of the pods; all it knows may be lost at any moment.
 */
import type { PodOrder, PodReport } from '../../../core/rollout/pod-orders.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { Fifo } from '../../../runtime/fifo.ts';
import { type Log, messageOf } from '../../../runtime/log.ts';

/** The Rollout that an order is for. */
export interface RolloutIdentity {
  /** `namespace/name`, as the queue knows it. */
  readonly key: string;
  readonly namespace: string;
  readonly uid: string;
}

/** What one order came to; what it throws becomes a failure. */
export type CarryOut = (
  rollout: RolloutIdentity,
  order: PodOrder,
  signal: AbortSignal,
) => Promise<Pick<PodReport, 'outcome' | 'message'>>;

export interface PodRunnerOptions {
  readonly carryOut: CarryOut;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with the key of a Rollout when one of its orders has come back. */
  readonly finished: (key: string) => void;
  /** Orders carried out at the same time. */
  readonly concurrency: number;
}

interface Job {
  readonly rollout: RolloutIdentity;
  readonly order: PodOrder;
  readonly abort: AbortController;
}

interface Orders {
  readonly uid: string;
  /** id -> what waits or is being carried out */
  readonly inFlight: Map<string, Job>;
  readonly reports: Map<string, PodReport>;
  /** Ids of reports that no look has been given yet: whoever wants their orders still does not know of them. */
  readonly unseen: Set<string>;
}

export class PodRunner {
  readonly #options: PodRunnerOptions;
  /** key -> orders of the Rollout that has it; none for one that wants nothing */
  readonly #rollouts = new Map<string, Orders>();
  readonly #waiting = new Fifo<Job>();
  readonly #working = new Set<Promise<void>>();
  #isStopped = false;

  constructor(options: PodRunnerOptions) {
    this.#options = options;
  }

  /** These and no others. One that is under way is not begun again, though it be asked for otherwise: its report will not fit then. */
  want(rollout: RolloutIdentity, orders: readonly PodOrder[]): void {
    const { key, uid } = rollout;
    if (this.#rollouts.get(key)?.uid !== uid) this.forget(key);
    if (orders.length === 0 || this.#isStopped) {
      this.forget(key);
      return;
    }
    const known: Orders = this.#rollouts.get(key) ?? { uid, inFlight: new Map(), reports: new Map(), unseen: new Set() };
    this.#rollouts.set(key, known);
    const wanted = new Map(orders.map((order) => [order.id, order]));
    for (const [id, { abort }] of known.inFlight) if (!wanted.has(id)) abort.abort();
    for (const id of known.inFlight.keys()) if (!wanted.has(id)) known.inFlight.delete(id);
    for (const id of [...known.reports.keys()]) {
      if (wanted.has(id)) continue;
      known.reports.delete(id);
      known.unseen.delete(id);
    }
    for (const order of orders) {
      if (!order.start || known.inFlight.has(order.id) || known.unseen.has(order.id)) continue;
      // It says what was done before something else is.
      if (known.reports.get(order.id)?.outcome === 'done') known.reports.delete(order.id);
      const job = { rollout, order, abort: new AbortController() };
      known.inFlight.set(order.id, job);
      this.#waiting.push(job);
    }
    this.#fill();
  }

  /** id -> the last report of this very Rollout; undefined where there is none. */
  reports(key: string, uid: string): ReadonlyMap<string, PodReport> | undefined {
    const known = this.#rollouts.get(key);
    if (known?.uid !== uid || known.reports.size === 0) return undefined;
    known.unseen.clear();
    return new Map(known.reports);
  }

  /** The Rollout is gone, or wants nothing. */
  forget(key: string): void {
    for (const { abort } of this.#rollouts.get(key)?.inFlight.values() ?? []) abort.abort();
    this.#rollouts.delete(key);
  }

  /** Begins nothing more, ends what is under way and waits for it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const key of [...this.#rollouts.keys()]) this.forget(key);
    await Promise.all(this.#working);
  }

  #fill(): void {
    while (this.#working.size < this.#options.concurrency) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      if (job.abort.signal.aborted) continue;
      const work = this.#work(job).finally(() => {
        this.#working.delete(work);
        this.#fill();
      });
      this.#working.add(work);
    }
  }

  async #work({ rollout, order, abort }: Job): Promise<void> {
    const { carryOut, clock, finished, log } = this.#options;
    const came = await carryOut(rollout, order, abort.signal).catch((error: unknown) => {
      return { outcome: 'failed' as const, message: messageOf(error) };
    });
    const known = this.#rollouts.get(rollout.key);
    // Not wanted any more: nobody asks what came of it.
    if (abort.signal.aborted || known?.inFlight.get(order.id)?.order !== order) return;
    known.inFlight.delete(order.id);
    const last = known.reports.get(order.id);
    const isSame = last?.token === order.token && last.outcome === came.outcome;
    known.reports.set(order.id, { token: order.token, atMs: clock.now(), repeats: isSame ? last.repeats + 1 : 0, ...came });
    known.unseen.add(order.id);
    if (came.outcome === 'failed') log.warn(`pods of Rollout ${rollout.key}: ${came.message}`);
    finished(rollout.key);
  }
}
