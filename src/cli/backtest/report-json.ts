/** A backtest for programs: times in RFC 3339, measured values as status shows them. */
import type { Episode } from '../../rehearsal/backtest/incidents.ts';
import { valueText } from '../../rehearsal/backtest/judged-metric.ts';
import type { BacktestReport } from '../../rehearsal/backtest/report.ts';
import { evidenceOf } from './evidence.ts';

export function reportJson(report: BacktestReport): object {
  const { fromMs, untilMs, historyFromMs, everyMs, longestMs, graceMs, episodes, timeline, ...rest } = report;
  return {
    ...rest,
    from: time(fromMs),
    until: time(untilMs),
    historyFrom: historyFromMs === undefined ? null : time(historyFromMs),
    everySeconds: everyMs / 1000,
    longestRunSeconds: longestMs / 1000,
    graceSeconds: graceMs / 1000,
    metrics: report.metrics.map(({ stepMs, noData, unreadable, ...metric }) => ({
      ...metric,
      stepSeconds: stepMs / 1000,
      noData: {
        ...noData,
        longest: noData.longest && { from: time(noData.longest.fromMs), to: time(noData.longest.toMs) },
      },
      unreadable: {
        ...unreadable,
        first: unreadable.first && { ...unreadable.first, atMs: undefined, at: time(unreadable.first.atMs) },
      },
    })),
    aborts: episodes.map(abortJson),
    incidents: report.incidents.map(({ startMs, endMs, firstAfterMs, ...incident }) => ({
      start: time(startMs),
      end: time(endMs),
      ...incident,
      firstAfterSeconds: firstAfterMs === undefined ? null : firstAfterMs / 1000,
    })),
    timeline: timeline.map(({ fromMs: atMs, ...cell }) => ({ from: time(atMs), ...cell })),
  };
}

function abortJson({ runs, firstAbortMs, lastAbortMs, incident, first }: Episode): object {
  return {
    runs,
    firstAbort: time(firstAbortMs),
    lastAbort: time(lastAbortMs),
    /** Counted from 0, in the order in which they were given. */
    incident: incident ?? null,
    phase: first.phase,
    message: first.message,
    startedAt: time(first.startedAtMs),
    evidence: evidenceOf(first).map(({ metric, atMs, value }) => ({
      metric,
      at: time(atMs),
      value: valueText(value),
      phase: value.verdict.phase,
      ...(value.verdict.message === '' ? {} : { message: value.verdict.message }),
    })),
  };
}

function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -5)}Z`;
}
