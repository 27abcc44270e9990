/** A backtest for people: what was looked at, what the template would have done, and which number would have done better. Draws only. */
import type { Episode, IncidentOutcome } from '../../rehearsal/backtest/incidents.ts';
import type { MetricFigures, Quantiles } from '../../rehearsal/backtest/metric-figures.ts';
import type { Look } from '../../rehearsal/backtest/play-run.ts';
import type { BacktestReport, TimelineCell } from '../../rehearsal/backtest/report.ts';
import { lengthOf } from '../print/age.ts';
import { aligned } from '../print/table.ts';
import { type Cell, type Paint, type Tone, toned } from '../print/tone.ts';
import { evidenceOf } from './evidence.ts';
import { thresholdLines } from './threshold-words.ts';
import { clock, day, figure, moment, plural } from './words.ts';

const shownEpisodes = 10;

export function reportText(report: BacktestReport, paint: Paint): string {
  const parts = [
    head(report, paint),
    timelineText(report, paint),
    ...report.metrics.map((metric) => metricText(metric, paint)),
    leftOutText(report),
    abortsText(report, paint),
    incidentsText(report, paint),
    section('Thresholds', thresholdLines(report, paint), paint),
    verdictText(report, paint),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function head({ template, fromMs, untilMs, historyFromMs, everyMs, runs }: BacktestReport, paint: Paint): string {
  const starts = `A run started every ${lengthOf(everyMs)}: ${plural(runs.played, 'run')}.`;
  const late =
    historyFromMs !== undefined && historyFromMs > fromMs
      ? ` There is nothing before ${moment(historyFromMs)}, so runs begin there.`
      : '';
  return `${paint(`Backtest of ${template}`, 'strong')}   ${moment(fromMs)} to ${moment(untilMs)} UTC\n${starts}${late}\n`;
}

const cellSigns: Readonly<Record<TimelineCell['runs'], Cell>> = {
  none: ' ',
  passed: toned('·', 'dim'),
  inconclusive: toned('?', 'waiting'),
  aborted: toned('✗', 'bad'),
  caught: toned('✔', 'good'),
};

function timelineText({ timeline, fromMs, untilMs, incidents }: BacktestReport, paint: Paint): string {
  const row = timeline.map(({ runs }) => {
    const sign = cellSigns[runs];
    return typeof sign === 'string' ? sign : paint(sign.text, sign.tone);
  });
  const marks = timeline.map(({ hasIncident }) => (hasIncident ? '▲' : ' ')).join('');
  const days = `${day(fromMs)}${' '.repeat(Math.max(1, timeline.length - 12))}${day(untilMs)}`;
  const legend =
    incidents.length === 0 ? '· passed   ✗ would have aborted' : '· passed   ✔ aborted for an incident   ✗ for none   ▲ incident';
  return [
    `  ${row.join('')}`,
    ...(incidents.length === 0 ? [] : [`  ${marks.trimEnd()}`]),
    `  ${days}`,
    `  ${paint(legend, 'dim')}`,
    '',
  ].join('\n');
}

function metricText(metric: MetricFigures, paint: Paint): string {
  const { noData, unreadable, looks, stepMs, dryRun } = metric;
  const conditions = [
    ...(metric.successCondition === '' ? [] : [`succeeds if ${metric.successCondition}`]),
    ...(metric.failureCondition === '' ? [] : [`fails if ${metric.failureCondition}`]),
  ];
  const rows: readonly (readonly Cell[])[] = [
    ['', 'query', metric.query.replaceAll(/\s+/g, ' ').trim()],
    ['', 'conditions', conditions.length === 0 ? 'none: every value is good' : conditions.join('; ')],
    ...(metric.usual === undefined
      ? []
      : [['', metric.inIncidents === undefined ? 'values' : 'usually', quantileWords(metric.usual)]]),
    ...(metric.inIncidents === undefined ? [] : [['', 'in incidents', quantileWords(metric.inIncidents)]]),
    ['', 'no data', noDataCell(noData, looks)],
    ['', 'not judged', unreadableCell(unreadable, looks)],
    ...(metric.mostSeries > 1 && /result\[\d/.test(conditions.join(' '))
      ? [
          [
            '',
            'series',
            toned(`up to ${metric.mostSeries} at once: which of them result[0] is may differ from look to look`, 'waiting'),
          ],
        ]
      : []),
  ];
  const title = `${paint(metric.metric, 'strong')}   ${plural(looks, 'look')}, every ${lengthOf(stepMs)}${dryRun ? ', a dry run' : ''}`;
  return `${title}\n${aligned(rows, paint).replaceAll(/^ {3}/gm, '  ')}`;
}

function quantileWords({ least, median, p99, most }: Quantiles): string {
  return `median ${figure(median)}, 1 in 100 above ${figure(p99)}, from ${figure(least)} to ${figure(most)}`;
}

function noDataCell(noData: MetricFigures['noData'], all: number): Cell {
  const { looks, longest, countsAs } = noData;
  const judged = countsAs === 'Error' ? 'an error, which is asked again' : countsAs;
  if (looks === 0) return `never; it would count as ${judged}`;
  const { fromMs = 0, toMs = 0 } = longest ?? {};
  const share = `${figure((100 * looks) / all)} % of the looks, longest from ${moment(fromMs)} to ${moment(toMs)}`;
  return toned(`${share}; counts as ${judged}`, looks === all ? 'bad' : 'waiting');
}

function unreadableCell({ looks, first }: MetricFigures['unreadable'], all: number): Cell {
  if (first === undefined) return 'never: the conditions could judge every value';
  return toned(
    `${figure((100 * looks) / all)} % of the looks, first at ${moment(first.atMs)}, ${first.value}: ${first.message}`,
    'bad',
  );
}

function leftOutText({ notLooked, notes }: BacktestReport): string {
  const left = notLooked.map(({ metric, why }) => `Not looked at: ${metric}, for ${why}. Runs were judged without it.\n`);
  return [...left, ...notes.map((note) => `Note: ${note}.\n`)].join('');
}

function abortsText(report: BacktestReport, paint: Paint): string {
  const { episodes, runs } = report;
  if (runs.played === 0) return '';
  if (episodes.length === 0) return section('Would have aborted', ['  never\n'], paint);
  // False alarms first: they are what has to change.
  const ordered = [...episodes].sort((one, other) => Number(one.incident !== undefined) - Number(other.incident !== undefined));
  const shown = ordered.slice(0, shownEpisodes).sort((one, other) => one.firstAbortMs - other.firstAbortMs);
  const more = episodes.length - shown.length;
  const lines = shown.map((episode) => episodeText(episode, report, paint));
  return section(
    'Would have aborted',
    [...lines, ...(more === 0 ? [] : [`  and ${more} times more; -o json has them all\n`])],
    paint,
  );
}

function episodeText(episode: Episode, { incidents }: BacktestReport, paint: Paint): string {
  const { runs, firstAbortMs, lastAbortMs, incident, first } = episode;
  const [sign, tone, what]: readonly [string, Tone, string] =
    incident !== undefined
      ? ['✔', 'good', `incident ${incident + 1}`]
      : incidents.length === 0
        ? ['!', 'waiting', 'no incident is marked']
        : ['✗', 'bad', 'no incident: a false alarm'];
  const until = lastAbortMs === firstAbortMs ? '' : ` to ${clock(lastAbortMs, firstAbortMs)}`;
  const seen = evidenceOf(first).map((look) => lookText(look, firstAbortMs, paint));
  return [
    `  ${paint(sign, tone)} ${moment(firstAbortMs)}${until}   ${plural(runs, 'run')}   ${paint(what, tone)}\n`,
    `      started ${clock(first.startedAtMs, firstAbortMs)}: ${first.message}\n`,
    `      ${seen.join('   ')}\n`,
  ].join('');
}

const verdictSigns: Readonly<Record<Look['value']['verdict']['phase'], readonly [string, Tone]>> = {
  Successful: ['✔', 'good'],
  Failed: ['✗', 'bad'],
  Inconclusive: ['?', 'waiting'],
  Error: ['!', 'bad'],
};

function lookText({ atMs, value }: Look, nearMs: number, paint: Paint): string {
  const [sign, tone] = verdictSigns[value.verdict.phase];
  return `${clock(atMs, nearMs)} ${numbersText(value)} ${paint(sign, tone)}`;
}

const shownNumbers = 4;

function numbersText({ result }: Look['value']): string {
  if (typeof result === 'number') return figure(result);
  const more = result.length > shownNumbers ? ', …' : '';
  return `[${result.slice(0, shownNumbers).map(figure).join(', ')}${more}]`;
}

function incidentsText({ incidents }: BacktestReport, paint: Paint): string {
  if (incidents.length === 0) return '';
  const rows = incidents.map((incident, index): readonly Cell[] => [
    incident.isCaught ? toned('  ✔', 'good') : toned('  ✗', 'bad'),
    `${index + 1}`,
    `${moment(incident.startMs)} for ${lengthOf(incident.endMs - incident.startMs)}`,
    incidentCell(incident),
  ]);
  return section('Incidents', [aligned(rows, paint)], paint);
}

function incidentCell({ isCaught, met, aborted, firstAfterMs = 0 }: IncidentOutcome): Cell {
  if (met === 0) return toned('no run was under way in it', 'bad');
  if (!isCaught) return toned(`missed: none of ${plural(met, 'run')} that met it would have aborted`, 'bad');
  return `caught: ${aborted} of ${plural(met, 'run')} that met it, the first ${lengthOf(firstAfterMs)} after its beginning`;
}

function verdictText(report: BacktestReport, paint: Paint): string {
  const { runs, incidents, falseAlarms, isGood, historyFromMs, metrics } = report;
  if (historyFromMs === undefined) {
    const names = metrics.map(({ metric }) => metric).join(', ');
    return paint(`Nothing can be said: there never was data of ${names}. Look at the queries' labels, and at --arg.\n`, 'bad');
  }
  if (runs.played === 0)
    return paint('Nothing can be said: no run ends before the history does. Look further back by --since.\n', 'bad');
  const caught = incidents.filter(({ isCaught }) => isCaught).length;
  const about = incidents.length === 0 ? '' : `${caught} of ${plural(incidents.length, 'incident')} caught, `;
  const alarms =
    incidents.length === 0 ? `${plural(falseAlarms, 'run')} would have aborted` : `${plural(falseAlarms, 'false alarm')}`;
  const waiting = runs.inconclusive === 0 ? '' : `, ${plural(runs.inconclusive, 'run')} inconclusive`;
  return paint(`${about}${alarms} in ${plural(runs.played, 'run')}${waiting}.\n`, isGood ? 'good' : 'bad');
}

function section(title: string, lines: readonly string[], paint: Paint): string {
  return lines.length === 0 ? '' : `${paint(title, 'strong')}\n${lines.join('')}`;
}
