/**
 * Shows something anew whenever it changes: the runtime's informers keep the objects, and drawing waits a moment so that a burst of
 * changes is drawn once. On a terminal the picture is redrawn in place, and once a second for the ages in it; elsewhere each new one
 * follows the one before.
 */
import type { KubeObject } from '../api/kubernetes.ts';
import { sleep } from '../runtime/clock.ts';
import type { Cluster, Resource } from '../runtime/cluster.ts';
import { Informer, whenSynced } from '../runtime/informer.ts';
import type { Log } from '../runtime/log.ts';
import type { Store } from '../runtime/store.ts';
import type { Context, Output } from './command.ts';

const gatherMs = 150;
const tickMs = 1_000;

/** Nothing of it is for the person who watches: what cannot be reached is tried again. */
const noLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

export interface Watched {
  readonly resource: Resource<KubeObject>;
  readonly namespace: string | undefined;
  /** One object alone. */
  readonly name?: string;
}

/** What to do after a picture: `end` gives the exit code. */
export type Drawn = { readonly end: number } | 'go on';

export class Live {
  readonly #context: Context;
  readonly #informers: readonly Informer<KubeObject>[];

  constructor(context: Context, cluster: Cluster, watched: readonly Watched[]) {
    this.#context = context;
    const { clock, random } = context;
    this.#informers = watched.map(
      ({ resource, namespace, name }) =>
        new Informer<KubeObject>({
          cluster,
          clock,
          random,
          log: noLog,
          resource,
          ...(namespace !== undefined && { namespace }),
          ...(name !== undefined && { fieldSelector: `metadata.name=${name}` }),
        }),
    );
  }

  /** In the order of `watched`. */
  get stores(): readonly Store<KubeObject>[] {
    return this.#informers.map(({ store }) => store);
  }

  /**
   * Draws until `draw` says that it is over, the person has had enough (exit code 0) or `giveUpMs` have passed (undefined). `ticks`:
   * draw every second as well, though nothing has changed.
   */
  async run(
    draw: () => Drawn,
    options: { readonly ticks: boolean; readonly giveUpMs?: number | undefined },
  ): Promise<number | undefined> {
    const { clock, signal } = this.#context;
    const ended = new AbortController();
    const everything = AbortSignal.any([signal, ended.signal]);
    const timer = options.giveUpMs === undefined ? undefined : clock.setTimer(options.giveUpMs, () => ended.abort());
    const running = this.#informers.map((informer) => informer.run(everything));
    try {
      if (!(await whenSynced(this.stores, everything))) return signal.aborted ? 0 : undefined;
      while (!everything.aborted) {
        const changed = this.#change(everything, options.ticks);
        const drawn = draw();
        if (drawn !== 'go on') return drawn.end;
        await changed;
        await sleep(clock, gatherMs, everything);
      }
      return signal.aborted ? 0 : undefined;
    } finally {
      timer?.cancel();
      ended.abort();
      await Promise.all(running);
    }
  }

  async #change(signal: AbortSignal, ticks: boolean): Promise<void> {
    const woken = new AbortController();
    const ends = this.stores.map((store) => store.onChange(() => woken.abort()));
    await sleep(this.#context.clock, ticks ? tickMs : 3_600_000, AbortSignal.any([signal, woken.signal]));
    for (const end of ends) end();
  }
}

/** Draws pictures one after another on the same output. */
export class Screen {
  readonly #out: Output;
  #last: string | undefined;

  constructor(out: Output) {
    this.#out = out;
  }

  show(picture: string): void {
    if (picture === this.#last) return;
    if (this.#out.isTerminal) {
      // Home, each line to its end, and what is left below: nothing flickers.
      const lines = picture.split('\n').slice(0, Math.max(1, this.#out.rows - 1));
      const first = this.#last === undefined ? '\u001b[2J' : '';
      this.#out.write(`${first}\u001b[H${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`);
    } else {
      this.#out.write(this.#last === undefined ? picture : `\n${picture}`);
    }
    this.#last = picture;
  }
}
