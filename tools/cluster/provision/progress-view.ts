/** Draws progress.ts on stderr: one line that is redrawn on a terminal, plain lines (start of a step, then twice a minute) anywhere else. */
import type { FinishedStep, Step } from './progress.ts';
import { progressOf, roughly } from './progress.ts';

const barWidth = 24;

export class ProgressView {
  readonly #out: NodeJS.WriteStream;
  readonly #now: () => number;
  readonly #finished: FinishedStep[] = [];
  #waiting: Step[];
  #current: { step: Step; startedAt: number; note: string } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(steps: readonly Step[], out: NodeJS.WriteStream = process.stderr, now: () => number = Date.now) {
    this.#waiting = [...steps];
    this.#out = out;
    this.#now = now;
  }

  begin(name: string): void {
    const step = this.#waiting.find((candidate) => candidate.name === name) ?? { name, expectedMs: 0 };
    this.#waiting = this.#waiting.filter((candidate) => candidate !== step);
    this.#current = { step, startedAt: this.#now(), note: '' };
    this.#draw();
    this.#timer ??= setInterval(() => this.#draw(), this.#out.isTTY ? 500 : 30_000).unref();
  }

  /** What the current step is doing right now, in a few words. */
  note(text: string): void {
    if (this.#current !== undefined) this.#current.note = text;
  }

  end(): void {
    if (this.#current === undefined) return;
    const actualMs = this.#now() - this.#current.startedAt;
    this.#finished.push({ ...this.#current.step, actualMs });
    this.#current = undefined;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#out.isTTY) this.#out.write('\r\x1b[2K');
  }

  #draw(): void {
    if (this.#current === undefined) return;
    const { step, startedAt, note } = this.#current;
    const progress = progressOf(this.#finished, { step, elapsedMs: this.#now() - startedAt }, this.#waiting);
    const percent = `${Math.floor(progress.fraction * 100)} %`;
    const text = `${step.name}${note === '' ? '' : ` (${note})`}, ${percent}, ${roughly(progress.remainingMs)} left`;
    if (!this.#out.isTTY) {
      this.#out.write(`rampart: building ${text}\n`);
      return;
    }
    const filled = Math.round(progress.fraction * barWidth);
    const bar = `${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}`;
    this.#out.write(`\r\x1b[2K${`[${bar}] ${text}`.slice(0, (this.#out.columns ?? 80) - 1)}`);
  }
}
