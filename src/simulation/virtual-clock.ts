/**
 * Time that goes from deadline to deadline: nothing sleeps, timers of one moment fire in the order in which they were set, and behind each
 * every promise that can go on does so before time moves. The wall clock can be set; intervals are not touched by that.
 */
import type { Clock, Timer } from '../runtime/clock.ts';

interface Pending {
  readonly at: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

/** Far more than anything settles in; a simulation that goes on longer at one moment never will. */
const mostAtOneMoment = 200_000;

export class VirtualClock implements Clock {
  readonly #heap: Pending[] = [];
  #elapsed = 0;
  #wallMs: number;
  #order = 0;
  #atThisMoment = 0;

  /** `startMs`: milliseconds since 1970. */
  constructor(startMs: number) {
    this.#wallMs = startMs;
  }

  now(): number {
    return this.#wallMs + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const pending: Pending = { at: this.#elapsed + Math.max(0, delayMs), order: this.#order++, callback };
    this.#push(pending);
    return {
      cancel: () => {
        pending.callback = undefined;
      },
    };
  }

  /** Sets the wall clock forward, or back by a negative time. */
  jump(byMs: number): void {
    this.#wallMs += byMs;
  }

  /** Lets so much time pass, with everything that is due on the way. */
  async run(forMs: number): Promise<void> {
    const end = this.#elapsed + forMs;
    await this.#go(end, () => false);
    this.#elapsed = Math.max(this.#elapsed, end);
  }

  /** Lets time pass until the condition holds, which is asked after every timer. False when it does not within the time. */
  async runUntil(condition: () => boolean, withinMs: number): Promise<boolean> {
    return this.#go(this.#elapsed + withinMs, condition);
  }

  async #go(end: number, condition: () => boolean): Promise<boolean> {
    await settled();
    for (;;) {
      if (condition()) return true;
      const next = this.#next();
      if (next === undefined || next.at > end) return false;
      this.#pop();
      this.#moveTo(next.at);
      const { callback } = next;
      next.callback = undefined;
      callback?.();
      await settled();
    }
  }

  #moveTo(at: number): void {
    if (at > this.#elapsed) {
      this.#elapsed = at;
      this.#atThisMoment = 0;
    } else if (++this.#atThisMoment > mostAtOneMoment) {
      throw new Error(`time stands still at ${new Date(this.now()).toISOString()}: something sets timers for now without end`);
    }
  }

  /** The next timer that was not cancelled. */
  #next(): Pending | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].callback === undefined) this.#pop();
    return this.#heap[0];
  }

  #push(pending: Pending): void {
    const heap = this.#heap;
    let index = heap.push(pending) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, pending)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = pending;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      let least = left;
      const [first, second] = [heap[left], heap[left + 1]];
      if (first === undefined) break;
      if (second !== undefined && isBefore(second, first)) least = left + 1;
      const child = heap[least];
      if (child === undefined || isBefore(last, child)) break;
      heap[index] = child;
      index = least;
    }
    heap[index] = last;
  }
}

/**
 * The clock of one process: when the process is killed its timers never fire, and none can be set any more. What waits for them waits
 * for ever, as it does in a process that is gone.
 */
export class ProcessClock implements Clock {
  readonly #clock: Clock;
  #isDead = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    if (this.#isDead) return { cancel: () => undefined };
    return this.#clock.setTimer(delayMs, () => {
      if (!this.#isDead) callback();
    });
  }

  kill(): void {
    this.#isDead = true;
  }
}

/** Lets every promise that can go on do so: whatever they wait for is in this process, and settles before the event loop turns. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isBefore(a: Pending, b: Pending): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
