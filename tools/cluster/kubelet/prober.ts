/**
 * Runs the probes of one running container on their timers and reports each verdict when it changes. It knows how often to probe and how;
 * what a verdict means for the pod is the plan's business.
 */

import type { Handler, Probe } from './pod-types.ts';
import { count, newTally, nextProbe, type ProbeKind } from './probe-tally.ts';

/** Settles with undefined when the probe passed, else with why it did not. Never rejects. */
export type RunHandler = (handler: Handler, timeoutMs: number) => Promise<string | undefined>;

export interface ProberHooks {
  readonly run: RunHandler;
  readonly verdict: (kind: ProbeKind, pass: boolean) => void;
  /** A counted failure, in words. */
  readonly failed: (kind: ProbeKind, why: string) => void;
}

/** One probe of one container. */
class ProbeLoop {
  readonly #kind: ProbeKind;
  readonly #probe: Probe;
  readonly #hooks: ProberHooks;
  #tally;
  #timer: NodeJS.Timeout | undefined;
  #tries = 0;
  #everPassed = false;
  #stopped = false;

  constructor(kind: ProbeKind, probe: Probe, hooks: ProberHooks) {
    this.#kind = kind;
    this.#probe = probe;
    this.#hooks = hooks;
    this.#tally = newTally(kind);
  }

  start(): void {
    const initialMs = (this.#probe.initialDelaySeconds ?? 0) * 1000;
    const { delayMs, early } = this.#next();
    // A liveness probe that fails early would kill: without a delay of its own it first runs a period after the start.
    const firstMs = early || (this.#kind === 'liveness' && initialMs === 0) ? delayMs : 0;
    this.#schedule(initialMs + firstMs, early);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #next(): { delayMs: number; early: boolean } {
    if (this.#kind === 'liveness') return { delayMs: (this.#probe.periodSeconds ?? 10) * 1000, early: false };
    return nextProbe(this.#probe, this.#everPassed, this.#tries++);
  }

  #schedule(delayMs: number, early: boolean): void {
    this.#timer = setTimeout(() => void this.#once(early), delayMs);
  }

  async #once(early: boolean): Promise<void> {
    const why = await this.#hooks.run(this.#probe, (this.#probe.timeoutSeconds ?? 1) * 1000);
    if (this.#stopped) return;
    const passed = why === undefined;
    if (passed) this.#everPassed = true;
    if (passed || !early) this.#count(passed, why ?? '');
    if (this.#kind === 'startup' && this.#tally.verdict !== 'undecided') return;
    const { delayMs, early: nextIsEarly } = this.#next();
    this.#schedule(delayMs, nextIsEarly);
  }

  #count(passed: boolean, why: string): void {
    const before = this.#tally.verdict;
    this.#tally = count(this.#tally, this.#probe, passed);
    if (!passed) this.#hooks.failed(this.#kind, why);
    const { verdict } = this.#tally;
    if (verdict !== before && verdict !== 'undecided') this.#hooks.verdict(this.#kind, verdict === 'pass');
  }
}

/** The probes of one container, from its start to its end. Readiness and liveness wait for the startup probe. */
export class Prober {
  readonly #loops: (readonly [ProbeKind, ProbeLoop])[] = [];
  #isEnding = false;
  readonly #probes: Readonly<Partial<Record<ProbeKind, Probe | undefined>>>;
  readonly #hooks: ProberHooks;

  constructor(probes: Readonly<Partial<Record<ProbeKind, Probe | undefined>>>, hooks: ProberHooks) {
    this.#probes = probes;
    this.#hooks = {
      ...hooks,
      verdict: (kind, pass) => {
        hooks.verdict(kind, pass);
        if (kind === 'startup' && pass) this.#begin('readiness', 'liveness');
      },
    };
    if (probes.startup === undefined) this.#begin('readiness', 'liveness');
    else this.#begin('startup');
  }

  /** The container's end was asked for: only readiness goes on, since clients still look at it. */
  ending(): void {
    this.#isEnding = true;
    for (const [kind, loop] of this.#loops) if (kind !== 'readiness') loop.stop();
  }

  stop(): void {
    this.#isEnding = true;
    for (const [, loop] of this.#loops) loop.stop();
  }

  #begin(...kinds: readonly ProbeKind[]): void {
    for (const kind of kinds) {
      const probe = this.#probes[kind];
      if (probe === undefined || this.#isEnding) continue;
      const loop = new ProbeLoop(kind, probe, this.#hooks);
      this.#loops.push([kind, loop]);
      loop.start();
    }
  }
}
