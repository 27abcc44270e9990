/** What other numbers in the conditions would have done, in a line or two each. */
import type { BacktestReport } from '../../rehearsal/backtest/report.ts';
import type { Range } from '../../rehearsal/backtest/threshold-range.ts';
import type { ThresholdAdvice } from '../../rehearsal/backtest/threshold-sweep.ts';
import type { Paint } from '../print/tone.ts';
import { figure, plural } from './words.ts';

export function thresholdLines(report: BacktestReport, paint: Paint): readonly string[] {
  return report.thresholds.map((advice) => {
    const { metric, condition, text, value } = advice;
    return `  ${paint(metric, 'strong')} ${condition} ${text}   ${paint(`(${figure(value)})`, 'dim')}\n${sentences(
      advice,
      report.incidents.length,
      paint,
    )
      .map((sentence) => `      ${sentence}\n`)
      .join('')}`;
  });
}

function sentences(advice: ThresholdAdvice, incidents: number, paint: Paint): readonly string[] {
  const { value, separating, catching, quiet, unavoidable, caughtAnyway } = advice;
  const besides = unavoidable === 0 ? [] : [`${plural(unavoidable, 'run')} outside of incidents abort whatever the number is.`];
  const also = unavoidable === 0 ? '' : ' more';
  if (incidents === 0) {
    const range = quietRange(advice);
    const fits = isIn(range, value);
    const kept = fits ? `${figure(value)} is among them.` : `Write ${paint(quiet.condition, 'good')} for that.`;
    return [
      `No${also} run would abort with ${rangeWords(range)}. ${kept} Mark incidents by --incident to learn what would catch them.`,
      ...besides,
    ];
  }
  const all = incidents === 1 ? 'the incident' : `all ${incidents} incidents`;
  if (separating !== undefined) {
    const range = rangeWords(separating);
    if (isIn(separating, value))
      return [`${paint('✔', 'good')} ${figure(value)} is right: ${range} catches ${all}, and nothing else.`, ...besides];
    return [`${paint(separating.condition, 'good')} would catch ${all} and nothing else, as does ${range}.`, ...besides];
  }
  const quietly =
    quiet.caught === caughtAnyway && caughtAnyway === 0
      ? `${quiet.condition} aborts nothing${also} outside of incidents, and catches none.`
      : `${quiet.condition} aborts nothing${also} outside of incidents, and catches ${quiet.caught} of ${incidents}.`;
  if (catching === undefined) return [`No number here catches ${all}. ${quietly}`, ...besides];
  return [`${catching.condition} would catch ${all}, with ${plural(catching.alarms, 'false alarm')}. ${quietly}`, ...besides];
}

/** The strictest numbers that are quiet, and all that are looser. */
function quietRange({ quiet, stricter }: ThresholdAdvice): Range {
  return stricter === 'lower'
    ? { above: quiet.above, below: Number.POSITIVE_INFINITY }
    : { above: Number.NEGATIVE_INFINITY, below: quiet.below };
}

function isIn({ above, below }: Range, value: number): boolean {
  return value > above && value < below;
}

function rangeWords({ above, below }: Range): string {
  if (!Number.isFinite(above)) return `anything below ${figure(below)}`;
  if (!Number.isFinite(below)) return `anything above ${figure(above)}`;
  return `anything between ${figure(above)} and ${figure(below)}`;
}
