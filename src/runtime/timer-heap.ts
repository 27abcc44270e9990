/**
 * Appointments of keys, at most one each, on a single timer of the clock. Due keys are handed over in the order of their times, and
 * those of equal times in the order in which they were made.
 */
import type { Clock, Timer } from './clock.ts';

interface Appointment {
  readonly key: string;
  /** By the clock's monotonic time, in milliseconds. */
  at: number;
  order: number;
  index: number;
}

export class TimerHeap {
  readonly #clock: Clock;
  readonly #due: (key: string) => void;
  readonly #heap: Appointment[] = [];
  /** key -> its appointment in the heap */
  readonly #byKey = new Map<string, Appointment>();
  #order = 0;
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, due: (key: string) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  get size(): number {
    return this.#heap.length;
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** Makes an appointment; of two for one key the earlier stays. */
  schedule(key: string, delayMs: number): void {
    const at = this.#clock.monotonic() + Math.max(0, delayMs);
    const present = this.#byKey.get(key);
    if (present !== undefined) {
      if (present.at <= at) return;
      present.at = at;
      this.#up(present);
    } else {
      const made: Appointment = { key, at, order: this.#order++, index: this.#heap.length };
      this.#heap.push(made);
      this.#byKey.set(key, made);
      this.#up(made);
    }
    this.#arm();
  }

  cancel(key: string): void {
    const appointment = this.#byKey.get(key);
    if (appointment !== undefined) this.#remove(appointment);
  }

  clear(): void {
    this.#heap.length = 0;
    this.#byKey.clear();
    this.#disarm();
  }

  /** An early timer that finds nothing due costs less than moving it with every change, so it is only ever moved forward. */
  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.at >= this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = first.at;
    this.#timer = this.#clock.setTimer(Math.ceil(first.at - this.#clock.monotonic()), () => this.#fire());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  #fire(): void {
    this.#disarm();
    const now = this.#clock.monotonic();
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.#remove(first);
      this.#due(first.key);
    }
    this.#arm();
  }

  #remove(appointment: Appointment): void {
    this.#byKey.delete(appointment.key);
    const last = this.#heap.pop();
    if (this.#heap.length === 0) this.#disarm();
    if (last === undefined || last === appointment) return;
    last.index = appointment.index;
    this.#heap[last.index] = last;
    this.#up(last);
    this.#down(last);
  }

  #up(appointment: Appointment): void {
    while (appointment.index > 0) {
      const parent = this.#heap[(appointment.index - 1) >> 1];
      if (parent === undefined || isBefore(parent, appointment)) return;
      this.#swap(parent, appointment);
    }
  }

  #down(appointment: Appointment): void {
    for (;;) {
      const left = this.#heap[2 * appointment.index + 1];
      const right = this.#heap[2 * appointment.index + 2];
      const least = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (least === undefined || isBefore(appointment, least)) return;
      this.#swap(appointment, least);
    }
  }

  #swap(a: Appointment, b: Appointment): void {
    [a.index, b.index] = [b.index, a.index];
    this.#heap[a.index] = a;
    this.#heap[b.index] = b;
  }
}

function isBefore(a: Appointment, b: Appointment): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
