/** Counts the answers of each version, and how good they were lately. */
import type { Outcome } from './shop/traffic.ts';

interface Counts {
  sent: number;
  failed: number;
  /** Of the last two seconds, oldest first. */
  recent: { readonly at: number; readonly isGood: boolean }[];
}

const recentMs = 2000;

export class VersionTally {
  readonly failures: Outcome[] = [];
  readonly #byVersion = new Map<string, Counts>();

  count(outcome: Outcome): void {
    const isGood = outcome.status >= 200 && outcome.status <= 299;
    if (!isGood) this.failures.push(outcome);
    const version = outcome.version ?? 'none';
    const counts = this.#byVersion.get(version) ?? { sent: 0, failed: 0, recent: [] };
    this.#byVersion.set(version, counts);
    counts.sent++;
    if (!isGood) counts.failed++;
    counts.recent.push({ at: outcome.at, isGood });
    while ((counts.recent[0]?.at ?? Number.POSITIVE_INFINITY) < outcome.at - recentMs) counts.recent.shift();
  }

  versions(): Iterable<string> {
    return [...this.#byVersion.keys()].filter((version) => version !== 'none');
  }

  answered(version: string): number {
    return this.#byVersion.get(version)?.sent ?? 0;
  }

  of(
    version: string,
    nowMs: number,
  ): { readonly sent: number; readonly failed: number; readonly recentSuccess: number | undefined } {
    const { sent, failed, recent } = this.#byVersion.get(version) ?? { sent: 0, failed: 0, recent: [] };
    const fresh = recent.filter(({ at }) => at >= nowMs - recentMs);
    return {
      sent,
      failed,
      recentSuccess: fresh.length === 0 ? undefined : fresh.filter(({ isGood }) => isGood).length / fresh.length,
    };
  }
}
