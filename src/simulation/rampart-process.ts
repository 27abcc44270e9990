/**
 * Rampart itself on the virtual cluster: the very operator that runs on a real one, with a clock and a client that can be killed at any
 * moment, as a process is, in the middle of whatever it does.
 */
import type { Logger } from '../logger.ts';
import { type ControllerOptions, parseControllerOptions } from '../options/controller-options.ts';
import { Figures } from '../process/figures.ts';
import { Operator } from '../process/operator.ts';
import type { MetricProvider } from '../providers/metrics/metric-provider.ts';
import { Metrics } from '../server/metrics.ts';
import { version } from '../version.ts';
import type { Network, Request } from './network.ts';
import type { Random } from './random.ts';
import type { VirtualClient } from './virtual-client.ts';
import { ProcessClock } from './virtual-clock.ts';
import type { VirtualCluster } from './virtual-cluster.ts';

export interface RampartProcessOptions {
  readonly cluster: VirtualCluster;
  readonly random: Random;
  readonly network: Network;
  readonly providers: ReadonlyMap<string, MetricProvider>;
  readonly log: Logger;
  /** Unique to this process: the actor of its writes, and its name on the lease. */
  readonly identity: string;
  /** Where the process and its lease live. */
  readonly namespace: string;
  readonly options?: Partial<ControllerOptions>;
  /** Called behind each of its writes; it may kill the process there, before the process knows that it was done. */
  readonly written?: (request: Request, process: RampartProcess) => void;
}

export class RampartProcess {
  readonly identity: string;
  readonly operator: Operator;
  /** Writes that were carried out. */
  writes = 0;
  readonly #client: VirtualClient;
  readonly #clock: ProcessClock;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<boolean>;
  #isDead = false;
  #hasEnded = false;

  constructor(parts: RampartProcessOptions) {
    const { cluster, random, network, providers, log, identity, namespace, written } = parts;
    this.identity = identity;
    this.#clock = new ProcessClock(cluster.clock);
    this.#client = cluster.client(identity, {
      network,
      clock: this.#clock,
      written: (request) => {
        this.writes += 1;
        written?.(request, this);
      },
    });
    const client = this.#client;
    this.operator = new Operator({
      options: { ...defaultOptions(), ...parts.options },
      clusters: { watches: client, lease: client, rollouts: client, analysis: client, pods: client, events: client },
      providers,
      namespace,
      identity,
      clock: this.#clock,
      random: () => random.next(),
      log: heardWhile(() => !this.#isDead, log),
      figures: new Figures(new Metrics(version)),
    });
    this.#ended = this.operator.run(this.#stopping.signal).finally(() => {
      this.#hasEnded = true;
    });
  }

  /** Alive, and not at its end by itself. */
  get isRunning(): boolean {
    return !this.#isDead && !this.#hasEnded;
  }

  get isLeading(): boolean {
    return this.isRunning && this.operator.ready().message === 'leading';
  }

  /** Ends it at once, wherever it is. */
  kill(): void {
    this.#isDead = true;
    this.#clock.kill();
    this.#client.kill();
  }

  /** Asks it to end, as SIGTERM does; time must go on for it to do so. True when it was told to end, false when it lost its lease. */
  stop(): Promise<boolean> {
    this.#stopping.abort();
    return this.#ended;
  }

  /** Does this to its watches, as a bad connection would. */
  interruptWatches(...how: Parameters<VirtualClient['interruptWatches']>): void {
    this.#client.interruptWatches(...how);
  }
}

/** What a process says after its death is not heard. */
function heardWhile(isAlive: () => boolean, { debug, info, warn, error }: Logger): Logger {
  const heard =
    (say: Logger['info']): Logger['info'] =>
    (message, fields) => {
      if (isAlive()) say(message, fields);
    };
  return { debug: heard(debug), info: heard(info), warn: heard(warn), error: heard(error) };
}

function defaultOptions(): ControllerOptions {
  const parsed = parseControllerOptions([], {});
  if (parsed.outcome !== 'options') throw new Error('the options of the controller have no defaults');
  return parsed.options;
}
