/** What a run has come to, for machines and for people. */

export interface Figures {
  readonly seed: number;
  readonly rollouts: number;
  /** fault -> how often it was carried out */
  readonly faults: Readonly<Record<string, number>>;
  /** How packets were dropped, or why none were. */
  readonly packets: string;
  readonly packetsDropped: number;
  readonly controllersStarted: number;
  readonly leaders: number;
  /** Versions of objects that the laws were held against. */
  readonly versions: number;
  readonly writes: number;
  readonly writesWithoutLease: number;
  /** Seconds from asking for it until it is at rest. */
  readonly updates: Spread;
  readonly aborts: Spread;
  /** Seconds from the last fault until everything is at rest. */
  readonly settled: { readonly update: number; readonly abort: number };
  readonly breaches: readonly string[];
}

export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly most: number;
}

export function spreadOf(seconds: readonly number[]): Spread {
  const sorted = seconds.toSorted((a, b) => a - b);
  return { count: sorted.length, median: sorted[Math.floor(sorted.length / 2)] ?? 0, most: sorted.at(-1) ?? 0 };
}

export function reportLines(figures: Figures): readonly string[] {
  const { faults, updates, aborts, settled, breaches } = figures;
  const spread = ({ count, median, most }: Spread): string =>
    `${count}, half of them within ${median.toFixed(1)} s, all within ${most.toFixed(1)} s`;
  return [
    `seed ${figures.seed}, ${figures.rollouts} Rollouts`,
    ...Object.entries(faults).map(([name, count]) => `  ${String(count).padStart(3)} x ${name}`),
    `packets: ${figures.packets}; ${figures.packetsDropped} dropped`,
    `controllers started: ${figures.controllersStarted}; changes of the leader: ${figures.leaders}`,
    `updates: ${spread(updates)}; at rest ${settled.update.toFixed(1)} s after the last fault`,
    `aborts: ${spread(aborts)}; at rest ${settled.abort.toFixed(1)} s after the last fault`,
    `writes: ${figures.writes}; without the lease: ${figures.writesWithoutLease}`,
    `versions of objects: ${figures.versions}; promises broken: ${breaches.length}`,
    ...breaches.slice(0, 20).map((breach) => `  ${breach}`),
  ];
}
