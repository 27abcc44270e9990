/**
 * How the controllers of the virtual cluster work: a key that something happened to is looked at a moment later, once however much
 * happened, and again when it asked to be. The look itself takes no time.
 */
import type { Clock, Timer } from '../../runtime/clock.ts';

export interface KeyedWorkOptions {
  readonly clock: Clock;
  /** How long after something happened a key is looked at. */
  readonly delayMs: () => number;
  /** Looks at one key; the milliseconds until it wants to look again, if it does. */
  readonly look: (key: string) => number | undefined;
}

export class KeyedWork {
  readonly #options: KeyedWorkOptions;
  /** key -> when it is looked at */
  readonly #due = new Map<string, { readonly atMs: number; readonly timer: Timer }>();

  constructor(options: KeyedWorkOptions) {
    this.#options = options;
  }

  enqueue(key: string): void {
    this.#schedule(key, this.#options.delayMs());
  }

  #schedule(key: string, afterMs: number): void {
    const { clock } = this.#options;
    const atMs = clock.monotonic() + Math.max(0, afterMs);
    const known = this.#due.get(key);
    if (known !== undefined && known.atMs <= atMs) return;
    known?.timer.cancel();
    const timer = clock.setTimer(afterMs, () => {
      this.#due.delete(key);
      const againMs = this.#options.look(key);
      if (againMs !== undefined) this.#schedule(key, againMs);
    });
    this.#due.set(key, { atMs, timer });
  }
}
