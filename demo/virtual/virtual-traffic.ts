/** Traffic to the shop on the virtual cluster, told request by request as the real one is: what flowed since it was last asked becomes whole requests. */
import * as resources from '../../src/api/resources.ts';
import type { Timer } from '../../src/runtime/clock.ts';
import type { Resource } from '../../src/runtime/cluster.ts';
import { keyTextOf } from '../../src/runtime/object-key.ts';
import type { Simulation } from '../../src/simulation/simulation.ts';
import type { Pod } from '../../src/simulation/workloads/kube.ts';
import { countOutcome, noTraffic, type Outcome, type Traffic } from '../shop/traffic.ts';
import type { WorldTraffic } from '../stage.ts';
import { type ShopContainer, versionIn } from '../version.ts';

const askEveryMs = 50;
/** Of the shop, to a request. */
const latencyMs = 20;

/** What became of requests of one kind, counted since the beginning; parts of requests are kept for the next time. */
interface Count {
  flowed: number;
  told: number;
}

/** One route of one Simulation, whose traffic it turns on and off. */
export class VirtualTraffic {
  readonly #simulation: Simulation;
  #requestsPerSecond = 0;

  constructor(simulation: Simulation, namespace: string, route: string) {
    this.#simulation = simulation;
    simulation.traffic.send({ requestsPerSecond: () => this.#requestsPerSecond, namespace, to: { route } });
  }

  /** One at a time. */
  start({ requestsPerSecond, onResponse }: WorldTraffic): Traffic {
    const { clock } = this.#simulation;
    const counters = noTraffic();
    const counts = new Map<string, Count>();
    this.#ask(counts, () => undefined);
    for (const count of counts.values()) count.told = count.flowed;
    this.#requestsPerSecond = requestsPerSecond;
    const tell = (outcome: Outcome): void => {
      counters.sent += 1;
      countOutcome(counters, outcome);
      onResponse(outcome);
    };
    let timer: Timer;
    const again = (): void => {
      timer = clock.setTimer(askEveryMs, () => {
        this.#ask(counts, tell);
        again();
      });
    };
    again();
    return {
      counters,
      stop: async () => {
        timer.cancel();
        this.#ask(counts, tell);
        this.#requestsPerSecond = 0;
        return counters;
      },
    };
  }

  /** Tells what flowed since the last time. */
  #ask(counts: Map<string, Count>, tell: (outcome: Outcome) => void): void {
    const { traffic, clock } = this.#simulation;
    traffic.count();
    for (const { what, flowed, outcome } of this.#flowed()) {
      const count = counts.get(what) ?? { flowed: 0, told: 0 };
      counts.set(what, count);
      count.flowed = flowed;
      // Sums of many small parts are a little less than they should be.
      for (; count.told + 1 <= count.flowed + 1e-6; count.told += 1) tell({ ...outcome, at: clock.now(), latencyMs });
    }
  }

  #flowed(): readonly {
    readonly what: string;
    readonly flowed: number;
    readonly outcome: Pick<Outcome, 'status' | 'version' | 'error'>;
  }[] {
    const { traffic } = this.#simulation;
    const pods = this.#simulation.all(resources.pods as Resource<Pod>).flatMap((pod) => {
      const tally = traffic.tallyOf(keyTextOf(pod));
      if (tally === undefined) return [];
      const containers = pod.spec.containers as readonly ShopContainer[] | undefined;
      const version = versionIn(containers?.[0]);
      const what = `${pod.metadata.uid}`;
      return [
        { what: `${what} good`, flowed: tally.good, outcome: { status: 200, version } },
        { what: `${what} bad`, flowed: tally.bad, outcome: { status: 500, version } },
      ];
    });
    const { unserved, refused } = traffic.losses;
    return [
      ...pods,
      { what: 'unserved', flowed: unserved, outcome: { status: 503, version: undefined } },
      { what: 'refused', flowed: refused, outcome: { status: 0, version: undefined, error: 'connection refused' } },
    ];
  }
}
