/**
 * A token bucket over the requests of one client: `burst` at once, `qps` a second in the long run, first come first served. What
 * must never wait (lease renewals) goes through a client without one.
 */
import type { Clock, Timer } from '../clock.ts';
import { Fifo } from '../fifo.ts';

export interface RequestLimits {
  /** Requests a second, sustained. */
  readonly qps: number;
  /** Requests at once, before qps applies. */
  readonly burst: number;
}

interface Waiter {
  readonly admit: () => void;
  isGone: boolean;
}

export class RequestLimiter {
  readonly #clock: Clock;
  readonly #limits: RequestLimits;
  readonly #waiters = new Fifo<Waiter>();
  #tokens: number;
  #filledAtMs: number;
  #timer: Timer | undefined;

  constructor(clock: Clock, limits: RequestLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#tokens = limits.burst;
    this.#filledAtMs = clock.monotonic();
  }

  /** Undefined when the request may go at once; else resolves when it may, or when the signal aborts. */
  acquire(signal?: AbortSignal): Promise<void> | undefined {
    this.#fill();
    if (this.#waiters.size === 0 && this.#tokens >= 1) {
      this.#tokens -= 1;
      return undefined;
    }
    return this.#wait(signal);
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const leave = (): void => {
        waiter.isGone = true;
        resolve();
      };
      const admit = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const waiter: Waiter = { admit, isGone: false };
      if (signal?.aborted) return resolve();
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiters.push(waiter);
      this.#arm();
    });
  }

  #fill(): void {
    const now = this.#clock.monotonic();
    const earned = ((now - this.#filledAtMs) / 1000) * this.#limits.qps;
    this.#tokens = Math.min(this.#limits.burst, this.#tokens + earned);
    this.#filledAtMs = now;
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#waiters.size === 0) return;
    const delayMs = Math.max(1, Math.ceil(((1 - this.#tokens) / this.#limits.qps) * 1000));
    this.#timer = this.#clock.setTimer(delayMs, () => {
      this.#timer = undefined;
      this.#fill();
      this.#admit();
      this.#arm();
    });
  }

  #admit(): void {
    while (this.#tokens >= 1) {
      const waiter = this.#waiters.shift();
      if (waiter === undefined) return;
      if (waiter.isGone) continue;
      this.#tokens -= 1;
      waiter.admit();
    }
  }
}
