/** Processes of Rampart that fight for one lease, each with a name and an account of its own; whatever ends is started again, as a Deployment would. */

import type { EmbeddedCluster } from '../../tools/cluster/cluster.ts';
import type { SupervisedProcess } from '../../tools/cluster/contract.ts';

interface Running {
  /** Its name in the lease, and its user. */
  readonly identity: string;
  readonly process: SupervisedProcess;
}

const againAfterMs = 500;
/** A killed one is followed soon. */
const flags = [
  '--leader-election-lease-duration=4s',
  '--leader-election-renew-deadline=3s',
  '--leader-election-retry-period=500ms',
];
export const userPrefix = 'rampart-';

export class Controllers {
  readonly #cluster: EmbeddedCluster;
  readonly #program: string;
  readonly #running = new Map<number, Running>();
  #isOver = false;
  /** Processes that were started. */
  started = 0;

  constructor(cluster: EmbeddedCluster, program: string) {
    this.#cluster = cluster;
    this.#program = program;
  }

  /** Keeps so many running. */
  async keep(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, (_, place) => this.#start(place)));
  }

  /** Undefined while nobody of those that run holds it. */
  named(holder: string | undefined): SupervisedProcess | undefined {
    return [...this.#running.values()].find(({ identity, process }) => identity === holder && process.running)?.process;
  }

  /** Those that do not hold it. */
  others(holder: string | undefined): readonly SupervisedProcess[] {
    return [...this.#running.values()]
      .filter(({ identity, process }) => identity !== holder && process.running)
      .map(({ process }) => process);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all([...this.#running.values()].map(async ({ process }) => await process.stop()));
  }

  async #start(place: number): Promise<void> {
    this.started += 1;
    const identity = `${userPrefix}${this.started}`;
    const cluster = this.#cluster;
    const kubeconfig = await cluster.kubeconfigFor(identity, ['system:masters']);
    const [metricsPort, healthzPort] = [await cluster.freePort(), await cluster.freePort()];
    const process_ = await cluster.spawn({
      name: identity,
      command: process.execPath,
      args: [
        this.#program,
        'controller',
        `--kubeconfig=${kubeconfig}`,
        `--identity=${identity}`,
        `--metricsPort=${metricsPort}`,
        `--healthzPort=${healthzPort}`,
        ...flags,
      ],
    });
    this.#running.set(place, { identity, process: process_ });
    void process_.exited.then(() => {
      if (this.#isOver) return;
      setTimeout(() => {
        if (!this.#isOver) void this.#start(place);
      }, againAfterMs);
    });
  }
}
