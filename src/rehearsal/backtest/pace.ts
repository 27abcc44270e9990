/** How closely history is looked at, and how often a run is started: such that a measurement falls on a moment that was looked at, within bounds. */
import type { MetricPlan } from '../../core/analysis/metric-plan.ts';

const secondMs = 1000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const roundSpansMs = [10, 15, 20, 30].map((seconds) => seconds * secondMs);
const roundMinutesMs = [1, 2, 5, 10, 15, 20, 30].map((minutes) => minutes * minuteMs);
const roundHoursMs = [1, 2, 3, 4, 6, 8, 12, 24].map((hours) => hours * hourMs);

const mostRuns = 4_100;
const mostLooks = 150_000;
const usualStepMs = minuteMs;

export type Pace = Pick<MetricPlan, 'intervalMs' | 'initialDelayMs'>;

/** From one start to the next: as short as the shortest interval, and no more than some thousand runs. */
export function paceOfStarts(plans: readonly Pace[], spanMs: number): number {
  const shortest = Math.min(...plans.map(({ intervalMs }) => intervalMs ?? usualStepMs));
  const wanted = Math.max(shortest, spanMs / mostRuns);
  const round = [...roundSpansMs, ...roundMinutesMs, ...roundHoursMs].find((ms) => ms >= wanted);
  return round ?? Math.ceil(wanted / (24 * hourMs)) * 24 * hourMs;
}

/** From one look at a metric's history to the next, so that all that a run measures was looked at; coarser where that would be too much. */
export function stepOf({ intervalMs, initialDelayMs }: Pace, everyMs: number, spanMs: number): number {
  const exact = [intervalMs ?? everyMs, initialDelayMs, everyMs].map(wholeSeconds).reduce(commonDivisor);
  const least = wholeSeconds(Math.max(secondMs, spanMs / mostLooks));
  if (exact >= Math.max(least, 5 * secondMs)) return exact;
  return Math.max(least, wholeSeconds(intervalMs ?? everyMs));
}

function wholeSeconds(ms: number): number {
  return Math.ceil(ms / secondMs) * secondMs;
}

function commonDivisor(one: number, other: number): number {
  return other === 0 ? one : commonDivisor(other, one % other);
}
