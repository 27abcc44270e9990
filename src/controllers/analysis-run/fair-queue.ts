/**
 * Who measures next, where only so many can at a time: each address has a line of its own, the lines take turns, and one that answers
 * nobody cannot take all places: a line holds at most half of what the others leave.
 */
import { Fifo } from '../../runtime/fifo.ts';

export interface Taken<T> {
  readonly lane: string;
  readonly item: T;
}

export class FairQueue<T> {
  readonly #places: number;
  /** lane -> those that wait; whose turn it is comes first */
  readonly #waiting = new Map<string, Fifo<T>>();
  /** lane -> places that it holds */
  readonly #taken = new Map<string, number>();
  #allTaken = 0;
  #allWaiting = 0;

  constructor(places: number) {
    this.#places = places;
  }

  get taken(): number {
    return this.#allTaken;
  }

  get waiting(): number {
    return this.#allWaiting;
  }

  push(lane: string, item: T): void {
    const line = this.#waiting.get(lane) ?? new Fifo<T>();
    this.#waiting.set(lane, line);
    line.push(item);
    this.#allWaiting += 1;
  }

  /** The next that may have a place, which it then holds; undefined while nobody may. */
  take(): Taken<T> | undefined {
    for (const [lane, line] of this.#waiting) {
      if (!this.#hasPlace(lane)) continue;
      const item = line.shift();
      this.#waiting.delete(lane);
      if (line.size > 0) this.#waiting.set(lane, line);
      if (item === undefined) continue;
      this.#allWaiting -= 1;
      this.#hold(lane, 1);
      return { lane, item };
    }
    return undefined;
  }

  /** Gives a place back. */
  release(lane: string): void {
    this.#hold(lane, -1);
  }

  #hasPlace(lane: string): boolean {
    if (this.#allTaken >= this.#places) return false;
    const own = this.#taken.get(lane) ?? 0;
    const left = this.#places - (this.#allTaken - own);
    return own < Math.max(1, Math.floor(left / 2));
  }

  #hold(lane: string, change: 1 | -1): void {
    const own = (this.#taken.get(lane) ?? 0) + change;
    if (own > 0) this.#taken.set(lane, own);
    else this.#taken.delete(lane);
    this.#allTaken += change;
  }
}
