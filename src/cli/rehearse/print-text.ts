/** A rehearsal for a person at a terminal or before the log of a CI: what was assumed, what is left open, what was played, and what it comes to. */
import type { LeftOpen, PlayedScenario, Rehearsal, RehearsedRollout } from '../../rehearsal/report.ts';
import { type Paint, painted, type Tone, unpainted } from '../print/tone.ts';
import { scenarioLines } from './print-scenarios.ts';
import { count, failures, plainText, plural, timeToSafe } from './wording.ts';
import { wrapped } from './wrap.ts';

export interface TextOptions {
  /** Of the terminal; from 80 to 120 are used. */
  readonly width: number;
  readonly color: boolean;
  /** True draws the timeline of every scenario, not only of those that do not end well. */
  readonly verbose?: boolean;
  /** False draws with ASCII alone; true if absent. */
  readonly unicode?: boolean;
}

export interface Page {
  readonly width: number;
  readonly paint: Paint;
  readonly blocks: boolean;
  readonly verbose: boolean;
}

const [narrowest, widest] = [80, 120];

export function printRehearsal(rehearsal: Rehearsal, options: TextOptions): string {
  const page: Page = {
    width: Math.min(widest, Math.max(narrowest, options.width)),
    paint: options.color ? painted : unpainted,
    blocks: options.unicode !== false,
    verbose: options.verbose === true,
  };
  const assumed = rehearsal.assumptions.flatMap((one) =>
    wrapped(plainText(one), { width: page.width, first: '  - ', rest: '    ' }),
  );
  const lines = [
    ...(assumed.length === 0 ? [] : [page.paint('Taken for granted', 'strong'), ...assumed, '']),
    ...rehearsal.rollouts.flatMap((rollout) => rolloutLines(rollout, page)),
  ];
  return `${lines.join('\n')}\n`;
}

function rolloutLines(rollout: RehearsedRollout, page: Page): readonly string[] {
  const { namespace, name, strategy, findings, scenarios } = rollout;
  return [
    `${page.paint(`Rollout ${plainText(name)}`, 'strong')}  ${page.paint(`${plainText(namespace)}, ${strategy}`, 'dim')}`,
    '',
    ...findingLines(findings, page),
    ...(scenarios.length === 0 ? [] : [page.paint('Played', 'strong'), ...scenarioLines(scenarios, page), '']),
    ...summary(rollout, page),
    '',
  ];
}

function findingLines(findings: readonly LeftOpen[], page: Page): readonly string[] {
  if (findings.length === 0) return [];
  const said = findings.flatMap(({ rule, level, where, says, change }) => {
    const tone: Tone = level === 'risk' ? 'bad' : 'waiting';
    const inside = { width: page.width, first: '          ', rest: '          ' };
    return [
      `  ${page.paint(level.padEnd(6), tone)}  ${page.paint(rule, 'strong')}`,
      ...wrapped(plainText(where), inside).map((line) => page.paint(line, 'dim')),
      ...wrapped(plainText(says), inside),
      ...wrapped(plainText(change), { width: page.width, first: '       -> ', rest: '          ' }),
      '',
    ];
  });
  return [page.paint('Left open', 'strong'), ...said];
}

function summary({ findings, scenarios }: RehearsedRollout, page: Page): readonly string[] {
  const badly = scenarios.filter(({ endsWell }) => !endsWell);
  const risks = findings.filter(({ level }) => level === 'risk').length;
  const lines: string[] = [];
  const say = (text: string, tone: Tone = 'plain') => {
    lines.push(...wrapped(text, { width: page.width, first: '', rest: '  ' }).map((line) => page.paint(line, tone)));
  };
  if (scenarios.length > 0) {
    const names = badly.map(({ name }) => plainText(name)).join(', ');
    if (badly.length === 0)
      say(
        `All ${plural(scenarios.length, 'scenario')} end well.`
          .replace('All 1 scenario end', 'The scenario ends')
          .replace('All 2', 'Both'),
        'good',
      );
    else
      say(
        `${badly.length} of ${plural(scenarios.length, 'scenario')} ${badly.length === 1 ? 'does' : 'do'} not end well: ${names}.`,
        'bad',
      );
    const worst = worstOf(scenarios);
    if (worst !== '') say(worst);
  }
  say(
    risks > 0 || findings.length > 0
      ? `Left open: ${plural(risks, 'risk')}, ${count(findings.length - risks)} advice.`
      : 'Nothing is left open that the rules know of.',
  );
  return lines;
}

function failedWords(scenario: PlayedScenario): string {
  const [requests = '', where = ''] = failures(scenario).split(/ (?=(?:at|up to) )/);
  return `${requests} requests failed${where === '' ? '' : `, ${where}`}`;
}

function untilSafe(scenario: PlayedScenario): string {
  const time = timeToSafe(scenario);
  return time === 'never' ? 'users are not safe by the end' : `${time} until users are safe`;
}

function worstOf(scenarios: readonly PlayedScenario[]): string {
  const byFailed = scenarios.toSorted((a, b) => b.failedRequests - a.failedRequests)[0];
  const safe = ({ secondsToSafe }: PlayedScenario) => secondsToSafe ?? (secondsToSafe === null ? Number.POSITIVE_INFINITY : -1);
  const bySafe = scenarios.toSorted((a, b) => safe(b) - safe(a))[0];
  const parts = [
    ...(byFailed === undefined || byFailed.failedRequests <= 0 ? [] : [`${failedWords(byFailed)} (${plainText(byFailed.name)})`]),
    ...(bySafe === undefined || safe(bySafe) < 0 ? [] : [`${untilSafe(bySafe)} (${plainText(bySafe.name)})`]),
    `${plural(Math.max(...scenarios.map(({ mostExtraPods }) => mostExtraPods)), 'extra pod')}`,
  ];
  return `At worst: ${parts.join('; ')}.`;
}
