/** When the next measurement of a metric is due: a function of its plan and of what status remembers, so a restart loses nothing. */
import type { MetricResult } from '../../api/analysis-run.ts';
import type { MetricPlan } from './metric-plan.ts';

/** After an error the provider is asked again this soon, whatever the interval. */
export const errorRetryMs = 10_000;

/**
 * Milliseconds since the epoch, possibly past; undefined where no further measurement is to be made. A measurement that never
 * finished (this program does not store such) is made again when it was to be resumed.
 */
export function nextMeasurementMs(plan: MetricPlan, result: MetricResult | undefined, runStartedAtMs: number): number | undefined {
  const last = result?.measurements?.at(-1);
  if (last === undefined) return runStartedAtMs + plan.initialDelayMs;
  if (last.finishedAt === undefined) return parseTime(last.resumeAt) ?? runStartedAtMs;
  if (plan.count !== undefined && (result?.count ?? 0) >= plan.count) return undefined;
  const finishedAtMs = parseTime(last.finishedAt) ?? runStartedAtMs;
  if (last.phase === 'Error') return finishedAtMs + errorRetryMs;
  return plan.intervalMs === undefined ? undefined : finishedAtMs + plan.intervalMs;
}

/** RFC 3339 to milliseconds since the epoch; undefined for what is no time. */
export function parseTime(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function formatTime(ms: number): string {
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, -5)}Z`;
}
