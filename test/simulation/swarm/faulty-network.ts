/** A network from a seed: requests that take time, fail, or lose their answer, and watches that tell late; harmless once its faults are stopped. */
import { ApiError, type Resource } from '../../../src/runtime/cluster.ts';
import type { Fate, Network, Request } from '../../../src/simulation/network.ts';
import { isWrite } from '../../../src/simulation/network.ts';
import type { Random } from '../../../src/simulation/random.ts';

export interface NetworkFaults {
  /** The longest that a request takes to the server, and its answer back. */
  readonly latencyMs: number;
  /** The share of requests that are refused. */
  readonly refused: number;
  /** The share of writes that are carried out and not answered. */
  readonly lost: number;
  /** The longest that a watch is late. */
  readonly watchDelayMs: number;
  /** The share of lists and watches that are answered with 410, as after a compaction. */
  readonly expired: number;
}

const refusals: readonly (() => ApiError)[] = [
  () => new ApiError('unreachable', 'connection refused'),
  () => new ApiError('timeout', 'no answer in time'),
  () => new ApiError('unavailable', 'etcdserver: leader changed (503)', { status: 503 }),
  () => new ApiError('too-many-requests', 'too many requests (429)', { status: 429, retryAfterMs: 1000 }),
];

export class FaultyNetwork implements Network {
  isFaulty = true;
  /** The API server is away: every request fails. */
  isAway = false;
  readonly #faults: NetworkFaults;
  readonly #random: Random;
  /** kind -> its watches are all late by the same: one server tells them */
  #delays = new Map<string, { readonly untilDraw: number; readonly ms: number }>();
  #draws = 0;

  constructor(faults: NetworkFaults, random: Random) {
    this.#faults = faults;
    this.#random = random;
  }

  fateOf(request: Request): Fate {
    if (this.isAway) return { goingMs: 5, refused: new ApiError('unreachable', 'connection refused') };
    if (!this.isFaulty) return { goingMs: 1 };
    const { latencyMs, refused, lost, expired } = this.#faults;
    const goingMs = this.#random.integer(0, latencyMs);
    const comingMs = this.#random.integer(0, latencyMs);
    if (expired > 0 && (request.verb === 'list' || request.verb === 'watch') && this.#random.chance(expired))
      return { goingMs, refused: new ApiError('gone', 'the resourceVersion is too old (410)', { status: 410 }) };
    if (this.#random.chance(refused)) return { goingMs, refused: this.#random.pick(refusals)() };
    if (isWrite(request) && this.#random.chance(lost)) return { goingMs, comingMs, lost: this.#random.pick(refusals)() };
    return { goingMs, comingMs };
  }

  watchDelayMs({ plural }: Resource): number {
    if (!this.isFaulty) return 1;
    this.#draws += 1;
    const known = this.#delays.get(plural);
    if (known !== undefined && known.untilDraw > this.#draws) return known.ms;
    const ms = this.#random.chance(0.2) ? this.#random.integer(0, this.#faults.watchDelayMs) : this.#random.integer(0, 10);
    this.#delays.set(plural, { untilDraw: this.#draws + 20, ms });
    return ms;
  }
}
