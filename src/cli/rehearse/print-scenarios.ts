/** The scenarios as lines of a table; below those that did not end well, what happened and when. */
import type { PlayedScenario } from '../../rehearsal/report.ts';
import type { Tone } from '../print/tone.ts';
import type { Page } from './print-text.ts';
import { type Moment, shortStory } from './story.ts';
import { timeline } from './timeline.ts';
import { clockTime, count, failures, plainText, share, timeToSafe, weightText } from './wording.ts';
import { wrapped } from './wrap.ts';

const columns = ['', 'SCENARIO', 'ENDS', 'SAFE IN', 'FAILED', 'PODS'] as const;
const gap = '  ';
const indent = '          ';
/** More lines of a story are not read. */
const mostMoments = 10;
/** So many stories that end alike are told in full; of the others only that they do. */
const mostAlike = 2;

export function scenarioLines(scenarios: readonly PlayedScenario[], page: Page): readonly string[] {
  const rows = scenarios.map((scenario) => cellsOf(scenario));
  const widths = columns.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const others = widths.reduce((sum, width, column) => (column === 1 ? sum : sum + width + gap.length), 2);
  // A name that is too long for its column gets a line of its own.
  widths[1] = Math.min(widths[1] ?? 0, Math.max(8, page.width - others));
  const isLast = (index: number) => index === scenarios.length - 1;
  return [
    page.paint(rowText(columns, widths, page.width)[0] ?? '', 'dim'),
    ...scenarios.flatMap((scenario, index) => {
      const told = !scenario.endsWell || page.verbose;
      const alike = page.verbose ? [] : scenarios.slice(0, index).filter((one) => !one.endsWell && one.why === scenario.why);
      const said = alike.length < mostAlike ? details(scenario, page) : inShort(scenario, alike[0]?.name ?? '', page);
      const lines = rowText(rows[index] ?? [], widths, page.width);
      const mark = cellsOf(scenario)[0] ?? '';
      const tone: Tone = scenario.endsWell ? 'good' : 'bad';
      return [
        ...lines.map((line) => line.replace(mark.padEnd(widths[0] ?? 0), (text) => page.paint(text, tone))),
        ...(told ? [...said, ...(isLast(index) ? [] : [''])] : []),
      ];
    }),
  ];
}

function cellsOf(scenario: PlayedScenario): readonly string[] {
  const { name, endsWell, ending, mostPods, mostExtraPods } = scenario;
  return [
    endsWell ? 'ok' : 'not ok',
    plainText(name),
    ending,
    timeToSafe(scenario),
    failures(scenario),
    mostExtraPods > 0 ? `${mostPods} (+${mostExtraPods})` : String(mostPods),
  ];
}

/** One line, or several where the name does not fit. */
function rowText(cells: readonly string[], widths: readonly number[], width: number): readonly string[] {
  const line = (some: readonly string[]) => `  ${some.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(gap)}`.trimEnd();
  if ((cells[1]?.length ?? 0) <= (widths[1] ?? 0)) return [line(cells)];
  const first = line([cells[0] ?? '', '']).padEnd(2 + (widths[0] ?? 0) + gap.length);
  return [...wrapped(cells[1] ?? '', { width, first, rest: indent }), line(cells.map((cell, column) => (column < 2 ? '' : cell)))];
}

function inShort({ title }: PlayedScenario, alike: string, page: Page): readonly string[] {
  const inside = { width: page.width, first: indent, rest: indent };
  return [...wrapped(plainText(title), inside), ...wrapped(`It ends as ${plainText(alike)} does; --verbose tells how.`, inside)];
}

function details(scenario: PlayedScenario, page: Page): readonly string[] {
  const inside = { width: page.width, first: indent, rest: indent };
  const room = { ...page, width: page.width - indent.length };
  return [
    ...wrapped(plainText(scenario.title), inside),
    ...wrapped(plainText(scenario.why), inside),
    ...(scenario.samples.length === 0 ? [] : ['', ...timeline(scenario, room).map((line) => `${indent}${line}`), '']),
    ...failedLine(scenario, page),
    ...statusLine(scenario, page),
    ...momentLines(scenario, page),
  ];
}

function failedLine({ failedAtWeight, failedRequests, requests }: PlayedScenario, page: Page): readonly string[] {
  const parts = failedAtWeight
    .filter(({ failed }) => failed > 0)
    .map(({ weight, failed, requests: all }) => `${count(failed)} of ${count(all)} at ${weightText(weight)}`);
  if (parts.length === 0) return [];
  const text = `failed: ${count(failedRequests)} of ${count(requests)} requests (${share(failedRequests / Math.max(1, requests))}): ${parts.join(', ')}`;
  return wrapped(text, { width: page.width, first: indent, rest: `${indent}  ` });
}

function statusLine({ phase, message, why }: PlayedScenario, page: Page): readonly string[] {
  // What has been said already.
  if (message !== '' && why.includes(message)) return [];
  const text = message === '' ? phase : `${phase}, ${message}`;
  return text === '' ? [] : wrapped(`status: ${plainText(text)}`, { width: page.width, first: indent, rest: `${indent}  ` });
}

function momentLines(scenario: PlayedScenario, page: Page): readonly string[] {
  const { moments, left } = shortStory(scenario, page.verbose ? 40 : mostMoments);
  const wide = Math.max(0, ...moments.map(({ atSeconds }) => clockTime(atSeconds).length));
  const lines = moments.flatMap((moment) => {
    const time = clockTime(moment.atSeconds).padStart(wide);
    const [first = '', ...rest] = wrapped(words(moment), {
      width: page.width,
      first: `${indent}${time}  `,
      rest: `${indent}${' '.repeat(wide)}  `,
    });
    return [first, ...rest].map((line) => page.paint(line, tones[moment.kind]));
  });
  return left === 0 ? lines : [...lines, page.paint(`${indent}${' '.repeat(wide)}  and ${left} more, which -o json has`, 'dim')];
}

const tones: Readonly<Record<Moment['kind'], Tone>> = { mark: 'waiting', warning: 'bad', event: 'plain' };

function words({ kind, reason, text }: Moment): string {
  return kind === 'mark' ? `^ ${plainText(text)}` : `${plainText(reason)}: ${plainText(text)}`;
}
